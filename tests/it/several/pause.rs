//! What is scheduled elsewhere is paused once for all open incidents, and resumed once.

use std::process::Command;

use holdline::core::incident::{IncidentId, TaskPhase};

use super::{ends, opens, with_outage};
use crate::test_app::TestApp;

const PAUSE: &str = "Pause scheduled posts";
const RESUME: &str = "Let scheduled posts go out again";

fn elsewhere(incident: IncidentId, app: &TestApp) -> Option<(IncidentId, bool)> {
    match app.incident(incident).tasks["pause"] {
        TaskPhase::Elsewhere { incident, settled } => Some((incident, settled.is_some())),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_of_several_incidents_has_the_pause_and_the_last_brings_the_resuming() {
    let mut app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    opens(&app, &ana, "data-breach", &["a call", "a second call", "a third"]).await;
    assert_eq!(app.letters("ana", PAUSE).len(), 1, "one task, not three");
    assert_eq!((elsewhere(2, &app), elsewhere(3, &app)), (Some((1, false)), Some((1, false))));
    let page = ana.text("/incident/2").await;
    assert!(page.contains("incident 1 has it, for all that is open") && page.contains("Open incident 1"), "{page}");
    let refused = ana.post("/incident/2/task/pause", &[("note", "")]).await;
    assert!(refused.text().await.unwrap().contains("Incident 1 has this task"));
    ana.does("/incident/1/task/pause", &[("note", "")]).await;
    assert_eq!((elsewhere(2, &app), elsewhere(3, &app)), (Some((1, true)), Some((1, true))));
    // The first ends, and two are open still.
    ends(&app, &ana, 1).await;
    app.restart().await;
    let ana = app.sign_in("ana").await;
    ends(&app, &ana, 3).await;
    assert_eq!(app.letters("ana", RESUME).len(), 0, "one incident is open still");
    ends(&app, &ana, 2).await;
    assert_eq!(app.letters("ana", RESUME).len(), 1, "asked once, of whoever paused");
    let desk = ana.text("/").await;
    assert!(desk.contains("href=\"/incident/1#task-resume\""), "{desk}");
    let page = ana.text("/incident/1").await;
    assert!(page.contains("Done: Let scheduled posts"), "the task can be done though the incident is over: {page}");
    ana.does("/incident/1/task/resume", &[("note", "all of them")]).await;
    app.minutes_go_by(15).await;
    assert!(app.letters("ana", "Overdue, resume").is_empty());
    assert!(!ana.text("/").await.contains("task-resume"));
    // The next incident begins anew.
    opens(&app, &ana, "data-breach", &["another day"]).await;
    assert_eq!(app.letters("ana", PAUSE).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_nobody_made_falls_to_the_next_incident() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    opens(&app, &ana, "data-breach", &["a call", "a second call", "a third"]).await;
    ends(&app, &ana, 1).await;
    assert_eq!(app.letters("ana", PAUSE).len(), 2, "asked of the second now");
    assert!(matches!(app.incident(2).tasks["pause"], TaskPhase::Open { .. }));
    assert_eq!(elsewhere(3, &app), Some((2, false)));
    ana.does("/incident/2/skip", &[("step", "pause"), ("reason", "nothing is scheduled")]).await;
    assert_eq!(elsewhere(3, &app), Some((2, true)));
    for incident in [2, 3] {
        ends(&app, &ana, incident).await;
    }
    assert!(app.letters("ana", RESUME).is_empty(), "nothing was paused");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_resumed_yet_stays_paused_for_the_next_incident() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    opens(&app, &ana, "data-breach", &["a call"]).await;
    ana.does("/incident/1/task/pause", &[("note", "")]).await;
    ends(&app, &ana, 1).await;
    assert_eq!(app.letters("ana", RESUME).len(), 1);
    opens(&app, &ana, "data-breach", &["a second call"]).await;
    assert_eq!(app.letters("ana", PAUSE).len(), 1, "it is paused already");
    assert_eq!(app.letters("ana", "Stay paused, do not resume").len(), 1);
    assert_eq!(elsewhere(2, &app), Some((1, true)));
    let refused = ana.post("/incident/1/task/resume", &[("note", "")]).await;
    assert!(!refused.status().is_redirection(), "nobody resumes while the second is open");
    ends(&app, &ana, 2).await;
    assert_eq!(app.letters("ana", RESUME).len(), 2);
    let report = ana.text("/incident/1/report").await;
    assert!(report.contains("In incident 2 the pause of what is scheduled elsewhere is settled"), "{report}");
}

/// What `audit erase` says of an incident while nothing runs.
async fn erase(app: &mut TestApp, incident: &str, code: i32) -> String {
    app.stop().await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdline"));
    command.args(["audit", "erase", "--incident", incident, "--by", "chi", "--reason", "asked for", "--yes"]);
    let output = command.current_dir(app.file("")).output().unwrap();
    app.run().await;
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn the_incident_with_the_pause_is_not_erased_before_it_is_resumed() {
    let mut app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    opens(&app, &ana, "data-breach", &["a call", "a second call"]).await;
    ana.does("/incident/1/task/pause", &[("note", "")]).await;
    ends(&app, &ana, 1).await;
    assert!(erase(&mut app, "1", 1).await.contains("incident 1 has the pause"), "the second is open, and paused there");
    let ana = ana.back_at(&app);
    ends(&app, &ana, 2).await;
    assert!(erase(&mut app, "1", 1).await.contains("incident 1 has the pause"), "nobody resumed yet");
    let ana = ana.back_at(&app);
    ana.does("/incident/1/task/resume", &[("note", "")]).await;
    app.settle().await;
    erase(&mut app, "1", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_nobody_made_goes_along_with_a_merge_also_where_the_other_playbook_has_none() {
    let app = with_outage().await;
    let ana = app.sign_in("ana").await;
    opens(&app, &ana, "data-breach", &["a call"]).await;
    opens(&app, &ana, "outage", &["the lights are out"]).await;
    ana.does("/incident/1/merge", &[("other", "2"), ("reason", "it is one story")]).await;
    app.settle().await;
    assert_eq!(app.letters("ana", PAUSE).len(), 2, "asked anew, with the page of the other");
    assert!(matches!(app.incident(2).tasks["added-1"], TaskPhase::Open { .. }));
    opens(&app, &ana, "data-breach", &["another call"]).await;
    assert_eq!(elsewhere(3, &app), Some((2, false)), "the next incident finds it there");
    // A playbook that has a pause takes it for its own.
    let form = [("playbook", "data-breach"), ("instead-of", "outage"), ("reason", "it is a breach after all")];
    ana.does("/incident/2/switch", &form).await;
    app.settle().await;
    assert!(!app.incident(2).added.contains_key("added-1"));
    assert_eq!(app.letters("ana", PAUSE).len(), 2, "and asks for it no second time");
    ana.does("/incident/2/task/added-1", &[("note", "")]).await;
    assert_eq!(elsewhere(3, &app), Some((2, true)));
    ends(&app, &ana, 2).await;
    ends(&app, &ana, 3).await;
    assert_eq!(app.letters("ana", RESUME).len(), 1);
}
