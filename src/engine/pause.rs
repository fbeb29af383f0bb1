//! One pause for all open incidents: each is told which of them has it, in the transaction in which that changes.

use std::collections::BTreeSet;

use super::error::RecordError;
use super::incidents::Incidents;
use super::work::Work;
use crate::core::incident::{Between, Event, Incident, IncidentId, PauseStands, PausedIn};

/// Whether the pause is this one's still: somebody is asked there to resume, or one that runs keeps it with this.
pub(super) fn has_the_pause(incidents: &Incidents, running: &BTreeSet<IncidentId>, id: IncidentId) -> bool {
    let mut running = running.iter().filter_map(|id| incidents.get(id));
    incidents.get(&id).is_some_and(|entry| entry.incident.resuming().is_some())
        || running.any(|entry| entry.incident.paused_in.is_some_and(|paused| paused.incident == id))
}

impl Work<'_, '_> {
    /// What an incident that opens now is told of the pause: of one that is open, or of one that nobody has resumed yet.
    pub(super) fn pause_of_others(&self) -> Option<PausedIn> {
        let mut running = self.state.running.iter().filter_map(|id| self.state.incidents.get(id)).peekable();
        if running.peek().is_some() {
            return running.find_map(|entry| entry.incident.pause_for_others());
        }
        let mut over = self.state.incidents.values().rev();
        let holder = over.find(|entry| entry.incident.resuming().is_some())?;
        Some(PausedIn { incident: holder.incident.id, settled: true })
    }

    /// An incident opened: whoever is asked to resume what an ended one paused is told not to.
    pub(super) fn pause_holds_on(&mut self, opened: IncidentId, pause: Option<PausedIn>) -> Result<(), RecordError> {
        let Some(PausedIn { incident: holder, .. }) = pause else { return Ok(()) };
        if self.state.running.contains(&holder) {
            return Ok(());
        }
        let stands = PauseStands::Settled;
        self.record_if_wanted(holder, Event::Between(Between::PauseElsewhere { incident: opened, stands })).map(drop)
    }

    /// Called with every event, since any may begin, settle or end the pause.
    pub(super) fn follow_the_pause(&mut self, before: Option<&Incident>, after: &Incident) -> Result<(), RecordError> {
        let had = before.and_then(Incident::own_pause);
        let ended = before.is_some_and(Incident::is_running) && !after.is_running();
        match after.own_pause() {
            has if has == had || !after.is_running() => {}
            Some(stands) => self.tell_of_pause(after.id, stands)?,
            None => self.tell_of_pause(after.id, PauseStands::GivenUp)?,
        }
        if ended {
            self.leave_the_pause(after)?;
        }
        Ok(())
    }

    fn tell_of_pause(&mut self, holder: IncidentId, stands: PauseStands) -> Result<(), RecordError> {
        let others: Vec<IncidentId> = self.state.running.iter().copied().filter(|id| *id != holder).collect();
        for other in others {
            let event = Event::Between(Between::PauseElsewhere { incident: holder, stands });
            self.record_if_wanted(other, event)?;
        }
        Ok(())
    }

    /// An incident ended. A pause that was not made falls to the next; one that was made lasts until the last has ended.
    fn leave_the_pause(&mut self, ended: &Incident) -> Result<(), RecordError> {
        if self.state.running.is_empty() {
            let holder = ended.pause_for_others().map(|pause| pause.incident);
            return match holder {
                Some(holder) => self.record_if_wanted(holder, Event::Between(Between::AllOver)).map(drop),
                None => Ok(()),
            };
        }
        match ended.own_pause() {
            Some(PauseStands::Asked) => self.tell_of_pause(ended.id, PauseStands::GivenUp),
            Some(PauseStands::Settled | PauseStands::GivenUp) | None => Ok(()),
        }
    }
}
