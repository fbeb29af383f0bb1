//! When steps start: at the opening, at a time after it, after another step's milestone, and only where `when` holds.

use jiff::Timestamp;

use super::advance::Turn;
use super::event::Deadline;
use super::skip::Skipped;
use super::{AlertPhase, Incident, PostPhase, Refusal, StatementPhase, TaskPhase};
use crate::core::condition::Truth;
use crate::core::name::StepId;
use crate::core::playbook::{Milestone, Reached, Step, StepKind};

impl Turn<'_> {
    /// Starts every waiting step whose time has come; one start can be another's milestone, so until none starts.
    pub(super) fn start_steps(&mut self) {
        for _ in 0..=self.rules.playbook.timeline.len() {
            let waiting: Vec<Step> =
                self.rules.playbook.timeline.iter().filter(|step| self.is_waiting(step)).cloned().collect();
            for step in &waiting {
                self.start_if_ready(step);
            }
            if waiting.iter().all(|step| self.is_waiting(step)) {
                break;
            }
        }
    }

    /// The clock reached a step's `at`; `settle` starts it.
    pub(super) fn start_due(&mut self, step: &StepId) -> Result<(), Refusal> {
        let step = self.rules.playbook.step(step).ok_or(Refusal::Unknown)?;
        if self.is_waiting(step) { Ok(()) } else { Err(Refusal::NothingChanged) }
    }

    fn is_waiting(&self, step: &Step) -> bool {
        match &step.kind {
            StepKind::Alert(_) => self.incident.alerts.get(&step.id) == Some(&AlertPhase::Waiting),
            StepKind::Task(_) => self.incident.tasks.get(&step.id) == Some(&TaskPhase::Waiting),
            StepKind::Statement(_) => self
                .incident
                .statements
                .get(&step.id)
                .is_some_and(|statement| statement.phase == StatementPhase::Waiting),
        }
    }

    fn start_if_ready(&mut self, step: &Step) {
        if let Some(condition) = &step.when {
            match self.incident.holds_for_any(condition, self.rules) {
                Truth::Holds => {}
                Truth::DoesNotHold | Truth::CannotTell => return,
            }
        }
        let Some(since) = self.ready_since(step) else { return };
        match &step.kind {
            StepKind::Alert(_) => self.ring_first(&step.id),
            StepKind::Task(task) => self.open_task(&step.id, task, since),
            StepKind::Statement(statement) if statement.again.is_some() => {
                self.start_first_round(&step.id, statement, since);
            }
            StepKind::Statement(statement) => self.start_statement(&step.id, statement, since),
        }
    }

    /// From when a ready step's own times count. Alerts go out at once; nobody else is disturbed before a person said
    /// that the incident is real. Drafts are ready by then.
    fn ready_since(&self, step: &Step) -> Option<Timestamp> {
        if self.incident.verified.is_none() && matches!(step.kind, StepKind::Task(_)) {
            return None;
        }
        let opened = self.incident.steps_from;
        let since = match &step.after {
            None => opened,
            Some(milestone) => reached_at(&self.incident, milestone)?,
        };
        let due = step.at.map_or(opened, |period| period.after(opened));
        (due <= self.at).then(|| due.max(since))
    }

    /// Every step with an `at` still to come wakes the incident then, whatever else it waits for now.
    pub(super) fn wake_steps(&mut self) {
        for step in &self.rules.playbook.timeline {
            let due = step.at.map(|period| period.after(self.incident.steps_from));
            if let Some(due) = due.filter(|due| *due > self.at) {
                self.wake(Deadline::Start { step: step.id.clone() }, due);
            }
        }
    }
}

/// When a milestone was reached.
fn reached_at(incident: &Incident, milestone: &Milestone) -> Option<Timestamp> {
    match milestone.reached {
        Reached::Done => done_at(incident, &milestone.step),
        Reached::Posted | Reached::PostedEverywhere => {
            let statement = incident.statements.get(&milestone.step)?;
            let posts = match &statement.phase {
                StatementPhase::Posting(posting) | StatementPhase::Posted(posting) => &posting.posts,
                StatementPhase::Waiting
                | StatementPhase::Drafting(_)
                | StatementPhase::Asking(_)
                | StatementPhase::Ready(_)
                | StatementPhase::Withdrawn => return None,
                // What waits for a step that is left out goes on.
                StatementPhase::Skipped(skipped) => return Some(skipped.at),
            };
            let confirmed = posts.values().filter_map(PostPhase::confirmed_at);
            if milestone.reached == Reached::Posted {
                confirmed.min()
            } else {
                posts.values().all(PostPhase::is_settled).then(|| confirmed.max()).flatten()
            }
        }
    }
}

fn done_at(incident: &Incident, step: &StepId) -> Option<Timestamp> {
    match incident.tasks.get(step) {
        Some(TaskPhase::Done { at, .. } | TaskPhase::Skipped(Skipped { at, .. })) => return Some(*at),
        Some(TaskPhase::Elsewhere { settled, .. }) => return *settled,
        Some(TaskPhase::Waiting | TaskPhase::Open { .. } | TaskPhase::Overdue { .. }) | None => {}
    }
    match incident.alerts.get(step) {
        Some(AlertPhase::Claimed { at, .. }) => Some(*at),
        Some(AlertPhase::Waiting | AlertPhase::Ringing { .. }) | None => None,
    }
}
