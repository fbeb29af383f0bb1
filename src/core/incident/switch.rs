//! Another playbook for an open incident: what was said under the one before stays and can be corrected, what was not posted is
//! withdrawn, and the new one's steps begin now.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::advance::Turn;
use super::fact::says_fact;
use super::skip::Skipped;
use super::{AlertPhase, Fact, Incident, Notice, Refusal, StatementPhase, TaskPhase};
use crate::core::name::{FactName, PersonId, StepId, TemplateName, role};
use crate::core::playbook::{Playbook, Step, StepKind};
use crate::core::rules::{Rules, Template};
use crate::core::statement::Digest;

/// How often one incident gets another playbook; who needs more has another incident.
pub const SWITCHES_MAX: usize = 10;

/// Why another playbook takes the place of the one that runs, and which open tasks are dropped with that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// The title of the one that runs from now on.
    pub to: String,
    pub reason: String,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub drop: BTreeSet<StepId>,
}

/// The last switch of an incident's playbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switched {
    pub by: PersonId,
    pub at: Timestamp,
    pub reason: String,
    /// The titles of all that ran before, the first one first.
    pub before: Vec<String>,
}

impl Incident {
    /// The title that it had before its playbook was ever switched.
    pub(super) fn first_title(&self) -> &str {
        self.switched.as_ref().and_then(|switched| switched.before.first()).unwrap_or(&self.title)
    }

    /// The rules by which this incident goes on with the playbook of `next`. Its steps get names that nothing here has, so
    /// that nothing of before is taken for them. The steps of before are kept for what was said by them, with their own
    /// templates; and a channel of the same name is still the one that the incident opened with.
    pub fn rules_with(&self, now: &Rules, next: &Rules) -> Rules {
        let nth = self.switched.as_ref().map_or(0, |switched| switched.before.len()) + 1;
        let mut rules = next.clone();
        rename(&mut rules.playbook, &self.names(&now.playbook), self.pause.as_ref().map(|pause| &pause.task));
        let old_name = |name: &TemplateName| TemplateName::from(format!("before-{nth}/{name}"));
        let goes_on = |step: &Step| rules.playbook.runs(&step.id);
        let mut before = Vec::new();
        for step in now.playbook.timeline.iter().filter(|step| !goes_on(step)) {
            let mut step = step.clone();
            if let StepKind::Statement(statement) = &mut step.kind {
                statement.template = old_name(&statement.template);
                if let Some(again) = &mut statement.again {
                    again.nothing_new.template = old_name(&again.nothing_new.template);
                }
            }
            before.push(step);
        }
        before.extend(now.playbook.before.iter().filter(|step| !goes_on(step)).cloned());
        rules.playbook.before = before;
        for template in &now.templates {
            let used = now.playbook.timeline.iter().any(|step| step.says_by(&template.name));
            let kept = now.playbook.before.iter().any(|step| step.says_by(&template.name));
            if used {
                rules.templates.push(Template { name: old_name(&template.name), ..template.clone() });
            } else if kept {
                rules.templates.push(template.clone());
            }
        }
        for fact in &now.playbook.facts {
            let wanted = self.facts.contains_key(&fact.name) || self.has_posted_with(&fact.name, now);
            if wanted && next.playbook.fact(&fact.name).is_none() {
                rules.playbook.facts.push(fact.clone());
            }
        }
        for (name, channel) in &now.channels {
            rules.channels.insert(name.clone(), channel.clone());
        }
        rules
    }

    /// Whether a text that names the fact went to a channel: its correction names it again.
    fn has_posted_with(&self, fact: &FactName, now: &Rules) -> bool {
        let mut posted = self.statements.iter().filter(|(_, statement)| statement.posting().is_some());
        posted.any(|(id, _)| now.playbook.statement(self.step_of(id)).is_some_and(|step| says_fact(now, step, fact)))
    }

    /// Every name that a step had here.
    fn names(&self, playbook: &Playbook) -> BTreeSet<StepId> {
        let steps = playbook.steps().map(|step| &step.id);
        let mine = self.alerts.keys().chain(self.tasks.keys()).chain(self.statements.keys());
        steps.chain(mine).cloned().collect()
    }
}

/// Gives each step a name that is not taken, and what waits for it or stands in for it the same. The one pause of an incident
/// keeps its name, and with it how it stands.
fn rename(playbook: &mut Playbook, taken: &BTreeSet<StepId>, pause: Option<&StepId>) {
    let mut used: BTreeSet<StepId> = taken.clone();
    used.extend(playbook.timeline.iter().map(|step| step.id.clone()));
    let mut names: BTreeMap<StepId, StepId> = BTreeMap::new();
    for step in &playbook.timeline {
        if let Some(pause) = pause.filter(|_| step.is_pause()) {
            names.insert(step.id.clone(), pause.clone());
        } else if taken.contains(&step.id) {
            let mut name = StepId::from(format!("{}-anew", step.id));
            while !used.insert(name.clone()) {
                name = StepId::from(format!("{name}-anew"));
            }
            names.insert(step.id.clone(), name);
        }
    }
    for Step { id, after, kind, .. } in &mut playbook.timeline {
        let waits_for = after.as_mut().map(|milestone| &mut milestone.step);
        let stands_in_for = match kind {
            StepKind::Statement(statement) => statement.instead_of.as_mut(),
            StepKind::Alert(_) | StepKind::Task(_) => None,
        };
        for named in std::iter::once(id).chain(waits_for).chain(stands_in_for) {
            if let Some(name) = names.get(named) {
                *named = name.clone();
            }
        }
    }
}

impl Turn<'_> {
    /// `self.rules` are already those that the incident goes on with.
    pub(super) fn switch_playbook(&mut self, rules: Digest, by: &PersonId, switch: &Switch) -> Result<(), Refusal> {
        self.must_run_it(by)?;
        if switch.reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing);
        }
        let mut before = self.incident.switched.as_ref().map(|switched| switched.before.clone()).unwrap_or_default();
        if before.len() >= SWITCHES_MAX {
            return Err(Refusal::TooManySwitches(SWITCHES_MAX));
        }
        let is_other = self.incident.rules != rules && switch.to == self.rules.playbook.title;
        if !is_other || self.rules.hash() != rules {
            return Err(Refusal::NothingChanged);
        }
        if let Some(strange) = switch.drop.iter().find(|id| !self.incident.tasks.contains_key(*id)) {
            return Err(Refusal::NoSuchTask(strange.to_string()));
        }
        let mut people = self.reopen().unwrap_or_else(|| self.alerted());
        people.extend(self.withdraw_what_was_not_posted());
        // Also whoever approved what is public.
        people.extend(self.incident.requests.iter().map(|request| request.person.clone()));
        if self.incident.duty.is_some() {
            // Its alerts wake nobody where somebody has the incident; whoever they are for hears of it all the same.
            people.extend(self.first_of_the_alerts());
        }
        self.drop_tasks(by, switch);
        self.claimed_alerts_stand();
        self.incident.alerts.retain(|_, phase| *phase != AlertPhase::Waiting);
        self.judge_facts_anew();
        self.incident.rules = rules;
        before.push(std::mem::replace(&mut self.incident.title, switch.to.clone()));
        self.incident.steps_from = self.at;
        self.incident.quiet_since = None;
        let reason = switch.reason.trim().to_owned();
        self.incident.switched = Some(Switched { by: by.clone(), at: self.at, reason, before });
        // A pause that came with another incident is this playbook's own from now on.
        self.incident.added.retain(|id, _| !self.rules.playbook.runs(id));
        super::opening::lay_out(&mut self.incident, &self.rules.playbook);
        self.wake_steps();
        people.remove(by);
        for person in people {
            self.tell(&person, Notice::PlaybookSwitched);
        }
        Ok(())
    }

    /// Whoever has the duty or leads the communications, and whoever was woken.
    pub(super) fn must_run_it(&self, by: &PersonId) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        let incident = &self.incident;
        let was_woken = incident.alerts.values().any(|phase| match phase {
            AlertPhase::Ringing { told, .. } => told.contains(by),
            AlertPhase::Claimed { by: claimed, .. } => claimed == by,
            AlertPhase::Waiting => false,
        });
        let leads = incident.roster.may_answer_for(by, role::COMMS_LEAD, self.day());
        if was_woken || leads || incident.duty.as_ref() == Some(by) {
            return Ok(());
        }
        Err(Refusal::NotEntitled("the communications lead, the duty officer or somebody who was woken".to_owned()))
    }

    /// What is on its way is followed up, and is not tried again. Gives back whom it was asked of.
    fn withdraw_what_was_not_posted(&mut self) -> BTreeSet<PersonId> {
        for id in self.incident.statements.keys().cloned().collect::<Vec<_>>() {
            self.stop_posting_by_hand(&id);
        }
        let people = self.withdraw_statements();
        for statement in self.incident.statements.values_mut() {
            if let StatementPhase::Posting(posting) = &mut statement.phase {
                posting.recalled = true;
            }
        }
        people
    }

    /// Tasks that nobody was asked to do yet go with their playbook; of those that are open people say which.
    fn drop_tasks(&mut self, by: &PersonId, switch: &Switch) {
        let reason = format!("another playbook: {}", switch.reason.trim());
        for (id, phase) in &mut self.incident.tasks {
            let goes = match phase {
                TaskPhase::Waiting | TaskPhase::Elsewhere { .. } => true,
                TaskPhase::Open { .. } | TaskPhase::Overdue { .. } => switch.drop.contains(id),
                TaskPhase::Done { .. } | TaskPhase::Skipped(_) => false,
            };
            if goes {
                *phase = TaskPhase::Skipped(Skipped { by: by.clone(), at: self.at, reason: reason.clone() });
            }
        }
    }

    /// A fact that both playbooks know is kept. Where this one asks somebody else to confirm it, it is written down only.
    fn judge_facts_anew(&mut self) {
        let (roster, playbook) = (&self.incident.roster, &self.rules.playbook);
        self.incident.facts.retain(|name, fact| {
            let Some(spec) = playbook.fact(name) else { return false };
            if fact.value().is_some_and(|value| value.kind() != spec.kind) {
                return false;
            }
            let may_stay = spec.may_stay_unknown;
            let holds = |by: &PersonId| spec.confirmed_by.as_ref().is_none_or(|role| roster.holds(by, role.as_str()));
            match fact {
                Fact::Proposed { .. } => true,
                Fact::LeftUnknown { by } => may_stay && holds(by),
                Fact::Confirmed { value, filled_by, by } => {
                    if !holds(by) {
                        *fact = Fact::Proposed { value: value.clone(), by: filled_by.clone() };
                    }
                    true
                }
            }
        });
    }
}
