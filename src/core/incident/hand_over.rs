//! The hand-over of the duty: offered to a person by name, theirs once they accept it, and told to everybody where they do not.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::advance::Turn;
use super::event::Deadline;
use super::{Notice, Refusal};
use crate::core::name::{PersonId, role};
use crate::core::period::Period;

/// How long the next shift has before everybody hears that nobody accepted.
pub const ACCEPT_WITHIN: Period = Period::minutes(10);
/// How long the note of a hand-over is, in characters.
pub const NOTE_CHARS_MAX: usize = 2_000;

/// The duty on its way to somebody else. Until it is accepted it stays where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOver {
    pub to: PersonId,
    pub by: PersonId,
    pub at: Timestamp,
    /// What the next shift should know.
    pub note: String,
    /// Nobody accepted in time: now anybody of the incident may.
    pub unanswered: bool,
}

impl Turn<'_> {
    pub(super) fn offer_duty(&mut self, to: &PersonId, by: &PersonId, note: &str) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        self.must_be_known(to)?;
        if self.incident.duty.as_ref() != Some(by) {
            return Err(Refusal::NotEntitled("whoever has the incident now".to_owned()));
        }
        if to == by {
            return Err(Refusal::NothingChanged);
        }
        if note.chars().count() > NOTE_CHARS_MAX {
            return Err(Refusal::TooLong(NOTE_CHARS_MAX));
        }
        let note = note.trim().to_owned();
        let offered = HandOver { to: to.clone(), by: by.clone(), at: self.at, note, unanswered: false };
        if let Some(before) = self.incident.hand_over.replace(offered)
            && before.to != *to
        {
            self.tell(&before.to, Notice::HandOverVoid { by: by.clone() });
        }
        self.tell(to, Notice::HandOverOffered { by: by.clone() });
        self.wake(Deadline::HandOver { since: self.at }, ACCEPT_WITHIN.after(self.at));
        Ok(())
    }

    pub(super) fn accept_duty(&mut self, by: &PersonId) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        let offered = self.incident.hand_over.as_ref().ok_or(Refusal::NothingChanged)?;
        if offered.to != *by && !(offered.unanswered && offered.by != *by) {
            let name = self.incident.roster.name_of(&offered.to).to_owned();
            return Err(Refusal::NotEntitled(name));
        }
        let mut people: BTreeSet<PersonId> = self.alerted();
        people.extend([offered.by.clone(), offered.to.clone()]);
        people.remove(by);
        self.incident.hand_over = None;
        self.incident.duty = Some(by.clone());
        for person in people {
            self.tell(&person, Notice::HandOverAccepted { by: by.clone() });
        }
        Ok(())
    }

    /// The next shift did not accept in time: everybody hears it, and the duty is still where it was.
    pub(super) fn hand_over_due(&mut self, since: Timestamp) -> Result<(), Refusal> {
        let offered = self.incident.hand_over.as_mut().filter(|offered| offered.at == since && !offered.unanswered);
        let offered = offered.ok_or(Refusal::NothingChanged)?;
        offered.unanswered = true;
        let (to, by) = (offered.to.clone(), offered.by.clone());
        let mut people: BTreeSet<PersonId> = self.alerted();
        people.extend(self.everyone_of_the_alerts());
        let leads = self.incident.roster.seats(role::COMMS_LEAD, self.day());
        people.extend(leads.into_iter().map(|seat| seat.person));
        people.extend([to.clone(), by.clone()]);
        for person in people {
            self.tell(&person, Notice::HandOverUnanswered { to: to.clone(), by: by.clone() });
        }
        Ok(())
    }
}
