//! Merging: one incident stands down into another, which takes over what is left to do of it. What it said stays its own.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::advance::Turn;
use super::wave::Joined;
use super::{
    ADDED_MAX, AddedTask, Fact, Incident, IncidentId, IncidentPhase, Notice, PostPhase, Refusal, Spike, StatementPhase,
    TaskPhase,
};
use crate::core::name::{FactName, PersonId, RoleName, StepId};
use crate::core::period::Period;
use crate::core::playbook::{FactValue, Step, StepKind};
use crate::core::quiet::Wave;
use crate::core::rules::Rules;
use crate::core::setting::Setting;
use crate::core::severity::Severity;

/// How many incidents one takes over.
pub const TAKEN_OVER_MAX: usize = 20;

/// What an incident hands to the one that it stands down into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakenOver {
    pub incident: IncidentId,
    pub setting: Setting,
    pub by: PersonId,
    pub reason: String,
    pub severity: Severity,
    /// Its mentions, by what its watches counted last.
    pub spikes: Vec<Spike>,
    pub facts: Vec<HandedFact>,
    pub tasks: Vec<HandedTask>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandedFact {
    pub fact: FactName,
    pub value: FactValue,
    pub filled_by: PersonId,
    /// Who confirmed it; none where it was only written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<PersonId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandedTask {
    pub todo: String,
    pub who: Whose,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Where it is the pause of what is scheduled elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<HandedPause>,
}

/// What comes after a pause that is handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandedPause {
    /// What is to be done once no incident is open any more, and in which time.
    pub resume: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Period>,
}

/// Whose a task is that is handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    Role(RoleName),
    Person(PersonId),
    /// Whoever runs the incident that takes it over.
    Duty,
}

/// That two incidents became one: by whom, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    pub by: PersonId,
    pub at: Timestamp,
    pub reason: String,
}

impl Incident {
    /// What is left of this incident for the one that it is merged into.
    pub fn to_hand_over(&self, by: &PersonId, reason: &str, rules: &Rules) -> TakenOver {
        let facts = self.facts.iter().filter_map(|(name, fact)| {
            let (value, filled_by, confirmed_by) = match fact {
                Fact::Proposed { value, by } => (value, by, None),
                Fact::Confirmed { value, filled_by, by } => (value, filled_by, Some(by.clone())),
                Fact::LeftUnknown { .. } => return None,
            };
            let (fact, value, filled_by) = (name.clone(), value.clone(), filled_by.clone());
            Some(HandedFact { fact, value, filled_by, confirmed_by })
        });
        let mut tasks = self.open_tasks(rules);
        tasks.extend(self.open_promises());
        TakenOver {
            incident: self.id,
            setting: self.setting,
            by: by.clone(),
            reason: reason.trim().to_owned(),
            severity: self.severity,
            spikes: self.spikes().cloned().collect(),
            facts: facts.collect(),
            tasks,
        }
    }

    /// When a task is to be done that waits for the clock alone, as one by which a law's time runs.
    fn due_by_the_clock(&self, rules: &Rules, id: &StepId) -> Option<Timestamp> {
        let step = rules.playbook.step(id)?;
        let StepKind::Task(task) = &step.kind else { return None };
        let begins = step.at.filter(|_| step.after.is_none() && step.when.is_none())?.after(self.steps_from);
        Some(task.within.map_or(begins, |within| within.after(begins)))
    }

    /// Tasks that somebody was asked to do, the pause that nobody has made among them, and those that come by the clock.
    fn open_tasks(&self, rules: &Rules) -> Vec<HandedTask> {
        let mut tasks = Vec::new();
        for words in self.task_words(rules) {
            let due = match self.tasks.get(&words.id) {
                Some(TaskPhase::Open { due }) => *due,
                Some(TaskPhase::Overdue { due }) => Some(*due),
                Some(TaskPhase::Waiting) => match self.due_by_the_clock(rules, &words.id) {
                    Some(due) => Some(due),
                    None => continue,
                },
                Some(TaskPhase::Done { .. } | TaskPhase::Skipped(_) | TaskPhase::Elsewhere { .. }) | None => continue,
            };
            let who = match (self.added.get(&words.id), rules.playbook.step(&words.id).map(|step| &step.kind)) {
                (Some(added), _) => Whose::Person(added.who.clone()),
                (None, Some(StepKind::Task(task))) => Whose::Role(task.by.clone()),
                (None, Some(StepKind::Alert(_) | StepKind::Statement(_)) | None) => continue,
            };
            tasks.push(HandedTask { todo: words.todo, who, due, pause: self.handed_pause(&words.id) });
        }
        tasks
    }

    /// What the public was promised is owed still, whoever keeps it; also where nobody knows yet whether the promise came out.
    fn open_promises(&self) -> Vec<HandedTask> {
        let open = self.statements.iter().filter_map(|(id, statement)| {
            let posting = statement.posting()?;
            let audience = &posting.ballot.subject().audience;
            let (due, words) = match &statement.promise {
                Some(promise) if promise.phase.is_kept() => return None,
                Some(promise) => (promise.by, "promised it by then"),
                None if posting.posts.values().any(PostPhase::is_on_its_way) => {
                    (posting.ballot.subject().next_update?, "was on its way, and promises it by then if it came out")
                }
                None => return None,
            };
            let todo = format!("Say the next word to {audience}: {id} of incident {} {words}", self.id);
            Some(HandedTask { todo, who: Whose::Duty, due: Some(due), pause: None })
        });
        open.collect()
    }
}

impl Turn<'_> {
    /// Stands down into `into`: what is not on its way to the public is withdrawn, and everybody of it is told.
    pub(super) fn merge_into(&mut self, into: IncidentId, by: &PersonId, reason: &str) -> Result<(), Refusal> {
        self.may_join(into, by, reason)?;
        self.must_run_it(by)?;
        let mut people = self.alerted();
        if let IncidentPhase::StandingDown(ballot) = &self.incident.phase {
            people.extend(ballot.everyone_asked());
        }
        let ready =
            self.incident.statements.iter().filter(|(_, found)| matches!(found.phase, StatementPhase::Ready(_)));
        for id in ready.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.say_no_more(&id);
        }
        people.extend(self.withdraw_statements());
        people.remove(by);
        let merged = Merged { by: by.clone(), at: self.at, reason: reason.trim().to_owned() };
        self.incident.merged_into = Some((into, merged));
        self.incident.phase = IncidentPhase::StoodDown { at: self.at };
        for person in people {
            self.tell(&person, Notice::MergedInto { incident: into });
        }
        Ok(())
    }

    /// Takes over what is left of another incident. People who were asked whether this one is over are not asked any more.
    pub(super) fn take_over(&mut self, other: &TakenOver) -> Result<(), Refusal> {
        self.may_join(other.incident, &other.by, &other.reason)?;
        if other.setting != self.incident.setting {
            return Err(Refusal::OtherSetting);
        }
        if self.incident.verified.is_none() {
            return Err(Refusal::Unverified);
        }
        if self.incident.taken_over.contains_key(&other.incident) {
            return Err(Refusal::NothingChanged);
        }
        if self.incident.taken_over.len() >= TAKEN_OVER_MAX {
            return Err(Refusal::TooManyTakenOver(TAKEN_OVER_MAX));
        }
        let mut people: BTreeSet<PersonId> = self.reopen().unwrap_or_else(|| self.alerted());
        people.remove(&other.by);
        for person in people {
            self.tell(&person, Notice::TookOver { incident: other.incident });
        }
        self.take_over_spikes(&other.spikes);
        for fact in &other.facts {
            self.take_over_fact(fact);
        }
        for task in &other.tasks {
            match &task.pause {
                Some(_) => self.take_over_pause(other.incident, task, &other.by)?,
                None => self.take_over_task(task, &other.by)?,
            }
        }
        self.raise_to(other.severity);
        let merged = Merged { by: other.by.clone(), at: self.at, reason: other.reason.clone() };
        self.incident.taken_over.insert(other.incident, merged);
        Ok(())
    }

    /// Of a watch that both have, this incident's own count is kept.
    fn take_over_spikes(&mut self, spikes: &[Spike]) {
        for spike in spikes {
            if self.incident.spike_of(&spike.watch).is_some() {
                continue;
            }
            self.incident.waves.insert(spike.watch.clone(), Wave::begun(spike.count, spike.window, self.at));
            if self.incident.spike.is_none() {
                self.incident.spike = Some(spike.clone());
                self.incident.first_spike = Some(spike.clone());
            } else {
                let joined = Joined { spike: spike.clone(), at: self.at, inhibited: false };
                self.incident.joined.insert(spike.watch.clone(), joined);
            }
        }
    }

    /// A fact that nobody has told here. It is confirmed only where whoever confirmed it may do so by this playbook.
    fn take_over_fact(&mut self, handed: &HandedFact) {
        let Some(spec) = self.rules.playbook.fact(&handed.fact) else { return };
        let is_told = match self.incident.facts.get(&handed.fact) {
            Some(Fact::Proposed { .. } | Fact::Confirmed { .. }) => true,
            Some(Fact::LeftUnknown { .. }) | None => false,
        };
        if is_told || spec.kind != handed.value.kind() {
            return;
        }
        let roster = &self.incident.roster;
        let may_confirm = |by: &PersonId| {
            roster.person(by).is_some() && spec.confirmed_by.as_ref().is_none_or(|role| roster.holds(by, role.as_str()))
        };
        let (value, filled_by) = (handed.value.clone(), handed.filled_by.clone());
        let fact = match handed.confirmed_by.clone().filter(may_confirm) {
            Some(by) => Fact::Confirmed { value, filled_by, by },
            None => Fact::Proposed { value, by: filled_by },
        };
        let is_confirmed = fact.confirmed().is_some();
        self.incident.facts.insert(handed.fact.clone(), fact);
        if is_confirmed {
            self.fact_changed(&handed.fact);
        }
    }

    /// A task that is open in both is one; what merely waits here may come too late, or never.
    fn take_over_task(&mut self, handed: &HandedTask, by: &PersonId) -> Result<(), Refusal> {
        let known = self.incident.task_words(self.rules).into_iter().any(|words| {
            words.todo == handed.todo
                && match self.incident.tasks.get(&words.id) {
                    Some(TaskPhase::Open { .. } | TaskPhase::Overdue { .. }) => true,
                    Some(
                        TaskPhase::Waiting
                        | TaskPhase::Done { .. }
                        | TaskPhase::Skipped(_)
                        | TaskPhase::Elsewhere { .. },
                    )
                    | None => false,
                }
        });
        if known { Ok(()) } else { self.add_handed(handed, by).map(drop) }
    }

    /// The pause goes on here, where this playbook has none and no third incident has it.
    fn take_over_pause(&mut self, from: IncidentId, handed: &HandedTask, by: &PersonId) -> Result<(), Refusal> {
        let has_own = self.incident.pause.is_some() || self.rules.playbook.timeline.iter().any(Step::is_pause);
        let with_another = self.incident.paused_in.is_some_and(|paused| paused.incident != from);
        let Some(pause) = handed.pause.clone().filter(|_| !has_own && !with_another) else { return Ok(()) };
        let id = self.add_handed(handed, by)?;
        self.have_handed_pause(id, pause);
        Ok(())
    }

    fn add_handed(&mut self, handed: &HandedTask, by: &PersonId) -> Result<StepId, Refusal> {
        if self.incident.added.len() >= ADDED_MAX {
            return Err(Refusal::TooManyTasks(ADDED_MAX));
        }
        let who = match &handed.who {
            Whose::Role(role) => {
                self.incident.roster.seats(role.as_str(), self.day()).into_iter().next().map(|seat| seat.person)
            }
            Whose::Person(person) => Some(person.clone()).filter(|person| self.must_be_known(person).is_ok()),
            Whose::Duty => None,
        };
        let who = who.or_else(|| self.duty().into_iter().next()).unwrap_or_else(|| by.clone());
        let id: StepId = self.free_added()?;
        let added = AddedTask { todo: handed.todo.clone(), who, due: handed.due, by: by.clone() };
        self.incident.added.insert(id.clone(), added);
        self.ask_added(&id)?;
        Ok(id)
    }
}
