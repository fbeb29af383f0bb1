//! Attacks on the promises, each told as a story: erased incidents, lost alarms, lost duties, removed people, clocks that
//! go back, refusals gone round, leases that are over, stale texts, and channels that became others.

use std::fs;
use std::sync::Arc;

use holdline::channel::Outcome;
use holdline::core::incident::{AlertPhase, Asker, Event, PostPhase, Refusal, StatementPhase, Verification};
use holdline::core::mention::Mention;
use holdline::core::name::StepId;
use holdline::core::roster::Roster;
use holdline::core::rules::Rules;
use holdline::engine::{LEASE, PostJob, PostStep, RecordError, Standing};
use holdline::store::{Claimed, StoreError};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::hospital::{self, person};
use crate::press::{HOLDING, Press};
use crate::test_app::{TestApp, Visitor};

/// More rows than any of these stories owes.
const EVERY_ROW: usize = 64;

fn mention(number: usize, author: &str) -> Mention {
    Mention {
        id: format!("m{number}"),
        title: None,
        text: "riverside breach".to_owned(),
        author: Some(author.to_owned()),
        url: None,
        language: None,
        published: None,
        reach: None,
    }
}

/// Mentions that the breach watch counts, each of another voice.
fn crowd(numbers: std::ops::Range<usize>) -> Vec<Mention> {
    numbers.map(|number| mention(number, &format!("voice{number}"))).collect()
}

/// As many, all of one voice: too few voices for an alarm.
fn one_voice(numbers: std::ops::Range<usize>) -> Vec<Mention> {
    numbers.map(|number| mention(number, "the same")).collect()
}

fn hear(press: &mut Press, mentions: &[Mention]) {
    press.does(|work| work.take_in(&"listening".into(), mentions)).unwrap();
}

/// The hospital with its people changed.
fn with_roster(change: impl FnOnce(&mut Value)) -> Standing {
    let mut standing = hospital::standing();
    let mut roster = serde_json::to_value(&*standing.roster).unwrap();
    change(&mut roster);
    standing.roster = Arc::new(serde_json::from_value::<Roster>(roster).unwrap());
    standing
}

fn wire_job() -> PostJob {
    PostJob { incident: 1, statement: HOLDING.into(), channel: "wire".into(), attempt: 1 }
}

/// The post that is owed to the wire, where no lease is on it.
fn claim_wire(press: &mut Press) -> Option<Claimed> {
    let rows = press.does(|work| work.claim_outside(EVERY_ROW)).unwrap();
    rows.into_iter().find(|row| row.body.contains("\"post\""))
}

fn begin_post(press: &mut Press, row: &Claimed) -> PostStep {
    press.does(|work| work.begin_post(row, &wire_job())).unwrap()
}

/// The data breach of the sample, called real and claimed by Ana; its staff statement waits for a release.
async fn claimed(app: &mut TestApp) -> Visitor {
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    app.settle().await;
    ana
}

/// Changes the configuration, and starts anew with it.
async fn restart_with(app: &mut TestApp, old: &str, new: &str) {
    let file = app.file("holdline.yaml");
    let yaml = fs::read_to_string(&file).unwrap();
    assert!(yaml.contains(old), "the fixture has no {old}");
    fs::write(&file, yaml.replace(old, new)).unwrap();
    app.restart().await;
    app.settle().await;
}

#[test]
fn an_incident_that_was_called_real_does_not_end_by_calling_it_false() {
    let mut press = Press::quiet(hospital::standing());
    hear(&mut press, &crowd(0..8));
    let real = Event::Verified { verdict: Verification::Real, by: person("ben"), reason: String::new() };
    press.record(real).unwrap();
    for verdict in [Verification::FalseAlarm, Verification::NotOurs] {
        for name in ["dev", "ana", "ben"] {
            let verified = Event::Verified { verdict, by: person(name), reason: "a film".to_owned() };
            let refused = press.record(verified);
            assert!(matches!(refused, Err(RecordError::Refused(Refusal::IsReal))), "{name}: {verdict:?}, {refused:?}");
        }
    }
    assert!(press.incident().is_running());
}

#[test]
fn an_erased_incident_leaves_its_number_behind() {
    let mut press = Press::asking();
    press.record(Event::StandDownAsked { by: Asker::Person(person("ana")), reason: "it is quiet".to_owned() }).unwrap();
    press.inside();
    press.yes("ben").unwrap();
    assert!(!press.incident().is_running());
    press.erase(1);
    press.start(hospital::standing()).unwrap();
    assert_eq!(press.incidents(), 0, "what was erased is not shown");
    hear(&mut press, &crowd(0..8));
    let numbers: Vec<u32> = press.work().board().borrow().incidents.keys().copied().collect();
    assert_eq!(numbers, [2], "the alarm after it opens an incident of its own");
    // What the erased one still owed stops nothing.
    press.minutes_go_by(60);
    assert_eq!(press.incidents(), 1);
}

#[test]
fn an_alarm_comes_with_the_delivery_that_is_repeated_after_a_full_disk() {
    let mut press = Press::quiet(hospital::standing());
    hear(&mut press, &one_voice(0..7));
    assert_eq!(press.incidents(), 0, "above the count, and too few voices");
    let more = crowd(7..12);
    let failed = press.does(|work| {
        work.take_in(&"listening".into(), &more)?;
        Err::<(), _>(RecordError::Store(StoreError::Full))
    });
    assert!(failed.is_err());
    assert_eq!(press.incidents(), 0);
    let taken = press.does(|work| work.take_in(&"listening".into(), &more)).unwrap();
    assert_eq!(taken.new, 5, "nothing of the failed delivery was kept");
    assert_eq!(press.incidents(), 1);
}

#[test]
fn the_duty_of_somebody_who_lost_every_role_is_free_and_rings_again() {
    let mut press = Press::asking();
    let standing = with_roster(|roster| {
        roster["people"].as_object_mut().unwrap().remove("ben");
        roster["roles"]["comms-lead"] = json!(["ana"]);
    });
    press.start(standing).unwrap();
    press.inside();
    let incident = press.incident();
    assert_eq!(incident.duty, None, "ben is gone");
    match &incident.alerts[&StepId::from("alert")] {
        AlertPhase::Ringing { told, .. } => assert!(told.contains(&person("ana")), "{told:?}"),
        AlertPhase::Waiting | AlertPhase::Claimed { .. } => panic!("nobody is woken: {:?}", incident.alerts),
    }
    press.record(Event::Claimed { by: person("ana") }).unwrap();
    assert_eq!(press.incident().duty, Some(person("ana")));
}

#[test]
fn a_delegate_whom_the_configuration_no_longer_names_answers_for_nobody() {
    let standing = |delegate: &str, gus: bool| {
        with_roster(|roster| {
            if gus {
                let email = "gus@riverside.example";
                roster["people"]["gus"] = json!({ "name": "gus", "email": email, "reads": ["en"], "shared": false });
            }
            roster["people"]["dev"]["delegate"] = json!(delegate);
            roster["people"]["dev"]["away"] = json!({ "from": "2026-11-01", "to": "2026-12-01" });
        })
    };
    let mut press = Press::quiet(standing("gus", true));
    press.open();
    press.confirm_help_line("+1 555 010 0100");
    let (request, digest) = press.request("gus");
    press.start(standing("eve", false)).unwrap();
    press.yes("chi").unwrap();
    assert!(press.decide("gus", request, digest).is_err(), "gus is named nowhere any more");
    let released = press.incident().requests.iter().any(|request| request.stage == 1);
    assert!(!released, "the release was asked without legal's yes");
    assert!(!press.is_approved());
}

#[test]
fn the_record_never_goes_back_in_time() {
    let mut press = Press::asking();
    let before = press.now;
    press.minutes_go_by(11);
    let last = press.incident().requests.iter().map(|request| request.asked_at).max().unwrap();
    assert!(last > before, "the stage's time passed, and others were asked");
    press.now = before - SignedDuration::from_hours(24);
    press.start(hospital::standing()).unwrap();
    let at = press.does(|work| Ok(work.now())).unwrap();
    assert!(at >= last, "{at} after {last}");
}

#[test]
fn nobody_answers_in_the_place_of_somebody_who_refused_these_bytes() {
    let mut press = Press::asking();
    press.refuse("dev", "this admits liability").unwrap();
    let again = Event::AskedAgain { statement: HOLDING.into(), by: person("ana"), reason: "please".to_owned() };
    press.record(again).unwrap();
    press.yes("chi").unwrap();
    press.minutes_go_by(11);
    let incident = press.incident();
    let instead: Vec<_> = incident
        .requests
        .iter()
        .filter(|request| request.stage == 0 && ["eve", "fay"].map(person).contains(&request.person))
        .collect();
    assert!(instead.is_empty(), "an executive was asked in legal's place: {instead:?}");
    for name in ["eve", "ana"] {
        let (request, digest) = press.request(name);
        // Whether their time is over by now or not: the release alone is no approval.
        let _ = press.decide(name, request, digest);
    }
    assert!(!press.is_approved());
}

#[test]
fn a_post_that_waited_longer_than_its_lease_keeps_its_outcome() {
    let mut press = Press::approved();
    let row = claim_wire(&mut press).unwrap();
    press.now += LEASE + SignedDuration::from_secs(1);
    assert!(matches!(begin_post(&mut press, &row), PostStep::Call(..)), "nobody else took it, so it is held anew");
    assert_eq!(claim_wire(&mut press), None, "nobody takes it while the channel is called");
    press.now += SignedDuration::from_secs(5);
    let done = Outcome::Done { url: "https://wire.example/1".to_owned() };
    press.does(|work| work.end_post(&row, &wire_job(), done)).unwrap();
    assert!(matches!(press.post("wire"), PostPhase::Confirmed { .. }), "{:?}", press.post("wire"));
}

#[test]
fn a_post_that_another_worker_has_by_now_is_left_to_it() {
    let mut press = Press::approved();
    let late = claim_wire(&mut press).unwrap();
    press.now += LEASE + SignedDuration::from_secs(1);
    let row = claim_wire(&mut press).unwrap();
    let before = press.incident().events;
    assert_eq!(begin_post(&mut press, &late), PostStep::Nothing);
    assert_eq!(press.incident().events, before, "the late worker writes nothing down");
    assert_eq!(press.post("wire"), PostPhase::Owed { attempt: 1 });
    assert!(matches!(begin_post(&mut press, &row), PostStep::Call(..)));
    let done = || Outcome::Done { url: "https://wire.example/1".to_owned() };
    press.does(|work| work.end_post(&late, &wire_job(), done())).unwrap();
    assert!(matches!(press.post("wire"), PostPhase::Intended { .. }), "the late worker's word does not count");
    press.does(|work| work.end_post(&row, &wire_job(), done())).unwrap();
    assert!(matches!(press.post("wire"), PostPhase::Confirmed { .. }), "{:?}", press.post("wire"));
}

#[test]
fn a_channel_that_comes_late_gets_nothing_stale() {
    let mut press = Press::approved();
    assert!(matches!(press.post("page"), PostPhase::Confirmed { .. }));
    // The wire was down for two days, and the text promises a word within one.
    press.now += SignedDuration::from_hours(48);
    let row = claim_wire(&mut press).unwrap();
    assert_eq!(begin_post(&mut press, &row), PostStep::Nothing);
    assert!(matches!(press.post("wire"), PostPhase::Refused { .. }), "{:?}", press.post("wire"));
    assert!(
        matches!(press.post("page"), PostPhase::Confirmed { .. }),
        "what is public stays: {:?}",
        press.post("page")
    );
    assert_eq!(claim_wire(&mut press), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_means_another_account_after_a_restart_gets_nothing_of_what_was_approved_before() {
    let mut app = TestApp::start().await;
    claimed(&mut app).await;
    let asked = app.asked("eve").unwrap();
    let letter = app.letters("eve", "Approve by").last().cloned().unwrap();
    assert!(letter.letter.text.contains("staff-board.jsonl"), "eve reads where it goes: {}", letter.letter.text);
    restart_with(&mut app, "path: staff-board.jsonl", "path: public-wire.jsonl").await;
    let answered = app.press(&asked, &asked.code, "approve", "").await;
    assert_eq!(answered.status(), StatusCode::SEE_OTHER);
    app.settle().await;
    assert!(!app.file("public-wire.jsonl").exists(), "approved for staff-board.jsonl only");
    assert!(app.file("staff-board.jsonl").exists(), "and posted there");
}

#[test]
fn an_incident_of_last_month_mutes_no_watch_at_a_restart() {
    let mut press = Press::quiet(hospital::standing());
    hear(&mut press, &crowd(0..8));
    assert_eq!(press.incidents(), 1);
    let film = Event::Verified { verdict: Verification::FalseAlarm, by: person("ana"), reason: "a film".to_owned() };
    press.record(film).unwrap();
    press.now += SignedDuration::from_hours(24 * 30);
    press.does(|work| work.tick()).unwrap();
    // Above the count and too few voices; then a restart, then everybody else.
    hear(&mut press, &one_voice(20..27));
    press.start(hospital::standing()).unwrap();
    hear(&mut press, &crowd(30..60));
    assert_eq!(press.incidents(), 2, "thirty-one voices, and no alarm");
}

#[test]
fn a_post_by_hand_is_asked_of_the_role_and_not_of_whoever_claimed() {
    let mut standing = hospital::standing();
    for rules in standing.rules.values_mut() {
        let mut changed = serde_json::to_value(&**rules).unwrap();
        changed["channels"]["wire"]["reach"] = json!({ "person": "comms-lead" });
        *rules = Arc::new(serde_json::from_value::<Rules>(changed).unwrap());
    }
    for (claimer, asked) in [("dev", "ana"), ("ben", "ben")] {
        let mut press = Press::quiet(standing.clone());
        press.open();
        press.record(Event::Claimed { by: person(claimer) }).unwrap();
        press.confirm_help_line("+1 555 010 0100");
        for name in ["chi", "dev", "eve"] {
            press.yes(name).unwrap();
        }
        assert_eq!(press.post("wire"), PostPhase::ByHand { by: person(asked) }, "{claimer} claimed");
    }
}

#[test]
fn nothing_more_is_posted_on_the_yes_of_somebody_who_left_after_the_first_channel() {
    let mut press = Press::approved();
    assert!(matches!(press.post("page"), PostPhase::Confirmed { .. }));
    let row = claim_wire(&mut press).unwrap();
    press.record(Event::LeftRole { person: person("chi"), role: "privacy-officer".into() }).unwrap();
    assert!(matches!(press.post("wire"), PostPhase::Refused { .. }), "{:?}", press.post("wire"));
    let intended = Event::PostIntended { statement: HOLDING.into(), channel: "wire".into(), attempt: 1 };
    assert!(press.record(intended).is_err(), "the wire is called on a yes that fell away");
    assert_eq!(begin_post(&mut press, &row), PostStep::Nothing);
    assert!(
        matches!(press.post("page"), PostPhase::Confirmed { .. }),
        "what is public stays: {:?}",
        press.post("page")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_public_stays_in_the_newsroom_when_an_approver_leaves() {
    let mut app = TestApp::start().await;
    let ana = claimed(&mut app).await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
    let chi = app.sign_in("chi").await;
    chi.does("/incident/1/fact/discovered_at", &[("value", "2026-11-22 08:40"), ("press", "confirm")]).await;
    app.settle().await;
    for who in ["eve", "dev", "chi", "ben"] {
        app.approve(who).await;
    }
    let before = app.text("/newsroom/1/holding").await;
    assert!(matches!(app.incident(1).statements[HOLDING].phase, StatementPhase::Posting(_)), "Bluesky has nothing yet");
    restart_with(&mut app, "legal: [dev]", "legal: [fay]").await;
    let incident = app.incident(1);
    let by_hand = incident.post(&HOLDING.into(), &"bluesky".into());
    assert!(matches!(by_hand, Some(PostPhase::Refused { .. })), "{by_hand:?}");
    assert!(app.text("/newsroom").await.contains("/newsroom/1/holding"));
    let public = "+1 555 010 0100";
    assert!(before.contains(public) && app.text("/newsroom/1/holding").await.contains(public));
}
