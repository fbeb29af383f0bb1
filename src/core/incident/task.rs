//! The life of a task: asked of a role, done by a person, overdue once.

use jiff::Timestamp;

use super::advance::Turn;
use super::event::Deadline;
use super::skip::Skipped;
use super::{Effect, IncidentId, Notice, Refusal};
use crate::core::name::{PersonId, StepId};
use crate::core::playbook::{StepKind, TaskStep};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskPhase {
    Waiting,
    Open {
        due: Option<Timestamp>,
    },
    Overdue {
        due: Timestamp,
    },
    Done {
        by: PersonId,
        at: Timestamp,
    },
    Skipped(Skipped),
    /// It is the pause, and this other incident has it for all; since when it is settled there.
    Elsewhere {
        incident: IncidentId,
        settled: Option<Timestamp>,
    },
}

impl Turn<'_> {
    pub(super) fn open_task(&mut self, id: &StepId, task: &TaskStep, since: Timestamp) {
        if self.is_paused_elsewhere(id, task) {
            return;
        }
        self.take_the_pause(id, task);
        let due = task.within.map(|within| within.after(since));
        self.incident.tasks.insert(id.clone(), TaskPhase::Open { due });
        if let Some(seat) = self.incident.roster.seats(task.by.as_str(), self.day()).into_iter().next() {
            self.owe(Effect::AskTask { task: id.clone(), person: seat.person });
        }
        if let Some(due) = due {
            self.wake(Deadline::Task { task: id.clone() }, due);
        }
    }

    pub(super) fn finish_task(&mut self, id: &StepId, by: &PersonId) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        self.must_not_be_paused_elsewhere(id)?;
        match self.incident.tasks.get(id) {
            Some(TaskPhase::Waiting | TaskPhase::Open { .. } | TaskPhase::Overdue { .. } | TaskPhase::Skipped(_)) => {
                let done = TaskPhase::Done { by: by.clone(), at: self.at };
                self.pause_done(id, by);
                self.incident.tasks.insert(id.clone(), done);
                Ok(())
            }
            Some(TaskPhase::Elsewhere { incident, .. }) => Err(Refusal::PausedElsewhere(*incident)),
            Some(TaskPhase::Done { .. }) => Err(Refusal::NothingChanged),
            None => Err(Refusal::Unknown),
        }
    }

    /// Tells the duty officer and the whole role, once.
    pub(super) fn task_overdue(&mut self, id: &StepId) -> Result<(), Refusal> {
        let Some(TaskPhase::Open { due: Some(due) }) = self.incident.tasks.get(id) else {
            return Err(Refusal::NothingChanged);
        };
        let due = *due;
        // Asked again meanwhile, with a later time.
        if due > self.at {
            return Err(Refusal::NothingChanged);
        }
        self.incident.tasks.insert(id.clone(), TaskPhase::Overdue { due });
        let mut people = self.duty();
        people.extend(self.incident.added.get(id).map(|task| task.who.clone()));
        if let Some(StepKind::Task(task)) = self.rules.playbook.step(id).map(|step| &step.kind) {
            let seats = self.incident.roster.seats(task.by.as_str(), self.day());
            people.extend(seats.into_iter().map(|seat| seat.person));
        }
        for person in people {
            self.tell(&person, Notice::Overdue { of: id.clone() });
        }
        Ok(())
    }
}
