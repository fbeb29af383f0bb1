//! Legal holds: an incident that a court or a claim may ask for is not erased, neither by its age nor by a command.

use std::collections::BTreeMap;

use super::error::RecordError;
use super::work::Work;
use crate::core::incident::{IncidentId, Refusal};
use crate::core::name::PersonId;
use crate::store::{INSTALLATION, InstallationEvent, StoreError, StoredEvent};

/// Who holds an incident, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub by: PersonId,
    pub reason: String,
}

pub type Holds = BTreeMap<IncidentId, Hold>;

/// What is held after this row of the log.
pub(super) fn held_after(mut holds: Holds, row: &StoredEvent) -> Result<Holds, StoreError> {
    let entry = row.entry()?;
    let is_of_holds = [InstallationEvent::HOLD_PLACED, InstallationEvent::HOLD_LIFTED].contains(&entry.kind.as_str());
    if entry.incident == INSTALLATION && is_of_holds {
        match row.installation_event()? {
            Some(InstallationEvent::HoldPlaced { incident, by, reason }) => {
                drop(holds.insert(incident, Hold { by, reason }));
            }
            Some(InstallationEvent::HoldLifted { incident, .. }) => drop(holds.remove(&incident)),
            // Only these two are of these kinds.
            Some(_) | None => {}
        }
    }
    Ok(holds)
}

impl Work<'_, '_> {
    /// Keeps an incident from being erased until the hold is lifted.
    pub fn place_hold(&mut self, incident: IncidentId, by: &PersonId, reason: &str) -> Result<(), RecordError> {
        self.must_be_named(by)?;
        if reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing.into());
        }
        self.entry(incident)?;
        let hold = Hold { by: by.clone(), reason: reason.trim().to_owned() };
        if self.state.holds.get(&incident) == Some(&hold) {
            return Err(Refusal::NothingChanged.into());
        }
        let Hold { by, reason } = hold.clone();
        self.installation(&InstallationEvent::HoldPlaced { incident, by, reason })?;
        self.state.change_holds(|holds| drop(holds.insert(incident, hold)));
        Ok(())
    }

    pub fn lift_hold(&mut self, incident: IncidentId, by: &PersonId, reason: &str) -> Result<(), RecordError> {
        self.must_be_named(by)?;
        if reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing.into());
        }
        if !self.state.holds.contains_key(&incident) {
            return Err(Refusal::NothingChanged.into());
        }
        let (by, reason) = (by.clone(), reason.trim().to_owned());
        self.installation(&InstallationEvent::HoldLifted { incident, by, reason })?;
        self.state.change_holds(|holds| drop(holds.remove(&incident)));
        Ok(())
    }

    /// Every hold, by incident.
    pub fn holds(&self) -> &Holds {
        &self.state.holds
    }

    fn must_be_named(&self, person: &PersonId) -> Result<(), RecordError> {
        let named = self.standing.roster.person(person).is_some();
        if named { Ok(()) } else { Err(Refusal::NotEntitled("somebody under `people:`".to_owned()).into()) }
    }
}
