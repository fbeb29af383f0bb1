//! Followed feeds in the running program: what is stored, that place and mentions are one, and that nothing counts twice.

use std::sync::Arc;
use std::time::Duration;

use holdline::core::name::FeedName;
use holdline::core::quiet::Gaps;
use holdline::engine::{FollowedFeed, RecordError, Work};
use holdline::feed::Feed;
use holdline::feed::mastodon::Mastodon;
use holdline::feed::streamed::{Heard, Keep, Pace};
use holdline::net::{Http, Silence};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::bluesky::{feed, post, words};
use super::player::{Act, Play, Player};
use super::{PATIENCE, pace};
use crate::test_app::TestApp;

/// The feed that the hospital's watches listen to.
const FEED: &str = "listening";
const LEAK: &str = "Riverside General leaked my records";

fn stored(app: &TestApp) -> i64 {
    let db = Connection::open(app.file("holdline.db")).unwrap();
    db.query_row("select count(*) from mentions", [], |row| row.get(0)).unwrap()
}

async fn cursor(app: &TestApp) -> Option<String> {
    app.app().engine.call(|work| work.cursor(&FeedName::from(FEED))).await.unwrap()
}

/// Follows until `until` holds after a commit; then stops, as the program does.
async fn follow(app: &TestApp, feed: impl Feed + 'static, until: impl Fn(&TestApp) -> bool) {
    let stop = CancellationToken::new();
    let followed = FollowedFeed { name: FeedName::from(FEED), feed: Arc::new(feed), http: Http::new().unwrap() };
    let mut changes = app.app().engine.changes();
    let following = tokio::spawn(app.app().engine.clone().follow(followed, stop.clone()));
    let reached = async {
        while !until(app) {
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.expect("it did not come to that");
    stop.cancel();
    tokio::time::timeout(PATIENCE, following).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_everything_that_is_said_only_what_a_watch_matches_is_stored() {
    let app = TestApp::start().await;
    let at = app.clock.now().as_microsecond();
    let mut acts: Vec<Act> =
        (0..5_000).map(|number| Act::Say(post(number, at, &words("Lovely weather for ducks")))).collect();
    acts.push(Act::Say(post(5_000, at + 1, &words(LEAK))));
    acts.push(Act::Stay);
    let player = Player::streams(vec![Play::Acts(acts)]).await;
    follow(&app, feed(&player), |app| stored(app) > 0).await;
    assert_eq!(stored(&app), 1);
    assert_eq!(cursor(&app).await, Some((at + 1).to_string()));
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spike_that_comes_over_broken_connections_opens_one_incident_and_counts_each_post_once() {
    let app = TestApp::start().await;
    let at = app.clock.now().as_microsecond();
    // Every connection brings what the last one brought, and one post more before it is cut within a frame.
    let by = |number: usize| {
        let said = words(&format!("Riverside General leaked records {number}"));
        post(number, at + 1, &said).replace("eygmaih", &format!("voice{number}"))
    };
    let connection = |posts: usize| {
        let half = Act::Raw([&[0x81, 0x7e, 0x02, 0x00][..], b"{\"did\":"].concat());
        Play::Acts((0..posts).map(|number| Act::Say(by(number))).chain([half]).collect())
    };
    let player = Player::streams((1..=7).map(connection).collect()).await;
    follow(&app, feed(&player), |app| stored(app) == 7).await;
    app.settle().await;
    assert_eq!(app.incidents(), 1);
    let counted = app.app().engine.call(|work| Ok(work.counted(&"breach".into()).unwrap())).await.unwrap();
    assert_eq!((counted.count, counted.voices), (7, 7));
    let asked = player.asked("cursor=");
    assert!(asked.len() >= 6 && asked.iter().all(|target| target.ends_with(&format!("cursor={}", at + 1 - 5_000_000))));
}

/// The stretches in which the feed is known to have failed, in minutes since `begun`.
async fn gaps(app: &TestApp, begun: Timestamp) -> Vec<(i64, i64)> {
    let unheard = app.app().engine.unheard().await.unwrap();
    let minute = |at: Timestamp| at.as_second().div_euclid(60);
    let gaps = Gaps::of(unheard.gaps.get(FEED), minute(app.clock.now()));
    gaps.stretches().iter().map(|(first, last)| (first - minute(begun), last - minute(begun))).collect()
}

/// A server that takes connections and hangs up, or says nothing, or says that it cannot: none of it is an answer.
#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_one_gap_from_its_first_failure_until_something_is_heard() {
    let app = TestApp::start().await;
    let begun = app.clock.now();
    let outage = [Play::Acts(Vec::new()), Play::Acts(vec![Act::Freeze]), Play::Refuse("503 Unavailable")];
    let back = Play::Acts(vec![Act::Say(post(1, begun.as_microsecond(), &words(LEAK))), Act::Stay]);
    let player = Player::streams(outage.into_iter().chain([back]).collect()).await;
    let deaf = Duration::from_millis(200);
    let pace = Pace { silence: Silence { ask_after: deaf, answer_within: deaf }, ..pace() };
    let stop = CancellationToken::new();
    let feed = Arc::new(feed(&player).with_pace(pace));
    let followed = FollowedFeed { name: FeedName::from(FEED), feed, http: Http::new().unwrap() };
    let following = tokio::spawn(app.app().engine.clone().follow(followed, stop.clone()));
    // With the second connection the first is known to have failed, and so on.
    for connection in 2..=3 {
        player.meets(connection).await;
        app.clock.set(app.clock.now() + SignedDuration::from_mins(4));
    }
    player.meets(4).await;
    let mut changes = app.app().engine.changes();
    while stored(&app) == 0 {
        tokio::time::timeout(PATIENCE, changes.changed()).await.expect("nothing came").unwrap();
    }
    app.app().engine.call(|_| Ok(())).await.unwrap();
    assert_eq!(gaps(&app, begun).await, [(0, 8)]);
    assert!(!app.app().engine.unheard().await.unwrap().gaps[FEED].is_failing());
    stop.cancel();
    tokio::time::timeout(PATIENCE, following).await.unwrap().unwrap();
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mastodon_server_that_shows_no_timeline_has_not_answered() {
    let app = TestApp::start().await;
    let begun = app.clock.now();
    let (says, timeline) = tokio::sync::watch::channel("503 Unavailable");
    let pages = Box::new(move |target: &str| {
        let page = if target.contains("/timelines/") { *timeline.borrow() } else { "404 Not Found" };
        (page.to_owned(), "[]".to_owned())
    });
    let player = Player::start(pages, Vec::new()).await;
    let tags = ["leak".to_owned()];
    let feed = Mastodon::new(player.url("http", "/"), &tags, None, None, true).unwrap().with_pace(pace());
    let stop = CancellationToken::new();
    let followed = FollowedFeed { name: FeedName::from(FEED), feed: Arc::new(feed), http: Http::new().unwrap() };
    let following = tokio::spawn(app.app().engine.clone().follow(followed, stop.clone()));
    for connection in 2..=3 {
        player.meets(connection).await;
        app.clock.set(app.clock.now() + SignedDuration::from_mins(4));
    }
    assert!(app.app().engine.unheard().await.unwrap().gaps[FEED].is_failing());
    says.send_replace("200 OK");
    let mut changes = app.app().engine.changes();
    while app.app().engine.unheard().await.unwrap().gaps[FEED].is_failing() {
        tokio::time::timeout(PATIENCE, changes.changed()).await.expect("it never came back").unwrap();
        app.app().engine.call(|_| Ok(())).await.unwrap();
    }
    assert_eq!(gaps(&app, begun).await, [(0, 8)]);
    stop.cancel();
    tokio::time::timeout(PATIENCE, following).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gathered_over_a_night_without_the_stream_is_no_talk_of_now() {
    let app = TestApp::start().await;
    let night = app.clock.now() - SignedDuration::from_hours(8);
    let said = |number: usize| {
        let mut said = words(&format!("Riverside General leaked records {number}"));
        said["createdAt"] = serde_json::json!(night.to_string());
        let at = night.as_microsecond() + i64::try_from(number).unwrap();
        Act::Say(post(number, at, &said).replace("eygmaih", &format!("voice{number}")))
    };
    let player = Player::streams(vec![Play::Acts((0..12).map(said).chain([Act::Stay]).collect())]).await;
    follow(&app, feed(&player), |app| stored(app) == 12).await;
    app.settle().await;
    assert_eq!(app.incidents(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn place_and_mentions_are_one() {
    let app = TestApp::start().await;
    let name = FeedName::from(FEED);
    let heard = |place: &str, words: &str, keep: Keep| Heard {
        mentions: vec![serde_json::from_value(serde_json::json!({ "id": place, "text": words })).unwrap()],
        cursor: Some(place.to_owned()),
        keep,
        ..Heard::default()
    };
    let keep = async |heard: Heard, due: bool, fails: bool| {
        let name = name.clone();
        let work = move |work: &mut Work<'_, '_>| {
            let taken = work.keep_heard(&name, &heard, due)?;
            if fails { Err(RecordError::NoSuchIncident) } else { Ok(taken.new) }
        };
        app.app().engine.call(work).await
    };
    assert!(keep(heard("1", LEAK, Keep::Matching), true, true).await.is_err());
    assert_eq!((stored(&app), cursor(&app).await), (0, None));
    assert_eq!(keep(heard("2", LEAK, Keep::Matching), false, false).await.unwrap(), 1);
    assert_eq!((stored(&app), cursor(&app).await.as_deref()), (1, Some("2")));
    // Nothing is stored: the place is written down from time to time only.
    assert_eq!(keep(heard("3", "ducks", Keep::Matching), false, false).await.unwrap(), 0);
    assert_eq!((stored(&app), cursor(&app).await.as_deref()), (1, Some("2")));
    assert_eq!(keep(heard("4", "ducks", Keep::Matching), true, false).await.unwrap(), 0);
    assert_eq!((stored(&app), cursor(&app).await.as_deref()), (1, Some("4")));
    // Where the source was asked for nothing else, everything is.
    assert_eq!(keep(heard("5", "ducks", Keep::All), false, false).await.unwrap(), 1);
    assert_eq!((stored(&app), cursor(&app).await.as_deref()), (2, Some("5")));
    app.settle().await;
}
