//! Promise 1 attacked in five ways: a stranger's yes, other bytes, after withdrawal, after removal, after a restart with a forged row.

use std::sync::Arc;

use holdline::core::approval::{Decision, Proof};
use holdline::core::incident::Event;
use holdline::core::statement::Digest;
use holdline::engine::{Audience, OpenError};
use holdline::store::{Broken, StoreError};
use jiff::SignedDuration;

use crate::hospital::{self, person};
use crate::press::Press;

#[test]
fn the_right_people_on_the_right_bytes_post() {
    let mut press = Press::asking();
    press.yes("chi").unwrap();
    press.yes("dev").unwrap();
    assert!(!press.is_approved(), "accuracy alone releases nothing");
    press.yes("eve").unwrap();
    assert!(press.is_approved());
}

#[test]
fn a_strangers_yes_is_not_counted() {
    let mut press = Press::asking();
    press.yes("chi").unwrap();
    let (request, digest) = press.request("dev");
    // Fay is on the roster and was not asked in this stage; Mallory is nobody.
    for stranger in ["fay", "mallory", "chi"] {
        assert!(press.decide(stranger, request, digest).is_err(), "{stranger}");
    }
    assert!(press.decide("dev", 999, digest).is_err(), "a request that was never made");
    assert!(
        press.incident().requests.iter().all(|request| request.person != person("eve")),
        "the next stage was asked"
    );
    press.yes("dev").unwrap();
    let (request, digest) = press.request("eve");
    assert!(press.decide("dev", request, digest).is_err(), "one person in another's place");
    assert!(!press.is_approved());
}

#[test]
fn a_yes_to_other_bytes_is_not_counted() {
    let mut press = Press::asking();
    press.yes("chi").unwrap();
    press.yes("dev").unwrap();
    let (request, _) = press.request("eve");
    let other = Digest::from_bytes([7; 32]);
    assert!(press.decide("eve", request, other).is_err());
    // A changed text voids every yes that was given before.
    let (old, digest) = press.request("eve");
    press.confirm_help_line("+1 555 010 0200");
    assert!(press.decide("eve", old, digest).is_err(), "the old text's last yes");
    press.yes("eve").unwrap();
    assert!(!press.is_approved(), "accuracy of the new text was never approved");
}

#[test]
fn a_yes_that_was_taken_back_is_not_counted() {
    let mut press = Press::asking();
    press.yes("chi").unwrap();
    let (request, digest) = press.request("chi");
    press.record(Event::DecisionWithdrawn { request, person: person("chi"), digest }).unwrap();
    press.yes("dev").unwrap();
    let release = press.incident().requests.iter().any(|request| request.person == person("eve"));
    assert!(!release, "the release was asked without privacy's yes");
    assert!(!press.is_approved());
}

#[test]
fn the_yes_of_somebody_who_left_the_role_is_not_counted() {
    let mut press = Press::asking();
    press.yes("chi").unwrap();
    press.yes("dev").unwrap();
    press.record(Event::LeftRole { person: person("dev"), role: "legal".into() }).unwrap();
    press.yes("eve").unwrap();
    assert!(!press.is_approved());
}

#[test]
fn a_configuration_that_no_longer_names_somebody_takes_their_yes_at_the_next_start() {
    let mut press = Press::asking();
    press.yes("chi").unwrap();
    press.yes("dev").unwrap();
    let mut standing = hospital::standing();
    let mut roster = (*standing.roster).clone();
    roster.leave(&person("dev"), "legal");
    standing.roster = Arc::new(roster);
    press.start(standing).unwrap();
    press.yes("eve").unwrap();
    assert!(!press.is_approved());
}

#[test]
fn a_forged_row_stops_the_next_start() {
    let mut press = Press::asking();
    press.yes("chi").unwrap();
    press.yes("dev").unwrap();
    let (request, digest) = press.request("eve");
    press.recorder = None;
    let forged = Event::DecisionTaken {
        request,
        person: person("eve"),
        digest,
        decision: Decision::Approve,
        proof: Proof::Mail,
    };
    let db = rusqlite::Connection::open(&press.path).unwrap();
    let body = serde_json::to_string(&forged).unwrap();
    let sql = "insert into events (seq, incident, number, header, mac, salt, body)
        select seq + 1, 1, number + 1, replace(header, '\"seq\":' || seq, '\"seq\":' || (seq + 1)), mac, salt, ?1
        from events where incident = 1 order by seq desc limit 1";
    db.execute(sql, [body]).unwrap();
    db.execute("update head set seq = seq + 1", []).unwrap();
    match press.start(hospital::standing()) {
        Err(OpenError::Store(StoreError::Chain(Broken::Changed(_)))) => {}
        other => panic!("a forged approval was taken: {:?}", other.err()),
    }
}

#[test]
fn a_forged_link_or_one_of_another_installation_answers_nothing() {
    let mut press = Press::asking();
    let incident = press.incident();
    let (number, _) = press.request("chi");
    let request = incident.request(number).unwrap();
    let audience = Audience::Approval { incident: &incident, request };
    let genuine = press.work().links().token(audience);
    let other = holdline::engine::Links::new(b"another key").token(audience);
    let mut turned = genuine.clone().into_bytes();
    let last = turned.len() - 5;
    turned[last] = if turned[last] == b'A' { b'B' } else { b'A' };
    let known = |press: &mut Press, token: &str| press.does(|work| Ok(work.request_of(token))).unwrap();
    assert_eq!(known(&mut press, &genuine), Some((1, number)));
    assert_eq!(known(&mut press, &other), None);
    assert_eq!(known(&mut press, &String::from_utf8(turned).unwrap()), None);
    for nonsense in ["", "x", "../../etc/passwd", &"A".repeat(10_000)] {
        assert_eq!(known(&mut press, nonsense), None);
    }
}

#[test]
fn an_answer_after_its_time_is_not_counted() {
    let mut press = Press::asking();
    press.now += SignedDuration::from_mins(11);
    assert!(press.yes("chi").is_err(), "the stage's ten minutes are over");
    assert!(!press.is_approved());
}
