//! `holdline audit erase`: erasure by law and tampering are told apart, and the bytes are gone from the file.

use std::fs;

use holdline::app::{App, Mode};
use holdline::config::{Need, load};
use holdline::engine::{Clock, OpenError};
use holdline::store::{Broken, StoreError};
use reqwest::StatusCode;

use super::{change, says};
use crate::test_app::TestApp;

/// What a person wrote, and what a stranger said; both must be findable before and gone after.
const WRITTEN: &str = "Zebulon Quist of ward seven";
const QUOTED: &str = "quagga-quote";

/// Whether any file of the store holds these bytes.
fn is_in_a_file(app: &TestApp, words: &str) -> bool {
    ["holdline.db", "holdline.db-wal", "holdline.db-shm"].iter().any(|name| {
        let bytes = fs::read(app.file(name)).unwrap_or_default();
        bytes.windows(words.len()).any(|window| window == words.as_bytes())
    })
}

/// Incident 1 is over and holds both; incident 2 is running.
async fn two_incidents() -> TestApp {
    let mut app = TestApp::start().await;
    let lines: Vec<_> = (0..6)
        .map(|number| app.mention(&format!("voice{number}"), &format!("Riverside General leaked {QUOTED}{number}")))
        .collect();
    assert_eq!(app.deliver("/in/listening", &lines).await.status(), StatusCode::OK);
    app.settle().await;
    let ana = app.sign_in("ana").await;
    let film = [("verdict", "false-alarm"), ("reason", &format!("it was {WRITTEN}")[..])];
    ana.does("/incident/1/verify", &film).await;
    ana.does("/open", &[("playbook", "data-breach"), ("reason", "a reporter called")]).await;
    app.settle().await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_incident_leaves_its_headers_and_says_who_took_it() {
    let mut app = two_incidents().await;
    let folder = app.file("");
    let erase = ["audit", "erase", "--incident", "1", "--by", "chi", "--reason", "asked for under Article 17"];
    let with = |more: &'static [&'static str]| [&erase[..], more].concat();
    assert!(says(&folder, &with(&["--yes"]), 1).contains("in use by another Holdline"));
    app.stop().await;
    assert!(says(&folder, &erase, 1).contains("nothing was erased"), "nobody said yes");
    let running = ["audit", "erase", "--incident", "2", "--by", "chi", "--reason", "no", "--yes"];
    assert!(says(&folder, &running, 1).contains("incident 2 is still running"));
    let stranger = ["audit", "erase", "--incident", "1", "--by", "mallory", "--reason", "no", "--yes"];
    assert!(says(&folder, &stranger, 1).contains("there is no `mallory` under `people:`"));
    assert!(is_in_a_file(&app, WRITTEN) && is_in_a_file(&app, QUOTED), "what is looked for can be found");

    let text = says(&folder, &with(&["--mentions", "--yes"]), 0);
    assert!(text.contains("To be erased for good: ") && text.contains("1 opened"), "{text}");
    assert!(text.contains("Incident 1 can then not be shown any more"), "{text}");
    assert!(!is_in_a_file(&app, WRITTEN), "the words are in a file still");
    let left: Vec<u32> = (0..6).filter(|number| is_in_a_file(&app, &format!("{QUOTED}{number}"))).collect();
    assert_eq!(left, [0], "the five that were quoted are gone, the one that nobody quoted stays");

    let listed = says(&folder, &["audit", "list", "--incident", "1"], 0);
    assert!(listed.lines().filter(|line| line.contains("UTC")).all(|line| line.ends_with("(erased)")), "{listed}");
    assert!(listed.contains("  opened  (erased)"), "{listed}");
    let text = says(&folder, &["audit", "verify"], 0);
    assert!(text.contains("by chi (entry ") && text.contains("Reason: asked for under Article 17"), "{text}");
    assert!(text.contains("bodies are erased, as recorded; their headers stand."), "{text}");
    assert!(says(&folder, &with(&["--yes"]), 0).contains("Nothing is left to erase"));

    app.run().await;
    let ana = app.sign_in("ana").await;
    let desk = ana.text("/").await;
    assert!(desk.contains("Incident 1: erased on ") && desk.contains("by Chi Nwosu"), "{desk}");
    assert_eq!(ana.get("/incident/1").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.app().engine.board().incidents.keys().copied().collect::<Vec<_>>(), [2]);
    let lines: Vec<_> = (1..=6).map(|n| serde_json::json!({ "id": format!("m{n}"), "text": "again" })).collect();
    let again = app.deliver("/in/listening", &lines).await.text().await.unwrap();
    assert!(again.contains('6') && !again.contains("\"new\":6"), "repeats are still known: {again}");
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_missing_without_an_erasure_stop_the_next_start() {
    let mut app = two_incidents().await;
    let folder = app.file("");
    app.stop().await;
    let erased = ["audit", "erase", "--entry", "4", "--by", "chi", "--reason", "x", "--yes"];
    says(&folder, &erased, 0);
    says(&folder, &["audit", "verify"], 0);
    change(&app.file("holdline.db"), "update events set body = null, salt = null where incident = 1 and number = 1");
    let text = says(&folder, &["audit", "verify"], 1);
    assert!(text.contains("missing, and no erasure was recorded") && text.contains("of incident 1"), "{text}");
    assert_eq!(text.matches("BROKEN: ").count(), 1, "what was erased by law is no problem: {text}");
    let config = load(&folder, Need::WithoutMail).unwrap().config;
    let started = App::start(config, Mode::Demo(app.mailbox.clone()), Clock::Manual(app.clock.clone())).await;
    let error = started.err().unwrap();
    let gone =
        matches!(error, holdline::app::StartError::Open(OpenError::Store(StoreError::Chain(Broken::Gone { .. }))));
    assert!(gone, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_says_how_the_record_was_kept_is_never_erased_and_what_was_put_back_is_found() {
    let mut app = two_incidents().await;
    let folder = app.file("");
    app.stop().await;
    let entry = |number: &'static str| ["audit", "erase", "--entry", number, "--by", "chi", "--reason", "x", "--yes"];
    assert!(says(&folder, &entry("1"), 1).contains("entry 1 says how the record itself was kept"));
    assert!(says(&folder, &entry("9999"), 1).contains("there is no entry 9999"));
    let db = rusqlite::Connection::open(app.file("holdline.db")).unwrap();
    db.execute_batch("create table taken as select seq, salt, body from events where seq = 3").unwrap();
    drop(db);
    says(&folder, &entry("3"), 0);
    says(&folder, &["audit", "verify"], 0);
    let back = "update events set body = (select body from taken), salt = (select salt from taken) where seq = 3";
    change(&app.file("holdline.db"), back);
    let text = says(&folder, &["audit", "verify"], 1);
    assert!(text.contains("the body of entry 3 is there, though its erasure was recorded"), "{text}");
}
