//! What becomes of what is public: corrected, taken down; and the kill switch before anything is.

use std::process::Command;

use holdline::control::{Answer, Request, ask, socket_of};
use holdline::core::incident::{PostPhase, StatementPhase};
use reqwest::StatusCode;

use crate::test_app::{TestApp, Visitor};

/// An incident that Ana runs, with every fact that the holding statement needs.
async fn incident(app: &mut TestApp) -> Visitor {
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
    let chi = app.sign_in("chi").await;
    chi.does("/incident/1/fact/discovered_at", &[("value", "2026-11-22 08:40"), ("press", "confirm")]).await;
    app.settle().await;
    ana
}

async fn approve_holding(app: &TestApp) {
    for who in ["dev", "chi", "ben"] {
        app.approve(who).await;
    }
}

async fn posted() -> (TestApp, Visitor) {
    let mut app = TestApp::start().await;
    let ana = incident(&mut app).await;
    app.approve("eve").await;
    approve_holding(&app).await;
    (app, ana)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_approved_anew_and_both_statements_name_each_other() {
    let (app, ana) = posted().await;
    ana.does("/incident/1/statement/holding/correct", &[("reason", "the number is wrong")]).await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0999"), ("press", "confirm")]).await;
    app.settle().await;
    assert_eq!(app.get("/newsroom/1/holding-correction-1").await.status(), StatusCode::NOT_FOUND);
    for who in ["dev", "chi", "ben"] {
        let mut mail = app.letters(who, "holding correction 1 statement");
        mail.retain(|letter| letter.letter.subject.contains("Approve"));
        let text = &mail.last().unwrap_or_else(|| panic!("{who} was not asked")).letter.text;
        assert!(text.contains("Correction to our statement of 22 November, 09:00 EST."), "{who}:\n{text}");
        app.approve(who).await;
    }
    let correction = app.text("/newsroom/1/holding-correction-1").await;
    assert!(correction.contains("+1 555 010 0999"), "{correction}");
    assert!(correction.contains("This is a correction of <a href=\"/newsroom/1/holding\">"), "{correction}");
    let original = app.text("/newsroom/1/holding").await;
    assert!(original.contains("+1 555 010 0100"), "what was said stands as it was said");
    assert!(
        original.contains("This statement was corrected: <a href=\"/newsroom/1/holding-correction-1\">"),
        "{original}"
    );
    assert!(app.text("/newsroom").await.contains("(corrected since)"));
    let page = ana.text("/incident/1").await;
    assert!(page.contains("It corrects the holding statement."), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_was_taken_down_is_gone_and_says_so() {
    let (app, ana) = posted().await;
    let down = |channel| [("channel", channel), ("reason", "a name is in it"), ("press", "ask")];
    ana.does("/incident/1/statement/holding/take-down", &down("website")).await;
    app.settle().await;
    let gone = app.get("/newsroom/1/holding").await;
    assert_eq!(gone.status(), StatusCode::GONE);
    assert!(gone.text().await.unwrap().contains("was taken down at 22 November, 09:00 EST"));
    assert!(!app.text("/newsroom").await.contains("/newsroom/1/holding"));
    assert!(!app.text("/newsroom/feed.atom").await.contains("/newsroom/1/holding"));
    // What a person posted is taken down by a person.
    let there = [("channel", "bluesky"), ("url", "https://bsky.example/post/1")];
    ana.does("/incident/1/statement/holding/posted", &there).await;
    ana.does("/incident/1/statement/holding/take-down", &down("bluesky")).await;
    app.settle().await;
    let asked = app.letters("ana", "Take it down from bluesky");
    assert!(asked[0].letter.text.contains("https://bsky.example/post/1"), "{}", asked[0].letter.text);
    ana.does("/incident/1/statement/holding/take-down", &[("channel", "bluesky"), ("press", "is-down")]).await;
    app.settle().await;
    let StatementPhase::Posted(posting) = &app.incident(1).statements["holding"].phase else { panic!("not posted") };
    assert!(matches!(posting.posts["bluesky"], PostPhase::TakenDown { .. }), "{:?}", posting.posts);
    // A file is given away and cannot be taken back.
    let staff = [("channel", "staff-board"), ("reason", "a name is in it"), ("press", "ask")];
    ana.does("/incident/1/statement/staff/take-down", &staff).await;
    app.settle().await;
    assert_eq!(app.letters("ana", "STILL PUBLIC on staff-board").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_out_while_posting_is_stopped_and_a_restart_does_not_forget() {
    let mut app = TestApp::start().await;
    let ana = incident(&mut app).await;
    app.approve("eve").await;
    let socket = socket_of(&app.file("holdline.db"));
    let stop = Request::StopPosting { by: "Ida".to_owned(), reason: "an account may be stolen".to_owned() };
    let Answer::Done(said) = ask(&socket, &stop).await.unwrap() else { panic!("refused") };
    assert!(said[0].starts_with("Posting is stopped.") && said[1] == "Nothing was on its way.", "{said:?}");
    assert!(matches!(ask(&socket, &stop).await.unwrap(), Answer::Refused(_)), "it is stopped already");
    app.settle().await;
    assert!(app.letters("ana", "Posting is stopped")[0].letter.text.contains("Ida stopped all posting"));
    approve_holding(&app).await;
    app.restart().await;
    app.settle().await;
    assert!(!app.text("/newsroom").await.contains("/newsroom/1/holding"));
    assert!(app.letters("ana", "Post by hand").is_empty());
    // The desk says so, and has the switch.
    let ana_again = app.sign_in("ana").await;
    drop(ana);
    assert!(ana_again.text("/").await.contains("Posting is stopped."));
    ana_again.does("/posting", &[("press", "resume")]).await;
    app.settle().await;
    assert!(app.text("/newsroom").await.contains("/newsroom/1/holding"));
    assert_eq!(app.letters("ana", "Post by hand").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_stops_the_running_daemon_even_while_its_files_are_broken() {
    let app = TestApp::start().await;
    let (folder, store) = (app.file("."), app.file("holdline.db"));
    std::fs::write(app.file("holdline.yaml"), "people: [").unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdline"));
        let output = command.arg("stop-posting").arg(&folder).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), said)
    };
    let (stopped, said) = tokio::task::block_in_place(|| run(&["--by", "Ida"]));
    assert!(stopped && said.contains("Posting is stopped."), "where the store lies is read all the same: {said}");
    let (resumed, said) = tokio::task::block_in_place(|| run(&["--resume", "--by", "Ida"]));
    assert!(resumed, "{said}");
    std::fs::remove_file(app.file("holdline.yaml")).unwrap();
    let (stopped, said) = tokio::task::block_in_place(|| run(&["--by", "Ida"]));
    assert!(!stopped && said.contains("--store FILE"), "{said}");
    let store = store.to_str().unwrap();
    let (stopped, said) = tokio::task::block_in_place(|| run(&["--by", "Ida", "--store", store]));
    assert!(stopped && said.contains("Posting is stopped."), "{said}");
    assert!(app.app().engine.board().stopped);
    let (resumed, said) = tokio::task::block_in_place(|| run(&["--resume", "--by", "Ida", "--store", store]));
    assert!(resumed && said.contains("Posting is resumed."), "{said}");
    assert!(!app.app().engine.board().stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_holds_for_the_next_start_where_no_daemon_runs() {
    let mut app = TestApp::start().await;
    app.stop().await;
    let stop = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdline"));
        command.arg("stop-posting").arg(app.file(".")).args(arguments).output().unwrap()
    };
    let output = tokio::task::block_in_place(|| stop(&["--by", "Ida", "--reason", "for the night"]));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let again = tokio::task::block_in_place(|| stop(&["--by", "Ida"]));
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("in that state already"));
    app.restart().await;
    assert!(app.app().engine.board().stopped);
    app.spike(6).await;
    assert!(app.incident(1).stopped.is_some(), "an incident that opens meanwhile posts nothing either");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_daemon_is_refused_the_store() {
    let app = TestApp::start().await;
    let yaml = std::fs::read_to_string(app.file("holdline.yaml")).unwrap();
    let mail = "mail: { from: a@riverside.example, smtp: { host: 127.0.0.1, port: 1 } }\n";
    std::fs::write(app.file("holdline.yaml"), yaml + mail).unwrap();
    let output = tokio::task::block_in_place(|| {
        Command::new(env!("CARGO_BIN_EXE_holdline")).arg("run").arg(app.file(".")).output().unwrap()
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("in use by another Holdline"), "{said}");
}
