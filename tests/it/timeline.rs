//! The rest of a playbook's timeline, driven over HTTP and by mail: what comes again, what is said if asked, what people add.

use holdline::core::incident::{PromisePhase, StatementPhase};

use crate::test_app::{TestApp, Visitor};

/// An incident whose holding statement is public: Ana, who claimed it, and Chi, who confirms facts.
async fn holding_is_public(app: &mut TestApp) -> (Visitor, Visitor) {
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
    let chi = app.sign_in("chi").await;
    chi.does("/incident/1/fact/discovered_at", &[("value", "2026-11-22 08:40"), ("press", "confirm")]).await;
    app.settle().await;
    for who in ["eve", "dev", "chi", "ben"] {
        app.approve(who).await;
    }
    assert!(app.text("/newsroom").await.contains("/newsroom/1/holding"));
    (ana, chi)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_is_kept_with_one_approval_where_nothing_is_new() {
    let mut app = TestApp::start().await;
    let (ana, _) = holding_is_public(&mut app).await;
    let promised = app.incident(1).statements["holding"].promise.clone().unwrap().by;
    assert_eq!(app.incident(1).statements["update"].due, Some(promised), "the first round keeps the promise");
    let page = ana.text("/incident/1").await;
    assert!(page.contains("Readers were promised the next word by"), "{page}");
    // Half an hour before the promised time nobody has said yet what happened.
    app.minutes_go_by(50).await;
    let letter = app.letters("ana", "update statement (v1)").pop().expect("the ready text is asked about");
    assert!(letter.letter.text.contains("No new information yet"), "{}", letter.letter.text);
    assert!(letter.letter.text.contains("The public was promised a word by"), "{}", letter.letter.text);
    assert!(app.letters("chi", "update statement").is_empty(), "one stage, and not Chi's");
    app.approve("ana").await;
    let page = app.text("/newsroom/1/update").await;
    assert!(page.contains("No new information yet") && page.contains("Aún no hay novedades"), "{page}");
    let incident = app.incident(1);
    let kept = &incident.statements["holding"].promise.as_ref().unwrap().phase;
    assert!(matches!(kept, PromisePhase::Kept { with, .. } if with.as_str() == "update"), "{kept:?}");
    assert_eq!(incident.statements["update-2"].phase, StatementPhase::Waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_promise_is_told_to_the_duty_officer_and_then_to_everybody() {
    let mut app = TestApp::start().await;
    holding_is_public(&mut app).await;
    let promised = app.incident(1).statements["holding"].promise.clone().unwrap().by;
    let left = promised.duration_since(app.clock.now()).as_secs() / 60;
    app.minutes_go_by(left + 1).await;
    assert_eq!(app.letters("ana", "Promise to the public missed").len(), 1);
    assert!(app.letters("fay", "Promise to the public missed").is_empty());
    app.minutes_go_by(5).await;
    assert_eq!(app.letters("fay", "Promise to the public missed").len(), 1);
    let page = app.sign_in("ana").await.text("/incident/1").await;
    assert!(page.contains("Say the next word: the holding statement promised it"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_goes_the_whole_way_once_there_is_news() {
    let mut app = TestApp::start().await;
    let (ana, chi) = holding_is_public(&mut app).await;
    let page = ana.text("/incident/1").await;
    assert!(page.contains("Say that there is nothing new yet"), "{page}");
    ana.does("/incident/1/statement/update/says", &[("says", "nothing-new")]).await;
    app.settle().await;
    let old = app.asked("ana").unwrap();
    let news = [("value", "A copied file holds names."), ("press", "confirm")];
    chi.does("/incident/1/fact/what_happened", &news).await;
    app.settle().await;
    assert_eq!(app.press(&old, &old.code, "approve", "").await.status(), reqwest::StatusCode::CONFLICT);
    // Chi wrote the fact, so her deputy is asked about it.
    for who in ["cora", "ana", "dev"] {
        app.approve(who).await;
    }
    assert!(app.text("/newsroom/1/update").await.contains("A copied file holds names."));
}
