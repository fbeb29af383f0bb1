//! Another playbook for an open incident: its rules are put together of both, and kept like any others.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Engine;
use super::error::RecordError;
use super::recorder::NO_PLAYBOOK;
use super::work::Work;
use crate::core::incident::{Event, IncidentId, Refusal, Switch};
use crate::core::name::{PersonId, PlaybookName, StepId};

impl Work<'_, '_> {
    /// Goes on by `playbook` as the folder has it now. The open tasks named in `drop` go, the others stay. Refused where
    /// another than `instead_of` runs by now: somebody else has switched.
    pub fn switch_playbook(
        &mut self,
        id: IncidentId,
        playbook: &PlaybookName,
        instead_of: Option<&PlaybookName>,
        by: &PersonId,
        reason: &str,
        drop: BTreeSet<StepId>,
    ) -> Result<(), RecordError> {
        let entry = self.entry(id)?;
        let running = &entry.rules.playbook.name;
        if running == playbook {
            return Err(Refusal::SamePlaybook.into());
        }
        if instead_of.is_some_and(|seen| seen != running) {
            return Err(Refusal::SwitchedMeanwhile(entry.incident.title.clone()).into());
        }
        if playbook.as_str() == NO_PLAYBOOK {
            return Err(RecordError::NoSuchPlaybook);
        }
        let next = self.standing.rules.get(playbook).cloned().ok_or(RecordError::NoSuchPlaybook)?;
        if running.as_str() == NO_PLAYBOOK {
            return self.record(id, Event::PlaybookPicked { rules: next.hash(), by: by.clone(), switch: None });
        }
        let rules = Arc::new(entry.incident.rules_with(&entry.rules, &next));
        let hash = rules.hash();
        self.state.rules.insert(hash, rules);
        let switch = Switch { to: next.playbook.title.clone(), reason: reason.trim().to_owned(), drop };
        self.record(id, Event::PlaybookPicked { rules: hash, by: by.clone(), switch: Some(switch) })
    }
}

impl Engine {
    pub async fn switch_playbook(
        &self,
        id: IncidentId,
        playbook: &PlaybookName,
        instead_of: Option<PlaybookName>,
        by: &PersonId,
        reason: String,
        drop: BTreeSet<StepId>,
    ) -> Result<(), RecordError> {
        let (playbook, by) = (playbook.clone(), by.clone());
        self.call(move |work| work.switch_playbook(id, &playbook, instead_of.as_ref(), &by, &reason, drop)).await
    }
}
