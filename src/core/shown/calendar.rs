//! The times of an incident by which somebody owes something, each with who that is: what makes one calendar of all.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Shown, listed};
use crate::core::incident::{
    ACCEPT_WITHIN, IncidentId, Origin, PromisePhase, Request, Statement, StatementPhase, Subject, TaskPhase,
};
use crate::core::name::{RoleName, StepId, role};
use crate::core::playbook::{Step, StepKind};

/// One line of the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    pub at: Timestamp,
    /// `22 November, 14:20 EST`.
    pub when: String,
    pub late: bool,
    pub what: String,
    /// Whose it is, by name.
    pub who: String,
    pub incident: IncidentId,
    pub title: String,
    /// The part of the incident's page where it is done.
    pub part: String,
}

impl Shown<'_> {
    /// Every time that this incident waits for and that somebody answers for, the earliest first.
    pub fn calendar(&self) -> Vec<Dated> {
        let mut dated = self.tasks_due();
        if self.incident.is_running() {
            dated.extend(self.duty_to_accept());
            dated.extend(self.steps_to_come());
            dated.extend(self.answers_due());
            for (id, statement) in &self.incident.statements {
                dated.extend(self.post_due(id, statement));
                dated.extend(self.word_due(id, statement));
                dated.extend(self.lapse_due(id));
            }
        }
        dated.sort_by(|one, other| (one.at, &one.part, &one.what).cmp(&(other.at, &other.part, &other.what)));
        dated
    }

    fn dated(&self, at: Timestamp, late: bool, what: String, who: String, part: String) -> Dated {
        let (incident, title) = (self.incident.id, self.incident.title.clone());
        Dated { at, when: self.time(at), late: late || at < self.now, what, who, incident, title, part }
    }

    /// The first who answers for a role today, else the role.
    fn first_of(&self, role: &RoleName) -> String {
        let day = self.now.to_zoned(self.zone()).date();
        let first = self.incident.roster.seats(role.as_str(), day).into_iter().next();
        first.map_or_else(|| role.to_string(), |seat| format!("{} ({role})", self.name(&seat.person)))
    }

    /// Also what is left to do once the incident is over.
    fn tasks_due(&self) -> Vec<Dated> {
        let mut dated = Vec::new();
        for task in self.incident.task_words(self.rules) {
            let (at, late) = match self.incident.tasks.get(&task.id) {
                Some(TaskPhase::Open { due: Some(due) }) => (*due, false),
                Some(TaskPhase::Overdue { due }) => (*due, true),
                Some(
                    TaskPhase::Open { due: None }
                    | TaskPhase::Waiting
                    | TaskPhase::Done { .. }
                    | TaskPhase::Skipped(_)
                    | TaskPhase::Elsewhere { .. },
                )
                | None => continue,
            };
            if !self.incident.is_running() && self.incident.resuming() != Some(&task.id) {
                continue;
            }
            let who = match self.rules.playbook.step(&task.id).map(|step| &step.kind) {
                Some(StepKind::Task(step)) => self.first_of(&step.by),
                Some(StepKind::Alert(_) | StepKind::Statement(_)) | None => task.who,
            };
            dated.push(self.dated(at, late, task.todo, who, format!("task-{}", task.id)));
        }
        dated
    }

    fn duty_to_accept(&self) -> Option<Dated> {
        let offered = self.incident.hand_over.as_ref()?;
        let what = format!("Accept the incident from {}", self.name(&offered.by));
        let at = ACCEPT_WITHIN.after(offered.at);
        Some(self.dated(at, offered.unanswered, what, self.name(&offered.to), "top".to_owned()))
    }

    /// Steps that begin by the clock.
    fn steps_to_come(&self) -> Vec<Dated> {
        let opened = self.incident.steps_from;
        let due = |step: &Step| step.at.map(|period| period.after(opened)).filter(|due| *due > self.now);
        let steps = self.rules.playbook.timeline.iter().filter_map(|step| Some((step, due(step)?)));
        let mut dated = Vec::new();
        for (step, at) in steps {
            let (waits, what, who, part) = match &step.kind {
                StepKind::Alert(_) => continue,
                StepKind::Task(task) => (
                    self.incident.tasks.get(&step.id) == Some(&TaskPhase::Waiting),
                    format!("To be begun: {}", task.todo),
                    self.first_of(&task.by),
                    format!("task-{}", step.id),
                ),
                StepKind::Statement(_) => (
                    self.incident.statements.get(&step.id).is_some_and(|found| found.phase == StatementPhase::Waiting),
                    format!("To be begun: the {}", Self::statement_name(&step.id)),
                    self.duty().name,
                    format!("statement-{}", step.id),
                ),
            };
            if waits {
                dated.push(self.dated(at, false, what, who, part));
            }
        }
        dated
    }

    /// By when people are asked to answer, those who are asked the same together.
    fn answers_due(&self) -> Vec<Dated> {
        let mut asked: BTreeMap<(Timestamp, String, String), Vec<String>> = BTreeMap::new();
        let waiting = |request: &&Request| {
            self.incident.awaits(request, self.now).is_ok() && !self.incident.stage_is_met(&request.of, request.stage)
        };
        for request in self.incident.requests.iter().filter(waiting) {
            let Some(until) = request.until else { continue };
            let (what, part) = match &request.of {
                Subject::Statement(id) => {
                    (format!("Answer: the {}", Self::statement_name(id)), format!("statement-{id}"))
                }
                Subject::StandDown => ("Answer: whether it is over".to_owned(), "end".to_owned()),
            };
            asked.entry((until, what, part)).or_default().push(self.name(&request.person));
        }
        let dated = |((at, what, part), who): (_, Vec<String>)| self.dated(at, false, what, listed(&who), part);
        asked.into_iter().map(dated).collect()
    }

    /// The first post of a statement that was begun. Of a later round the promise tells the time.
    fn post_due(&self, id: &StepId, statement: &Statement) -> Option<Dated> {
        let is_open = match &statement.phase {
            StatementPhase::Drafting(_) | StatementPhase::Asking(_) => true,
            StatementPhase::Posting(posting) => !posting.anything_confirmed(),
            StatementPhase::Waiting
            | StatementPhase::Ready(_)
            | StatementPhase::Posted(_)
            | StatementPhase::Withdrawn
            | StatementPhase::Skipped(_) => false,
        };
        let at = statement.due.filter(|_| is_open && !matches!(statement.origin, Origin::Round { .. }))?;
        let what = format!("Post the {}", Self::statement_name(id));
        Some(self.dated(at, statement.overdue, what, self.duty().name, format!("statement-{id}")))
    }

    /// What was approved ahead and waits for a word.
    fn lapse_due(&self, id: &StepId) -> Option<Dated> {
        let at = self.incident.lapses_at(id)?;
        let step = self.incident.statement_step(id, self.rules)?;
        let executive = [RoleName::from(role::EXECUTIVE)];
        let roles = if step.instead_of.is_some() { &executive[..] } else { &step.on_word_of };
        let who: Vec<String> = roles.iter().map(|role| self.first_of(role)).collect();
        let what = format!("The {} lapses, where nobody gives the word for it", Self::statement_name(id));
        Some(self.dated(at, false, what, listed(&who), format!("statement-{id}")))
    }

    fn word_due(&self, id: &StepId, statement: &Statement) -> Option<Dated> {
        let promise = statement.promise.as_ref()?;
        let late = match promise.phase {
            PromisePhase::Open => false,
            PromisePhase::Missed | PromisePhase::Paged => true,
            PromisePhase::Kept { .. } => return None,
        };
        let what = format!("Say the next word: the {} promised it", Self::statement_name(id));
        Some(self.dated(promise.by, late, what, self.duty().name, format!("statement-{id}")))
    }
}
