//! Steps: when the playbook wanted each, when it came, and by how much it was late.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::walk::Walked;
use crate::core::incident::{AlertPhase, Incident, Origin, PostPhase, StatementPhase, TaskPhase};
use crate::core::name::{PersonId, StepId};
use crate::core::playbook::{Step, StepKind};
use crate::core::rules::Rules;

/// One step of the playbook, a later round of one, or a correction that was begun beside it.
#[derive(Clone, Debug)]
pub struct StepTaken {
    pub id: StepId,
    /// As the playbook has it; none of later rounds and of what was begun beside it.
    pub planned: Option<Step>,
    /// Of a statement.
    pub origin: Option<Origin>,
    /// What is to be done, of a task that a person or the end of the last incident added.
    pub todo: Option<String>,
    pub started: Option<Timestamp>,
    /// By when it was to be done, counted from when it started.
    pub due: Option<Timestamp>,
    /// Claimed, done, or first posted.
    pub ended: Option<Timestamp>,
    pub by: Option<PersonId>,
    pub outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    InTime,
    LateBy(SignedDuration),
    /// It had no deadline.
    Done,
    /// Its time has not come, or what it waits for has not happened.
    NotStarted,
    /// Started, and its time has not gone by.
    UnderWay,
    /// Not done by when somebody looked, or by the end; so much over its deadline where it had one.
    NotDone(Option<SignedDuration>),
    /// The incident ended before it went out.
    Withdrawn,
    /// Its playbook was switched first.
    OtherPlaybook,
    /// The words that would tell are erased.
    NotTold,
}

/// When each step began, and by when it was wanted then.
#[derive(Clone, Debug, Default)]
pub(super) struct Starts(BTreeMap<StepId, (Timestamp, Option<Timestamp>)>);

impl Starts {
    pub(super) fn see(&mut self, incident: &Incident, rules: &Rules, at: Timestamp) {
        for (id, phase) in &incident.alerts {
            if !self.0.contains_key(id) && *phase != AlertPhase::Waiting {
                let step = rules.playbook.alert(id);
                let rings = matches!(phase, AlertPhase::Ringing { .. });
                let due = step.filter(|_| rings).map(|alert| alert.acknowledge_within.after(at));
                self.0.insert(id.clone(), (at, due));
            }
        }
        for (id, phase) in &incident.tasks {
            let due = match phase {
                TaskPhase::Waiting | TaskPhase::Skipped(_) | TaskPhase::Elsewhere { .. } => continue,
                TaskPhase::Open { due } => *due,
                TaskPhase::Overdue { due } => Some(*due),
                TaskPhase::Done { .. } => None,
            };
            self.0.entry(id.clone()).or_insert((at, due));
        }
        for (id, statement) in &incident.statements {
            match statement.phase {
                StatementPhase::Waiting | StatementPhase::Withdrawn | StatementPhase::Skipped(_) => {}
                StatementPhase::Drafting(_)
                | StatementPhase::Asking(_)
                | StatementPhase::Ready(_)
                | StatementPhase::Posting(_)
                | StatementPhase::Posted(_) => {
                    self.0.entry(id.clone()).or_insert((at, statement.due));
                }
            }
        }
    }

    /// When the first alert rang.
    pub(super) fn first_alert(&self, incident: &Incident) -> Option<Timestamp> {
        incident.alerts.keys().filter_map(|id| self.0.get(id)).map(|(at, _)| *at).min()
    }
}

/// Every step in the playbook's order, then what was begun beside it.
pub(super) fn steps(walked: &Walked, as_of: Timestamp) -> Vec<StepTaken> {
    let playbook = &walked.rules.playbook;
    let planned = playbook.before.iter().chain(&playbook.timeline).map(|step| (step.id.clone(), Some(step)));
    let beside = walked.starts.0.keys().filter(|id| walked.rules.playbook.step(id).is_none());
    let all = planned.chain(beside.map(|id| (id.clone(), None)));
    all.map(|(id, step)| taken(walked, id, step, as_of)).collect()
}

fn taken(walked: &Walked, id: StepId, planned: Option<&Step>, as_of: Timestamp) -> StepTaken {
    let incident = &walked.incident;
    let started = walked.starts.0.get(&id);
    let (ended, by) = ended(walked, &id);
    let due = started.and_then(|(_, due)| *due);
    let mut taken = StepTaken {
        planned: planned.cloned(),
        origin: incident.statements.get(&id).map(|statement| statement.origin.clone()),
        todo: incident.added.get(&id).map(|task| task.todo.clone()),
        started: started.map(|(at, _)| *at),
        due,
        ended,
        by,
        outcome: Outcome::NotStarted,
        id,
    };
    taken.outcome = outcome(walked, &taken, walked.end(as_of));
    taken
}

fn outcome(walked: &Walked, taken: &StepTaken, end: Timestamp) -> Outcome {
    let incident = &walked.incident;
    if let Some(ended) = taken.ended {
        return match taken.due {
            Some(due) if ended > due => Outcome::LateBy(ended.duration_since(due)),
            Some(_) => Outcome::InTime,
            None => Outcome::Done,
        };
    }
    if walked.gap.is_some() {
        return Outcome::NotTold;
    }
    if was_given_up(walked, &taken.id) {
        return Outcome::OtherPlaybook;
    }
    if taken.started.is_none() {
        return Outcome::NotStarted;
    }
    let statement = incident.statements.get(&taken.id).map(|statement| &statement.phase);
    if matches!(statement, Some(StatementPhase::Withdrawn)) {
        return Outcome::Withdrawn;
    }
    match taken.due {
        Some(due) if end > due => Outcome::NotDone(Some(end.duration_since(due))),
        Some(_) | None if incident.is_running() => Outcome::UnderWay,
        Some(_) | None => Outcome::NotDone(None),
    }
}

/// Whether a switch of the playbook ended it, so that its deadline says nothing any more.
fn was_given_up(walked: &Walked, id: &StepId) -> bool {
    let incident = &walked.incident;
    if walked.rules.playbook.runs(incident.step_of(id)) || walked.rules.playbook.step(incident.step_of(id)).is_none() {
        return false;
    }
    match (incident.tasks.get(id), incident.statements.get(id)) {
        (Some(task), _) => matches!(task, TaskPhase::Skipped(_)),
        (None, Some(statement)) => statement.phase == StatementPhase::Withdrawn,
        (None, None) => true,
    }
}

/// When a step was claimed, done, first posted or ready to be said, and by whom where it was one person.
fn ended(walked: &Walked, id: &StepId) -> (Option<Timestamp>, Option<PersonId>) {
    let incident = &walked.incident;
    if let Some(AlertPhase::Claimed { by, at }) = incident.alerts.get(id) {
        return (Some(*at), Some(by.clone()));
    }
    if let Some(TaskPhase::Done { by, at }) = incident.tasks.get(id) {
        return (Some(*at), Some(by.clone()));
    }
    let posting = incident.statements.get(id).and_then(|statement| statement.posting());
    let posts = posting.into_iter().flat_map(|posting| posting.posts.values());
    (posts.filter_map(PostPhase::confirmed_at).min().or(walked.ready.get(id).copied()), None)
}

impl StepTaken {
    /// What kind of step it is.
    pub fn kind(&self) -> Option<&StepKind> {
        self.planned.as_ref().map(|step| &step.kind)
    }
}
