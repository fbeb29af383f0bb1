//! A playbook: what is done, by whom and in which order, when a kind of crisis happens. Checked before it gets here.

mod fact;
mod quorum;
mod step;

pub use fact::{FACT_CHARS_MAX, FactError, FactKind, FactSpec, FactValue};
pub use quorum::{Quorum, Stage};
use serde::{Deserialize, Serialize};
pub use step::{Again, AlertStep, Milestone, Reached, StatementStep, Step, StepKind, TaskStep};

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
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.timeline.iter().find(|step| step.id == *id)
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

    pub fn alerts(&self) -> impl Iterator<Item = (&Step, &AlertStep)> {
        self.timeline.iter().filter_map(|step| match &step.kind {
            StepKind::Alert(alert) => Some((step, alert)),
            StepKind::Task(_) | StepKind::Statement(_) => None,
        })
    }
}
