//! Reminders of a request, while its time runs and its answer is still needed.

use jiff::Timestamp;

use super::advance::Turn;
use super::decision::awaits;
use super::event::Deadline;
use super::{Effect, Refusal};
use crate::core::period::Period;

/// Reminders go out when these shares of a request's time have gone by.
const REMINDERS: [(u32, u32); 2] = [(1, 2), (4, 5)];

impl Turn<'_> {
    pub(super) fn wake_reminders(&mut self, request: u32, until: Timestamp) {
        let seconds = u64::try_from(until.duration_since(self.at).as_secs()).unwrap_or(0);
        for (nth, (part, whole)) in (1..).zip(REMINDERS) {
            let at = Period::seconds(seconds).share_after(self.at, part, whole);
            self.wake(Deadline::Reminder { request, nth }, at);
        }
    }

    pub(super) fn remind(&mut self, request: u32, nth: u32) -> Result<(), Refusal> {
        let asked = self.incident.request(request).ok_or(Refusal::Unknown)?;
        awaits(&self.incident, asked, self.at)?;
        if self.incident.stage_is_met(&asked.of, asked.stage) {
            return Err(Refusal::Enough);
        }
        self.owe(Effect::Remind { request, nth });
        Ok(())
    }
}
