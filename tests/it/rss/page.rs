//! What people see of feeds: the page, the desk, the mail, and `holdline try feed`.

use std::process::{Command, Output};

use holdline::core::name::FeedName;
use holdline::core::period::Period;
use holdline::core::schedule::Schedule;
use holdline::engine::BLIND_GATHER;
use holdline::feed::{Batch, Came, Cost, Look};
use jiff::SignedDuration;
use serde_json::Value;

use super::{item, rss};
use crate::peer::Peer;
use crate::test_app::TestApp;

const EVERY: Period = Period::minutes(5);

async fn keep(app: &TestApp, name: &'static str, came: Came) {
    let look = Look { came, cost: Cost { requests: 1, bytes: 2_048 } };
    let engine = &app.app().engine;
    let feed = FeedName::from(name);
    let row = engine
        .schedules()
        .unwrap()
        .remove(&feed)
        .unwrap_or_else(|| Schedule::new("https://x.example/", engine.machine_time()));
    engine.call(move |work| work.keep_look(&feed, look, row, EVERY, 0.5)).await.unwrap();
}

fn failed(why: &str) -> Came {
    Came::Failed { why: why.to_owned() }
}

#[tokio::test]
async fn a_blind_spot_is_on_the_desk_and_in_one_mail_until_it_is_heard_again() {
    let mut app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    keep(&app, "local-news", Came::Brought(Batch::default())).await;
    keep(&app, "calm", Came::Brought(Batch::default())).await;
    keep(&app, "local-news", failed("it answers <500>")).await;
    let page = ana.text("/feeds").await;
    assert!(page.contains("4 listened to, 1 failing, 0 blind."), "{page}");
    assert!(page.contains("It answers &lt;500&gt;."), "what a server says is text");
    assert!(!ana.text("/").await.contains("Blind spots"));
    for _ in 0..2 {
        app.minutes_go_by(20).await;
        // A session that nobody uses ends.
        assert!(!ana.text("/").await.is_empty());
        keep(&app, "local-news", failed("it answers <500>")).await;
    }
    app.minutes_go_by(BLIND_GATHER.as_secs() / 60).await;
    let mails = |app: &TestApp| {
        app.mailbox
            .to("it@riverside.example")
            .into_iter()
            .filter(|mail| mail.letter.subject.contains("Blind spot"))
            .collect::<Vec<_>>()
    };
    let told = mails(&app);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].letter.subject, "Blind spot: the feed local-news cannot be read");
    assert!(told[0].letter.text.contains("The latest answer: it answers <500>"), "{}", told[0].letter.text);
    assert!(told[0].letter.text.contains("/feeds"));
    let desk = ana.text("/").await;
    assert!(desk.contains("Blind spots") && desk.contains("local-news cannot be read"), "{desk}");
    let page = ana.text("/feeds").await;
    assert!(
        page.contains("It failed 3 times in a row") && page.contains("4 listened to, 1 failing, 1 blind."),
        "{page}"
    );
    assert!(page.find("local-news").unwrap() < page.find("calm").unwrap(), "what needs somebody comes first");
    app.minutes_go_by(20).await;
    keep(&app, "local-news", Came::Brought(Batch::default())).await;
    app.settle().await;
    assert!(!ana.text("/").await.contains("Blind spots"));
    assert_eq!(mails(&app).len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn the_page_shows_lag_cost_and_what_is_gone() {
    let mut app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    let published = app.clock.now() - SignedDuration::from_mins(7);
    let mention = holdline::core::mention::Mention {
        id: "1".to_owned(),
        title: Some("T".to_owned()),
        text: String::new(),
        author: None,
        url: None,
        language: None,
        published: Some(published),
        reach: None,
    };
    keep(&app, "news", Came::Brought(Batch { mentions: vec![mention], ..Batch::default() })).await;
    keep(&app, "old", Came::Gone { why: "it answers 410 Gone".to_owned() }).await;
    let page = ana.text("/feeds").await;
    assert!(page.contains("which came 7 min after it was published"), "{page}");
    assert!(page.contains("1 mention, 1 request, 2 KiB"), "{page}");
    assert!(page.contains("It is not asked for any more"), "{page}");
    app.minutes_go_by(BLIND_GATHER.as_secs() / 60).await;
    let mail = app
        .mailbox
        .to("it@riverside.example")
        .into_iter()
        .find(|mail| mail.letter.subject.contains("old is gone for good"));
    assert!(mail.unwrap().letter.text.contains("does not ask for it again"));
    app.stop().await;
}

#[tokio::test]
async fn the_page_needs_a_session() {
    let mut app = TestApp::start().await;
    assert_ne!(app.get("/feeds").await.status(), 200);
    app.stop().await;
}

fn try_feed(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_holdline")).args(["try", "feed"]).args(arguments).output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_feed_is_tried_from_a_file_and_from_an_address() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("news.xml");
    let document =
        rss(&[item("a", "One", "Sun, 22 Nov 2026 09:00:00 -0500"), "<item><guid>b</guid></item>".to_owned()]);
    std::fs::write(&file, &document).unwrap();
    let tried = try_feed(&[file.to_str().unwrap()]);
    assert!(tried.status.success());
    let read = lines(&tried);
    assert_eq!((read.len(), &read[0]["id"], &read[0]["title"]), (1, &Value::from("a"), &Value::from("One")));
    assert_eq!(read[0]["published"], "2026-11-22T14:00:00Z");
    assert!(String::from_utf8_lossy(&tried.stderr).contains("entry 2:"), "what is no mention is said");
    let peer = Peer::start(vec![(200, Vec::new(), document.clone()), (200, Vec::new(), document)]).await;
    let url = peer.url("/");
    let refused = tokio::task::spawn_blocking({
        let url = url.clone();
        move || try_feed(&[&url])
    })
    .await
    .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("is not a public address; add `--private`"),
        "{refused:?}"
    );
    let fetched = tokio::task::spawn_blocking(move || try_feed(&[&url, "--private"])).await.unwrap();
    assert_eq!(lines(&fetched), read);
    assert_eq!(peer.heard().len(), 1);
}

#[test]
fn of_a_feed_that_is_cut_off_what_is_whole_is_shown_and_the_fault_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.xml");
    let whole = rss(&[item("a", "One", ""), item("b", "Two", "")]);
    std::fs::write(&file, &whole[..whole.len() - 25]).unwrap();
    let tried = try_feed(&[file.to_str().unwrap()]);
    assert_eq!(tried.status.code(), Some(1));
    assert_eq!(lines(&tried).len(), 1);
    assert!(String::from_utf8_lossy(&tried.stderr).contains("cut off"), "{tried:?}");
}

#[test]
fn what_cannot_be_tried_is_said_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    std::fs::write(&file, "<html>\u{1b}[31m</html>").unwrap();
    for (source, words) in [
        (file.to_str().unwrap(), "neither RSS, Atom nor JSON Feed"),
        ("/nowhere/at/all.xml", "No such file"),
        ("http://me:secret@news.example/", "holds a name or a password"),
    ] {
        let tried = try_feed(&[source]);
        assert_eq!(tried.status.code(), Some(1), "{source}");
        assert!(tried.stdout.is_empty());
        let said = String::from_utf8_lossy(&tried.stderr).into_owned();
        assert!(said.contains(words), "{said}");
    }
}
