//! The cast: people who read their mail and do what it asks, each after a while, unless the scenario says otherwise.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::letters::request_in;
use crate::core::incident::{AlertPhase, Hold, Incident, PostPhase, StatementPhase, TaskPhase};
use crate::core::name::{ChannelName, FactName, PersonId, StepId};
use crate::core::period::Period;
use crate::core::playbook::{FactKind, FactSpec, FactValue, StepKind};
use crate::core::rehearsal::{Answers, Scenario};
use crate::core::rules::Rules;
use crate::mail::Mailbox;

/// How long somebody takes to answer of whom the scenario says nothing.
pub const ANSWERS_AFTER: Period = Period::minutes(2);
/// A number that nobody can take for a real one.
const INVENTED_NUMBER: i64 = 12;

/// What somebody is about to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    TakeUp,
    Confirm { fact: FactName, value: Option<FactValue> },
    Do { task: StepId },
    Answer { token: String, code: String },
    Mend { statement: StepId },
    Redraft { statement: StepId },
    PostByHand { statement: StepId, channel: ChannelName },
    SayNotThere { statement: StepId, channel: ChannelName },
}

/// Somebody will do something, unless they cannot be reached when the time comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Intention {
    pub(super) person: PersonId,
    pub(super) at: Timestamp,
    pub(super) act: Act,
    /// What it is known by, so that nobody does it twice.
    pub(super) key: String,
}

/// How somebody answers the next time they are asked about a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Otherwise {
    Refuse { reason: String },
    Change { words: String },
}

#[derive(Debug, Default)]
pub(super) struct Cast {
    pub(super) unreachable: BTreeSet<PersonId>,
    pub(super) otherwise: BTreeMap<(PersonId, StepId), Otherwise>,
    /// What the duty officer does with a statement that somebody did not approve: adds these words, or talks it over.
    pub(super) mending: BTreeMap<StepId, Option<String>>,
    /// What each person has set out to do.
    begun: BTreeSet<(PersonId, String)>,
}

/// What the cast looks at.
pub(super) struct Sight<'a> {
    pub(super) incident: &'a Incident,
    pub(super) rules: &'a Rules,
    pub(super) scenario: &'a Scenario,
    pub(super) mailbox: &'a Mailbox,
    pub(super) url: &'a str,
    pub(super) now: Timestamp,
}

impl Cast {
    /// Forgets that it was done: it is set out for once more when it can be.
    pub(super) fn left_undone(&mut self, intention: &Intention) {
        self.begun.remove(&(intention.person.clone(), intention.key.clone()));
    }

    /// What people set out to do, given what they have read and see.
    pub(super) fn intend(&mut self, sight: &Sight<'_>) -> Vec<Intention> {
        let mut wanted = Vec::new();
        sight.alerts(&mut wanted);
        sight.requests(&mut wanted);
        if sight.incident.verified.is_some() {
            sight.facts(self, &mut wanted);
            sight.tasks(&mut wanted);
            sight.statements(&mut wanted);
        }
        let mut intentions = Vec::new();
        for (person, key, act) in wanted {
            let Some(after) = self.delay(sight.scenario, &person) else { continue };
            if self.begun.insert((person.clone(), key.clone())) {
                intentions.push(Intention { person, at: after.after(sight.now), act, key });
            }
        }
        intentions
    }

    /// How long this person takes; none where they never answer.
    fn delay(&self, scenario: &Scenario, person: &PersonId) -> Option<Period> {
        if self.unreachable.contains(person) {
            return None;
        }
        match scenario.people.get(person) {
            Some(Answers::Never) => None,
            Some(Answers::After(period)) => Some(*period),
            None => Some(ANSWERS_AFTER),
        }
    }

    fn first_who_answers(&self, scenario: &Scenario, people: Vec<PersonId>) -> Option<PersonId> {
        people.into_iter().find(|person| self.delay(scenario, person).is_some())
    }
}

type Wanted = Vec<(PersonId, String, Act)>;

impl Sight<'_> {
    /// Whether this person has had any mail about the incident: who was told nothing does nothing.
    fn has_mail(&self, person: &PersonId) -> bool {
        let Some(person) = self.incident.roster.person(person) else { return false };
        let page = format!("{}/incident/{}", self.url, self.incident.id);
        self.mailbox.to(&person.email).iter().any(|letter| letter.letter.text.contains(&page))
    }

    fn seats(&self, role: &str) -> Vec<PersonId> {
        let day = self.now.to_zoned(self.rules.organisation.zone()).date();
        self.incident.roster.seats(role, day).into_iter().map(|seat| seat.person).collect()
    }

    /// Whoever answers for the incident: its claimer, or who would be alerted first.
    fn duty(&self) -> Vec<PersonId> {
        if let Some(duty) = &self.incident.duty {
            return vec![duty.clone()];
        }
        self.rules
            .playbook
            .alerts()
            .flat_map(|(_, alert)| &alert.to)
            .flat_map(|role| self.seats(role.as_str()))
            .collect()
    }

    fn alerts(&self, wanted: &mut Wanted) {
        if self.incident.duty.is_some() {
            return;
        }
        for (alert, phase) in &self.incident.alerts {
            let AlertPhase::Ringing { rung, told } = phase else { continue };
            let woken = told.iter().filter(|person| self.has_mail(person));
            wanted.extend(woken.map(|person| (person.clone(), format!("alert {alert} {rung}"), Act::TakeUp)));
        }
    }

    fn requests(&self, wanted: &mut Wanted) {
        // Mails that went out at once arrive in any order; the same rehearsal tells the same story.
        let mut letters = self.mailbox.all();
        letters.sort_by(|one, other| {
            (&one.letter.to, &one.letter.subject).cmp(&(&other.letter.to, &other.letter.subject))
        });
        for letter in letters {
            let Some((token, code)) = request_in(&letter, self.url) else { continue };
            let to = |person: &crate::core::roster::Person| person.email.eq_ignore_ascii_case(&letter.letter.to);
            let found = self.incident.roster.people.iter().find(|(_, person)| to(person));
            if let Some((person, _)) = found {
                wanted.push((person.clone(), format!("letter {}", letter.number), Act::Answer { token, code }));
            }
        }
    }

    fn facts(&self, cast: &Cast, wanted: &mut Wanted) {
        for spec in &self.rules.playbook.facts {
            if self.incident.facts.contains_key(&spec.name) {
                continue;
            }
            let people = spec.confirmed_by.as_ref().map_or_else(|| self.duty(), |role| self.seats(role.as_str()));
            let Some(person) = cast.first_who_answers(self.scenario, people) else { continue };
            let value = self.scenario.facts.get(&spec.name).cloned().or_else(|| self.invented(spec));
            let act = Act::Confirm { fact: spec.name.clone(), value };
            wanted.push((person, format!("fact {}", spec.name), act));
        }
    }

    /// What stands for a fact that the scenario does not name; none where it may stay unknown.
    fn invented(&self, spec: &FactSpec) -> Option<FactValue> {
        let organisation = &self.rules.organisation;
        if spec.may_stay_unknown {
            return None;
        }
        let suggested = spec.suggestion.as_ref().and_then(|text| spec.kind.parse(text, &organisation.zone()).ok());
        Some(suggested.unwrap_or_else(|| match spec.kind {
            FactKind::Text => FactValue::Text("What is known so far was confirmed for this rehearsal.".to_owned()),
            FactKind::Number => FactValue::Number(INVENTED_NUMBER),
            FactKind::Datetime => FactValue::Datetime(self.incident.opened_at),
            FactKind::Phone => FactValue::Phone(organisation.hotline.clone()),
            FactKind::Link => FactValue::Link("https://rehearsal.invalid/".to_owned()),
        }))
    }

    fn tasks(&self, wanted: &mut Wanted) {
        for (task, phase) in &self.incident.tasks {
            let open = match phase {
                TaskPhase::Open { .. } | TaskPhase::Overdue { .. } => true,
                TaskPhase::Waiting | TaskPhase::Done { .. } | TaskPhase::Skipped(_) | TaskPhase::Elsewhere { .. } => {
                    false
                }
            };
            let Some(StepKind::Task(step)) = self.rules.playbook.step(task).map(|step| &step.kind) else { continue };
            let asked = self.seats(step.by.as_str()).into_iter().find(|person| open && self.has_mail(person));
            wanted.extend(asked.map(|person| (person, format!("task {task}"), Act::Do { task: task.clone() })));
        }
    }

    fn statements(&self, wanted: &mut Wanted) {
        for (step, statement) in &self.incident.statements {
            let version = statement.version();
            let duty = || self.duty().into_iter().next();
            match &statement.phase {
                StatementPhase::Drafting(Hold::Refused { .. }) => {
                    let mend = Act::Mend { statement: step.clone() };
                    let round = self.incident.requests.len();
                    wanted.extend(duty().map(|person| (person, format!("mend {step} {version} {round}"), mend)));
                }
                StatementPhase::Drafting(Hold::FactsChanged) => {
                    let redraft = Act::Redraft { statement: step.clone() };
                    wanted.extend(duty().map(|person| (person, format!("redraft {step} {version}"), redraft)));
                }
                StatementPhase::Posting(posting) | StatementPhase::Posted(posting) => {
                    for (channel, post) in &posting.posts {
                        self.post(step, channel, post, wanted);
                    }
                }
                StatementPhase::Waiting
                | StatementPhase::Asking(_)
                | StatementPhase::Ready(_)
                | StatementPhase::Skipped(_)
                | StatementPhase::Withdrawn
                | StatementPhase::Drafting(
                    Hold::Facts(_)
                    | Hold::Draft
                    | Hold::DraftFailed(_)
                    | Hold::Blocked(_)
                    | Hold::Unverified
                    | Hold::Lapsed
                    | Hold::NobodyToAsk,
                ) => {}
            }
        }
    }

    fn post(&self, step: &StepId, channel: &ChannelName, post: &PostPhase, wanted: &mut Wanted) {
        let (statement, channel) = (step.clone(), channel.clone());
        match post {
            PostPhase::ByHand { by } => {
                let key = format!("by hand {step} {channel}");
                wanted.push((by.clone(), key, Act::PostByHand { statement, channel }));
            }
            PostPhase::NeedsPerson { attempt, .. } => {
                let key = format!("look {step} {channel} {attempt}");
                let person = self.duty().into_iter().next();
                wanted.extend(person.map(|person| (person, key, Act::SayNotThere { statement, channel })));
            }
            PostPhase::Owed { .. }
            | PostPhase::Intended { .. }
            | PostPhase::Unknown { .. }
            | PostPhase::Confirmed { .. }
            | PostPhase::Refused { .. }
            | PostPhase::Cancelled
            | PostPhase::TakingDown { .. }
            | PostPhase::TakenDown { .. } => {}
        }
    }
}
