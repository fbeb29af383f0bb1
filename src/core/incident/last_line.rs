//! A line that was approved ahead for when nobody answers: at the end of a statement's ladder it is offered to the executive
//! on call, whose one yes sends exactly those bytes. Nothing posts itself, and the offer ends when people answer after all.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::advance::Turn;
use super::ready::Ready;
use super::request::Subject;
use super::statement::{Hold, StatementPhase};
use super::{Incident, Notice};
use crate::core::approval::Ballot;
use crate::core::name::{StepId, role};
use crate::core::period::Period;
use crate::core::playbook::{Quorum, Stage};
use crate::core::statement::Package;

/// How long the executive's request stands before everybody of the role is asked afresh.
pub const OFFER_WITHIN: Period = Period::minutes(10);

/// That a held line waits for an executive's yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Of the vote that was opened once more for it.
    pub round: u32,
    /// Since when the line is held, and until when.
    pub since: Timestamp,
    pub lapses: Timestamp,
}

/// The yes that was not there when the line was approved ahead.
pub(super) fn last_stage() -> Stage {
    Stage {
        name: "last line".to_owned(),
        quorum: Quorum::AnyOf(vec![role::EXECUTIVE.into()]),
        within: Some(OFFER_WITHIN),
        otherwise: BTreeMap::new(),
    }
}

impl Incident {
    /// The offer on which this statement is being asked about, if it is.
    pub fn offered(&self, id: &StepId) -> Option<&Offer> {
        let statement = self.statements.get(id)?;
        let round = match &statement.phase {
            StatementPhase::Asking(ballot) => ballot.round(),
            StatementPhase::Posting(posting) | StatementPhase::Posted(posting) => posting.ballot.round(),
            StatementPhase::Waiting
            | StatementPhase::Drafting(_)
            | StatementPhase::Ready(_)
            | StatementPhase::Skipped(_)
            | StatementPhase::Withdrawn => return None,
        };
        statement.offer.as_ref().filter(|offer| offer.round == round)
    }

    /// Whether nobody answers for this step, or for a later round of it. A refusal is an answer.
    pub(super) fn ladder_has_ended(&self, step: &StepId) -> bool {
        self.statements.iter().any(|(id, statement)| {
            let ended = match &statement.phase {
                StatementPhase::Asking(ballot) => ballot.has_run_out(&self.roster),
                StatementPhase::Drafting(hold) => *hold == Hold::NobodyToAsk,
                StatementPhase::Waiting
                | StatementPhase::Ready(_)
                | StatementPhase::Posting(_)
                | StatementPhase::Posted(_)
                | StatementPhase::Skipped(_)
                | StatementPhase::Withdrawn => false,
            };
            ended && statement.corrects().is_none() && self.step_of(id) == step
        })
    }
}

impl Turn<'_> {
    /// Offers each line whose time has come, and takes the offer back where it has passed.
    pub(super) fn follow_last_lines(&mut self) {
        let ids: Vec<StepId> = self.incident.statements.keys().cloned().collect();
        for id in ids {
            let of = self.incident.statement_step(&id, self.rules).and_then(|step| step.instead_of.clone());
            let Some(of) = of else { continue };
            let ended = self.incident.ladder_has_ended(&of);
            match self.incident.statements.get(&id).map(|statement| &statement.phase) {
                Some(StatementPhase::Ready(ready)) if ended => {
                    let ready = ready.clone();
                    self.offer(&id, ready);
                }
                Some(StatementPhase::Asking(ballot)) if !ended => {
                    let ballot = ballot.clone();
                    self.take_offer_back(&id, ballot);
                }
                Some(
                    StatementPhase::Ready(_)
                    | StatementPhase::Asking(_)
                    | StatementPhase::Waiting
                    | StatementPhase::Drafting(_)
                    | StatementPhase::Posting(_)
                    | StatementPhase::Posted(_)
                    | StatementPhase::Skipped(_)
                    | StatementPhase::Withdrawn,
                )
                | None => {}
            }
        }
    }

    fn offer(&mut self, id: &StepId, ready: Ready) {
        let Ready { mut ballot, since, lapses: Some(lapses) } = ready else { return };
        if lapses <= self.at {
            return;
        }
        let roster = self.incident.roster.clone();
        let asking = ballot.ask_also(last_stage(), self.electorate(&roster));
        if asking.is_empty() {
            // Nobody is an executive now; the duty officer was told that the ladder has ended.
            return;
        }
        let (digest, round) = (ballot.digest(), ballot.round());
        if let Some(statement) = self.incident.statements.get_mut(id) {
            statement.offer = Some(Offer { round, since, lapses });
            statement.phase = StatementPhase::Asking(ballot);
        }
        self.ask(&Subject::Statement(id.clone()), digest, round, &asking);
    }

    /// Held again as before, also where an executive's yes waits for posting to be resumed: what it would stand in for goes on.
    pub(super) fn take_offer_back(&mut self, id: &StepId, mut ballot: Ballot<Package>) {
        let Some(Offer { since, lapses, .. }) = self.incident.offered(id).cloned() else { return };
        let people = ballot.without_last_stage();
        if ballot.approved(&self.incident.roster).is_none() {
            // Somebody who approved it ahead took that back as well: it is asked about once more, and not offered.
            if let Some(statement) = self.incident.statements.get_mut(id) {
                statement.phase = StatementPhase::Asking(ballot);
            }
        } else if let Some(statement) = self.incident.statements.get_mut(id) {
            statement.phase = StatementPhase::Ready(Ready { ballot, since, lapses: Some(lapses) });
        }
        if let Some(statement) = self.incident.statements.get_mut(id) {
            statement.offer = None;
        }
        for person in people {
            self.tell(&person, Notice::LineNotNeeded { statement: id.clone() });
        }
    }
}
