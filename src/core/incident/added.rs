//! Tasks that people add to an incident by hand: what, who, and by when.

use jiff::Timestamp;

use super::advance::Turn;
use super::event::Deadline;
use super::{Effect, Incident, Refusal, TaskPhase};
use crate::core::name::{PersonId, StepId};
use crate::core::playbook::StepKind;
use crate::core::rules::Rules;
use crate::core::statement::hidden_character;

/// How many tasks one incident is given by hand; who needs more has a second incident.
pub const ADDED_MAX: usize = 100;
/// How long the words of one are, in characters.
pub const TASK_CHARS_MAX: usize = 300;

/// A task that no playbook names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedTask {
    pub todo: String,
    /// Who is asked to do it.
    pub who: PersonId,
    pub due: Option<Timestamp>,
    pub by: PersonId,
}

/// A task in words: what is done, and who is asked, a role or a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskWords {
    pub id: StepId,
    pub todo: String,
    pub who: String,
}

impl Incident {
    /// The playbook's tasks in its order, and those added by hand.
    pub fn task_words(&self, rules: &Rules) -> Vec<TaskWords> {
        let planned = rules.playbook.steps().filter_map(|step| match &step.kind {
            StepKind::Task(task) => {
                Some(TaskWords { id: step.id.clone(), todo: task.todo.clone(), who: task.by.to_string() })
            }
            StepKind::Alert(_) | StepKind::Statement(_) => None,
        });
        let added = self.added.iter().map(|(id, task)| TaskWords {
            id: id.clone(),
            todo: task.todo.clone(),
            who: self.roster.name_of(&task.who).to_owned(),
        });
        planned.chain(added).collect()
    }
}

impl Turn<'_> {
    pub(super) fn add_task(
        &mut self,
        todo: &str,
        who: &PersonId,
        due: Option<Timestamp>,
        by: &PersonId,
    ) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        self.must_be_known(who)?;
        let todo = todo.trim();
        if todo.is_empty() {
            return Err(Refusal::TodoMissing);
        }
        if todo.chars().count() > TASK_CHARS_MAX {
            return Err(Refusal::TooLong(TASK_CHARS_MAX));
        }
        if todo.chars().any(char::is_control) || hidden_character(todo).is_some() {
            return Err(Refusal::HiddenCharacter);
        }
        if due.is_some_and(|due| due <= self.at) {
            return Err(Refusal::DuePassed);
        }
        if self.incident.added.len() >= ADDED_MAX {
            return Err(Refusal::TooManyTasks(ADDED_MAX));
        }
        let id = self.free_added()?;
        let added = AddedTask { todo: todo.to_owned(), who: who.clone(), due, by: by.clone() };
        self.incident.added.insert(id.clone(), added);
        self.ask_added(&id)
    }

    /// A name for the next one.
    pub(super) fn free_added(&self) -> Result<StepId, Refusal> {
        let taken = |id: &StepId| self.incident.tasks.contains_key(id) || self.rules.playbook.step(id).is_some();
        let id = (1..=2 * ADDED_MAX).map(|nth| StepId::from(format!("added-{nth}"))).find(|id| !taken(id));
        id.ok_or(Refusal::TooManyTasks(ADDED_MAX))
    }

    pub(super) fn ask_added(&mut self, id: &StepId) -> Result<(), Refusal> {
        let task = self.incident.added.get(id).cloned().ok_or(Refusal::Unknown)?;
        self.incident.tasks.insert(id.clone(), TaskPhase::Open { due: task.due });
        self.owe(Effect::AskTask { task: id.clone(), person: task.who });
        if let Some(due) = task.due {
            self.wake(Deadline::Task { task: id.clone() }, due.max(self.at));
        }
        Ok(())
    }
}
