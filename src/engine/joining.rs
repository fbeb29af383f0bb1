//! What two incidents have to do with one another: links, and one merged into the other. Each is one transaction over both.

use std::collections::BTreeSet;

use super::error::RecordError;
use super::holds::Holds;
use super::incidents::Incidents;
use super::work::Work;
use super::{Engine, Entry};
use crate::core::incident::{Between, Event, IncidentId, IncidentPhase, Refusal};
use crate::core::name::PersonId;

impl Work<'_, '_> {
    /// Shows each of two incidents on the other's page.
    pub fn link(&mut self, one: IncidentId, other: IncidentId, by: &PersonId, reason: &str) -> Result<(), RecordError> {
        self.both(one, other)?;
        for (incident, with) in [(one, other), (other, one)] {
            let (by, reason) = (by.clone(), reason.trim().to_owned());
            self.record(incident, Event::Between(Between::Linked { with, by, reason }))?;
        }
        Ok(())
    }

    /// Also where the other one's words were erased since.
    pub fn unlink(
        &mut self,
        one: IncidentId,
        other: IncidentId,
        by: &PersonId,
        reason: &str,
    ) -> Result<(), RecordError> {
        let unlinked = |with| {
            let (by, reason) = (by.clone(), reason.trim().to_owned());
            Event::Between(Between::Unlinked { with, by, reason })
        };
        self.record(one, unlinked(other))?;
        match self.record(other, unlinked(one)) {
            Ok(()) | Err(RecordError::NoSuchIncident) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Stands `from` down into `into`, which takes over what is left of it.
    pub fn merge(
        &mut self,
        from: IncidentId,
        into: IncidentId,
        by: &PersonId,
        reason: &str,
    ) -> Result<(), RecordError> {
        let (ending, _) = self.both(from, into)?;
        if !ending.incident.is_running() {
            return Err(Refusal::Over.into());
        }
        let handed = ending.incident.to_hand_over(by, reason, &ending.rules);
        self.record(into, Event::Between(Between::TookOver(Box::new(handed))))?;
        let (by, reason) = (by.clone(), reason.trim().to_owned());
        self.record(from, Event::Between(Between::MergedInto { incident: into, by, reason }))
    }

    /// Two incidents of one setting: a rehearsal has nothing to do with what is live.
    fn both(&self, one: IncidentId, other: IncidentId) -> Result<(Entry, Entry), RecordError> {
        if one == other {
            return Err(Refusal::ItselfNamed.into());
        }
        let (one, other) = (self.entry(one)?, self.entry(other)?);
        if one.incident.setting != other.incident.setting {
            return Err(Refusal::OtherSetting.into());
        }
        Ok((one, other))
    }
}

/// Every incident that this one was merged with, in either direction and over any number of steps; itself as well.
pub(super) fn merged_with(incidents: &Incidents, id: IncidentId) -> BTreeSet<IncidentId> {
    let mut found = BTreeSet::from([id]);
    let mut next = vec![id];
    while let Some(id) = next.pop() {
        let Some(entry) = incidents.get(&id) else { continue };
        let into = entry.incident.merged_into.iter().map(|(into, _)| *into);
        for other in into.chain(entry.incident.taken_over.keys().copied()) {
            if found.insert(other) {
                next.push(other);
            }
        }
    }
    found
}

/// Whether it, or one that it was merged with, is held.
pub(super) fn is_held(incidents: &Incidents, holds: &Holds, id: IncidentId) -> bool {
    merged_with(incidents, id).iter().any(|id| holds.contains_key(id))
}

/// Whether the one that it was merged into is not over yet, so that people may still look up what came of it.
pub(super) fn is_needed(incidents: &Incidents, id: IncidentId) -> bool {
    let mut next = Some(id);
    // Merging never goes round in a circle: only what is running takes over, and it stands down once.
    while let Some(entry) = next.and_then(|id| incidents.get(&id)) {
        if entry.incident.is_running() || matches!(entry.incident.phase, IncidentPhase::StoodDown { .. }) {
            return true;
        }
        next = entry.incident.merged_into.as_ref().map(|(into, _)| *into);
    }
    false
}

impl Engine {
    pub async fn link(
        &self,
        one: IncidentId,
        other: IncidentId,
        by: &PersonId,
        reason: String,
    ) -> Result<(), RecordError> {
        let by = by.clone();
        self.call(move |work| work.link(one, other, &by, &reason)).await
    }

    pub async fn unlink(
        &self,
        one: IncidentId,
        other: IncidentId,
        by: &PersonId,
        reason: String,
    ) -> Result<(), RecordError> {
        let by = by.clone();
        self.call(move |work| work.unlink(one, other, &by, &reason)).await
    }

    pub async fn merge(
        &self,
        from: IncidentId,
        into: IncidentId,
        by: &PersonId,
        reason: String,
    ) -> Result<(), RecordError> {
        let by = by.clone();
        self.call(move |work| work.merge(from, into, &by, &reason)).await
    }
}
