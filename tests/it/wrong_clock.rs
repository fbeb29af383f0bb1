//! A machine whose clock is set wrong by years, and set right again: nothing unapproved goes out, and deadlines still come.

use holdline::core::incident::{Event, StatementPhase};
use holdline::engine::{ManualClock, SESSION_IDLE};
use jiff::SignedDuration;

use crate::hospital::person;
use crate::press::{HOLDING, Press};
use crate::test_app::TestApp;

const FIVE_YEARS: SignedDuration = SignedDuration::from_hours(5 * 365 * 24);

#[test]
fn a_jump_forward_posts_nothing() {
    let mut press = Press::asking();
    press.yes("chi").unwrap();
    press.yes("dev").unwrap();
    press.now += FIVE_YEARS;
    press.inside();
    assert!(!press.is_approved());
    assert!(press.yes("eve").is_ok_and(|()| !press.is_approved()), "what it promised is long over");
}

#[test]
fn after_the_clock_was_set_right_deadlines_still_come() {
    let mut press = Press::asking();
    let asked = press.incident().requests.len();
    press.now += FIVE_YEARS;
    press.confirm_help_line("+1 555 010 0200");
    press.now -= FIVE_YEARS;
    press.inside();
    let asked_again = press.incident().requests.len();
    assert!(asked_again > asked, "the new text was asked about");
    press.minutes_go_by(11);
    let incident = press.incident();
    assert!(incident.requests.len() > asked_again, "nobody answered for eleven minutes, and nobody else was asked");
    assert!(matches!(incident.statements[HOLDING].phase, StatementPhase::Asking(_)));
    for name in ["chi", "dev", "eve"] {
        press.yes(name).unwrap();
    }
    assert!(press.is_approved(), "people can act as before");
}

/// The clock went an hour ahead before anything was carried out: who leaves then takes no deadline along.
#[test]
fn a_deadline_that_is_late_still_comes_where_somebody_leaves_first() {
    let mut press = Press::asking();
    press.yes("chi").unwrap();
    press.now += SignedDuration::from_hours(1);
    press.record(Event::LeftRole { person: person("dev"), role: "legal".into() }).unwrap();
    press.inside();
    let incident = press.incident();
    let asked = incident.requests.iter().rev().find(|request| request.person == person("eve"));
    let waits = asked.is_some_and(|request| incident.awaits(request, press.now).is_ok());
    assert!(waits, "nobody of executive was asked in the place of legal");
}

/// Signed in while the clock was ten hours ahead: the session ends when it would have, not ten hours later.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_does_not_outlive_the_clock_that_it_was_begun_by() {
    let mut app = TestApp::start().await;
    let right = ManualClock::at(app.clock.now());
    app.clock.set(app.clock.now() + SignedDuration::from_hours(10));
    let ana = app.sign_in("ana").await;
    app.stop().await;
    app.clock = right;
    app.run().await;
    let ana = ana.back_at(&app);
    assert!(ana.text("/").await.contains("Sign out"));
    app.clock.set(app.clock.now() + SESSION_IDLE + SignedDuration::from_mins(1));
    let answer = ana.get("/").await.text().await.unwrap();
    assert!(!answer.contains("Sign out"), "half an hour passed without a word");
}
