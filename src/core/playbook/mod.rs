//! A playbook: what is done, by whom and in which order, when a kind of crisis happens. Checked before it gets here.

mod fact;
mod quorum;
mod step;

pub use fact::{FACT_CHARS_MAX, FactError, FactKind, FactSpec, FactValue};
pub use quorum::{Quorum, Stage};
use serde::{Deserialize, Serialize};
pub use step::{Again, AlertStep, Milestone, Reached, StatementStep, Step, StepKind, TaskStep, Usage, Way};

use super::condition::Condition;
use super::name::{FactName, PlaybookName, StepId};
use super::period::Period;
use super::severity::Severity;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playbook {
    pub name: PlaybookName,
    pub title: String,
    pub when_to_use: String,
    /// The first that holds applies; one that cannot be told yet is passed over and never lowers.
    pub severity: Vec<SeverityRule>,
    /// In the order written, which is the order asked.
    pub facts: Vec<FactSpec>,
    pub timeline: Vec<Step>,
    /// Steps of playbooks that ran before in the same incident: nothing of them starts any more, and what they said is
    /// corrected by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Step>,
    pub stand_down: StandDown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityRule {
    pub severity: Severity,
    pub when: Condition,
}

/// When standing down is proposed by itself, and who must agree however it was proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandDown {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// How long `when` must hold without a break.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasting: Option<Period>,
    pub approval: Vec<Stage>,
}

impl Playbook {
    /// What can start, then what ran before.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.timeline.iter().chain(&self.before)
    }

    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps().find(|step| step.id == *id)
    }

    /// Whether it is a step that can start.
    pub fn runs(&self, id: &StepId) -> bool {
        self.timeline.iter().any(|step| step.id == *id)
    }

    pub fn fact(&self, name: &FactName) -> Option<&FactSpec> {
        self.facts.iter().find(|fact| fact.name == *name)
    }

    pub fn statement(&self, id: &StepId) -> Option<&StatementStep> {
        match &self.step(id)?.kind {
            StepKind::Statement(statement) => Some(statement),
            StepKind::Alert(_) | StepKind::Task(_) => None,
        }
    }

    pub fn alert(&self, id: &StepId) -> Option<&AlertStep> {
        match &self.step(id)?.kind {
            StepKind::Alert(alert) => Some(alert),
            StepKind::Task(_) | StepKind::Statement(_) => None,
        }
    }

    /// The alerts that can start.
    pub fn alerts(&self) -> impl Iterator<Item = (&Step, &AlertStep)> {
        self.timeline.iter().filter_map(|step| match &step.kind {
            StepKind::Alert(alert) => Some((step, alert)),
            StepKind::Task(_) | StepKind::Statement(_) => None,
        })
    }
}
