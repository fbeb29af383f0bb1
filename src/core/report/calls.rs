//! Who was called on, and who did anything at all.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::actor::actor;
use super::wait::Waits;
use crate::core::incident::{Cause, Effect, Event, Incident, Opening};
use crate::core::name::PersonId;

#[derive(Clone, Debug, Default)]
pub(in crate::core) struct Calls {
    /// Who was woken, or asked for anything but approval, and when first.
    called_on: BTreeMap<PersonId, Timestamp>,
    /// Who opened it, or in whose name the clock did: no alert tells them anything new.
    opener: Option<PersonId>,
    /// Who did something after that.
    acted: BTreeSet<PersonId>,
}

impl Calls {
    pub(super) fn begin(opening: &Opening) -> Self {
        let opener = match &opening.cause {
            Cause::Person { by, .. } => Some(by.clone()),
            Cause::Spike => None,
        };
        Self { opener, ..Self::default() }
    }

    pub(super) fn see(&mut self, event: &Event) {
        self.acted.extend(actor(event).cloned());
    }

    pub(super) fn owed(&mut self, effects: &[Effect], at: Timestamp) {
        for effect in effects {
            match effect {
                Effect::Alert { person, .. } if self.opener.as_ref() == Some(person) => {}
                Effect::Alert { person, .. }
                | Effect::AskTask { person, .. }
                | Effect::AskToPost { person, .. }
                | Effect::AskToTakeDown { person, .. } => drop(self.called_on.entry(person.clone()).or_insert(at)),
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
                | Effect::WakeAt { .. } => {}
            }
        }
    }

    pub(in crate::core) fn who_acted(&self) -> impl Iterator<Item = &PersonId> {
        self.opener.iter().chain(&self.acted)
    }

    /// Who was woken, asked for a task, or waited for in vain, and did nothing at all. Whose yes was not needed any more is
    /// none, nor who was called while mail was down that did not come back.
    pub(in crate::core) fn absent(&self, waits: &Waits, incident: &Incident) -> Vec<PersonId> {
        let down = incident.mail_down();
        let reached = |at: &Timestamp| down.is_none_or(|outage| !outage.held_back(*at));
        let waited_for = waits.missed().map(|wait| &wait.person);
        let called = self.called_on.iter().filter(|(_, at)| reached(at)).map(|(person, _)| person);
        let people: BTreeSet<&PersonId> = called.chain(waited_for).collect();
        people.into_iter().filter(|person| !self.acted.contains(*person)).cloned().collect()
    }
}
