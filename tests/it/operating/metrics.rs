//! `/metrics` and `/health`: what monitoring reads, at the operator's own address and for those who are signed in.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::has;
use crate::test_app::TestApp;

/// An app whose metrics have an address of their own.
async fn operated() -> TestApp {
    let mut app = TestApp::start().await;
    let main = app.file("holdline.yaml");
    let text = std::fs::read_to_string(&main).unwrap();
    let with = "url: http://127.0.0.1:0, metrics: 127.0.0.1:0 }";
    std::fs::write(main, text.replace("url: http://127.0.0.1:0 }", with)).unwrap();
    app.restart().await;
    app
}

async fn read(app: &TestApp, path: &str) -> (StatusCode, String) {
    let address = app.app().metrics.unwrap();
    let response = app.client.get(format!("http://{address}{path}")).send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

async fn scraped(app: &TestApp) -> BTreeMap<String, f64> {
    let (status, text) = read(app, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let pair = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    };
    samples.map(pair).collect()
}

fn promtool_takes(text: &str) {
    if !has("promtool", "prometheus") {
        return;
    }
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = promtool.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.trim().is_empty(), "promtool: {said}\n{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_follow_the_chain_and_name_nobody() {
    let mut app = operated().await;
    let before = scraped(&app).await;
    assert!(!before.keys().any(|name| name.starts_with("holdline_incidents{")), "none is open: {before:?}");
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    app.settle().await;
    app.approve("eve").await;
    let now = scraped(&app).await;
    let is = |name: &str, value: f64| assert_eq!(now.get(name), Some(&value), "{name}: {now:#?}");
    is("holdline_mentions_total{feed=\"listening\",known=\"no\"}", 6.0);
    is("holdline_incidents{severity=\"elevated\",phase=\"open\"}", 1.0);
    is("holdline_posts_total{channel=\"staff-board\",ended=\"done\",reason=\"\"}", 1.0);
    is("holdline_watch_mentions{watch=\"breach\"}", 6.0);
    is("holdline_store_writable", 1.0);
    // Of every feed, however its mentions get in; of one that never answered there is no time.
    for feed in ["listening", "slow"] {
        is(&format!("holdline_feed_up{{feed=\"{feed}\"}}"), 1.0);
        is(&format!("holdline_feed_blind{{feed=\"{feed}\"}}"), 0.0);
    }
    assert!(now["holdline_feed_read_timestamp_seconds{feed=\"listening\"}"] > 0.0);
    assert!(!now.contains_key("holdline_feed_read_timestamp_seconds{feed=\"slow\"}"));
    is("holdline_posting_stopped", 0.0);
    is("holdline_mail_failing_since_seconds", 0.0);
    assert!(now["holdline_mails_total{ended=\"done\",reason=\"\"}"] >= 4.0);
    assert!(now["holdline_commit_seconds_count"] > 5.0);
    assert!(now["holdline_store_bytes"] > 4096.0);
    let (_, text) = read(&app, "/metrics").await;
    promtool_takes(&text);
    for person in ["ana", "Ana", "Ruiz", "riverside.example", "voice0", "leaked"] {
        assert!(!text.contains(person), "{person} is in the metrics:\n{text}");
    }
}

/// The named bounds of queues and of work at once: beside each the number that it bounds.
#[tokio::test(flavor = "multi_thread")]
async fn every_bound_has_its_number() {
    let app = operated().await;
    let now = scraped(&app).await;
    let bounds = [
        ("writer_queue_jobs", holdline::engine::QUEUE_MAX),
        ("effects_under_way", 16),
        ("fetches_under_way", holdline::engine::FETCHES_MAX),
        ("http_connections", holdline::web::CONNECTIONS_MAX),
    ];
    for (name, bound) in bounds {
        assert_eq!(now[&format!("holdline_{name}_limit")].to_string(), bound.to_string(), "{name}");
        assert!(now[&format!("holdline_{name}")] <= now[&format!("holdline_{name}_limit")], "{name}");
    }
    let counted =
        ["writer_jobs_refused_total", "mails_put_off_total", "commits_failed_total", "effects_unsettled_total"];
    for name in counted {
        assert_eq!(now[&format!("holdline_{name}")].to_string(), "0", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_hear_that_it_lives_and_nothing_of_what_it_does() {
    let mut app = operated().await;
    app.spike(6).await;
    for path in ["/metrics", "/health/parts"] {
        assert_ne!(app.get(path).await.status(), StatusCode::OK, "{path} needs a session");
    }
    assert_eq!(app.text("/health/live").await, r#"{"live":true}"#);
    for path in ["/health", "/health/ready"] {
        assert_eq!(app.text(path).await, r#"{"ok":true,"store":"answers"}"#, "{path}");
    }
    let ana = app.sign_in("ana").await;
    assert!(ana.text("/metrics").await.contains("holdline_incidents{"));
    assert!(ana.text("/health/parts").await.contains("\"channels\""));
    assert_eq!(read(&app, "/").await.0, StatusCode::NOT_FOUND, "no page is served at the operator's address");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_how_each_part_does() {
    let mut app = operated().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    app.settle().await;
    let health = || async { serde_json::from_str::<Value>(&read(&app, "/health").await.1).unwrap() };
    let first = health().await;
    assert_eq!(first["ok"], json!(true));
    assert_eq!(first["mail"]["state"], "answers");
    assert_eq!(first["feeds"]["listening"]["state"], "heard");
    assert!(first["feeds"]["listening"]["since"].is_string());
    assert_eq!(first["feeds"]["slow"], json!({ "state": "not heard yet" }));
    assert_eq!(first["channels"]["staff-board"]["state"], "not called since the start");
    assert_eq!((&first["posting"], &first["folder"]), (&json!("allowed"), &json!("taken")));
    // A folder in the way of the channel's file, so that it cannot be written.
    std::fs::create_dir(app.file("staff-board.jsonl")).unwrap();
    let link = app.asked("eve").unwrap();
    app.press(&link, &link.code, "approve", "").await;
    let failing = "holdline_posts_total{channel=\"staff-board\"";
    let mut changes = app.app().engine.changes();
    while !scraped(&app).await.keys().any(|name| name.starts_with(failing)) {
        changes.changed().await.unwrap();
    }
    let second = health().await;
    assert_eq!(second["channels"]["staff-board"]["state"], "fails", "{second:#}");
    assert!(!second["channels"]["staff-board"]["why"].as_str().unwrap().is_empty());
    std::fs::remove_dir(app.file("staff-board.jsonl")).unwrap();
    app.app().engine.stop_posting("ana".to_owned(), "a test".to_owned()).await.unwrap();
    assert_eq!(health().await["posting"], "stopped");
    let broken = format!("{}\nnonsense: 1\n", std::fs::read_to_string(app.file("holdline.yaml")).unwrap());
    std::fs::write(app.file("holdline.yaml"), broken).unwrap();
    app.app().look_at_folder().await;
    assert_eq!(health().await["folder"], "refused; an earlier one goes on");
    app.settle().await;
}
