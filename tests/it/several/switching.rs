//! Another playbook for an open incident, over the page, the terminal, the mails and a restart.

use std::fs;
use std::process::Command;

use holdline::core::incident::{Fact, StatementPhase, TaskPhase};
use reqwest::StatusCode;

use super::{OUTAGE, opens, with_outage};

#[tokio::test(flavor = "multi_thread")]
async fn an_open_incident_goes_on_by_another_playbook_and_old_approvals_count_for_nothing() {
    let mut app = with_outage().await;
    let ana = app.sign_in("ana").await;
    opens(&app, &ana, "data-breach", &["a call"]).await;
    ana.does("/incident/1/claim", &[]).await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0199"), ("press", "confirm")]).await;
    ana.does("/incident/1/add-task", &[("todo", "Call the ward"), ("who", "dev"), ("due", "")]).await;
    app.settle().await;
    let before = app.asked("eve").expect("the staff statement is asked about");
    let page = ana.text("/incident/1").await;
    assert!(page.contains("Switch to another playbook") && page.contains("Drop: Call the ward"), "{page}");
    let refused =
        ana.post("/incident/1/switch", &[("playbook", "outage"), ("instead-of", "data-breach"), ("reason", " ")]).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let same = ana
        .post("/incident/1/switch", &[("playbook", "data-breach"), ("instead-of", "data-breach"), ("reason", "x")])
        .await;
    assert!(same.text().await.unwrap().contains("runs this playbook already"));
    let form =
        [("playbook", "outage"), ("instead-of", "data-breach"), ("reason", "no <i>breach</i>"), ("drop-pause", "on")];
    ana.does("/incident/1/switch", &form).await;
    app.settle().await;

    let late = app.press(&before, &before.code, "approve", "").await;
    assert!(!late.status().is_redirection(), "what was asked before is void");
    assert_eq!(app.letters("eve", "Another playbook").len(), 1);
    let incident = app.incident(1);
    assert_eq!(incident.title, "Systems are down");
    assert_eq!(incident.statements["staff"].phase, StatementPhase::Withdrawn);
    assert!(matches!(incident.tasks["pause"], TaskPhase::Skipped(_)));
    assert!(matches!(incident.tasks["added-1"], TaskPhase::Open { .. }), "what was not dropped stays");
    assert!(
        matches!(incident.facts["help_line"], Fact::Proposed { .. }),
        "here legal confirms it, and Ana is not legal"
    );
    let page = ana.text("/incident/1").await;
    assert!(page.contains("no &lt;i&gt;breach&lt;/i&gt;") && page.contains("Dropped: pause."), "{page}");

    app.restart().await;
    let dev = app.sign_in("dev").await;
    dev.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0199"), ("press", "confirm")]).await;
    app.settle().await;
    app.approve("ana").await;
    let news = app.text("/newsroom/1/holding-anew").await;
    assert!(news.contains("Systems are down") && news.contains("Sistemas caídos"), "{news}");
    app.minutes_go_by(16).await;
    assert_eq!(app.letters("dev", "Task: Look at the generator").len(), 1, "its times count from the switch");
    let ana = app.sign_in("ana").await;
    let report = ana.text("/incident/1/report").await;
    for words in ["switched to the playbook Systems are down", "15 minutes after its playbook", "given up: another"] {
        assert!(report.contains(words), "{words} is not in {report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_posted_before_the_switch_is_corrected_by_its_own_ladder() {
    let mut app = with_outage().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
    let chi = app.sign_in("chi").await;
    chi.does("/incident/1/fact/discovered_at", &[("value", "2026-11-22 08:40"), ("press", "confirm")]).await;
    app.settle().await;
    for who in ["eve", "dev", "chi", "ben"] {
        app.approve(who).await;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdline"));
    command.args([
        "incident",
        "switch",
        "1",
        "outage",
        "--by",
        "ana",
        "--reason",
        "it is an outage",
        "--drop",
        "pause",
    ]);
    command.arg("--folder").arg(app.file("."));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("Incident 1 goes on by the playbook outage") && said.contains("/incident/1"), "{output:?}");
    app.settle().await;
    assert!(app.text("/newsroom").await.contains("/newsroom/1/holding"), "what was posted stays");
    app.restart().await;
    let ana = app.sign_in("ana").await;
    // Legal confirms the help line by the new playbook; the old statement's own facts are still there for its correction.
    let dev = app.sign_in("dev").await;
    dev.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
    ana.does("/incident/1/statement/holding/correct", &[("reason", "the time was wrong")]).await;
    app.settle().await;
    let asked: Vec<&str> = ["chi", "dev"]
        .into_iter()
        .filter(|who| !app.letters(who, "holding correction 1 statement").is_empty())
        .collect();
    assert_eq!(asked, ["chi", "dev"], "accuracy is asked as before");
    for who in ["dev", "chi", "ben"] {
        let name = "holding correction 1 statement";
        let mut letters = app.letters(who, name).into_iter().rev();
        let link =
            letters.find_map(|letter| app.link_in(&letter, "/a/")).unwrap_or_else(|| panic!("{who} is not asked"));
        assert!(app.press(&link, &link.code, "approve", "").await.status().is_redirection());
        app.settle().await;
    }
    assert!(app.text("/newsroom").await.contains("/newsroom/1/holding-correction-1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_takes_the_folder_of_now_and_whoever_saw_another_playbook_looks_again() {
    let app = with_outage().await;
    let ana = app.sign_in("ana").await;
    opens(&app, &ana, "data-breach", &["a call"]).await;
    ana.does("/incident/1/claim", &[]).await;
    // The files change while it is open: another title, and one who says yes and was nobody when it opened.
    let changed = OUTAGE
        .replace("Systems are down", "All systems are down")
        .replace("any_of: [comms-lead], within: 15m", "any_of: [newcomers], within: 15m");
    fs::write(app.file("playbooks/outage.yaml"), changed).unwrap();
    let yaml = fs::read_to_string(app.file("holdline.yaml")).unwrap();
    let with_role = yaml.replace("roles:\n", "roles:\n  newcomers: [fay, eve]\n");
    assert_ne!(with_role, yaml);
    fs::write(app.file("holdline.yaml"), with_role).unwrap();
    app.app().look_at_folder().await;

    let dev = app.sign_in("dev").await;
    let form = [("playbook", "outage"), ("instead-of", "data-breach"), ("reason", "it is an outage")];
    let refused = dev.post("/incident/1/switch", &form).await;
    assert!(refused.text().await.unwrap().contains("nly the communications lead, the duty officer"));
    ana.does("/incident/1/switch", &form).await;
    let stale = ana.post("/incident/1/switch", &[("playbook", "none"), ("instead-of", "data-breach"), ("reason", "x")]);
    let stale = stale.await.text().await.unwrap();
    assert!(stale.contains("switched this incident to the playbook All systems are down meanwhile"), "{stale}");
    app.settle().await;
    dev.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0199"), ("press", "confirm")]).await;
    app.settle().await;
    assert!(
        app.letters("fay", "holding anew").is_empty(),
        "the new role has nobody in an incident that was open before"
    );
    let page = ana.text("/incident/1").await;
    assert!(page.contains("Nobody may answer for it"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_says_what_is_withdrawn_and_what_is_still_promised() {
    let mut app = with_outage().await;
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
    ana.does("/incident/1/switch", &[("playbook", "outage"), ("instead-of", "data-breach"), ("reason", "an outage")])
        .await;
    app.settle().await;
    let letter = app.letters("ben", "Another playbook").pop().unwrap();
    let said = letter.letter.text.clone();
    for words in ["from the playbook Patient data breach to the playbook Systems are down", "The reason: an outage"] {
        assert!(said.contains(words), "{said}");
    }
    assert!(said.contains("The holding statement promised the next word by"), "{said}");
    assert!(said.contains("Ana Ruiz owes it"), "{said}");
}
