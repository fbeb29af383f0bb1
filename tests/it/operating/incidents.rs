//! `holdline incident`: what it says and does through the socket, and what it cannot.

use std::process::{Command, Output};

use holdline::control::{Answer, IncidentRequest, LISTED_MAX, Request, ask, socket_of};
use holdline::core::incident::{Fact, IncidentPhase};

use crate::test_app::TestApp;

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a command on the app's folder, beside the running program.
async fn holdline(app: &TestApp, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdline"));
    command.arg("incident").args(arguments).arg("--folder").arg(app.file("."));
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

async fn does(app: &TestApp, arguments: &[&str]) -> String {
    let output = holdline(app, arguments).await;
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    app.settle().await;
    said(&output)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_is_led_from_the_terminal_but_nothing_is_decided_there() {
    let app = TestApp::start().await;
    assert!(does(&app, &["list"]).await.contains("There has been no incident."));
    let opened = does(&app, &["open", "data-breach", "--by", "ana", "--reason", "a call came in"]).await;
    assert!(opened.contains("Incident 1 is open") && opened.contains("/incident/1"), "{opened}");
    assert!(!app.letters("chi", "Patient data breach").is_empty(), "people are alerted as by any opening");
    assert!(does(&app, &["list"]).await.contains("1: Patient data breach"));
    assert!(does(&app, &["claim", "1", "--by", "ana"]).await.contains("Ana Ruiz has incident 1."));
    // Chi could confirm it on the page; under her name it is only proposed here.
    let written = does(&app, &["fact", "1", "discovered_at", "2026-11-22 08:40", "--by", "chi"]).await;
    assert!(written.contains("once the privacy-officer confirms it"), "{written}");
    assert!(matches!(app.incident(1).facts["discovered_at"], Fact::Proposed { .. }));
    let shown = does(&app, &["show", "1"]).await;
    for words in ["Ana Ruiz has it.", "it is not confirmed", "Task pause:", "Statement holding: Not started"] {
        assert!(shown.contains(words), "{words} is not in\n{shown}");
    }
    let asked = does(&app, &["stand-down", "1", "--by", "ana", "--reason", "it is quiet"]).await;
    assert!(asked.contains("Nothing ends before they approve"), "{asked}");
    assert!(matches!(app.incident(1).phase, IncidentPhase::StandingDown(_)), "a person still has to approve");
    app.approve("ben").await;
    does(&app, &["close", "1", "--by", "ana", "--reason", "reviewed"]).await;
    assert!(matches!(app.incident(1).phase, IncidentPhase::Closed { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_refuses_the_terminal_refuses_in_words() {
    let app = TestApp::start().await;
    does(&app, &["open", "data-breach", "--by", "ana", "--reason", "a call came in"]).await;
    for (arguments, why) in [
        (&["open", "no-such", "--by", "ana", "--reason", "x"][..], "there is no playbook of this name"),
        (&["open", "data-breach", "--by", "ana", "--reason", " "], "a reason is needed"),
        (&["switch", "1", "no-such", "--by", "ana", "--reason", "x"], "there is no playbook of this name"),
        (&["switch", "1", "data-breach", "--by", "ana", "--reason", "x"], "runs this playbook already"),
        (&["show", "7"], "there is no such incident"),
        (&["fact", "1", "no_such", "x", "--by", "ana"], "no such step, fact or channel"),
        (&["fact", "1", "records_affected", "many", "--by", "ana"], "is not a whole number"),
        (&["close", "1", "--by", "ana"], "stands down first"),
        (&["claim", "1", "--by", "nobody"], "only"),
    ] {
        let output = holdline(&app, arguments).await;
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(said(&output).contains(why), "{arguments:?}: {}", said(&output));
    }
    assert_eq!(app.incidents(), 1);
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_daemon_it_says_so_and_writes_nothing() {
    let mut app = TestApp::start().await;
    app.stop().await;
    let output = holdline(&app, &["open", "data-breach", "--by", "ana", "--reason", "x"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("no Holdline is running on this store; start it with `holdline run`"),
        "{}",
        said(&output)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_cut_and_says_so() {
    let app = TestApp::start().await;
    for _ in 0..=LISTED_MAX {
        app.app().engine.open(&"data-breach".into(), &"ana".into(), "one of many".to_owned()).await.unwrap();
    }
    app.settle().await;
    let request = Request::Incident(IncidentRequest::List);
    let Answer::Done(said) = ask(&socket_of(&app.file("holdline.db")), &request).await.unwrap() else { panic!() };
    assert_eq!(said.len(), LISTED_MAX + 1);
    assert!(said[0].starts_with("51: ") && said[LISTED_MAX] == "and 1 before these", "{said:?}");
}
