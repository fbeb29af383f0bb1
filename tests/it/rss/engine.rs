//! Feeds under the real engine and store: what counts, what a restart keeps, who is asked when.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use holdline::core::health::Blind;
use holdline::core::name::FeedName;
use holdline::core::schedule::Schedule;
use holdline::core::watch::Watch;
use holdline::engine::{Clock, Engine, FetchedFeed, ManualClock, Recorder, WriterThread};
use holdline::feed::Outside;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{feed, item, rss};
use crate::hospital;
use crate::peer::{Answer, Peer, bare};

/// How long anything here may take in real time.
const PATIENCE: Duration = Duration::from_secs(20);
const KEY: &[u8] = b"an audit key of the tests, which is long enough";

fn start_of_day() -> Timestamp {
    "2026-11-22T14:00:00Z".parse().unwrap()
}

/// An engine with feeds, on a store that outlives it.
struct Rig {
    folder: TempDir,
    clock: ManualClock,
    feeds: Vec<(String, String)>,
    running: Option<(Engine, WriterThread, JoinHandle<()>, CancellationToken)>,
}

impl Rig {
    fn start(feeds: &[(&str, String)]) -> Self {
        let feeds = feeds.iter().map(|(name, url)| ((*name).to_owned(), url.clone())).collect();
        let clock = ManualClock::at(start_of_day());
        let mut rig = Self { folder: tempfile::tempdir().unwrap(), clock, feeds, running: None };
        rig.run();
        rig
    }

    fn run(&mut self) {
        let path = self.folder.path().join("holdline.db");
        let names: BTreeSet<FeedName> = self.feeds.iter().map(|(name, _)| name.as_str().into()).collect();
        let watches = hospital::watches().into_iter().map(|watch| Watch { feeds: names.clone(), ..watch }).collect();
        let salts = Box::new(|salt: &mut [u8]| salt.fill(7));
        let recorder = Recorder::open(&path, KEY, salts, hospital::standing(), watches, self.clock.now()).unwrap();
        let (engine, writer) = Engine::start(recorder, &path, Clock::Manual(self.clock.clone()));
        let fetched =
            self.feeds.iter().map(|(name, url)| FetchedFeed { name: name.as_str().into(), feed: Arc::new(feed(url)) });
        let stop = CancellationToken::new();
        let fetching = engine.clone().fetch(fetched.collect(), Outside::new().unwrap(), Box::new(|| 0.5), stop.clone());
        let task = tokio::spawn(fetching);
        self.running = Some((engine, writer, task, stop));
    }

    async fn stop(&mut self) {
        if let Some((engine, writer, task, stop)) = self.running.take() {
            stop.cancel();
            task.await.unwrap();
            drop(engine);
            tokio::task::spawn_blocking(move || writer.join()).await.unwrap();
        }
    }

    fn engine(&self) -> &Engine {
        &self.running.as_ref().unwrap().0
    }

    fn go_by(&self, by: SignedDuration) {
        self.clock.set(self.clock.now() + by);
    }

    /// Waits until the feeds' rows are so.
    async fn until(&self, what: impl Fn(&BTreeMap<FeedName, Schedule>) -> bool) -> BTreeMap<FeedName, Schedule> {
        let waiting = async {
            let mut changes = self.engine().changes();
            loop {
                changes.mark_unchanged();
                let feeds = self.engine().schedules().unwrap();
                if what(&feeds) {
                    // The board follows the store within the same job.
                    self.engine().call(|_| Ok(())).await.unwrap();
                    return feeds;
                }
                changes.changed().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("the feeds did not come to it")
    }

    /// Lets five minutes go by, and waits for the look that is then due.
    async fn next_look(&self, name: &str) {
        let requests = self.engine().schedules().unwrap().get(name).map_or(0, |feed| feed.health.cost.requests);
        if requests > 0 {
            self.go_by(SignedDuration::from_mins(5));
        }
        self.until(|feeds| feeds.get(name).is_some_and(|feed| feed.health.cost.requests > requests)).await;
    }

    fn incidents(&self) -> usize {
        self.engine().board().incidents.len()
    }
}

fn answers(bodies: Vec<Vec<String>>) -> Vec<Answer> {
    bodies.into_iter().map(|items| (200, Vec::new(), rss(&items))).collect()
}

fn leak(id: &str, published: &str) -> String {
    item(id, "Riverside breach", published)
}

/// Six that any watch would alarm for, if they counted now.
fn six(published: &str) -> Vec<String> {
    (0..6).map(|number| leak(&format!("old{number}"), published)).collect()
}

#[tokio::test]
async fn what_gathered_before_the_first_look_raises_no_alarm_and_what_comes_later_does() {
    for published in ["", "Fri, 20 Nov 2026 14:00:00 GMT", "Sun, 22 Nov 2026 09:00:00 GMT"] {
        let fresh: Vec<String> = (0..6).map(|number| leak(&format!("new{number}"), "")).collect();
        let peer = Peer::start(answers(vec![six(published), [fresh, six(published)].concat()])).await;
        let mut rig = Rig::start(&[("news", peer.url("/"))]);
        rig.next_look("news").await;
        assert_eq!(rig.incidents(), 0, "{published}");
        rig.next_look("news").await;
        assert_eq!(rig.incidents(), 1, "six new ones, of six voices, within minutes");
        rig.stop().await;
    }
}

#[tokio::test]
async fn a_first_look_at_a_storm_that_is_under_way_raises_the_alarm() {
    let peer = Peer::start(answers(vec![six("Sun, 22 Nov 2026 13:55:00 GMT")])).await;
    let mut rig = Rig::start(&[("news", peer.url("/"))]);
    rig.next_look("news").await;
    assert_eq!(rig.incidents(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn after_a_night_without_looks_what_says_no_time_counts_at_none() {
    let peer = Peer::start(answers(vec![Vec::new(), six("")])).await;
    let mut rig = Rig::start(&[("news", peer.url("/"))]);
    rig.next_look("news").await;
    rig.stop().await;
    rig.go_by(SignedDuration::from_hours(7));
    rig.run();
    rig.until(|feeds| feeds["news"].health.cost.requests == 2).await;
    assert_eq!(rig.incidents(), 0);
    rig.stop().await;
}

#[tokio::test]
async fn a_story_whose_words_are_changed_counts_once_for_each_watch() {
    let quiet = |number: usize| item(&format!("s{number}"), "Hospital news", "Sun, 22 Nov 2026 13:59:00 GMT");
    let loud = |number: usize, more: &str| {
        item(&format!("s{number}"), &format!("Riverside breach{more}"), "Sun, 22 Nov 2026 13:59:00 GMT")
    };
    let first: Vec<String> = (0..5).map(quiet).collect();
    let second: Vec<String> = (0..5).map(|number| loud(number, "")).collect();
    let third: Vec<String> = (0..5).map(|number| loud(number, ", updated")).collect();
    let fourth = [third.clone(), vec![leak("s5", "")]].concat();
    let peer = Peer::start(answers(vec![first, second, third, fourth])).await;
    let mut rig = Rig::start(&[("news", peer.url("/"))]);
    let count = |rig: &Rig| {
        let engine = rig.engine().clone();
        async move { engine.call(|work| Ok(work.counted(&"breach".into()).unwrap().count)).await.unwrap() }
    };
    for wanted in [0, 5, 5] {
        rig.next_look("news").await;
        assert_eq!(count(&rig).await, wanted);
    }
    assert_eq!(rig.incidents(), 0);
    rig.next_look("news").await;
    assert_eq!((count(&rig).await, rig.incidents()), (6, 1));
    assert_eq!(rig.engine().schedules().unwrap()["news"].health.cost.mentions, 6);
    // The newer words are what is kept, also over a restart.
    rig.stop().await;
    rig.run();
    assert_eq!(count(&rig).await, 6);
    rig.stop().await;
}

#[tokio::test]
async fn a_restart_neither_forgets_nor_asks_again_before_its_time() {
    let peer = Peer::start(answers(vec![six(""), six(""), six("")])).await;
    let mut rig = Rig::start(&[("news", peer.url("/"))]);
    rig.next_look("news").await;
    let due = rig.engine().schedules().unwrap()["news"].due.unwrap();
    rig.stop().await;
    rig.go_by(SignedDuration::from_mins(2));
    rig.run();
    // Something else is written after the start, so that a look would have been seen.
    rig.engine().call(|work| work.tick()).await.unwrap();
    assert_eq!(rig.engine().schedules().unwrap()["news"].due, Some(due));
    assert_eq!(peer.heard().len(), 1);
    rig.go_by(SignedDuration::from_mins(3));
    rig.until(|feeds| feeds["news"].health.cost.requests == 2).await;
    assert_eq!(peer.heard().len(), 2);
    rig.stop().await;
}

#[tokio::test]
async fn a_feed_that_is_no_longer_named_is_forgotten_and_another_address_begins_anew() {
    let peer = Peer::start(answers(vec![six(""), six(""), six("")])).await;
    let mut rig = Rig::start(&[("news", peer.url("/")), ("other", format!("{}x", peer.url("/")))]);
    rig.next_look("news").await;
    rig.go_by(SignedDuration::from_secs(1));
    rig.until(|feeds| feeds.len() == 2).await;
    rig.stop().await;
    rig.feeds = vec![("news".to_owned(), peer.url("/moved"))];
    rig.run();
    let feeds = rig.until(|feeds| feeds.len() == 1 && feeds["news"].source.ends_with("/moved")).await;
    assert_eq!(feeds["news"].health.cost.requests, 1);
    rig.stop().await;
}

#[tokio::test]
async fn one_host_is_asked_one_feed_after_another() {
    let peer = Peer::start(answers(vec![six(""), six(""), six("")])).await;
    let named: Vec<(String, String)> =
        (0..3).map(|number| (format!("n{number}"), peer.url(&format!("/{number}")))).collect();
    let named: Vec<(&str, String)> = named.iter().map(|(name, url)| (name.as_str(), url.clone())).collect();
    let mut rig = Rig::start(&named);
    for asked in 1..=3 {
        rig.until(|feeds| feeds.len() == asked).await;
        assert_eq!(peer.heard().len(), asked, "the gap is not over before the clock says so");
        rig.go_by(SignedDuration::from_secs(1));
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_feed_that_is_gone_is_asked_no_more_and_people_are_told_once() {
    let peer = Peer::start(vec![bare(410)]).await;
    let mut rig = Rig::start(&[("news", peer.url("/"))]);
    let feeds = rig.until(|feeds| feeds.get("news").is_some_and(|feed| feed.health.blind.is_some())).await;
    assert_eq!((feeds["news"].due, feeds["news"].health.blind.unwrap().1), (None, Blind::Gone));
    rig.stop().await;
    rig.go_by(SignedDuration::from_hours(48));
    rig.run();
    rig.engine().call(|work| work.tick()).await.unwrap();
    assert_eq!(peer.heard().len(), 1);
    assert_eq!(rig.engine().call(|work| work.owed_by_now()).await.unwrap(), 1, "one mail");
    rig.stop().await;
}

#[tokio::test]
async fn a_feed_that_fails_becomes_a_blind_spot_and_is_heard_again() {
    let mut answers: Vec<Answer> = (0..3).map(|_| bare(500)).collect();
    answers.push((200, Vec::new(), rss(&[])));
    let peer = Peer::start(answers).await;
    let mut rig = Rig::start(&[("news", peer.url("/"))]);
    for looks in 1..=3 {
        rig.until(|feeds| feeds.get("news").is_some_and(|feed| feed.health.failures == looks)).await;
        rig.go_by(SignedDuration::from_mins(15));
    }
    let feeds = rig.until(|feeds| feeds["news"].health.cost.requests == 4).await;
    assert_eq!(feeds["news"].health.blind, None);
    let blind = rig.engine().blind_feeds().unwrap();
    assert!(blind.is_empty());
    assert_eq!(rig.engine().call(|work| work.owed_by_now()).await.unwrap(), 1, "told once, at the third");
    rig.stop().await;
}

#[tokio::test]
async fn a_document_that_is_cut_off_counts_as_far_as_it_goes_and_is_shown_as_failing() {
    let whole = String::from_utf8(rss(&six("Sun, 22 Nov 2026 13:55:00 GMT"))).unwrap();
    let cut = whole.as_bytes()[..whole.len() - 20].to_vec();
    let peer = Peer::start(vec![(200, Vec::new(), cut), (200, Vec::new(), whole.into_bytes())]).await;
    let mut rig = Rig::start(&[("news", peer.url("/"))]);
    rig.next_look("news").await;
    let health = rig.engine().schedules().unwrap().remove("news").unwrap().health;
    assert_eq!((health.failures, health.cost.mentions, health.succeeded.is_some()), (1, 5, true));
    assert!(health.why.as_ref().unwrap().contains("cut off"), "{health:?}");
    assert_eq!(rig.incidents(), 0);
    rig.next_look("news").await;
    let health = rig.engine().schedules().unwrap().remove("news").unwrap().health;
    assert_eq!((health.failures, health.why, health.cost.mentions, rig.incidents()), (0, None, 6, 1));
    rig.stop().await;
}

/// Servers that begin an answer and never end it; how many they began is told.
async fn dawdling() -> (u16, watch::Receiver<usize>, JoinHandle<()>) {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (begun, begins) = watch::channel(0);
    let server = tokio::spawn(async move {
        let mut met = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n<rss>").await.unwrap();
            met.push(stream);
            begun.send_replace(met.len());
        }
    });
    (port, begins, server)
}

#[tokio::test]
async fn servers_that_dawdle_hold_up_nobody_else() {
    const DAWDLING: usize = 300;
    let (port, mut begins, server) = dawdling().await;
    let peer = Peer::start(answers(vec![six("")])).await;
    // Each at a host of its own: loopback is a whole network.
    let slow = (0..DAWDLING)
        .map(|number| (format!("a{number}"), format!("http://127.1.{}.{}:{port}/", number / 200, number % 200 + 1)));
    let named: Vec<(String, String)> = slow.chain([("news".to_owned(), peer.url("/"))]).collect();
    let named: Vec<(&str, String)> = named.iter().map(|(name, url)| (name.as_str(), url.clone())).collect();
    let mut rig = Rig::start(&named);
    // The first is asked, so the others stand in line by now.
    begins.wait_for(|begun| *begun == 1).await.unwrap();
    rig.go_by(SignedDuration::from_secs(10));
    let feeds = rig.until(|feeds| feeds.contains_key("news")).await;
    assert_eq!(feeds["news"].health.cost.requests, 1);
    let feeds = rig.until(|feeds| feeds.len() == DAWDLING + 1).await;
    assert!(feeds["a7"].health.why.as_ref().unwrap().contains("too slowly"), "{:?}", feeds["a7"].health.why);
    rig.stop().await;
    server.abort();
}
