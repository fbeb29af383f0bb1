//! An incident told once more from its events: what was owed after each, and when it was how severe.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::actor::actor;
use crate::core::incident::{Cause, Effect, Event, Incident, IncidentId, open, try_advance};
use crate::core::name::{PersonId, StepId};
use crate::core::rules::Rules;
use crate::core::severity::Severity;

/// What scores and expectations are read from.
#[derive(Clone, Debug)]
pub struct Retold {
    /// As it is after its last event.
    pub incident: Incident,
    pub severities: Vec<(Timestamp, Severity)>,
    /// Who was woken, or asked for anything but approval, and when first.
    pub called_on: BTreeMap<PersonId, Timestamp>,
    /// When each person first did something.
    pub acted: BTreeMap<PersonId, Timestamp>,
    pub claimed: Option<(PersonId, Timestamp)>,
    /// When each request was answered, by its number.
    pub answered: BTreeMap<u32, Timestamp>,
    pub tasks_asked: BTreeMap<StepId, (PersonId, Timestamp)>,
    pub tasks_done: BTreeMap<StepId, (PersonId, Timestamp)>,
    /// Who confirmed a fact or left it unknown, the first time.
    pub facts: BTreeMap<String, (PersonId, Timestamp)>,
    pub last: Timestamp,
}

/// Tells the events of an incident that keeps one playbook; none where the first does not open it.
pub fn retell<'a>(
    id: IncidentId,
    events: impl IntoIterator<Item = (Timestamp, &'a Event)>,
    rules: &Rules,
) -> Option<Retold> {
    let mut events = events.into_iter();
    let (at, Event::Opened(opening)) = events.next()? else { return None };
    let (incident, effects) = open(id, opening, at, rules);
    let mut retold = Retold {
        severities: vec![(at, incident.severity)],
        incident,
        called_on: BTreeMap::new(),
        acted: BTreeMap::new(),
        claimed: None,
        answered: BTreeMap::new(),
        tasks_asked: BTreeMap::new(),
        tasks_done: BTreeMap::new(),
        facts: BTreeMap::new(),
        last: at,
    };
    if let Cause::Person { by, .. } = &opening.cause {
        retold.acted.insert(by.clone(), at);
    }
    retold.note_owed(at, &effects);
    for (at, event) in events {
        retold.last = at;
        let Ok((incident, effects)) = try_advance(&retold.incident, event, at, rules) else { continue };
        retold.note(at, event);
        retold.incident = incident;
        if retold.severities.last().is_none_or(|(_, severity)| *severity != retold.incident.severity) {
            retold.severities.push((at, retold.incident.severity));
        }
        retold.note_owed(at, &effects);
    }
    Some(retold)
}

impl Retold {
    fn note(&mut self, at: Timestamp, event: &Event) {
        if let Some(person) = actor(event) {
            self.acted.entry(person.clone()).or_insert(at);
        }
        if let Event::Claimed { by } = event {
            self.claimed.get_or_insert((by.clone(), at));
        } else if let Event::DecisionTaken { request, .. } = event {
            self.answered.entry(*request).or_insert(at);
        } else if let Event::TaskDone { task, by, .. } = event {
            self.tasks_done.entry(task.clone()).or_insert((by.clone(), at));
        } else if let Event::FactConfirmed { fact, by, .. } | Event::FactLeftUnknown { fact, by } = event {
            self.facts.entry(fact.to_string()).or_insert((by.clone(), at));
        }
    }

    fn note_owed(&mut self, at: Timestamp, effects: &[Effect]) {
        for effect in effects {
            let called_on = match effect {
                Effect::Alert { person, .. }
                | Effect::AskToPost { person, .. }
                | Effect::AskToTakeDown { person, .. } => Some(person.clone()),
                Effect::AskTask { person, task } => {
                    self.tasks_asked.entry(task.clone()).or_insert((person.clone(), at));
                    Some(person.clone())
                }
                Effect::Page { .. }
                | Effect::Draft { .. }
                | Effect::AskApproval { .. }
                | Effect::Remind { .. }
                | Effect::Tell { .. }
                | Effect::TellAddress { .. }
                | Effect::Post { .. }
                | Effect::LookUp { .. }
                | Effect::LookAt { .. }
                | Effect::TakeDown { .. }
                | Effect::WakeAt { .. } => None,
            };
            if let Some(person) = called_on {
                self.called_on.entry(person).or_insert(at);
            }
        }
    }

    /// When the first channel had the statement.
    pub fn posted(&self, statement: &StepId) -> Option<Timestamp> {
        let posting = self.incident.statements.get(statement)?.posting()?;
        posting.posts.values().filter_map(|post| post.confirmed_at()).min()
    }
}
