//! The posting protocol step by step at the engine: a lost outcome, the look-up, the lock, the kill switch, the clock.

use holdline::channel::{Found, Outcome, Reason};
use holdline::core::incident::{Event, PostPhase, Refusal, SETTLE, Settlement};
use holdline::core::setting::Setting;
use holdline::engine::{LEASE, LookUpStep, OnItsWay, PostJob, PostStep, RecordError, Standing};
use holdline::store::Claimed;
use jiff::SignedDuration;

use crate::hospital::{self, person};
use crate::press::{HOLDING, Press};

const EVERY_ROW: usize = 64;
const URL: &str = "https://wire.example/1";

fn job(attempt: u32) -> PostJob {
    PostJob { incident: 1, statement: HOLDING.into(), channel: "wire".into(), attempt }
}

/// The row of this kind of effect that is due now.
fn claim(press: &mut Press, kind: &str) -> Option<Claimed> {
    let rows = press.does(|work| work.claim_outside(EVERY_ROW)).unwrap();
    rows.into_iter().find(|row| row.body.contains(&format!("\"{kind}\"")))
}

/// The wire's post is intended, and its outcome was lost.
fn lost() -> Press {
    let mut press = Press::approved();
    let row = claim(&mut press, "post").unwrap();
    assert!(matches!(press.does(|work| work.begin_post(&row, &job(1))).unwrap(), PostStep::Call(..)));
    press.now += SignedDuration::from_secs(20);
    press.does(|work| work.end_post(&row, &job(1), Outcome::Unknown(Reason::TimedOut))).unwrap();
    press
}

fn settle(press: &mut Press, found: Settlement) -> Result<(), RecordError> {
    press.record(Event::PostSettled { statement: HOLDING.into(), channel: "wire".into(), by: person("ana"), found })
}

/// The look-up, once its time has come.
fn look_up(press: &mut Press, found: Found) {
    press.now += SignedDuration::from_secs(90);
    let row = claim(press, "look_up").expect("a look-up is owed");
    let LookUpStep::Look(sent, intent) = press.does(|work| work.begin_look_up(&row, &job(1))).unwrap() else {
        panic!("nothing to look for")
    };
    assert_eq!(sent.digest(), press.incident().statements[HOLDING].current().unwrap().digest);
    let key = format!("1.holding.wire.1.{}", sent.digest().short());
    assert_eq!(intent.key, key, "looked for by what the call was known by");
    press.does(|work| work.end_look_up(&row, &job(1), found)).unwrap();
}

#[test]
fn a_lost_outcome_is_looked_up_only_when_no_late_call_can_arrive() {
    let mut press = lost();
    assert!(matches!(press.post("wire"), PostPhase::Unknown { .. }));
    press.now += SignedDuration::from_secs(60);
    assert_eq!(claim(&mut press, "look_up"), None, "80 seconds after the intent");
    assert_eq!(claim(&mut press, "post"), None, "nothing is called again by itself");
    look_up(&mut press, Found::There { url: URL.to_owned() });
    assert!(matches!(press.post("wire"), PostPhase::Confirmed { url, .. } if url == URL));
}

#[test]
fn settling_covers_the_lease_and_the_calls_deadline() {
    let lease = u64::try_from(LEASE.as_secs()).unwrap();
    assert!(SETTLE.as_seconds() > lease + holdline::engine::POST_TIMEOUT.as_secs());
}

#[test]
fn what_does_not_show_is_asked_of_a_person_and_posted_again_on_their_word_alone() {
    for found in [Found::Nothing, Found::CannotTell(Reason::Unreachable), Found::CannotTell(Reason::Several)] {
        let mut press = lost();
        assert_eq!(settle(&mut press, Settlement::NotThere), Err(RecordError::Refused(Refusal::TooEarly)));
        look_up(&mut press, found);
        assert!(matches!(press.post("wire"), PostPhase::NeedsPerson { .. }));
        assert_eq!(claim(&mut press, "post"), None);
        settle(&mut press, Settlement::NotThere).unwrap();
        assert_eq!(press.post("wire"), PostPhase::Owed { attempt: 2 });
        let row = claim(&mut press, "post").unwrap();
        assert!(matches!(press.does(|work| work.begin_post(&row, &job(2))).unwrap(), PostStep::Call(..)));
    }
}

#[test]
fn a_person_who_sees_the_post_ends_the_doubt_at_once() {
    let mut press = lost();
    settle(&mut press, Settlement::There { url: URL.to_owned() }).unwrap();
    press.now += SignedDuration::from_secs(120);
    let row = claim(&mut press, "look_up").unwrap();
    assert_eq!(press.does(|work| work.begin_look_up(&row, &job(1))).unwrap(), LookUpStep::Nothing);
    assert!(matches!(press.post("wire"), PostPhase::Confirmed { .. }));
}

#[test]
fn a_death_between_intent_and_outcome_is_a_lost_outcome() {
    let mut press = Press::approved();
    let row = claim(&mut press, "post").unwrap();
    press.does(|work| work.begin_post(&row, &job(1))).unwrap();
    press.start(hospital::standing()).unwrap();
    press.now += LEASE + SignedDuration::from_secs(1);
    let row = claim(&mut press, "post").expect("the lease is over");
    assert_eq!(press.does(|work| work.begin_post(&row, &job(1))).unwrap(), PostStep::Nothing, "it is not called again");
    assert!(matches!(press.post("wire"), PostPhase::Unknown { .. }));
    look_up(&mut press, Found::There { url: URL.to_owned() });
    assert!(matches!(press.post("wire"), PostPhase::Confirmed { .. }));
}

#[test]
fn a_rehearsals_store_opened_live_posts_nothing() {
    let rehearsal = || Standing { setting: Setting::Rehearsal, ..hospital::standing() };
    let mut press = Press::quiet(rehearsal());
    press.open();
    press.confirm_help_line("+1 555 010 0100");
    for name in ["chi", "dev", "eve"] {
        press.yes(name).unwrap();
    }
    press.start(hospital::standing()).unwrap();
    let row = claim(&mut press, "post").expect("it is owed still");
    assert_eq!(press.does(|work| work.begin_post(&row, &job(1))).unwrap(), PostStep::Nothing);
    assert!(matches!(press.post("wire"), PostPhase::Refused { .. }), "{:?}", press.post("wire"));
}

#[test]
fn the_switch_stops_a_claimed_post_and_names_one_that_is_on_its_way() {
    let mut press = Press::approved();
    let row = claim(&mut press, "post").unwrap();
    assert_eq!(press.does(|work| work.stop_posting("Ida", "")).unwrap(), Vec::new());
    assert_eq!(press.does(|work| work.begin_post(&row, &job(1))).unwrap(), PostStep::Nothing);
    assert_eq!(press.post("wire"), PostPhase::Owed { attempt: 1 });
    assert_eq!(claim(&mut press, "post"), None, "nobody takes it up while it is stopped");
    press.does(|work| work.resume_posting("Ida")).unwrap();
    let row = claim(&mut press, "post").expect("it is owed again at once");
    press.does(|work| work.begin_post(&row, &job(1))).unwrap();
    let on_its_way = press.does(|work| work.stop_posting("Ida", "")).unwrap();
    assert_eq!(on_its_way, [OnItsWay { incident: 1, statement: HOLDING.into(), channel: "wire".into() }]);
    // What is on its way is followed up while everything else stands still.
    press.does(|work| work.end_post(&row, &job(1), Outcome::Unknown(Reason::TimedOut))).unwrap();
    look_up(&mut press, Found::There { url: URL.to_owned() });
    assert!(matches!(press.post("wire"), PostPhase::Confirmed { .. }));
}

/// Taken back and given again while posting is stopped: two rows of one attempt, and one call.
#[test]
fn a_second_row_of_an_attempt_gives_nothing_up() {
    let mut press = Press::approved_for_the_wire();
    press.does(|work| work.stop_posting("Ida", "")).unwrap();
    let (request, digest) = press.request("eve");
    press.record(Event::DecisionWithdrawn { request, person: person("eve"), digest }).unwrap();
    press.decide("eve", request, digest).unwrap();
    press.does(|work| work.resume_posting("Ida")).unwrap();
    let rows = press.does(|work| work.claim_outside(EVERY_ROW)).unwrap();
    let rows: Vec<&Claimed> = rows.iter().filter(|row| row.body.contains("\"post\"")).collect();
    let [first, second] = rows[..] else { panic!("{rows:?}") };
    assert!(matches!(press.does(|work| work.begin_post(first, &job(1))).unwrap(), PostStep::Call(..)));
    assert_eq!(press.does(|work| work.begin_post(second, &job(1))).unwrap(), PostStep::Nothing);
    assert!(matches!(press.post("wire"), PostPhase::Intended { .. }), "{:?}", press.post("wire"));
    press.does(|work| work.end_post(first, &job(1), Outcome::Done { url: URL.to_owned() })).unwrap();
    assert!(matches!(press.post("wire"), PostPhase::Confirmed { .. }));
}

#[test]
fn a_death_after_an_intent_is_followed_up_while_posting_is_stopped() {
    let mut press = Press::approved();
    let row = claim(&mut press, "post").unwrap();
    press.does(|work| work.begin_post(&row, &job(1))).unwrap();
    press.does(|work| work.stop_posting("Ida", "")).unwrap();
    press.start(hospital::standing()).unwrap();
    press.now += LEASE + SignedDuration::from_secs(1);
    let row = claim(&mut press, "post").expect("it may be public");
    assert_eq!(press.does(|work| work.begin_post(&row, &job(1))).unwrap(), PostStep::Nothing, "it is not called again");
    look_up(&mut press, Found::Nothing);
    assert!(matches!(press.post("wire"), PostPhase::NeedsPerson { .. }));
}

#[test]
fn who_left_while_posting_was_stopped_does_not_count_when_it_is_resumed() {
    let mut press = Press::asking();
    press.does(|work| work.stop_posting("Ida", "")).unwrap();
    for name in ["chi", "dev", "eve", "fay"] {
        press.yes(name).unwrap();
    }
    press.record(Event::LeftRole { person: person("eve"), role: "executive".into() }).unwrap();
    let (request, digest) = press.request("fay");
    press.record(Event::DecisionWithdrawn { request, person: person("fay"), digest }).unwrap();
    press.does(|work| work.resume_posting("Ida")).unwrap();
    assert!(!press.is_approved(), "nobody who may release says yes any more");
    press.yes("ben").unwrap();
    assert!(press.is_approved());
}

#[test]
fn a_failed_stop_leaves_no_trace() {
    let mut press = Press::approved();
    let failed = press.does(|work| {
        work.stop_posting("Ida", "")?;
        Err::<(), _>(RecordError::Busy)
    });
    assert_eq!(failed, Err(RecordError::Busy));
    assert!(!press.work().board().borrow().stopped && press.incident().stopped.is_none());
    assert!(claim(&mut press, "post").is_some());
}

/// The machine's clock jumps ten years ahead and comes back: nothing is posted by it, and time goes on from there.
#[test]
fn a_clock_that_jumped_ahead_does_not_stop_time() {
    let mut press = Press::asking();
    let before = press.now;
    press.now += SignedDuration::from_hours(24 * 3_650);
    press.inside();
    press.now = before + SignedDuration::from_mins(1);
    assert!(!press.is_approved());
    // Everybody was asked afresh at the ladder's end; their yes counts, and the stage's times run on.
    for name in ["chi", "dev", "eve"] {
        press.now += SignedDuration::from_mins(1);
        press.yes(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    press.now += SignedDuration::from_mins(1);
    press.inside();
    let statement = &press.incident().statements[HOLDING];
    assert!(!press.is_approved(), "the promised time is long over, so lint sends it back: {:?}", statement.phase);
}

/// A clock that is set forward makes no call come sooner.
#[test]
fn a_clock_set_forward_ends_no_lease_and_unlocks_nothing() {
    let mut press = Press::approved();
    let row = claim(&mut press, "post").unwrap();
    press.does(|work| work.begin_post(&row, &job(1))).unwrap();
    press.set_forward = SignedDuration::from_hours(10);
    assert_eq!(claim(&mut press, "post"), None, "its call is under way");
    press.now += SignedDuration::from_secs(20);
    press.does(|work| work.end_post(&row, &job(1), Outcome::Unknown(Reason::TimedOut))).unwrap();
    let row = claim(&mut press, "look_up").expect("by the clock its time has come");
    press.does(|work| work.begin_look_up(&row, &job(1))).unwrap();
    press.does(|work| work.end_look_up(&row, &job(1), Found::Nothing)).unwrap();
    for seconds in [0, 69] {
        press.now += SignedDuration::from_secs(seconds);
        assert_eq!(settle(&mut press, Settlement::NotThere), Err(RecordError::Refused(Refusal::TooEarly)));
    }
    press.now += SignedDuration::from_secs(1);
    settle(&mut press, Settlement::NotThere).unwrap();
    assert_eq!(press.post("wire"), PostPhase::Owed { attempt: 2 });
}

/// After a start nobody knows how long ago an intent really was.
#[test]
fn a_clock_set_forward_over_a_restart_unlocks_nothing() {
    let mut press = lost();
    look_up(&mut press, Found::Nothing);
    press.start(hospital::standing()).unwrap();
    press.now += SignedDuration::from_secs(89);
    assert_eq!(settle(&mut press, Settlement::NotThere), Err(RecordError::Refused(Refusal::TooEarly)));
    press.now += SignedDuration::from_secs(1);
    settle(&mut press, Settlement::NotThere).unwrap();
}
