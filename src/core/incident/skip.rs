//! Steps that people take out of the playbook's order: begun early, or left out with a reason.

use jiff::Timestamp;

use super::advance::Turn;
use super::statement::StatementPhase;
use super::{Refusal, TaskPhase};
use crate::core::name::{PersonId, StepId};
use crate::core::playbook::StepKind;

/// That a step was left out, by whom and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub by: PersonId,
    pub at: Timestamp,
    pub reason: String,
}

impl Turn<'_> {
    /// Begins a step that waits, or takes one up again that was left out.
    pub(super) fn begin_early(&mut self, id: &StepId, by: &PersonId) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        if self.incident.verified.is_none() {
            return Err(Refusal::Unverified);
        }
        match self.incident.tasks.get(id) {
            Some(TaskPhase::Waiting | TaskPhase::Skipped(_)) => return self.begin_task(id),
            Some(TaskPhase::Open { .. } | TaskPhase::Overdue { .. } | TaskPhase::Done { .. }) => {
                return Err(Refusal::NothingChanged);
            }
            Some(TaskPhase::Elsewhere { incident, .. }) => return Err(Refusal::PausedElsewhere(*incident)),
            None => {}
        }
        let statement = self.incident.statements.get(id).ok_or(Refusal::Unknown)?;
        let later_round = statement.origin.of().is_some() && statement.corrects().is_none();
        match &statement.phase {
            StatementPhase::Waiting | StatementPhase::Skipped(_) => {}
            StatementPhase::Drafting(_)
            | StatementPhase::Asking(_)
            | StatementPhase::Ready(_)
            | StatementPhase::Posting(_)
            | StatementPhase::Posted(_)
            | StatementPhase::Withdrawn => return Err(Refusal::NothingChanged),
        }
        let step = self.statement_step(id)?;
        if !self.rules.playbook.runs(self.incident.step_of(id)) {
            return Err(Refusal::NothingChanged);
        }
        if let Some(statement) = self.incident.statements.get_mut(id) {
            statement.phase = StatementPhase::Waiting;
        }
        if later_round {
            return self.round_due(id);
        }
        if step.again.is_some() {
            self.start_first_round(id, &step, self.at);
        } else {
            self.start_statement(id, &step, self.at);
        }
        Ok(())
    }

    fn begin_task(&mut self, id: &StepId) -> Result<(), Refusal> {
        if self.incident.added.contains_key(id) {
            return self.ask_added(id);
        }
        let Some(StepKind::Task(task)) = self.rules.playbook.step(id).map(|step| step.kind.clone()) else {
            return Err(Refusal::Unknown);
        };
        self.open_task(id, &task, self.at);
        Ok(())
    }

    /// Leaves a step out. What waits for it goes on; what is public already cannot be left out any more.
    pub(super) fn skip_step(&mut self, id: &StepId, by: &PersonId, reason: &str) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        if reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing);
        }
        self.must_not_be_paused_elsewhere(id)?;
        let skipped = Skipped { by: by.clone(), at: self.at, reason: reason.trim().to_owned() };
        match self.incident.tasks.get(id) {
            Some(TaskPhase::Waiting | TaskPhase::Open { .. } | TaskPhase::Overdue { .. }) => {
                self.incident.tasks.insert(id.clone(), TaskPhase::Skipped(skipped));
                return Ok(());
            }
            Some(TaskPhase::Done { .. } | TaskPhase::Skipped(_)) => return Err(Refusal::NothingChanged),
            Some(TaskPhase::Elsewhere { incident, .. }) => return Err(Refusal::PausedElsewhere(*incident)),
            None => {}
        }
        match self.incident.statements.get(id).map(|statement| &statement.phase) {
            Some(
                StatementPhase::Waiting
                | StatementPhase::Drafting(_)
                | StatementPhase::Asking(_)
                | StatementPhase::Ready(_),
            ) => {}
            Some(StatementPhase::Posting(_) | StatementPhase::Posted(_)) => return Err(Refusal::PostingBegan),
            Some(StatementPhase::Skipped(_) | StatementPhase::Withdrawn) => return Err(Refusal::NothingChanged),
            None => return Err(Refusal::Unknown),
        }
        self.void_ballot(id);
        if let Some(statement) = self.incident.statements.get_mut(id) {
            statement.phase = StatementPhase::Skipped(skipped);
        }
        Ok(())
    }
}
