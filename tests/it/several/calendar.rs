//! One calendar of what is owed by when, over all open incidents.

use holdline::engine::CALENDAR_MAX;

use super::{ends, opens};
use crate::test_app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_has_one_calendar_of_everything_open_with_times_owners_and_places() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    assert!(!ana.text("/").await.contains("id=\"calendar\""), "nothing is owed");
    opens(&app, &ana, "data-breach", &["a call"]).await;
    app.clock.set("2026-11-22T14:03:00Z".parse().unwrap());
    opens(&app, &ana, "data-breach", &["a second call"]).await;
    ana.does("/incident/1/claim", &[]).await;
    ana.does("/incident/1/hand-over", &[("to", "ben"), ("note", "")]).await;
    let todo = [("todo", "Call the ward"), ("who", "dev"), ("due", "2026-11-23T00:30")];
    ana.does("/incident/2/add-task", &todo).await;
    app.settle().await;
    let lines = app.app().engine.calendar().lines;
    let told: Vec<(String, String, u32)> =
        lines.iter().map(|line| (line.what.clone(), line.who.clone(), line.incident)).collect();
    let has = |what: &str, who: &str, incident: u32| {
        assert!(told.contains(&(what.to_owned(), who.to_owned(), incident)), "{what} is not in {told:#?}");
    };
    has("Pause scheduled posts on every channel", "Ana Ruiz (comms-lead)", 1);
    has("Answer: the staff statement", "Ana Ruiz, Ben Okafor, Eve Gray and Fay Lind", 1);
    has("Answer: the staff statement", "Ana Ruiz, Ben Okafor, Eve Gray and Fay Lind", 2);
    has("Post the staff statement", "Ana Ruiz", 2);
    has("Accept the incident from Ana Ruiz", "Ben Okafor", 1);
    has("Call the ward", "Dev Patel", 2);
    assert!(
        !told.iter().any(|(what, _, incident)| what.starts_with("Pause") && *incident == 2),
        "one pause: {told:#?}"
    );
    assert!(lines.is_sorted_by_key(|line| line.at));
    let desk = ana.text("/").await;
    let row = "<time datetime=\"2026-11-23T05:30:00Z\">23 November, 00:30 EST</time>";
    assert!(desk.contains(row) && desk.contains("<a href=\"/incident/2#task-added-1\">Call the ward</a>"), "{desk}");
    app.minutes_go_by(20).await;
    assert!(ana.text("/").await.contains("overdue since <time datetime=\"2026-11-22T14:10:00Z\">"));
    app.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_promised_to_the_public_and_what_begins_later_are_in_the_calendar() {
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
    let whats: Vec<String> = app.app().engine.calendar().lines.into_iter().map(|line| line.what).collect();
    let promised = "Say the next word: the holding statement promised it";
    assert_eq!(whats.iter().filter(|what| *what == promised).count(), 1, "{whats:#?}");
    assert!(whats.iter().any(|what| what.starts_with("To be begun: ")), "{whats:#?}");
    ends(&app, &ana, 1).await;
    assert!(app.app().engine.calendar().lines.is_empty(), "what is over owes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_calendar_is_cut_and_says_so() {
    let app = TestApp::start().await;
    let ana = app.sign_in("ana").await;
    let mut opened = 0;
    while app.app().engine.calendar().lines.len() < CALENDAR_MAX {
        opened += 1;
        assert!(opened <= CALENDAR_MAX);
        opens(&app, &ana, "data-breach", &["one of many"]).await;
    }
    opens(&app, &ana, "data-breach", &["one more"]).await;
    let calendar = app.app().engine.calendar();
    assert_eq!(calendar.lines.len(), CALENDAR_MAX);
    assert!(calendar.more > 0);
    assert!(ana.text("/").await.contains(&format!("And {} later ones", calendar.more)));
}
