//! P9: ten thousand feeds every five minutes, from what a look costs: schedule, request, parsing and the store, all of it.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use holdline::core::name::FeedName;
use holdline::core::query::Query;
use holdline::core::watch::{Voices, Watch};
use holdline::engine::{Clock, Engine, FetchedFeed, ManualClock};
use holdline::feed::Outside;
use holdline::feed::rss::{RssFeed, RssSettings};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::feeds::{ENTRIES, Prose, document};
use super::folder::recorder;
use super::machine::{process_cpu, thread_cpu};
use super::table::{Goal, Table};
use super::turns::as_f64;

/// Enough that a look's cost is steady; each at a host of its own, since loopback is a whole network.
const FEEDS: usize = 2_000;
/// Looks each second that ten thousand feeds every five minutes are.
const LOOKS_PER_SECOND: f64 = 10_000.0 / 300.0;
const PATIENCE: Duration = Duration::from_mins(10);

/// What the server does at each look.
const ROUNDS: [(&str, Goal); 4] = [
    ("the first look, every entry new", Goal::Shown),
    ("one entry new at every look", Goal::AtMost(10.0)),
    ("the same body", Goal::Shown),
    ("304 Not Modified", Goal::Shown),
];

pub(crate) fn measure(table: &mut Table) {
    let served = Arc::new(Served::default());
    let port = serve(Arc::clone(&served));
    let folder = tempfile::tempdir().unwrap();
    let now: Timestamp = "2026-11-22T14:10:00Z".parse().unwrap();
    let clock = ManualClock::at(now);
    let feeds: Vec<FetchedFeed> = (0..FEEDS).map(|number| fetched(number, port)).collect();
    let names: BTreeSet<FeedName> = feeds.iter().map(|feed| feed.name.clone()).collect();
    let recorder = recorder(folder.path(), vec![watch(names)]);
    let path = folder.path().join("holdline.db");
    let (engine, writer) = Engine::start(recorder, &path, Clock::Manual(clock.clone()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stop = CancellationToken::new();
        let outside = Outside::new().unwrap();
        let fetching = tokio::spawn(engine.clone().fetch(feeds, outside, Box::new(|| 0.5), stop.clone()));
        for (round, (what, goal)) in ROUNDS.into_iter().enumerate() {
            served.round.store(round, Ordering::SeqCst);
            let (before, theirs) = (process_cpu(std::process::id()), served.cpu());
            // Schedules are set by the clock of the start, so that one must have been.
            while SEEN.load(Ordering::SeqCst) == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            // The first looks are let in by and by, the others are all due at once.
            clock.set(clock.now() + SignedDuration::from_mins(10));
            until_all_looked(&engine, round + 1).await;
            let ours = process_cpu(std::process::id()).saturating_sub(before);
            let spent = ours.saturating_sub(served.cpu().saturating_sub(theirs));
            let each = spent.as_secs_f64() / as_f64(FEEDS);
            let percent = each * LOOKS_PER_SECOND * 100.0;
            table.alone(format!("10,000 feeds every 5 minutes: {what}"), "% of a core", percent, goal);
        }
        stop.cancel();
        fetching.await.unwrap();
    });
    drop(engine);
    writer.join();
}

async fn until_all_looked(engine: &Engine, times: usize) {
    let looked = async {
        let mut changes = engine.changes();
        loop {
            changes.mark_unchanged();
            // Counted seldom: to read every row is work of this measurement and not of what is measured.
            let done = SEEN.load(Ordering::SeqCst) >= FEEDS * times;
            let rows = if done { engine.schedules().unwrap() } else { std::collections::BTreeMap::new() };
            if rows.len() == FEEDS && rows.values().all(|row| row.health.cost.requests >= times as u64) {
                return;
            }
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, looked).await.expect("the feeds were not all looked at");
}

/// Requests that the server has answered.
static SEEN: AtomicUsize = AtomicUsize::new(0);

fn fetched(number: usize, port: u16) -> FetchedFeed {
    let url = format!("http://127.1.{}.{}:{port}/{number}", number / 250, number % 250 + 1);
    let settings = RssSettings { url, key: None, every: None, private: Some(true) };
    FetchedFeed { name: FeedName::from(format!("n{number}")), feed: Arc::new(RssFeed::new(&settings).unwrap()) }
}

fn watch(feeds: BTreeSet<FeedName>) -> Watch {
    let kind = holdline::core::detect::KINDS.iter().find(|kind| kind.name == "more_than").unwrap();
    Watch {
        name: "breach".into(),
        query: Query::parse("riverside AND (breach OR leak*)").unwrap(),
        feeds,
        detector: (kind.parse)("5 mentions in 15m").unwrap(),
        at_least: None,
        from: Voices(1),
        besides: holdline::core::watch::Besides::default(),
        opens: None,
    }
}

#[derive(Default)]
struct Served {
    round: AtomicUsize,
    /// In microseconds.
    worked: AtomicUsize,
}

impl Served {
    fn cpu(&self) -> Duration {
        Duration::from_micros(self.worked.load(Ordering::SeqCst) as u64)
    }
}

/// A server on a thread of its own, whose work is not ours.
fn serve(served: Arc<Served>) -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = [0; 2048];
            let read = stream.read(&mut request).unwrap_or(0);
            let path = String::from_utf8_lossy(&request[..read]);
            let number = path.split(' ').nth(1).and_then(|path| path[1..].parse().ok()).unwrap_or(0);
            let answer = answer(number, served.round.load(Ordering::SeqCst));
            let _ = stream.write_all(&answer);
            SEEN.fetch_add(1, Ordering::SeqCst);
            served.worked.store(usize::try_from(thread_cpu().as_micros()).unwrap_or(0), Ordering::SeqCst);
        }
    });
    port
}

fn answer(number: usize, round: usize) -> Vec<u8> {
    if round == 3 {
        return b"HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n".to_vec();
    }
    // The last entry is the new one.
    let body = document(number, ENTRIES + usize::from(round > 0), Prose::Html);
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\netag: \"1\"\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), &body].concat()
}
