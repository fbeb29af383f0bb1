//! What is left of a report where words were erased by law, and how long the report of a very long incident takes.

use std::time::Instant;

use holdline::core::incident::{Event, Lesson};
use holdline::core::playbook::FactValue;
use holdline::core::report::{Kept, Measure, Outcome, TOLD_MAX, Value, report};
use holdline::report::{document, markdown};
use jiff::SignedDuration;

use super::golden::{as_of, logged, story};

/// Real time for 10,000 events in a build without optimisation on a busy machine.
const PATIENCE_SECONDS: u64 = 60;

#[test]
fn after_a_gap_nothing_is_told_that_the_gap_could_change() {
    let mut log = logged(&story("breach.txt"));
    // The executive's yes: without it, whether and when anything went out cannot be told.
    let gap = log.iter().position(
        |entry| matches!(&entry.event, Some(Event::DecisionTaken { person, .. }) if person.as_str() == "eve"),
    );
    let gap = gap.unwrap();
    log[gap].event = None;
    let made = report(1, &log, as_of()).unwrap();
    let account = made.account.as_ref().unwrap();
    assert_eq!((made.erased, account.gap), (1, Some(log[gap].number)));
    let told = |measure| matches!(account.figure(measure).unwrap().value, Value::Told(_));
    assert!(told(Measure::TimeToAcknowledge), "the claim came before");
    for measure in [
        Measure::TimeToFirstStatement,
        Measure::StepsInTime,
        Measure::PromisesKept,
        Measure::LongestApproval,
        Measure::BlocksLifted,
    ] {
        assert!(!told(measure), "{measure:?}");
    }
    assert!(account.steps.iter().any(|step| step.outcome == Outcome::NotTold));
    assert!(account.promises.iter().all(|promise| promise.kept == Kept::NotTold));
    let text = markdown(&document(&made, &[]));
    assert!(text.contains("(decision taken): its words were erased."), "{text}");
    assert!(text.contains("they would tell is shown as n/a"), "{text}");
    assert!(text.contains("ana proposed to stand down"), "what was not erased is told still: {text}");
}

#[test]
fn of_an_incident_without_its_opening_times_and_kinds_are_left() {
    let mut log = logged(&story("breach.txt"));
    for entry in &mut log {
        entry.event = None;
        entry.rules = None;
    }
    let made = report(1, &log, as_of()).unwrap();
    assert!(made.account.is_none());
    let text = markdown(&document(&made, &[]));
    assert!(text.contains("Its opening was erased"), "{text}");
    assert!(
        text.contains("(opened): its words were erased.") && text.contains("(closed): its words were erased."),
        "{text}"
    );
    assert!(!text.contains("breach"), "{text}");
    assert!(report(1, &[], as_of()).is_none());
}

#[test]
fn an_incident_of_ten_thousand_events_is_reported_in_bounded_time_and_length() {
    let mut log = logged(&story("breach.txt"));
    let close = log.iter().position(|entry| matches!(entry.event, Some(Event::StandDownAsked { .. }))).unwrap();
    let rest = log.split_off(close);
    let rules = log[0].rules.clone();
    let last = log.last().unwrap().clone();
    let chatter = (0..10_000_i64).map(|number| {
        let value = FactValue::Text(format!("heard {number}"));
        let event = Event::FactProposed { fact: "what_happened".into(), value, by: "ana".into() };
        let at = last.at + SignedDuration::from_millis(number * 400);
        super::golden::entry(at, event, rules.clone())
    });
    log.extend(chatter);
    log.extend(rest);
    for (entry, number) in log.iter_mut().zip(1..) {
        entry.number = number;
    }
    let begun = Instant::now();
    let made = report(1, &log, as_of()).unwrap();
    let took = begun.elapsed();
    assert!(took.as_secs() < PATIENCE_SECONDS, "{took:?}");
    assert_eq!(made.told.lines.len(), TOLD_MAX);
    let (_, left_out) = made.told.left_out.unwrap();
    assert_eq!(made.told.lines.len() + left_out + made.told.only_counts, log.len());
    let text = markdown(&document(&made, &[]));
    assert!(text.len() < 200_000, "{}", text.len());
    assert!(text.contains(&format!("Here {left_out} events are left out")));
    eprintln!("10,000 events: {took:?}");
    let account = made.account.unwrap();
    assert!(account.lessons.iter().any(|learned| matches!(learned.lesson, Lesson::Keep { .. })), "folded to its end");
}
