//! Who was called on, and who did anything at all.

use std::collections::BTreeSet;

use super::actor::actor;
use super::wait::Waits;
use crate::core::incident::{Cause, Effect, Event, Opening};
use crate::core::name::PersonId;

#[derive(Clone, Debug, Default)]
pub(in crate::core) struct Calls {
    /// Who was woken, or asked for anything but approval.
    called_on: BTreeSet<PersonId>,
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

    pub(super) fn owed(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Alert { person, .. } if self.opener.as_ref() == Some(person) => {}
                Effect::Alert { person, .. }
                | Effect::AskTask { person, .. }
                | Effect::AskToPost { person, .. }
                | Effect::AskToTakeDown { person, .. } => drop(self.called_on.insert(person.clone())),
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
    /// none.
    pub(in crate::core) fn absent(&self, waits: &Waits) -> Vec<PersonId> {
        let waited_for = waits.missed().map(|wait| &wait.person);
        let people: BTreeSet<&PersonId> = self.called_on.iter().chain(waited_for).collect();
        people.into_iter().filter(|person| !self.acted.contains(*person)).cloned().collect()
    }
}
