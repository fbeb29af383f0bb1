//! The pause of what is scheduled outside Holdline: one task for all open incidents, and one to resume once none is open.

use serde::{Deserialize, Serialize};

use super::advance::Turn;
use super::event::Deadline;
use super::{AddedTask, HandedPause, Incident, IncidentId, Notice, Refusal, TaskPhase};
use crate::core::name::{PersonId, StepId, role};
use crate::core::period::Period;
use crate::core::playbook::{Step, StepKind, TaskStep};

/// How the pause stands that another incident has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseStands {
    /// Somebody is asked for it there.
    Asked,
    /// It was done there, or left out.
    Settled,
    /// That incident ended before, or runs another playbook.
    GivenUp,
}

/// The incident that has the pause for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PausedIn {
    pub incident: IncidentId,
    /// It was done there, or left out.
    pub settled: bool,
}

impl PausedIn {
    /// What the others are told of it.
    pub fn stands(self) -> PauseStands {
        if self.settled { PauseStands::Settled } else { PauseStands::Asked }
    }
}

/// The pause that this incident has for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub task: StepId,
    /// What is to be done once no incident is open any more, and in which time.
    resume: String,
    within: Option<Period>,
    /// Who did it; from then on it holds until somebody resumes.
    pub done_by: Option<PersonId>,
    /// The task to resume, once it was asked.
    resuming: Option<StepId>,
}

impl Incident {
    /// The pause that this incident has for all; none where it has none.
    pub fn own_pause(&self) -> Option<PausedIn> {
        let settled = match self.tasks.get(&self.pause.as_ref()?.task)? {
            TaskPhase::Open { .. } | TaskPhase::Overdue { .. } => false,
            TaskPhase::Done { .. } | TaskPhase::Skipped(_) => true,
            TaskPhase::Waiting | TaskPhase::Elsewhere { .. } => return None,
        };
        Some(PausedIn { incident: self.id, settled })
    }

    /// What comes after this task, where it is the pause.
    pub(super) fn handed_pause(&self, task: &StepId) -> Option<HandedPause> {
        let Pause { resume, within, .. } = self.pause.as_ref().filter(|pause| pause.task == *task)?;
        Some(HandedPause { resume: resume.clone(), within: *within })
    }

    /// What an incident that opens beside this one keeps of the pause.
    pub fn pause_for_others(&self) -> Option<PausedIn> {
        self.own_pause().or(self.paused_in)
    }

    /// The task to resume what was paused, while nobody has done it.
    pub fn resuming(&self) -> Option<&StepId> {
        let resuming = self.pause.as_ref()?.resuming.as_ref()?;
        match self.tasks.get(resuming)? {
            TaskPhase::Open { .. } | TaskPhase::Overdue { .. } => Some(resuming),
            TaskPhase::Waiting | TaskPhase::Done { .. } | TaskPhase::Skipped(_) | TaskPhase::Elsewhere { .. } => None,
        }
    }
}

impl Turn<'_> {
    /// Leaves the pause to the incident that has it for all; whether one does.
    pub(super) fn is_paused_elsewhere(&mut self, id: &StepId, task: &TaskStep) -> bool {
        let Some(PausedIn { incident, settled }) = self.incident.paused_in.filter(|_| task.resume.is_some()) else {
            return false;
        };
        let settled = settled.then_some(self.at);
        self.incident.tasks.insert(id.clone(), TaskPhase::Elsewhere { incident, settled });
        true
    }

    /// Two incidents that both had the pause would leave one of them to be resumed by nobody.
    pub(super) fn must_not_be_paused_elsewhere(&self, id: &StepId) -> Result<(), Refusal> {
        let is_pause = self.rules.playbook.step(id).is_some_and(Step::is_pause);
        match self.incident.paused_in {
            Some(elsewhere) if is_pause => Err(Refusal::PausedElsewhere(elsewhere.incident)),
            Some(_) | None => Ok(()),
        }
    }

    /// From now on this incident has the pause for all.
    pub(super) fn take_the_pause(&mut self, id: &StepId, task: &TaskStep) {
        if let Some(resume) = task.resume.clone() {
            let pause = Pause { task: id.clone(), resume, within: task.within, done_by: None, resuming: None };
            self.incident.pause = Some(pause);
        }
    }

    /// The same of a pause that came with another incident.
    pub(super) fn have_handed_pause(&mut self, task: StepId, HandedPause { resume, within }: HandedPause) {
        self.incident.paused_in = None;
        self.incident.pause = Some(Pause { task, resume, within, done_by: None, resuming: None });
    }

    /// A task was done: where it is the pause it holds from now on, and where it is the resuming it holds no more.
    pub(super) fn pause_done(&mut self, id: &StepId, by: &PersonId) {
        if let Some(StepKind::Task(task)) = self.rules.playbook.step(id).map(|step| step.kind.clone()) {
            self.take_the_pause(id, &task);
        }
        let Some(pause) = &mut self.incident.pause else { return };
        if pause.task == *id {
            pause.done_by = Some(by.clone());
        } else if pause.resuming.as_ref() == Some(id) {
            pause.done_by = None;
        }
    }

    pub(super) fn pause_elsewhere(&mut self, incident: IncidentId, stands: PauseStands) -> Result<(), Refusal> {
        if !self.incident.is_running() {
            return self.resume_no_more(incident);
        }
        let settled = match stands {
            PauseStands::Asked => false,
            PauseStands::Settled => true,
            PauseStands::GivenUp => return self.pause_is_free(incident),
        };
        self.incident.paused_in = Some(PausedIn { incident, settled });
        let at = self.at;
        for phase in self.incident.tasks.values_mut() {
            if let TaskPhase::Elsewhere { incident: holder, settled: since } = phase {
                *holder = incident;
                *since = if settled { since.or(Some(at)) } else { None };
            }
        }
        Ok(())
    }

    /// Whoever had the pause has it no more: where this incident waits for it, it is asked here.
    fn pause_is_free(&mut self, incident: IncidentId) -> Result<(), Refusal> {
        if self.incident.paused_in.is_none_or(|paused| paused.incident != incident) {
            return Err(Refusal::NothingChanged);
        }
        self.incident.paused_in = None;
        let waiting = self.incident.tasks.iter().filter(|(_, phase)| matches!(phase, TaskPhase::Elsewhere { .. }));
        for id in waiting.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            if let Some(StepKind::Task(task)) = self.rules.playbook.step(&id).map(|step| step.kind.clone()) {
                self.open_task(&id, &task, self.at);
            }
        }
        Ok(())
    }

    /// The last incident ended: what was paused here is to go on. Whoever paused it knows best what that is.
    pub(super) fn ask_to_resume(&mut self) -> Result<(), Refusal> {
        if self.incident.is_running() || self.incident.resuming().is_some() {
            return Err(Refusal::NothingChanged);
        }
        let Some(pause) = self.incident.pause.clone() else { return Err(Refusal::NothingChanged) };
        let Some(by) = pause.done_by else { return Err(Refusal::NothingChanged) };
        let id = pause.resuming.unwrap_or_else(|| self.free_task("resume"));
        let roles = self.incident.roster.roles.values();
        let who = if roles.flatten().any(|person| *person == by) { Some(by.clone()) } else { None };
        let lead = || self.incident.roster.seats(role::COMMS_LEAD, self.day()).into_iter().next();
        let who = who.or_else(|| lead().map(|seat| seat.person)).unwrap_or_else(|| by.clone());
        let due = pause.within.map(|within| within.after(self.at));
        self.incident.added.insert(id.clone(), AddedTask { todo: pause.resume, who, due, by });
        if let Some(pause) = &mut self.incident.pause {
            pause.resuming = Some(id.clone());
        }
        self.ask_added(&id)
    }

    /// Another incident opened before anybody resumed: the pause holds on.
    fn resume_no_more(&mut self, incident: IncidentId) -> Result<(), Refusal> {
        let id = self.incident.resuming().cloned().ok_or(Refusal::Over)?;
        self.incident.tasks.insert(id.clone(), TaskPhase::Elsewhere { incident, settled: None });
        if let Some(who) = self.incident.added.get(&id).map(|task| task.who.clone()) {
            self.tell(&who, Notice::PauseGoesOn { incident });
        }
        Ok(())
    }

    /// A name that no task has yet.
    fn free_task(&self, name: &str) -> StepId {
        let taken = |id: &StepId| self.incident.tasks.contains_key(id) || self.rules.playbook.step(id).is_some();
        let mut id = StepId::from(name);
        let mut nth = 1_u32;
        while taken(&id) {
            nth += 1;
            id = StepId::from(format!("{name}-{nth}"));
        }
        id
    }

    /// Refuses where the incident is over, save for what is left to do then: to resume what was paused.
    pub(super) fn running_or_resuming(&mut self, task: &StepId) -> Result<&mut Self, Refusal> {
        if self.incident.resuming() == Some(task) { Ok(self) } else { self.running() }
    }

    pub(super) fn in_time_for(&mut self, of: &Deadline) -> Result<&mut Self, Refusal> {
        match of {
            Deadline::Task { task } => self.running_or_resuming(task),
            Deadline::Start { .. }
            | Deadline::Acknowledge { .. }
            | Deadline::Statement { .. }
            | Deadline::Reminder { .. }
            | Deadline::Stage { .. }
            | Deadline::Round { .. }
            | Deadline::Promise { .. }
            | Deadline::Lapse { .. }
            | Deadline::HandOver { .. }
            | Deadline::StandDown { .. } => self.running(),
        }
    }
}
