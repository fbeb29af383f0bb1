//! What is of rehearsals alone: injects, and the end that a live incident makes of one. Refused live.

use super::advance::Turn;
use super::{IncidentPhase, Notice, Refusal};
use crate::core::setting::Setting;

impl Turn<'_> {
    fn must_be_a_rehearsal(&self) -> Result<(), Refusal> {
        match self.incident.setting {
            Setting::Rehearsal => Ok(()),
            Setting::Live => Err(Refusal::OnlyRehearsed),
        }
    }

    /// Something that the scenario lets happen. What somebody must hear of reaches whoever has the duty.
    pub(super) fn injected(&mut self, words: &str, for_duty: bool) -> Result<(), Refusal> {
        self.must_be_a_rehearsal()?;
        self.incident.injects += 1;
        for person in self.duty().into_iter().filter(|_| for_duty) {
            self.tell(&person, Notice::Injected { words: words.to_owned() });
        }
        Ok(())
    }

    /// Ends the rehearsal where it stands. That it is over is told to everybody who was told of it, also to those who had no
    /// part in it yet: beside the incident, by whoever breaks it off.
    pub(super) fn break_off(&mut self) -> Result<(), Refusal> {
        self.must_be_a_rehearsal()?;
        drop(self.withdraw_statements());
        // Nothing was paused in earnest, so nobody is asked to resume, least of all while a real incident begins.
        self.incident.pause = None;
        self.incident.phase = IncidentPhase::StoodDown { at: self.at };
        Ok(())
    }
}
