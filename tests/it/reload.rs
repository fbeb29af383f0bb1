//! A folder that is changed while Holdline runs: what is taken up, what is refused, and what an open incident keeps.

mod addresses;

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use holdline::core::incident::{CHANGES_MAX, ChangePhase, Event, Refusal, RosterChange, StatementPhase, try_advance};
use holdline::core::name::PersonId;
use holdline::core::roster::Person;
use holdline::core::setting::Setting;
use holdline::engine::{PROBLEMS_LISTED_MAX, REFUSALS_MAILED_PER_HOUR_MAX, RefusedFolder};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::breach;
use crate::test_app::{TestApp, Visitor};

const MAIN: &str = "holdline.yaml";
/// How long a change of a file may take to be seen; real time, since the system tells of it.
const PATIENCE: Duration = Duration::from_mins(1);

fn written(app: &TestApp) -> String {
    fs::read_to_string(app.file(MAIN)).unwrap()
}

/// Puts `new` in the place of `old` in the main file, and lets it be looked at.
async fn change(app: &TestApp, old: &str, new: &str) {
    let text = written(app);
    assert!(text.contains(old), "no `{old}` in the folder");
    fs::write(app.file(MAIN), text.replace(old, new)).unwrap();
    look(app).await;
}

async fn look(app: &TestApp) {
    app.app().look_at_folder().await;
    app.settle().await;
}

fn refused(app: &TestApp) -> Option<RefusedFolder> {
    app.app().folder_state().borrow().refused.clone()
}

/// An incident whose staff statement is asked about, and everybody's session that the tests need.
async fn incident(app: &mut TestApp) -> (Visitor, Visitor) {
    app.spike(6).await;
    let (ana, eve) = (app.sign_in("ana").await, app.sign_in("eve").await);
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    app.settle().await;
    (ana, eve)
}

/// Lets the staff statement go out, and the holding statement be asked about.
async fn holding_is_asked(app: &TestApp, ana: &Visitor) {
    app.approve("eve").await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
    let chi = app.sign_in("chi").await;
    chi.does("/incident/1/fact/discovered_at", &[("value", "2026-11-22 08:40"), ("press", "confirm")]).await;
    app.settle().await;
}

fn mailed(app: &TestApp, address: &str, words: &str) -> usize {
    app.mailbox.to(address).iter().filter(|letter| letter.letter.subject.contains(words)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_edit_is_refused_and_said_once_and_a_good_one_is_taken_up() {
    let mut app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    change(&app, "hotline: \"+1 555 010 0100\"", "hotlime: \"+1 555 010 0199\"").await;
    look(&app).await;
    let problem = refused(&app).unwrap().problems.concat();
    assert!(problem.starts_with("holdline.yaml:5:3: `organisation` has no key `hotlime`"), "{problem}");
    assert_eq!(mailed(&app, "it@riverside.example", "is not used"), 1, "the operator hears of it once");
    let letter = app.mailbox.to("it@riverside.example").last().cloned().unwrap();
    assert!(letter.letter.text.contains("did you mean `hotline`?"), "{}", letter.letter.text);
    let desk = ana.text("/").await;
    assert!(desk.contains("hotlime") && desk.contains("goes on with what it took last"), "{desk}");
    assert_eq!(app.app().engine.standing().organisation.hotline, "+1 555 010 0100");
    app.spike(6).await;
    assert_eq!(app.incidents(), 1, "the watch goes on");

    change(&app, "hotlime", "hotline").await;
    assert_eq!(refused(&app), None);
    assert_eq!(app.app().engine.standing().organisation.hotline, "+1 555 010 0199");
    assert!(!ana.text("/").await.contains("goes on with what it took last"));
    change(&app, "hotline", "hotlime").await;
    assert_eq!(mailed(&app, "it@riverside.example", "is not used"), 2, "a new mistake is a new mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_bad_edits_fills_no_mailbox() {
    let app = TestApp::start().await;
    for _ in 0..=REFUSALS_MAILED_PER_HOUR_MAX {
        change(&app, "hotline", "hotlime").await;
        change(&app, "hotlime", "hotline").await;
    }
    let most = usize::try_from(REFUSALS_MAILED_PER_HOUR_MAX).unwrap();
    assert_eq!(mailed(&app, "it@riverside.example", "is not used"), most);
    let at = app.clock.now();
    let problems: Vec<String> = (0..=PROBLEMS_LISTED_MAX).map(|number| number.to_string()).collect();
    let refused = RefusedFolder::new(at, &problems);
    assert_eq!((refused.problems.len(), refused.more), (PROBLEMS_LISTED_MAX, 1));
    assert_eq!(RefusedFolder::new(at, &problems[1..]).more, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swapped_address_reaches_nothing_of_an_open_incident_before_two_others_agree() {
    let mut app = TestApp::start().await;
    let (ana, eve) = incident(&mut app).await;
    holding_is_asked(&app, &ana).await;
    let old_link = app.asked("dev").unwrap();
    let dev_of_before = app.sign_in("dev").await;
    change(&app, "email: dev@riverside.example", "email: dev@evil.example").await;

    // The session of before proved the address that the incident knows, and one by the new address changes nothing here.
    assert_eq!(dev_of_before.get("/").await.status(), StatusCode::FORBIDDEN, "nothing else is the old address's");
    dev_of_before.text("/incident/1").await;
    let dev = app.sign_in("dev").await;
    assert_eq!(dev.get("/incident/1").await.status(), StatusCode::OK);
    let tried = dev.post("/incident/1/severity", &[("to", "critical"), ("reason", "mine")]).await;
    assert_eq!(tried.status(), StatusCode::FORBIDDEN);
    assert!(tried.text().await.unwrap().contains("let two other people of it agree to the new one"));
    assert_eq!(dev.post("/incident/1/change/0", &[]).await.status(), StatusCode::FORBIDDEN);
    for address in ["dev@riverside.example", "dev@evil.example"] {
        assert_eq!(mailed(&app, address, "A change of people waits for two"), 1, "{address} hears of it");
    }
    assert_eq!(mailed(&app, "dev@evil.example", "Approve"), 0, "no request goes to the new address");

    let page = ana.text("/incident/1").await;
    assert!(page.contains("the address dev@evil.example in place of dev@riverside.example"), "{page}");
    ana.does("/incident/1/change/0", &[]).await;
    assert_eq!(app.incident(1).roster.people["dev"].email, "dev@riverside.example", "one is not two");
    assert_eq!(ana.post("/incident/1/change/0", &[]).await.status(), StatusCode::CONFLICT, "nor is one twice");
    eve.does("/incident/1/change/0", &[]).await;
    app.settle().await;
    assert_eq!(app.incident(1).roster.people["dev"].email, "dev@evil.example");
    for address in ["dev@riverside.example", "dev@evil.example"] {
        assert_eq!(mailed(&app, address, "People of the incident changed"), 1, "{address} hears of it");
    }
    assert_eq!(mailed(&app, "dev@evil.example", "Approve"), 1, "what waits is asked of the new address");
    let late = app.press(&old_link, &old_link.code, "approve", "").await;
    assert_eq!(late.status(), StatusCode::CONFLICT, "the old address decides nothing any more");
    assert_eq!(dev_of_before.get("/incident/1").await.status(), StatusCode::SEE_OTHER, "and its session has ended");
    dev.does("/incident/1/severity", &[("to", "critical"), ("reason", "mine")]).await;
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_added_approver_is_asked_only_after_two_others_agreed_and_a_removed_one_goes_at_once() {
    let mut app = TestApp::start().await;
    let (ana, eve) = incident(&mut app).await;
    holding_is_asked(&app, &ana).await;
    change(&app, "legal: [dev]", "legal: [guest]").await;
    assert!(!app.incident(1).roster.holds(&PersonId::from("dev"), "legal"), "dev is gone at once");
    let link = app.asked("dev").unwrap();
    assert_eq!(app.press(&link, &link.code, "approve", "").await.status(), StatusCode::CONFLICT);
    assert!(!app.incident(1).roster.holds(&PersonId::from("guest"), "legal"));
    assert!(app.asked("guest").is_none(), "guest is not asked by a change of the file alone");
    // Guest signs in as one with a role by now, and has none here.
    let guest = app.sign_in("guest").await;
    assert_eq!(guest.post("/incident/1/change/0", &[]).await.status(), StatusCode::CONFLICT);
    ana.does("/incident/1/change/0", &[]).await;
    eve.does("/incident/1/change/0", &[]).await;
    app.settle().await;
    app.approve("guest").await;
    app.approve("chi").await;
    app.approve("ben").await;
    assert!(app.text("/newsroom").await.contains("/newsroom/1/holding"));
}

#[test]
fn no_more_changes_are_offered_than_the_limit() {
    let breach::Breach { rules, mut incident, .. } = breach::Breach::opened(Setting::Live);
    let at = incident.opened_at;
    let offer = |number: usize| {
        let mut to = incident_person();
        to.email = format!("dev{number}@riverside.example");
        Event::ChangeOffered { change: RosterChange { person: "dev".into(), to, roles: BTreeSet::new() } }
    };
    for number in 0..CHANGES_MAX {
        incident = try_advance(&incident, &offer(number), at, &rules).unwrap().0;
    }
    assert_eq!(incident.waiting_changes().count(), 1, "the folder says one thing of a person");
    let refused = try_advance(&incident, &offer(CHANGES_MAX), at, &rules).unwrap_err();
    assert_eq!(refused, Refusal::TooManyChanges(CHANGES_MAX));
}

fn incident_person() -> Person {
    breach::roster().people["dev"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_offered_survives_a_restart_and_is_taken_back_with_the_file() {
    let mut app = TestApp::start().await;
    let (_, eve) = incident(&mut app).await;
    change(&app, "legal: [dev]", "legal: [dev, guest]").await;
    eve.does("/incident/1/change/0", &[]).await;
    app.restart().await;
    app.settle().await;
    assert_eq!(app.incident(1).changes.len(), 1, "a start offers nothing twice");
    change(&app, "legal: [dev, guest]", "legal: [dev]").await;
    assert_eq!(app.incident(1).changes[0].phase, ChangePhase::Dropped);
    app.restart().await;
    let ana = app.sign_in("ana").await;
    assert_eq!(ana.post("/incident/1/change/0", &[]).await.status(), StatusCode::CONFLICT);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_swapped_while_holdline_is_down_is_no_way_in() {
    let mut app = TestApp::start().await;
    incident(&mut app).await;
    let dev = app.sign_in("dev").await;
    app.stop().await;
    let text = written(&app).replace("email: dev@riverside.example", "email: dev@evil.example");
    fs::write(app.file(MAIN), text).unwrap();
    app.run().await;
    app.settle().await;
    let dev = dev.back_at(&app);
    assert_eq!(dev.get("/").await.status(), StatusCode::FORBIDDEN);
    dev.text("/incident/1").await;
    assert_eq!(app.incident(1).roster.people["dev"].email, "dev@riverside.example");
    assert_eq!(mailed(&app, "dev@riverside.example", "A change of people waits for two"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lowered_quorum_is_the_next_incidents_and_never_an_open_ones() {
    let mut app = TestApp::start().await;
    let (ana, _) = incident(&mut app).await;
    let before = app.incident(1).rules;
    let book = app.file("playbooks/data-breach.yaml");
    let text = fs::read_to_string(&book).unwrap();
    fs::write(&book, text.replace("all_of: [privacy-officer, legal]", "any_of: [privacy-officer, legal]")).unwrap();
    look(&app).await;
    assert_eq!(refused(&app), None);
    assert_eq!(app.incident(1).rules, before);
    holding_is_asked(&app, &ana).await;
    app.approve("chi").await;
    let posted = || matches!(app.incident(1).statements["holding"].phase, StatementPhase::Posted(_));
    assert!(!posted() && app.letters("ben", "holding statement").is_empty(), "accuracy still needs both");
    app.restart().await;
    assert_eq!(app.incident(1).rules, before, "nor by a restart");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_incident_posts_where_it_opened_to_post_and_the_next_one_elsewhere() {
    let mut app = TestApp::start().await;
    incident(&mut app).await;
    change(&app, "path: staff-board.jsonl", "path: elsewhere.jsonl").await;
    assert_eq!(refused(&app), None);
    app.approve("eve").await;
    assert!(app.file("staff-board.jsonl").exists(), "the channel that was there when it opened took it");
    assert!(!app.file("elsewhere.jsonl").exists());

    let ana = app.sign_in("ana").await;
    ana.does("/open", &[("playbook", "data-breach"), ("reason", "another one")]).await;
    app.settle().await;
    app.approve("fay").await;
    assert!(app.file("elsewhere.jsonl").exists(), "what opened since posts to the new one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_swapped_while_holdline_is_down_gets_nothing_of_an_open_incident() {
    let mut app = TestApp::start().await;
    incident(&mut app).await;
    let asked = app.asked("eve").unwrap();
    app.stop().await;
    let path = app.file("holdline.yaml");
    let yaml = fs::read_to_string(&path).unwrap();
    fs::write(path, yaml.replacen("path: staff-board.jsonl", "path: elsewhere.jsonl", 1)).unwrap();
    app.run().await;
    assert_eq!(app.press(&asked, &asked.code, "approve", "").await.status(), 303);
    app.settle().await;
    assert!(!app.file("elsewhere.jsonl").exists() && app.file("staff-board.jsonl").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_and_watches_change_while_it_runs_and_counts_stay() {
    let mut app = TestApp::start().await;
    let talk = |app: &mut TestApp, from: usize, to: usize| -> Vec<Value> {
        (from..to)
            .map(|voice| app.mention(&format!("v{voice}"), &format!("Riverside General leaked records {voice}")))
            .collect()
    };
    let four = talk(&mut app, 0, 4);
    assert_eq!(app.deliver("/in/listening", &four).await.status(), StatusCode::OK);
    change(&app, "feeds:\n  listening:", "feeds:\n  other: { file: { path: more.jsonl, follow: true } }\n  listening:")
        .await;
    assert_eq!(refused(&app), None);
    change(&app, "  slow: { webhook: { path: /in/slow,", "  slow: { webhook: { path: /in/slower,").await;
    assert_eq!(app.deliver("/in/slow", &[]).await.status(), StatusCode::NOT_FOUND);
    let fifth = talk(&mut app, 4, 5);
    assert_eq!(app.deliver("/in/slower", &fifth).await.status(), StatusCode::OK);
    // The same delivery again is still known: an unchanged webhook keeps its memory.
    assert_ne!(app.deliver("/in/listening", &four).await.status(), StatusCode::OK);
    change(&app, "from: 4 voices }\n    opens: data-breach\n  # Quiet", "from: 4 voices }\n  # Quiet").await;
    let engine = &app.app().engine;
    let counted = engine.call(|work| Ok(work.counted(&"breach".into()))).await.unwrap().unwrap();
    assert_eq!((counted.count, counted.voices), (4, 4), "what was counted stays counted");
    app.spike(2).await;
    assert_eq!(app.incidents(), 1);
    assert_eq!(app.incident(1).title, "No playbook yet", "the watch opens by what it says now");

    // A feed that came with a change is read from then on.
    let line = json!({ "id": "late", "text": "Riverside General leaked my records" }).to_string();
    fs::write(app.file("more.jsonl"), format!("{line}\n")).unwrap();
    change(
        &app,
        "feeds: [listening]\n    spike: { more_than: 5",
        "feeds: [listening, other]\n    spike: { more_than: 5",
    )
    .await;
    let taken = tokio::time::timeout(PATIENCE, async {
        let mut changes = app.app().engine.changes();
        loop {
            let engine = &app.app().engine;
            let counted = engine.call(|work| Ok(work.counted(&"breach".into()))).await.unwrap().unwrap();
            if counted.count == 7 {
                return;
            }
            changes.changed().await.unwrap();
        }
    });
    taken.await.expect("the new feed is not read");
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_changed_is_taken_up_and_the_old_one_opens_nothing() {
    let mut app = TestApp::start().await;
    let said = |app: &mut TestApp, voice: &str| vec![app.mention(voice, "Riverside General leaked records")];
    let first = said(&mut app, "before");
    assert_eq!(app.deliver("/in/listening", &first).await.status(), StatusCode::OK);
    fs::write(app.file("webhook-secret"), "another webhook secret, which is long enough too").unwrap();
    look(&app).await;
    let second = said(&mut app, "after");
    assert_eq!(app.deliver("/in/listening", &second).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_change_while_it_runs_is_said_and_waits() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    fs::write(app.file("other-key"), "another audit key, which is long enough as well").unwrap();
    change(&app, "store: sqlite:holdline.db", "store: sqlite:other.db").await;
    change(&app, "key: { file: audit-key }", "key: { file: other-key }").await;
    // A mail server carries the codes of every open incident.
    let server =
        "mail: { from: Other <o@evil.example>, smtp: { host: 127.0.0.1, port: 2600, security: plain } }\noperator:";
    change(&app, "operator:", server).await;
    let waits = app.app().folder_state().borrow().waits.clone();
    let holds = |what: &str| format!("{what} holds from the next start on.");
    assert_eq!(waits, [holds("`store`"), holds("the audit key"), holds("`mail`")]);
    assert!(ana.text("/").await.contains("waiting for a restart"));
    assert!(!app.file("other.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_vanishes_is_said_once_and_the_last_good_one_goes_on() {
    let mut app = TestApp::start().await;
    app.app().follow_folder();
    let here = app.file(MAIN).parent().unwrap().to_owned();
    let away = here.with_extension("away");
    let mut state = app.app().folder_state();
    fs::rename(&here, &away).unwrap();
    let gone = tokio::time::timeout(PATIENCE, state.wait_for(|state| state.refused.is_some())).await;
    let problem = gone.expect("it was not seen").unwrap().refused.as_ref().unwrap().problems.concat();
    assert!(problem.contains("is not there") || problem.contains("No such file"), "{problem}");
    for _ in 0..2 {
        app.app().look_at_folder().await;
    }
    assert_eq!(refused(&app).unwrap().problems.len(), 1, "one fault, however much is missing with it");
    app.spike(6).await;
    assert_eq!(app.incidents(), 1, "the watch goes on");
    assert_eq!(mailed(&app, "it@riverside.example", "is not used"), 1);
    fs::rename(&away, &here).unwrap();
    let back = tokio::time::timeout(PATIENCE, state.wait_for(|state| state.refused.is_none())).await;
    back.expect("that it came back was not seen").unwrap();
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_followed_however_an_editor_writes_them() {
    let app = TestApp::start().await;
    app.app().follow_folder();
    let mut state = app.app().folder_state();
    let hotline = || app.app().engine.standing().organisation.hotline.clone();
    let mut wait_for = async |what: &str, is: &dyn Fn() -> bool| {
        let waiting = tokio::time::timeout(PATIENCE, async {
            while !is() {
                state.changed().await.unwrap();
            }
        });
        waiting.await.unwrap_or_else(|_| panic!("{what}"));
    };
    let good = written(&app);
    // By a new file in its place, as most editors do.
    fs::write(app.file("holdline.yaml~"), good.replace("+1 555 010 0100", "+1 555 010 0101")).unwrap();
    fs::rename(app.file("holdline.yaml~"), app.file(MAIN)).unwrap();
    wait_for("a rename was not seen", &|| hotline().ends_with("0101")).await;
    // In two steps: half a file is not what anybody meant, and is read only if it stays.
    let whole = good.replace("+1 555 010 0100", "+1 555 010 0102");
    fs::write(app.file(MAIN), &whole[..whole.len() / 2]).unwrap();
    fs::write(app.file(MAIN), &whole).unwrap();
    wait_for("two steps were not seen", &|| hotline().ends_with("0102")).await;
    assert_eq!(mailed(&app, "it@riverside.example", "is not used"), 0, "nobody hears of half a file");
    // The folder's files go and come back.
    let elsewhere = app.file("holdline.yaml").with_extension("away");
    fs::rename(app.file(MAIN), &elsewhere).unwrap();
    wait_for("a vanished file was not seen", &|| refused(&app).is_some()).await;
    assert!(hotline().ends_with("0102"), "the last one goes on");
    fs::rename(&elsewhere, app.file(MAIN)).unwrap();
    wait_for("that it came back was not seen", &|| refused(&app).is_none()).await;
    app.settle().await;
}
