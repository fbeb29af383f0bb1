//! Linking incidents, and merging one into another, over the page, the terminal and a restart.

use holdline::control::{Answer, IncidentRequest, Request, ask, socket_of};
use holdline::core::incident::{Fact, IncidentPhase, StatementPhase, TaskPhase, fold};
use holdline::engine::RecordError;
use jiff::SignedDuration;
use reqwest::StatusCode;

use super::{ends, opens};
use crate::test_app::TestApp;
use crate::transcripts::events_of;

#[tokio::test(flavor = "multi_thread")]
async fn two_incidents_are_linked_on_both_pages_and_unlinked_again() {
    let mut app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    opens(&app, &ana, "data-breach", &["a call", "a second call"]).await;
    let link = [("other", "2"), ("reason", "the <b>same</b> ward"), ("press", "link")];
    ana.does("/incident/1/link", &link).await;
    assert_eq!(ana.post("/incident/2/link", &[("other", "1"), link[1], link[2]]).await.status(), StatusCode::CONFLICT);
    for (page, other) in [("/incident/1", 2), ("/incident/2", 1)] {
        let text = ana.text(page).await;
        let seen = format!("See also incident {other}: Patient data breach");
        assert!(text.contains(&seen) && text.contains("the &lt;b&gt;same&lt;/b&gt; ward"), "{text}");
    }
    assert!(ana.post("/incident/1/link", &[("other", "1"), link[1], link[2]]).await.status().is_client_error());
    assert!(ana.post("/incident/1/link", &[("other", "7"), link[1], link[2]]).await.status().is_client_error());
    app.restart().await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/2/link", &[("other", "1"), ("reason", "another ward"), ("press", "unlink")]).await;
    assert!(app.incident(1).links.is_empty() && app.incident(2).links.is_empty());
    let page = ana.text("/incident/1").await;
    assert!(page.contains("Ana Ruiz took the link with incident 2 away: another ward"), "{page}");
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_incident_ends_in_the_other_which_has_what_is_left_of_it() {
    let mut app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    // The first incident is of a watch, and somebody works on it already.
    app.spike(8).await;
    opens(&app, &ana, "data-breach", &["a call"]).await;
    ana.does("/incident/2/claim", &[]).await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/add-task", &[("todo", "Call the ward"), ("who", "dev"), ("due", "")]).await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0199"), ("press", "confirm")]).await;
    app.settle().await;
    let request = app.asked("eve").expect("the staff statement is asked about");
    let ben = app.sign_in("ben").await;
    ben.does("/incident/1/merge", &[("other", "2"), ("reason", "it is one leak")]).await;
    app.settle().await;

    let (ended, goes_on) = (app.incident(1), app.incident(2));
    assert!(matches!(ended.phase, IncidentPhase::StoodDown { .. }));
    assert_eq!(ended.statements["staff"].phase, StatementPhase::Withdrawn);
    assert!(matches!(goes_on.facts["help_line"], Fact::Confirmed { .. }));
    assert!(matches!(goes_on.tasks["added-1"], TaskPhase::Open { .. }));
    let by_law = goes_on.added.iter().find(|(_, task)| task.todo.starts_with("Decide whether regulators")).unwrap().0;
    let due = ended.opened_at + SignedDuration::from_hours(4);
    assert_eq!(goes_on.tasks[by_law], TaskPhase::Open { due: Some(due) }, "a law's time runs from the first opening");
    assert!(goes_on.spike.is_some(), "its mentions came along");
    assert_eq!(app.letters("dev", "Task: Call the ward").len(), 2, "asked anew, with the page of the other");
    assert_eq!(app.letters("ana", "Incident 1 merged into this").len(), 1);
    assert_eq!(app.letters("eve", "Merged into incident 2").len(), 1, "whoever was asked about it is told");
    // An approval of what was withdrawn is too late.
    let late = app.press(&request, &request.code, "approve", "").await;
    assert!(!late.status().is_redirection(), "{}", late.status());
    assert!(ana.text("/incident/1").await.contains("Ben Okafor merged it into incident 2 at"));
    assert!(ana.text("/incident/2").await.contains("It was merged into this incident. Ben Okafor"));

    // What its watch counts from now on is the other's, also after a restart.
    app.restart().await;
    app.spike(40).await;
    app.minutes_go_by(1).await;
    assert_eq!(app.incidents(), 2, "no third incident");
    assert_eq!(app.incident(2).spike.as_ref().map(|spike| spike.count), Some(48));

    // Neither twice nor the other way round.
    let ana = app.sign_in("ana").await;
    for (from, into) in [("2", "1"), ("1", "2")] {
        let path = format!("/incident/{from}/merge");
        assert_eq!(ana.post(&path, &[("other", into), ("reason", "again")]).await.status(), StatusCode::CONFLICT);
    }
    let report = ana.text("/incident/1/report").await;
    assert!(report.contains("Ben Okafor merged it into incident 2: it is one leak"), "{report}");
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_posted_stays_and_the_word_that_it_promised_is_owed_by_the_other() {
    let mut app = TestApp::start().await;
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
    opens(&app, &ana, "data-breach", &["a call"]).await;
    ana.does("/incident/1/merge", &[("other", "2"), ("reason", "it is one leak")]).await;
    app.settle().await;
    assert!(app.text("/newsroom").await.contains("/newsroom/1/holding"), "it is public still");
    let promised = app.incident(1).statements["holding"].promise.clone().unwrap().by;
    let owed =
        app.incident(2).added.values().find(|task| task.todo.starts_with("Say the next word to public")).cloned();
    assert_eq!(owed.and_then(|task| task.due), Some(promised));
    assert!(
        matches!(app.incident(2).facts["discovered_at"], Fact::Confirmed { .. }),
        "chi may confirm it here as well"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_that_is_refused_leaves_both_as_they_were() {
    let mut app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    app.spike(8).await;
    opens(&app, &ana, "data-breach", &["a call"]).await;
    let before = (app.incident(1).events, app.incident(2).events);
    let engine = &app.app().engine;
    // Nobody has said that the first is real, so nothing is merged into it; a reason is needed, and somebody who runs it.
    for (from, into, by, reason) in
        [(2, 1, "ana", "one"), (1, 2, "ana", " "), (1, 2, "nobody", "one"), (1, 2, "dev", "one"), (1, 1, "ana", "one")]
    {
        let refused = engine.merge(from, into, &by.into(), reason.to_owned()).await;
        assert!(matches!(refused, Err(RecordError::Refused(_))), "{from} into {into} by {by}: {refused:?}");
    }
    assert_eq!((app.incident(1).events, app.incident(2).events), before);
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terminal_links_and_merges_and_a_chain_of_merges_ends_in_one() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    opens(&app, &ana, "data-breach", &["one", "two", "three"]).await;
    let by = || "ana".into();
    let reason = || "one story".to_owned();
    let says = async |request| {
        let path = socket_of(&app.file("holdline.db"));
        match ask(&path, &Request::Incident(request)).await.unwrap() {
            Answer::Done(said) => said.join("\n"),
            Answer::Refused(why) => format!("refused: {why}"),
        }
    };
    let linked = says(IncidentRequest::Link { incident: 1, other: 3, by: by(), reason: reason() }).await;
    assert_eq!(linked, "Incidents 1 and 3 are linked.");
    let unlinked = says(IncidentRequest::Unlink { incident: 3, other: 1, by: by(), reason: reason() }).await;
    assert_eq!(unlinked, "Incidents 3 and 1 are linked no more.");
    let merged = says(IncidentRequest::Merge { incident: 1, into: 2, by: by(), reason: reason() }).await;
    assert!(merged.starts_with("Incident 1 stood down into incident 2"), "{merged}");
    says(IncidentRequest::Merge { incident: 2, into: 3, by: by(), reason: reason() }).await;
    let refused = says(IncidentRequest::Merge { incident: 3, into: 1, by: by(), reason: reason() }).await;
    assert!(refused.contains("this incident is over"), "{refused}");
    app.settle().await;
    let running: Vec<u32> = (1..=3).filter(|id| app.incident(*id).is_running()).collect();
    assert_eq!(running, [3]);
    // The pause went along from the first to the last.
    assert!(matches!(app.incident(3).tasks["pause"], TaskPhase::Open { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_and_the_time_that_words_are_kept_go_for_both() {
    let mut app = TestApp::start().await;
    let config = std::fs::read_to_string(app.file("holdline.yaml")).unwrap();
    app.stop().await;
    std::fs::write(app.file("holdline.yaml"), config + "\nretention: { incidents: 30d }\n").unwrap();
    app.run().await;
    let ana = app.sign_in("ana").await;
    opens(&app, &ana, "data-breach", &["one", "two"]).await;
    ana.does("/incident/1/merge", &[("other", "2"), ("reason", "one story")]).await;
    ana.does("/incident/1/close", &[("reason", "")]).await;
    app.settle().await;
    app.app().engine.call(|work| work.place_hold(2, &"ana".into(), "a claim")).await.unwrap();
    app.minutes_go_by(40 * 24 * 60).await;
    assert_eq!(app.incidents(), 2, "its other half is open, and held");
    let ana = app.sign_in("ana").await;
    ends(&app, &ana, 2).await;
    ana.does("/incident/2/close", &[("reason", "")]).await;
    app.minutes_go_by(40 * 24 * 60).await;
    assert_eq!(app.incidents(), 2, "both are held");
    app.app().engine.call(|work| work.lift_hold(2, &"ana".into(), "settled")).await.unwrap();
    for _ in 0..2 {
        app.minutes_go_by(1).await;
    }
    assert_eq!(app.incidents(), 0, "the time of both is over");
}

#[test]
fn what_a_text_promises_that_was_on_its_way_is_handed_over_as_well() {
    let story = "# A post whose outcome nobody knows.\ngiven: holding goes to bluesky\ngiven: holding is asked about\n\
        00:01 chi approves holding\n00:01 dev approves holding\n00:02 eve approves holding\n00:03 holding goes to bluesky\n";
    let events = events_of(story);
    let incident = fold(1, events.iter().map(|(at, event, rules)| (*at, event, rules))).unwrap();
    let handed = incident.to_hand_over(&"ana".into(), "it is one story", &events[0].2);
    let promised = handed.tasks.iter().find(|task| task.todo.contains("holding of incident 1")).expect("a promise");
    assert!(promised.todo.ends_with("promises it by then if it came out"), "{}", promised.todo);
    assert_eq!(promised.due, incident.sent(&"holding".into()).unwrap().next_update);
}
