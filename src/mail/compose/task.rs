//! A task that is asked of a person.

use serde::Serialize;

use super::press::Kind;
use super::{ComposeError, Composer, Draft, Letter, Scene};
use crate::core::incident::TaskPhase;
use crate::core::name::StepId;
use crate::core::setting::Setting;
use crate::core::shown::Duty;

#[derive(Serialize)]
struct Task<'a> {
    /// Nothing that others could notice is done then.
    rehearsal: bool,
    title: &'a str,
    todo: &'a str,
    role: &'a str,
    due: Option<String>,
    page: String,
    duty: Duty,
}

impl Composer {
    pub fn task(&self, scene: &Scene<'_>, task: &StepId) -> Result<Letter, ComposeError> {
        let mut known = scene.incident.task_words(scene.rules).into_iter();
        let step = known.find(|words| words.id == *task).ok_or_else(|| ComposeError::Step(task.clone()))?;
        let shown = scene.shown();
        let due = match scene.incident.tasks.get(task) {
            Some(TaskPhase::Open { due }) => *due,
            Some(TaskPhase::Overdue { due }) => Some(*due),
            Some(TaskPhase::Waiting | TaskPhase::Done { .. } | TaskPhase::Skipped(_) | TaskPhase::Elsewhere { .. })
            | None => None,
        };
        let subject = match due {
            Some(due) => format!("Task by {}: {}", shown.hour(due), step.todo),
            None => format!("Task: {}", step.todo),
        };
        let data = Task {
            rehearsal: scene.incident.setting == Setting::Rehearsal,
            title: &scene.incident.title,
            todo: &step.todo,
            role: &step.who,
            due: due.map(|due| shown.time(due)),
            page: scene.page(),
            duty: shown.duty(),
        };
        self.letter(scene, &Draft { kind: Kind::Task, subject, data })
    }
}
