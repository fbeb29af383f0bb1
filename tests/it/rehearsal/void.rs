//! Across settings: links, codes, mails and texts of a rehearsal are void live, and the other way round.

use std::fs;

use holdline::core::incident::{Hold, PostPhase, StatementPhase};
use holdline::core::setting::Setting;
use reqwest::StatusCode;

use super::dry_run::asked;
use crate::test_app::TestApp;

/// A live run that stands where the dry run stood: the same people, incident number, requests and times.
async fn asked_live() -> TestApp {
    let mut app = TestApp::start().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    app.settle().await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsals_link_and_code_are_void_live_and_a_live_one_in_a_rehearsal() {
    for dry in [true, false] {
        let mut app = if dry { TestApp::start_dry().await } else { TestApp::start().await };
        app.spike(6).await;
        let ana = app.sign_in("ana").await;
        ana.does("/incident/1/verify", &[("verdict", "real")]).await;
        app.settle().await;
        let link = app.asked("eve").unwrap();
        // The other run on the same folder, with the same key, is asked the very same by the same people.
        app.restart_as(!dry).await;
        app.spike(6).await;
        let ana = app.sign_in("ana").await;
        ana.does("/incident/1/verify", &[("verdict", "real")]).await;
        app.settle().await;
        let own = app.asked("eve").unwrap();
        assert_ne!((&own.path, &own.code), (&link.path, &link.code));
        assert_eq!(app.get(&link.path).await.status(), StatusCode::NOT_FOUND, "dry: {dry}");
        let pressed = app.press(&link, &link.code, "approve", "").await;
        assert_eq!(pressed.status(), StatusCode::NOT_FOUND, "dry: {dry}");
        // Its code under this run's link counts as a wrong one.
        assert_ne!(app.press(&own, &link.code, "approve", "").await.status(), StatusCode::SEE_OTHER);
        app.approve("eve").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsals_store_that_is_opened_live_posts_mails_and_shows_nothing() {
    let mut app = asked().await;
    let link = app.asked("chi").unwrap();
    for who in ["chi", "dev"] {
        app.approve(who).await;
    }
    app.stop().await;
    for ending in ["", "-wal", "-shm"] {
        let of = |name: &str| app.file(&format!("{name}{ending}"));
        if of("holdline.rehearsal.db").exists() {
            fs::copy(of("holdline.rehearsal.db"), of("holdline.db")).unwrap();
        }
    }
    let letters = app.mailbox.all().len();
    app.restart_as(false).await;
    app.settle().await;
    assert_eq!(app.incident(1).setting, Setting::Rehearsal, "its first event says what it is");
    assert_eq!(app.get(&link.path).await.status(), StatusCode::NOT_FOUND);
    // Whatever somebody makes of it by other ways, its words go nowhere.
    app.minutes_go_by(60).await;
    assert_eq!(app.mailbox.all().len(), letters, "a live run writes no mail of a rehearsal");
    for (path, status) in [("/newsroom/1/staff", StatusCode::NOT_FOUND), ("/newsroom", StatusCode::OK)] {
        let answer = app.get(path).await;
        assert_eq!(answer.status(), status, "{path}");
        assert!(!answer.text().await.unwrap().contains("EXERCISE"), "{path}");
    }
    assert!(!app.file("staff-board.jsonl").exists());
    let holding = &app.incident(1).statements["holding"];
    let out = |post: &PostPhase| post.confirmed_at().is_some();
    assert!(!holding.posting().is_some_and(|posting| posting.posts.values().any(out)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stamped_text_cannot_be_asked_about_live() {
    let app = asked_live().await;
    let ana = app.sign_in("ana").await;
    let body = app.incident(1).statements["staff"].current().unwrap().package.variants[0].clone();
    let stamped = format!("EXERCISE - NOT REAL\n\n{}", body.body);
    let events = app.incident(1).events.to_string();
    let title = body.title.unwrap_or_default();
    let form = [("version", "1"), ("events", &events), ("title.0", &title), ("body.0", &stamped)];
    ana.post("/incident/1/statement/staff/edit", &form).await;
    app.settle().await;
    let incident = app.incident(1);
    let staff = &incident.statements["staff"];
    let StatementPhase::Drafting(Hold::Blocked(rules)) = &staff.phase else { panic!("{:?}", staff.phase) };
    assert!(rules.contains(&"rehearsal-leak".to_owned()), "{rules:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stamp_of_a_rehearsal_cannot_be_edited_away() {
    let mut app = TestApp::start_dry().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    app.settle().await;
    let package = app.incident(1).statements["staff"].current().unwrap().package.clone();
    let events = app.incident(1).events.to_string();
    let body = package.variants[0].body.replace("EXERCISE - NOT REAL", "").trim().to_owned();
    let title = package.variants[0].title.clone().unwrap_or_default().replace("EXERCISE - NOT REAL", "");
    let form = [("version", "1"), ("events", &events), ("title.0", &title), ("body.0", &body)];
    let answer = ana.post("/incident/1/statement/staff/edit", &form).await;
    assert!(answer.status().is_client_error());
    let words = answer.text().await.unwrap();
    assert!(words.contains("put that line back"), "{words}");
    assert_eq!(app.incident(1).statements["staff"].versions.len(), 1);
}
