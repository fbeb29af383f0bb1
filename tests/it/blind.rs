//! Blind spots of every kind of feed: each has a row of health, silence and failure are told by one rule, and mails are few.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use holdline::core::health::{FAILING_MAX, SILENT_MAX};
use holdline::core::name::FeedName;
use holdline::core::period::Period;
use holdline::core::schedule::Schedule;
use holdline::engine::{BLIND_GATHER, BLIND_MAILS_EVERY, FeedHealth, Way};
use holdline::feed::streamed::Heard;
use holdline::feed::{Came, Cost, Look};
use holdline::mail::Captured;
use holdline::mail::compose::BLIND_NAMED_MAX;
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde_json::json;

use crate::test_app::TestApp;

/// How long anything here may take; real time, since the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

fn minutes(length: SignedDuration) -> i64 {
    length.as_secs() / 60
}

fn mails(app: &TestApp) -> Vec<Arc<Captured>> {
    let mut mails = app.mailbox.to("it@riverside.example");
    mails.retain(|mail| mail.letter.subject.contains("Blind spot"));
    mails
}

/// The hospital with these feeds more.
async fn with_feeds(more: &str) -> TestApp {
    let mut app = TestApp::start().await;
    let path = app.file("holdline.yaml");
    let yaml = fs::read_to_string(&path).unwrap();
    fs::write(path, yaml.replacen("feeds:\n", &format!("feeds:\n{more}"), 1)).unwrap();
    app.restart().await;
    app
}

/// Waits until the feed's health is so.
async fn until(app: &TestApp, feed: &str, what: impl Fn(&FeedHealth) -> bool) {
    let waiting = async {
        let mut changes = app.app().engine.changes();
        loop {
            changes.mark_unchanged();
            // What is held in memory is written down at a full minute.
            app.app().engine.call(|work| work.tick()).await.unwrap();
            if what(&app.app().engine.feeds().await.unwrap()[feed]) {
                return;
            }
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("the feed did not come to it");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_feed_has_its_row() {
    let mut app = with_feeds(
        "  export: { file: { path: export.jsonl, follow: true } }\n  old: { file: { path: old.jsonl, replay: 1000x } }\n",
    )
    .await;
    fs::write(app.file("old.jsonl"), "{\"text\": \"Long ago\"}\n").unwrap();
    fs::write(app.file("export.jsonl"), "{\"text\": \"Lovely weather\"}\n{\"text\": \"No weather\"}\n").unwrap();
    until(&app, "export", |feed| feed.health.cost.mentions == 2).await;
    until(&app, "old", |feed| feed.way == Way::Read { is_over: true }).await;
    let ana = app.sign_in("ana").await;
    let page = ana.text("/feeds").await;
    assert!(page.contains("4 listened to, 0 failing, 0 blind."), "{page}");
    assert!(page.contains("Not heard yet") && page.contains("Its file is followed. So far 2 mentions."), "{page}");
    assert!(page.contains("Its file was played to its end. So far 1 mention."), "{page}");
    let said = app.mention("voice", "Ducks");
    assert_eq!(app.deliver("/in/listening", &[said]).await.status(), StatusCode::OK);
    let page = ana.text("/feeds").await;
    assert!(page.contains("Last delivery 0 s ago, last new mention 0 s ago"), "{page}");
    assert!(page.contains("Others deliver to it. So far 1 mention, 1 delivery, "), "{page}");
    // Anybody can deliver what is not taken: it is shown, and it is no failure of the feed's.
    for _ in 0..2 {
        let refused = app.client.post(format!("{}/in/listening", app.base)).body("{}").send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }
    let page = ana.text("/feeds").await;
    assert!(page.contains("Not taken since the last that was: 2 deliveries, the latest 0 s ago"), "{page}");
    assert!(page.contains("4 listened to, 0 failing, 0 blind."), "{page}");
    let said = app.mention("voice", "Geese");
    app.deliver("/in/listening", &[said]).await;
    assert!(!ana.text("/feeds").await.contains("Not taken"));
    // It outlives a restart.
    app.minutes_go_by(1).await;
    app.restart().await;
    let feeds = app.app().engine.feeds().await.unwrap();
    assert_eq!((feeds["listening"].health.cost.mentions, feeds["listening"].health.heard.is_some()), (2, true));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_falls_silent_is_a_blind_spot_until_it_is_heard() {
    let mut app = TestApp::start().await;
    let said = app.mention("voice", "Ducks");
    app.deliver("/in/slow", &[said]).await;
    app.minutes_go_by(minutes(SILENT_MAX) - 1).await;
    assert!(app.app().engine.blind_feeds().unwrap().is_empty());
    app.minutes_go_by(1).await;
    let blind = app.app().engine.blind_feeds().unwrap();
    assert_eq!(blind.keys().map(FeedName::as_str).collect::<Vec<_>>(), ["listening", "slow"]);
    assert!(mails(&app).is_empty(), "others may follow");
    app.minutes_go_by(minutes(BLIND_GATHER)).await;
    let told = mails(&app);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].letter.subject, "Blind spots: nothing is heard of 2 feeds");
    for feed in ["listening", "slow"] {
        let said = format!("The feed {feed} has brought nothing new for unusually long.");
        assert!(told[0].letter.text.contains(&said), "{}", told[0].letter.text);
    }
    let ana = app.sign_in("ana").await;
    assert!(ana.text("/").await.contains("slow has brought nothing new for unusually long"));
    assert!(ana.text("/metrics").await.contains("holdline_feed_blind{feed=\"slow\"} 1"));
    let health: serde_json::Value = serde_json::from_str(&ana.text("/health/parts").await).unwrap();
    assert_eq!(
        (&health["feeds"]["slow"]["state"], &health["feeds"]["slow"]["why"]),
        (&json!("blind"), &json!("silent"))
    );
    let said = [app.mention("voice", "Ducks again")];
    app.deliver("/in/slow", &said).await;
    app.deliver("/in/listening", &said).await;
    app.minutes_go_by(1).await;
    assert!(app.app().engine.blind_feeds().unwrap().is_empty());
    assert!(!ana.text("/").await.contains("Blind spots"));
    app.minutes_go_by(minutes(BLIND_MAILS_EVERY)).await;
    assert_eq!(mails(&app).len(), 1, "that it is heard again is on the desk");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_is_a_blind_spot_and_says_why() {
    let mut app = with_feeds("  export: { file: { path: export.jsonl, follow: true } }\n").await;
    until(&app, "export", |feed| feed.health.failures > 0).await;
    let ana = app.sign_in("ana").await;
    let page = ana.text("/feeds").await;
    assert!(page.contains("3 listened to, 1 failing") && page.contains("export.jsonl"), "{page}");
    assert!(ana.text("/metrics").await.contains("holdline_feed_up{feed=\"export\"} 0"));
    let health: serde_json::Value = serde_json::from_str(&ana.text("/health/parts").await).unwrap();
    assert_eq!(health["feeds"]["export"], json!({ "state": "fails" }), "why it fails is on the page of the feeds");
    app.minutes_go_by(minutes(FAILING_MAX)).await;
    app.minutes_go_by(minutes(BLIND_GATHER)).await;
    let told = mails(&app);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].letter.subject, "Blind spot: the feed export cannot be read");
    assert!(told[0].letter.text.contains("The latest answer: "), "{}", told[0].letter.text);
    app.stop().await;
}

async fn gone(app: &TestApp, name: String) {
    let look = Look { came: Came::Gone { why: "it answers 410".to_owned() }, cost: Cost::default() };
    let feed = FeedName::from(name);
    let row = Schedule::new("https://x.example/", app.app().engine.machine_time());
    app.app().engine.call(move |work| work.keep_look(&feed, look, row, Period::minutes(5), 0.5)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_blind_spots_are_one_mail_and_the_next_comes_an_hour_later() {
    let mut app = TestApp::start().await;
    for number in 0..500 {
        gone(&app, format!("news{number:03}")).await;
    }
    app.minutes_go_by(minutes(BLIND_GATHER)).await;
    let told = mails(&app);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].letter.subject, "Blind spots: nothing is heard of 500 feeds");
    assert_eq!(told[0].letter.text.matches("is gone for good").count(), BLIND_NAMED_MAX);
    assert!(told[0].letter.text.contains("And 480 more."), "{}", told[0].letter.text);
    gone(&app, "late".to_owned()).await;
    app.minutes_go_by(minutes(BLIND_MAILS_EVERY) - 1).await;
    assert_eq!(mails(&app).len(), 1);
    gone(&app, "later".to_owned()).await;
    app.minutes_go_by(1).await;
    let told = mails(&app);
    assert_eq!(told.len(), 2);
    let text = &told[1].letter.text;
    assert!(
        text.contains("The feed late ") && text.find("The feed later ").unwrap() < text.find("The feed late ").unwrap()
    );
    app.stop().await;
}

fn heard(place: &str, answered: bool) -> Heard {
    let mention = json!({ "id": place, "text": "Riverside leak" });
    Heard {
        mentions: if place.is_empty() { Vec::new() } else { vec![serde_json::from_value(mention).unwrap()] },
        answered,
        cost: Cost { requests: 1, bytes: 100 },
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_has_its_health_too_and_its_silence_is_told() {
    let mut app = TestApp::start().await;
    let feed = FeedName::from("stream");
    let streams = [(feed.clone(), Way::Streamed)].into();
    app.app().engine.call(move |work| work.listen_to(&streams)).await.unwrap();
    let keep = async |app: &TestApp, heard: Heard| {
        let feed = feed.clone();
        app.app().engine.call(move |work| work.keep_heard(&feed, &heard, true)).await.unwrap();
    };
    keep(&app, heard("1", true)).await;
    let health = async |app: &TestApp| app.app().engine.feeds().await.unwrap()["stream"].health.clone();
    let begun: Timestamp = app.clock.now();
    let first = health(&app).await;
    assert_eq!(
        (first.cost.mentions, first.cost.bytes, first.succeeded, first.heard),
        (1, 100, Some(begun), Some(begun))
    );
    app.minutes_go_by(3).await;
    keep(&app, heard("", false)).await;
    assert_eq!(health(&app).await.succeeded, Some(begun), "a connection alone is no answer");
    keep(&app, heard("1", true)).await;
    let again = health(&app).await;
    assert_eq!(
        (again.succeeded, again.heard),
        (Some(app.clock.now()), Some(begun)),
        "what was brought before is not new"
    );
    app.minutes_go_by(minutes(SILENT_MAX)).await;
    assert!(app.app().engine.blind_feeds().unwrap().contains_key("stream"));
    app.minutes_go_by(minutes(BLIND_GATHER)).await;
    assert_eq!(mails(&app).len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_knows_the_gaps_of_a_feed_that_none_named_at_the_start() {
    let mut app = TestApp::start().await;
    let feed = FeedName::from("slow");
    let fails = feed.clone();
    app.app().engine.call(move |work| work.feed_fails(&fails)).await.unwrap();
    app.restart().await;
    let path = app.file("holdline.yaml");
    let yaml = fs::read_to_string(&path).unwrap();
    fs::write(path, yaml.replacen("feeds: [listening]", "feeds: [listening, slow]", 1)).unwrap();
    app.app().look_at_folder().await;
    assert_eq!(app.watch("breach").await.failing, std::slice::from_ref(&feed));
    let answers = feed.clone();
    app.app().engine.call(move |work| work.feed_answers(&answers)).await.unwrap();
    assert!(app.watch("breach").await.failing.is_empty());
}
