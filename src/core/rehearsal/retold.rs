//! An incident told once more from its events, as its report tells it, and what a scenario may expect besides.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::core::incident::{Event, Incident, IncidentId};
use crate::core::name::{PersonId, StepId};
use crate::core::report::Walked;
use crate::core::rules::Rules;
use crate::core::severity::Severity;

/// What scores and expectations are read from.
#[derive(Clone, Debug)]
pub struct Retold {
    pub(super) walked: Walked,
    pub(super) severities: Vec<(Timestamp, Severity)>,
    pub(super) tasks_done: BTreeMap<StepId, (PersonId, Timestamp)>,
    pub(super) last: Timestamp,
}

/// Tells the events of an incident that keeps one playbook; none where the first does not open it.
pub fn retell<'a>(
    id: IncidentId,
    events: impl IntoIterator<Item = (Timestamp, &'a Event)>,
    rules: &Arc<Rules>,
) -> Option<Retold> {
    let mut events = events.into_iter();
    let (at, Event::Opened(opening)) = events.next()? else { return None };
    let (walked, _) = Walked::begin(id, opening, at, rules);
    let mut retold =
        Retold { severities: vec![(at, walked.incident.severity)], walked, tasks_done: BTreeMap::new(), last: at };
    for (at, event) in events {
        retold.last = at;
        if retold.walked.turn(event, at, rules).is_none() {
            continue;
        }
        retold.note(at, event);
        let severity = retold.walked.incident.severity;
        if retold.severities.last().is_none_or(|(_, known)| *known != severity) {
            retold.severities.push((at, severity));
        }
    }
    Some(retold)
}

impl Retold {
    /// As it is after its last event.
    pub fn incident(&self) -> &Incident {
        &self.walked.incident
    }

    /// Whoever had a hand in it.
    pub fn who_acted(&self) -> impl Iterator<Item = &PersonId> {
        self.walked.calls.who_acted()
    }

    fn note(&mut self, at: Timestamp, event: &Event) {
        if let Event::TaskDone { task, by, .. } = event {
            self.tasks_done.entry(task.clone()).or_insert((by.clone(), at));
        }
    }

    /// When the first channel had the statement, in its first version.
    pub(super) fn posted(&self, statement: &StepId) -> Option<Timestamp> {
        self.walked.said.iter().find(|said| said.statement == *statement).map(|said| said.at)
    }
}
