//! What is approved and kept: a text that is said if somebody asks, never posted, and each use of it; or one that is held.

use jiff::Timestamp;

use super::advance::Turn;
use super::statement::StatementPhase;
use super::{Notice, Refusal};
use crate::core::approval::Ballot;
use crate::core::name::{PersonId, StepId};
use crate::core::playbook::Usage;
use crate::core::statement::{Digest, Package};

/// How many uses of one text are written down; a switchboard that says it more often keeps a list of its own.
pub const USES_MAX: usize = 1_000;
/// How long the words are that name who asked, in characters.
pub const ASKER_CHARS_MAX: usize = 200;

/// Approved words that wait to be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    pub ballot: Ballot<Package>,
    pub since: Timestamp,
    /// How long they are held for a person's word to post them; none where nothing posts them.
    pub lapses: Option<Timestamp>,
}

/// One use of a text that is said if asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub by: PersonId,
    pub at: Timestamp,
    /// Who asked, in the words of who answered.
    pub to: String,
    /// What was said.
    pub digest: Digest,
}

impl Turn<'_> {
    /// Keeps approved words that nothing posts by itself; whether it did.
    pub(super) fn keep_ready(&mut self, id: &StepId, ballot: &Ballot<Package>) -> bool {
        let Ok(step) = self.statement_step(id) else { return false };
        match step.usage {
            Usage::Post => return false,
            Usage::IfAsked => {}
            Usage::Hold | Usage::LifeSafety => return self.keep_held(id, &step, ballot),
        }
        if let Some(statement) = self.incident.statements.get_mut(id) {
            statement.phase = StatementPhase::Ready(Ready { ballot: ballot.clone(), since: self.at, lapses: None });
        }
        self.tell_speakers(id, &Notice::ReadyToSay { statement: id.clone() });
        true
    }

    /// Words that were ready are not current any more: whoever was told of them hears it.
    pub(super) fn say_no_more(&mut self, id: &StepId) {
        let Some(StatementPhase::Ready(ready)) = self.incident.statements.get(id).map(|found| &found.phase) else {
            return;
        };
        let statement = id.clone();
        let held = ready.lapses.is_some();
        self.tell_speakers(id, &if held { Notice::HeldVoid { statement } } else { Notice::SayNoMore { statement } });
    }

    /// Whoever says it, or on whose word it goes out, and whoever has the duty.
    pub(super) fn tell_speakers(&mut self, id: &StepId, notice: &Notice) {
        let Ok(step) = self.statement_step(id) else { return };
        let seats = step
            .tell
            .iter()
            .chain(&step.on_word_of)
            .flat_map(|role| self.incident.roster.seats(role.as_str(), self.day()));
        let mut people: Vec<PersonId> = seats.map(|seat| seat.person).collect();
        people.extend(self.duty());
        for person in people {
            self.tell(&person, notice.clone());
        }
    }

    /// Somebody asked, and was told these words.
    pub(super) fn use_words(&mut self, id: &StepId, digest: Digest, by: &PersonId, to: &str) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        let roster = &self.incident.roster;
        let statement = self.incident.statements.get(id).ok_or(Refusal::Unknown)?;
        let StatementPhase::Ready(ready @ Ready { lapses: None, .. }) = &statement.phase else {
            return Err(Refusal::NotReady);
        };
        let approved = ready.ballot.approved(roster).ok_or(Refusal::NotReady)?;
        if approved.digest() != digest {
            return Err(Refusal::OtherBytes);
        }
        if to.trim().is_empty() {
            return Err(Refusal::AskerMissing);
        }
        if to.chars().count() > ASKER_CHARS_MAX {
            return Err(Refusal::TooLong(ASKER_CHARS_MAX));
        }
        if statement.uses.len() >= USES_MAX {
            return Err(Refusal::TooManyUses(USES_MAX));
        }
        let told = Use { by: by.clone(), at: self.at, to: to.trim().to_owned(), digest };
        if let Some(statement) = self.incident.statements.get_mut(id) {
            statement.uses.push(told);
        }
        Ok(())
    }
}
