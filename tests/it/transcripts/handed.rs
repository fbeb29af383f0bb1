//! What another incident of the stories hands over.

use holdline::core::incident::{Between, Event, HandedFact, HandedTask, Spike, TakenOver, Whose};
use holdline::core::period::Period;
use holdline::core::playbook::FactValue;
use holdline::core::setting::Setting;
use holdline::core::severity::Severity;
use jiff::Timestamp;

use super::verbs::spike;

/// Another incident as it is handed over: three facts, two tasks, a word that was promised, and a spike.
pub(super) fn taken_over(incident: &str, by: &str, reason: &str, setting: Setting, at: Timestamp) -> Event {
    let fact = |fact: &str, value: FactValue, filled_by: &str, confirmed_by: Option<&str>| HandedFact {
        fact: fact.into(),
        value,
        filled_by: filled_by.into(),
        confirmed_by: confirmed_by.map(Into::into),
    };
    let task = |todo: &str, who: Whose, minutes: u64| HandedTask {
        pause: None,
        todo: todo.to_owned(),
        who,
        due: Some(Period::minutes(minutes).after(at)),
    };
    Event::Between(Between::TookOver(Box::new(TakenOver {
        incident: incident.parse().unwrap(),
        setting,
        by: by.into(),
        reason: reason.to_owned(),
        severity: Severity::Serious,
        spikes: vec![Spike { watch: "talk".into(), ..spike("12", "6", at) }],
        facts: vec![
            // Of this one Dev may not be the one who confirms it here.
            fact("help_line", FactValue::Phone("+1 555 010 0200".to_owned()), "dev", Some("dev")),
            fact("what_happened", FactValue::Text("A laptop is gone.".to_owned()), "ben", Some("ben")),
            fact("records", FactValue::Text("many".to_owned()), "ben", Some("ben")),
        ],
        tasks: vec![
            task("call the ward", Whose::Role("legal".into()), 30),
            task("pause", Whose::Role("comms-lead".into()), 30),
            task("Say the next word", Whose::Duty, 60),
        ],
    })))
}
