//! Retention: words go when their time is over, the record still holds, a hold keeps them, and a person's are found.

use std::fs;
use std::process::Command;

use holdline::core::incident::IncidentId;
use holdline::engine::MENTIONS_AT_ONCE_MAX;
use reqwest::StatusCode;
use serde_json::json;

use crate::test_app::TestApp;

const DAY: i64 = 24 * 60;

/// Runs a command on the app's folder; the running program is not in its way.
async fn holdline(app: &TestApp, arguments: &[&str], code: i32) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdline"));
    command.args(arguments).current_dir(app.file("."));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    said
}

async fn keeping(retention: &str) -> TestApp {
    let mut app = TestApp::start().await;
    let main = app.file("holdline.yaml");
    let text = fs::read_to_string(&main).unwrap();
    fs::write(main, format!("{text}\nretention: {{ {retention} }}\n")).unwrap();
    app.restart().await;
    app
}

fn is_in_a_file(app: &TestApp, words: &str) -> bool {
    ["holdline.db", "holdline.db-wal"].iter().any(|name| {
        let bytes = fs::read(app.file(name)).unwrap_or_default();
        bytes.windows(words.len()).any(|window| window == words.as_bytes())
    })
}

/// Incident 1 is closed and holds words of a person and quotes of strangers.
async fn closed_incident(app: &mut TestApp) {
    let words = ["one", "two", "three", "four", "five", "six"];
    let lines: Vec<_> = words.map(|word| json!({ "id": word, "author": format!("voice-{word}"), "text": format!("Riverside General leaked quagga {word}") })).into();
    assert_eq!(app.deliver("/in/listening", &lines).await.status(), StatusCode::OK);
    app.settle().await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "false-alarm"), ("reason", "it was Zebulon Quist")]).await;
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mentions_are_emptied_after_their_time_and_still_count_as_heard() {
    let app = keeping("mentions: 7d").await;
    let lines = [json!({ "id": "okapi", "author": "voice of okapi", "text": "okapi words" })];
    assert_eq!(app.deliver("/in/listening", &lines).await.status(), StatusCode::OK);
    app.minutes_go_by(7 * DAY - 1).await;
    assert!(is_in_a_file(&app, "okapi words"), "a minute less is not its time");
    app.minutes_go_by(2).await;
    assert!(
        !is_in_a_file(&app, "okapi words") && !is_in_a_file(&app, "voice of okapi"),
        "the words are in a file still"
    );
    let again = app.deliver("/in/listening", &lines).await.text().await.unwrap();
    assert!(again.contains("\"new\":0"), "a repeat is still known: {again}");
    let said = holdline(&app, &["audit", "verify"], 0).await;
    assert!(said.contains("by retention (entry ") && said.contains("Reason: mentions are kept for 7 days"), "{said}");
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_mentions_go_in_a_minute_and_the_rest_in_the_next() {
    let app = keeping("mentions: 7d").await;
    let lines: Vec<_> =
        (0..=MENTIONS_AT_ONCE_MAX).map(|n| json!({ "id": format!("gnu{n}"), "text": format!("gnu {n}") })).collect();
    for batch in lines.chunks(500) {
        assert_eq!(app.deliver("/in/listening", batch).await.status(), StatusCode::OK);
    }
    let left = |app: &TestApp| {
        let db = rusqlite::Connection::open(app.file("holdline.db")).unwrap();
        let sql = "select count(*) from mentions where json_extract(body, '$.text') <> ''";
        usize::try_from(db.query_row::<i64, _, _>(sql, [], |row| row.get(0)).unwrap()).unwrap()
    };
    app.clock.set(app.clock.now() + jiff::SignedDuration::from_hours(24 * 8));
    // The loop that looks at every full minute may have looked at this one already.
    let before = left(&app);
    assert!(before == lines.len() || before == lines.len() - MENTIONS_AT_ONCE_MAX, "{before} are left");
    app.minutes_go_by(1).await;
    app.minutes_go_by(1).await;
    assert_eq!(left(&app), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incidents_words_go_after_their_time_and_the_chain_still_holds() {
    let mut app = keeping("mentions: 7d, incidents: 30d").await;
    closed_incident(&mut app).await;
    app.minutes_go_by(8 * DAY).await;
    assert!(is_in_a_file(&app, "quagga six"), "what an incident quotes is kept with it");
    assert!(!is_in_a_file(&app, "quagga one"), "what nobody quoted is not");
    assert!(is_in_a_file(&app, "Zebulon Quist"));
    app.minutes_go_by(23 * DAY).await;
    for words in ["Zebulon Quist", "quagga one", "quagga six"] {
        assert!(!is_in_a_file(&app, words), "{words} is in a file still");
    }
    let ids = || app.app().engine.board().incidents.keys().copied().collect::<Vec<IncidentId>>();
    assert_eq!(ids(), Vec::<IncidentId>::new());
    let ana = app.sign_in("ana").await;
    assert!(ana.text("/").await.contains("Incident 1: erased on "));
    let said = holdline(&app, &["audit", "verify"], 0).await;
    assert!(said.contains("the words of an incident are kept for 30 days after it is closed"), "{said}");
    app.restart().await;
    assert!(app.app().engine.board().incidents.is_empty(), "it is folded to the same");
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_incident_is_kept_until_somebody_lifts_the_hold() {
    let mut app = keeping("incidents: 30d").await;
    closed_incident(&mut app).await;
    let hold = ["audit", "hold", "--incident", "1", "--by", "dev", "--reason", "a claim is expected"];
    assert!(holdline(&app, &hold, 0).await.contains("Incident 1 is held"));
    app.minutes_go_by(60 * DAY).await;
    assert!(is_in_a_file(&app, "Zebulon Quist"));
    app.stop().await;
    let erase = ["audit", "erase", "--incident", "1", "--by", "chi", "--reason", "asked for", "--yes"];
    assert!(holdline(&app, &erase, 1).await.contains("incident 1 is held; lift the hold first"));
    let listed = holdline(&app, &["audit", "hold", "--list"], 0).await;
    assert!(listed.contains("1: held by dev. a claim is expected"), "a hold outlives the daemon: {listed}");
    app.run().await;
    let lift = ["audit", "hold", "--incident", "1", "--by", "dev", "--reason", "settled", "--lift"];
    assert!(holdline(&app, &lift, 0).await.contains("held no more"));
    app.minutes_go_by(1).await;
    assert!(!is_in_a_file(&app, "Zebulon Quist"));
    holdline(&app, &["audit", "verify"], 0).await;
    app.settle().await;
}

/// A second watch of a group of its own, so that one story opens two incidents.
fn watch_twice(app: &TestApp) {
    let main = app.file("holdline.yaml");
    let text = fs::read_to_string(&main).unwrap();
    let twin = "  twin:\n    query: quagga\n    feeds: [listening]\n    group: apart\n    spike: { more_than: 5 mentions in 15m, from: 4 voices }\n";
    fs::write(main, text.replace("\nwatches:\n", &format!("\nwatches:\n{twin}"))).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_held_incident_quotes_outlives_another_that_quotes_it_too() {
    let mut app = keeping("incidents: 30d").await;
    watch_twice(&app);
    app.restart().await;
    closed_incident(&mut app).await;
    assert_eq!(app.incidents(), 2, "one story, two groups");
    let ana = app.sign_in("ana").await;
    ana.does("/incident/2/verify", &[("verdict", "false-alarm"), ("reason", "the same")]).await;
    app.settle().await;
    let hold = ["audit", "hold", "--incident", "2", "--by", "dev", "--reason", "a claim is expected"];
    holdline(&app, &hold, 0).await;
    app.minutes_go_by(31 * DAY).await;
    let ids = |app: &TestApp| app.app().engine.board().incidents.keys().copied().collect::<Vec<IncidentId>>();
    assert_eq!(ids(&app), [2], "the time of the one that nobody holds is over");
    assert!(is_in_a_file(&app, "quagga six"), "the held one quotes it still");
    app.stop().await;
    let erase = ["audit", "erase", "--mentions-with", "quagga six", "--by", "chi", "--reason", "asked for", "--yes"];
    assert!(holdline(&app, &erase, 0).await.contains("1 mentions stay: an incident that is held quotes them."));
    assert!(is_in_a_file(&app, "quagga six"));
    app.run().await;
    let lift = ["audit", "hold", "--incident", "2", "--by", "dev", "--reason", "settled", "--lift"];
    holdline(&app, &lift, 0).await;
    app.minutes_go_by(1).await;
    assert!(!is_in_a_file(&app, "quagga six"));
    holdline(&app, &["audit", "verify"], 0).await;
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_somebody_is_found_and_erased() {
    let mut app = TestApp::start().await;
    closed_incident(&mut app).await;
    let found = holdline(&app, &["audit", "find", "zebulon QUIST"], 0).await;
    assert!(found.contains(" of incident 1, ") && found.contains("verified"), "{found}");
    assert!(found.contains("0 mentions and "), "{found}");
    let found = holdline(&app, &["audit", "find", "voice-three"], 0).await;
    assert!(
        found.contains("mention three of the feed listening, received ") && found.contains("1 mentions"),
        "{found}"
    );
    assert!(!found.contains("quagga"), "where it stands is said, not what stands around it: {found}");
    app.stop().await;
    let erase = ["audit", "erase", "--mentions-with", "VOICE-THREE", "--by", "chi", "--reason", "Article 17"];
    assert!(holdline(&app, &erase, 1).await.contains("nothing was erased"));
    let said = holdline(&app, &[&erase[..], &["--yes"]].concat(), 0).await;
    assert!(said.contains("1 mentions are emptied.") && said.contains("0 bodies and 1 mentions"), "{said}");
    assert!(!is_in_a_file(&app, "voice-three"));
    let said = holdline(&app, &["audit", "verify"], 0).await;
    assert!(said.contains("by chi (entry ") && said.contains("): mentions. Reason: Article 17"), "{said}");
    assert!(holdline(&app, &["audit", "find", "voice-three"], 0).await.contains("0 mentions and "));
    app.run().await;
    app.settle().await;
}

#[test]
fn times_that_are_none_are_named() {
    let folder = crate::test_app::hospital_folder();
    let main = folder.path().join("holdline.yaml");
    let text = fs::read_to_string(&main).unwrap();
    for (retention, why) in [
        ("mentions: 6d", "mentions are needed for a week at least"),
        ("mentions: 12h", "write days or years, as in 90d or 2y"),
        ("incidents: 0y", "is not a time for which things are kept"),
        ("incidents: 101y", "is not a time for which things are kept"),
    ] {
        fs::write(&main, format!("{text}\nretention: {{ {retention} }}\n")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdline"));
        let output = command.arg("check").current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why), "{retention}: {said}");
    }
}
