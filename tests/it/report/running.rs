//! The report of a running program: on its pages, and by the command beside it, on the same store.

use std::fs;

use reqwest::StatusCode;
use serde_json::json;

use crate::record::{change, says};
use crate::test_app::{TestApp, Visitor};

/// What is said of the hospital; only the first may stand in a report.
const SAID: [&str; 3] = [
    "Riverside General leaked records of a whole year, says a post on a forum that nobody can open",
    "Riverside General leaked my records and I was never told about it by anybody there",
    "Riverside General leaked the list, call 415 555 0137 for the file before it goes away",
];

/// An incident of six mentions, brought to its first public post and closed.
async fn closed(app: &mut TestApp) -> Visitor {
    let lines: Vec<_> = (0..6_usize)
        .map(|number| {
            // The newest of as many are quoted first.
            let said = number.checked_sub(3).and_then(|place| SAID.get(place));
            let text =
                said.map_or_else(|| format!("leaked Riverside General page {number}"), |said| (*said).to_owned());
            let mut mention = app.mention(&format!("voice{number}"), &text);
            mention["language"] = json!("en");
            mention
        })
        .collect();
    assert_eq!(app.deliver("/in/listening", &lines).await.status(), StatusCode::OK);
    app.settle().await;
    let ana = app.sign_in("ana").await;
    app.minutes_go_by(3).await;
    ana.does("/incident/1/claim", &[]).await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
    let chi = app.sign_in("chi").await;
    chi.does("/incident/1/fact/discovered_at", &[("value", "2026-11-22 08:40"), ("press", "confirm")]).await;
    app.settle().await;
    app.approve("eve").await;
    app.minutes_go_by(1).await;
    for who in ["dev", "chi", "ben"] {
        app.approve(who).await;
    }
    ana.does("/incident/1/stand-down", &[("reason", "it is over")]).await;
    app.settle().await;
    app.approve("ana").await;
    ana.does("/incident/1/lesson", &[("words", "the phone tree"), ("press", "keep")]).await;
    ana
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_the_command_tell_the_same_beside_the_running_program() {
    let mut app = TestApp::start().await;
    let ana = closed(&mut app).await;
    assert_eq!(
        app.get("/incident/1/report").await.status(),
        StatusCode::SEE_OTHER,
        "nobody reads it without a session"
    );
    let incident = ana.text("/incident/1").await;
    assert!(incident.contains("href=\"/incident/1/report\""), "{incident}");
    let page = ana.text("/incident/1/report").await;
    for words in [
        "After-action report: ",
        "Ana Ruiz claimed it",
        "<td data-head=\"Value\">3 minutes</td>",
        "the phone tree",
        "The slowest link",
        "Planned and done",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let download = ana.get("/incident/1/report.md").await;
    assert!(download.headers()["content-disposition"].to_str().unwrap().contains("incident-1-report.md"));
    let download = download.text().await.unwrap();

    let folder = app.file("");
    let text = tokio::task::block_in_place(|| says(&folder, &["report", "1"], 0));
    // The command's clock is the machine's own, by which promises are judged.
    let same = |text: &str| {
        let moved = ["As of ", "| Promised updates", "- Promised updates", "| holding statement, 22 November"];
        let lines = text.lines().filter(|line| !moved.iter().any(|begin| line.starts_with(begin)));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(same(&text), same(&download));
    assert!(same(&text).len() > 80, "{text}");

    assert!(text.contains("records of a whole year"), "{text}");
    assert!(
        !text.contains("never told about it") && !text.contains("before it goes away"),
        "private or masked: {text}"
    );
    assert_eq!(ana.get("/incident/9/report").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_writes_files_lists_and_reports_nothing_from_a_record_that_does_not_hold() {
    let mut app = TestApp::start().await;
    let ana = closed(&mut app).await;
    ana.does("/open", &[("playbook", "data-breach"), ("reason", "a reporter called")]).await;
    app.settle().await;
    let list = ana.text("/reports").await;
    assert!(list.contains("<h2>Live incidents") && !list.contains("<h2>Rehearsals"), "{list}");
    assert!(list.contains("href=\"/incident/2/report\""), "{list}");
    app.stop().await;
    let folder = app.file("");
    let out = app.file("report.html");
    let out_name = out.to_str().unwrap();
    let written = says(&folder, &["report", "1", "--format", "html", "--out", out_name], 0);
    assert!(written.contains("Written to "), "{written}");
    let html = fs::read_to_string(&out).unwrap();
    assert!(
        html.starts_with("<!doctype html>")
            && html.contains("<title>After-action report")
            && !html.contains("EXERCISE"),
        "{html}"
    );
    let again = says(&folder, &["report", "1", "--format", "html", "--out", out_name], 1);
    assert!(again.contains("is there already, and is not written over"), "{again}");
    let missing = says(&folder, &["report", "9"], 1);
    assert!(missing.contains("there is no incident 9") && missing.contains("report --list"), "{missing}");
    let list = says(&folder, &["report", "--list"], 0);
    assert!(list.contains("## Live incidents") && list.contains("| 2: ") && list.contains("| 1: "), "{list}");

    let erase = ["audit", "erase", "--incident", "1", "--by", "chi", "--reason", "asked for under Article 17", "--yes"];
    says(&folder, &erase, 0);
    let text = says(&folder, &["report", "1"], 0);
    assert!(text.contains("Its opening was erased") && text.contains("Erased by chi on "), "{text}");
    assert!(!text.contains("phone tree"), "{text}");
    let list = says(&folder, &["report", "--list"], 0);
    assert!(list.contains("Incident 1: its words were erased."), "{list}");

    change(&app.file("holdline.db"), "update events set body = replace(body, 'reporter', 'ghost') where incident = 2");
    let text = says(&folder, &["report", "2"], 1);
    assert!(text.contains("the record does not hold") && !text.contains("After-action report"), "{text}");
}
