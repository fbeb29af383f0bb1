//! One yes more for what was approved ahead. At the end of a statement's ladder a line is offered to the executive on call,
//! until people answer after all; an instruction for safety is offered to whoever commands at once. That yes sends exactly
//! those bytes. Nothing posts itself.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::advance::Turn;
use super::ready::Ready;
use super::request::{Request, Subject};
use super::statement::{Hold, StatementPhase};
use super::{Incident, Notice, Refusal};
use crate::core::approval::{Ballot, Decision, Proof};
use crate::core::name::{RoleName, StepId, role};
use crate::core::period::Period;
use crate::core::playbook::{Quorum, Stage, StatementStep, Usage};
use crate::core::rules::Rules;
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

/// The yes that was not there when the words were approved ahead; none where no yes but a word sends them.
pub(super) fn last_stage(step: &StatementStep) -> Option<Stage> {
    let stage = |name: &str, roles: Vec<RoleName>, within: Option<Period>, proof: Proof| Stage {
        name: name.to_owned(),
        quorum: Quorum::AnyOf(roles),
        proof,
        within,
        otherwise: BTreeMap::new(),
    };
    if step.usage == Usage::LifeSafety {
        return Some(stage("the word", step.on_word_of.clone(), None, Proof::SignedIn));
    }
    step.instead_of.as_ref()?;
    Some(stage("last line", vec![role::EXECUTIVE.into()], Some(OFFER_WITHIN), Proof::Mail))
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

    /// What a yes to this request must be proven by at least.
    pub fn proof_needed(&self, request: &Request) -> Proof {
        let Subject::Statement(id) = &request.of else { return Proof::Mail };
        let ballot = match self.statements.get(id).map(|statement| &statement.phase) {
            Some(StatementPhase::Asking(ballot)) if ballot.round() == request.round => ballot,
            Some(_) | None => return Proof::Mail,
        };
        ballot.stage(request.stage).map_or(Proof::Mail, |vote| vote.stage().proof)
    }

    /// Whether nobody may write these words anew: an instruction's are approved ahead. A correction of one is new words.
    pub fn words_are_fixed(&self, id: &StepId, rules: &Rules) -> bool {
        let is_correction = self.statements.get(id).is_some_and(|statement| statement.corrects().is_some());
        !is_correction && self.statement_step(id, rules).is_some_and(|step| step.usage == Usage::LifeSafety)
    }

    /// Whether what this step waits for has come, so that it is offered.
    pub(super) fn is_to_be_offered(&self, step: &StatementStep) -> bool {
        match &step.instead_of {
            Some(of) => self.ladder_has_ended(of),
            None => step.usage == Usage::LifeSafety,
        }
    }

    /// Whether nobody answers for this step, or for a later round of it. A refusal is an answer.
    fn ladder_has_ended(&self, step: &StepId) -> bool {
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
    /// A stage that asks for more than a mailed code counts no yes by that alone. A refusal is heard however it comes.
    pub(super) fn must_be_proven(&self, request: &Request, decision: &Decision, proof: Proof) -> Result<(), Refusal> {
        let needed = self.incident.proof_needed(request);
        if *decision != Decision::Approve || needed == Proof::Mail {
            return Ok(());
        }
        if proof < needed { Err(Refusal::NotSignedIn) } else { self.must_go_at_once(request) }
    }

    /// The word that sends an instruction is for now: it does not wait for posting to be resumed.
    fn must_go_at_once(&self, request: &Request) -> Result<(), Refusal> {
        match &request.of {
            Subject::Statement(id) if self.incident.offered(id).is_some() && self.incident.stopped.is_some() => {
                Err(Refusal::PostingStopped)
            }
            Subject::Statement(_) | Subject::StandDown => Ok(()),
        }
    }

    /// Offers each line whose time has come, and takes the offer back where it has passed.
    pub(super) fn follow_last_lines(&mut self) {
        let ids: Vec<StepId> = self.incident.statements.keys().cloned().collect();
        for id in ids {
            let Ok(step) = self.statement_step(&id) else { continue };
            let Some(stage) = last_stage(&step) else { continue };
            let ended = self.incident.is_to_be_offered(&step) && self.approval_ahead_stands(&id, &step);
            match self.incident.statements.get(&id).map(|statement| &statement.phase) {
                Some(StatementPhase::Ready(ready)) if ended => {
                    let ready = ready.clone();
                    self.offer(&id, stage, ready);
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

    /// Whether an instruction is still approved but for the word itself: a word from before must not be the one that sends it.
    fn approval_ahead_stands(&self, id: &StepId, step: &StatementStep) -> bool {
        let is_instruction = step.usage == Usage::LifeSafety && self.incident.offered(id).is_some();
        let ahead = 0..step.approval.len();
        !is_instruction
            || ahead.into_iter().all(|stage| self.incident.stage_is_met(&Subject::Statement(id.clone()), stage))
    }

    fn offer(&mut self, id: &StepId, stage: Stage, ready: Ready) {
        let Ready { mut ballot, since, lapses: Some(lapses) } = ready else { return };
        if lapses <= self.at {
            return;
        }
        let roster = self.incident.roster.clone();
        let asking = ballot.ask_also(stage, self.electorate(&roster));
        if asking.is_empty() {
            // Nobody holds the role now; it stays held, and its page says so.
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
        let people = ballot.drop_last_stage();
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
        let statement = id.clone();
        let is_line = self.statement_step(id).is_ok_and(|step| step.instead_of.is_some());
        let notice = if is_line { Notice::LineNotNeeded { statement } } else { Notice::Superseded { statement } };
        for person in people {
            self.tell(&person, notice.clone());
        }
    }
}
