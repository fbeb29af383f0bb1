//! A statement that was not posted: overdue, or withdrawn where the incident ends.

use std::collections::BTreeSet;

use super::advance::Turn;
use super::statement::StatementPhase;
use super::{Notice, Refusal};
use crate::core::name::{PersonId, StepId};

impl Turn<'_> {
    /// The time promised for the first post went by: tells everyone who could still help, once.
    pub(super) fn statement_overdue(&mut self, id: &StepId) -> Result<(), Refusal> {
        let statement = self.incident.statements.get_mut(id).ok_or(Refusal::Unknown)?;
        let mut people: Vec<PersonId> = Vec::new();
        match &statement.phase {
            StatementPhase::Drafting(_) => {}
            StatementPhase::Asking(ballot) => people.extend(ballot.everyone_asked()),
            StatementPhase::Posting(posting) if !posting.anything_confirmed() => {}
            StatementPhase::Waiting
            | StatementPhase::Posting(_)
            | StatementPhase::Posted(_)
            | StatementPhase::Ready(_)
            | StatementPhase::Skipped(_)
            | StatementPhase::Withdrawn => return Err(Refusal::NothingChanged),
        }
        if statement.overdue {
            return Err(Refusal::NothingChanged);
        }
        statement.overdue = true;
        people.extend(self.duty());
        for person in people {
            self.tell(&person, Notice::Overdue { of: id.clone() });
        }
        Ok(())
    }

    /// Ends everything that was not on its way to the public yet; gives back who was asked about it.
    pub(super) fn withdraw_statements(&mut self) -> BTreeSet<PersonId> {
        let mut people = BTreeSet::new();
        for id in self.incident.statements.keys().cloned().collect::<Vec<_>>() {
            self.say_no_more(&id);
        }
        for statement in self.incident.statements.values_mut() {
            match &mut statement.phase {
                StatementPhase::Waiting | StatementPhase::Drafting(_) => statement.phase = StatementPhase::Withdrawn,
                StatementPhase::Asking(ballot) => {
                    people.extend(ballot.everyone_asked());
                    statement.phase = StatementPhase::Withdrawn;
                }
                StatementPhase::Ready(ready) => {
                    people.extend(ready.ballot.everyone_asked());
                    statement.phase = StatementPhase::Withdrawn;
                }
                StatementPhase::Posting(posting) => {
                    people.extend(posting.asked_to_post());
                    posting.cancel_owed();
                }
                StatementPhase::Posted(_) | StatementPhase::Withdrawn | StatementPhase::Skipped(_) => {}
            }
        }
        self.finish_settled_posts();
        people
    }
}
