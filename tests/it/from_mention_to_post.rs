//! The main job, driven over HTTP: a spike, an alert, facts, approvals by mail, the newsroom, the end.

use holdline::core::incident::{IncidentPhase, PostPhase, StatementPhase};
use holdline::core::severity::Severity;
use reqwest::StatusCode;

use crate::test_app::{TestApp, Visitor};

/// An incident that Ana called real and claimed, with every fact that the statements need.
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

fn is_posted(app: &TestApp, statement: &str) -> bool {
    matches!(app.incident(1).statements[statement].phase, StatementPhase::Posted(_) | StatementPhase::Posting(_))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spike_ends_in_a_posted_statement_and_a_stand_down() {
    let mut app = TestApp::start().await;
    app.spike(5).await;
    assert_eq!(app.incidents(), 0, "five is not more than five");
    app.spike(1).await;
    assert_eq!(app.incidents(), 1, "the crossing mention opens the incident");
    assert_eq!(app.letters("ana", "Is this real?").len(), 1);
    assert_eq!(app.letters("chi", "Is this real?").len(), 1);
    assert!(app.letters("ben", "").is_empty(), "the second of a role sleeps on");
    let ana = incident(&mut app).await;
    assert!(!is_posted(&app, "staff"));
    app.approve("eve").await;
    let board = std::fs::read_to_string(app.file("staff-board.jsonl")).unwrap();
    assert_eq!(board.lines().count(), 1, "the staff channel has it once");

    app.approve("dev").await;
    app.approve("chi").await;
    assert!(!app.text("/newsroom").await.contains("/newsroom/1/holding"), "accuracy alone posts nothing");
    app.approve("ben").await;
    assert!(app.text("/newsroom").await.contains("/newsroom/1/holding"));
    let page = app.text("/newsroom/1/holding").await;
    assert!(page.contains("+1 555 010 0100") && page.contains("lang=\"es\""), "{page}");
    let atom = app.text("/newsroom/feed.atom").await;
    assert!(atom.contains("<feed") && atom.contains("/newsroom/1/holding"), "{atom}");

    // By hand: Ana was given the exact text, posts it, and says where.
    assert!(
        !app.letters("ana", "Post").is_empty(),
        "{:?}",
        app.mailbox.to("ana@riverside.example").iter().map(|l| l.letter.subject.clone()).collect::<Vec<_>>()
    );
    let there = [("channel", "bluesky"), ("url", "https://bsky.example/post/1")];
    ana.does("/incident/1/statement/holding/posted", &there).await;
    let StatementPhase::Posted(posting) = &app.incident(1).statements["holding"].phase else { panic!("not posted") };
    assert!(matches!(&posting.posts["bluesky"], PostPhase::Confirmed { url, .. } if url.contains("bsky.example")));

    ana.does("/incident/1/stand-down", &[("reason", "it is quiet")]).await;
    app.settle().await;
    app.approve("ben").await;
    assert!(matches!(app.incident(1).phase, IncidentPhase::StoodDown { .. }));
    ana.does("/incident/1/close", &[("reason", "reviewed")]).await;
    assert!(matches!(app.incident(1).phase, IncidentPhase::Closed { .. }));
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_forgets_nothing() {
    let mut app = TestApp::start().await;
    incident(&mut app).await;
    app.approve("eve").await;
    app.approve("dev").await;
    let before = app.incident(1);
    app.restart().await;
    let mut after = (*app.incident(1)).clone();
    assert_eq!(after.events, before.events);
    after.events = before.events;
    assert_eq!(after, *before);
    // The links of mails that went out before the restart still answer; the port is another one.
    for who in ["chi", "ben"] {
        let letter = app.letters(who, "Approve by").last().cloned().unwrap();
        let token = letter.letter.text.split("/a/").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        let code = letter.letter.text.split("Type this code there: ").nth(1).unwrap()[..6].to_owned();
        let form = [("code", code.as_str()), ("press", "approve"), ("words", "")];
        assert_eq!(app.visitor().post(&format!("/a/{token}"), &form).await.status(), StatusCode::SEE_OTHER, "{who}");
        app.settle().await;
    }
    assert!(is_posted(&app, "holding"));
    app.spike(4).await;
    assert_eq!(app.incidents(), 1, "the window survived, and the open incident takes the spike");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_voids_what_was_approved_and_everyone_is_asked_at_once() {
    let mut app = TestApp::start().await;
    let ana = incident(&mut app).await;
    app.approve("eve").await;
    app.approve("dev").await;
    let old = app.asked("chi").unwrap();
    let page = ana.text("/incident/1").await;
    assert!(page.contains("name=\"body.0\""), "the edit form is there");
    save(&ana, &edited(&app, "worrying", "upsetting"), StatusCode::SEE_OTHER).await;
    app.settle().await;
    let answered = app.press(&old, &old.code, "approve", "").await;
    assert_eq!(answered.status(), StatusCode::CONFLICT, "the old link decides nothing");
    for who in ["chi", "dev", "ben"] {
        let letter = app.letters(who, "(v2)").last().cloned().unwrap_or_else(|| panic!("{who} was not asked again"));
        assert!(letter.letter.text.contains("upsetting"), "{}", letter.letter.text);
        assert!(letter.letter.text.contains("WHAT CHANGED"));
    }
    for who in ["chi", "dev", "ben"] {
        app.approve(who).await;
    }
    assert!(app.text("/newsroom/1/holding").await.contains("upsetting"));
    app.settle().await;
}

/// The edit form of the holding statement as it stands now, with one word changed.
fn edited(app: &TestApp, from: &str, to: &str) -> Vec<(String, String)> {
    let incident = app.incident(1);
    let current = incident.statements["holding"].current().unwrap();
    let seen = [("version", current.number), ("events", incident.events)];
    let mut form: Vec<_> = seen.map(|(name, number)| (name.to_owned(), number.to_string())).into();
    for (place, variant) in current.package.variants.iter().enumerate() {
        form.push((format!("body.{place}"), variant.body.replace(from, to)));
        if let Some(title) = &variant.title {
            form.push((format!("title.{place}"), title.clone()));
        }
    }
    form
}

async fn save(visitor: &Visitor, form: &[(String, String)], expected: StatusCode) {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let saved = visitor.post("/incident/1/statement/holding/edit", &form).await;
    let status = saved.status();
    assert_eq!(status, expected, "{}", saved.text().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_something_overtook_is_refused_with_the_reason() {
    let mut app = TestApp::start().await;
    let ana = incident(&mut app).await;
    app.approve("eve").await;
    let first = edited(&app, "worrying", "upsetting");
    save(&ana, &first, StatusCode::SEE_OTHER).await;
    save(&ana, &first, StatusCode::CONFLICT).await;
    let before_the_fact = edited(&app, "upsetting", "hard");
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0200"), ("press", "confirm")]).await;
    save(&ana, &before_the_fact, StatusCode::CONFLICT).await;
    save(&ana, &edited(&app, "+1 555 010 0100", "+1 555 010 0200"), StatusCode::SEE_OTHER).await;
    app.settle().await;
    assert!(app.letters("dev", "(v3)").last().unwrap().letter.text.contains("0200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_and_the_ladder_climbs_by_the_clock() {
    let mut app = TestApp::start().await;
    app.spike(6).await;
    app.minutes_go_by(10).await;
    assert_eq!(app.letters("ben", "").len(), 1, "the rest of the role is woken");
    assert_eq!(app.letters("eve", "").len(), 1, "and the first of `else`");
    assert!(app.letters("fay", "").is_empty());
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/claim", &[]).await;
    app.minutes_go_by(10).await;
    assert!(app.letters("fay", "Still nobody").is_empty(), "a claim ends the ringing");
    let ben = app.sign_in("ben").await;
    let second = ben.post("/incident/1/claim", &[]).await;
    assert_eq!(second.status(), StatusCode::CONFLICT);
    assert!(second.text().await.unwrap().contains("Ana Ruiz"), "the second claimer is told who has it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_false_alarm_posts_nothing_and_the_watch_rests_until_it_is_quiet() {
    let mut app = TestApp::start().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    let bare = ana.post("/incident/1/verify", &[("verdict", "false-alarm")]).await;
    assert_eq!(bare.status(), StatusCode::CONFLICT, "a reason is needed");
    ana.does("/incident/1/verify", &[("verdict", "false-alarm"), ("reason", "a film of this name")]).await;
    app.spike(3).await;
    assert_eq!(app.incidents(), 1, "still above: the same wave opens nothing again");
    app.minutes_go_by(20).await;
    app.spike(6).await;
    assert_eq!(app.incidents(), 2, "quiet in between: a new wave does");
    assert!(app.text("/newsroom").await.find("/newsroom/1").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_opens_an_incident_by_hand_and_raises_its_severity() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    ana.does("/open", &[("playbook", "data-breach"), ("reason", "a reporter called")]).await;
    app.settle().await;
    assert!(app.incident(1).verified.is_some(), "who opens it by hand knows that it is real");
    ana.does("/incident/1/severity", &[("to", "critical"), ("reason", "a list of names is out")]).await;
    assert_eq!(app.incident(1).severity, Severity::Critical);
    app.settle().await;
    let page = ana.text("/incident/1").await;
    assert!(page.contains("a reporter called") && page.contains("Critical"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_without_a_playbook_gets_one_from_a_person() {
    let mut app = TestApp::start().await;
    let lines: Vec<_> =
        (0..3).map(|n| app.mention(&format!("v{n}"), &format!("Riverside parking {n} is closed"))).collect();
    assert_eq!(app.deliver("/in/listening", &lines).await.status(), StatusCode::OK);
    app.settle().await;
    assert_eq!(app.incidents(), 1);
    assert!(app.incident(1).statements.is_empty());
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    ana.does("/incident/1/playbook", &[("playbook", "data-breach")]).await;
    app.settle().await;
    assert!(app.incident(1).statements.contains_key("holding"));
    assert!(!app.letters("eve", "Approve by").is_empty(), "the staff statement is asked");
    app.restart().await;
    assert!(app.incident(1).statements.contains_key("holding"), "the picked rules are found again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_records_head_is_signed_and_mailed_to_those_who_keep_it() {
    let app = TestApp::start().await;
    app.clock.set(app.clock.now() + jiff::SignedDuration::from_hours(6));
    let kept = |letter: &holdline::mail::Captured| letter.letter.to == "it@riverside.example";
    let letter = app.mailbox.wait_for(kept, std::time::Duration::from_secs(20)).await.expect("no head was mailed");
    let key = b"an audit key of the tests, which is long enough";
    let mut found = false;
    let reader = holdline::store::Reader::new(&app.file("holdline.db"));
    reader.verify(key, |entry| found |= letter.letter.text.contains(&hex::encode(&entry.mac))).unwrap();
    assert!(found, "the mailed head is an entry of the record: {}", letter.letter.text);
    app.settle().await;
}
