//! A step: one line of a playbook's timeline, and when it starts.

use serde::{Deserialize, Serialize};

use super::Stage;
use crate::core::condition::Condition;
use crate::core::name::{ChannelName, FactName, RoleName, StepId, TemplateName};
use crate::core::period::Period;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub id: StepId,
    /// How long after the opening; at once without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Period>,
    /// What must have been reached by another step first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Milestone>,
    /// Starts only where this holds; cannot tell waits, does not hold skips until it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    pub kind: StepKind,
}

impl Step {
    /// Whether it is the pause of what is scheduled elsewhere.
    pub fn is_pause(&self) -> bool {
        match &self.kind {
            StepKind::Task(task) => task.resume.is_some(),
            StepKind::Alert(_) | StepKind::Statement(_) => false,
        }
    }

    /// Whether a text of it comes from this template.
    pub fn says_by(&self, template: &TemplateName) -> bool {
        match &self.kind {
            StepKind::Statement(statement) => {
                let again = statement.again.as_ref().map(|again| &again.nothing_new.template);
                statement.template == *template || again == Some(template)
            }
            StepKind::Alert(_) | StepKind::Task(_) => false,
        }
    }
}

/// How people are woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    Mail,
    /// By whatever the pager wakes.
    Page,
}

fn by_mail() -> Vec<Way> {
    vec![Way::Mail]
}

fn is_by_mail(by: &[Way]) -> bool {
    by == [Way::Mail]
}

/// `X.done`, `X.posted`, `X.posted_everywhere`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    pub step: StepId,
    pub reached: Reached,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// The task was done, or the alert claimed.
    Done,
    /// The first channel confirmed.
    Posted,
    /// No channel is owed any more.
    PostedEverywhere,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    Alert(AlertStep),
    Task(TaskStep),
    Statement(StatementStep),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertStep {
    /// The first of each role is alerted first.
    pub to: Vec<RoleName>,
    /// By which ways; by mail alone where it is not said.
    #[serde(default = "by_mail", skip_serializing_if = "is_by_mail")]
    pub by: Vec<Way>,
    pub acknowledge_within: Period,
    /// Alerted as well where nobody claimed in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<RoleName>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskStep {
    pub todo: String,
    pub by: RoleName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Period>,
    /// What is to be done once no incident is open any more. It makes this the pause: one task for all open incidents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<String>,
}

/// What an approved statement is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// It goes to its channels.
    #[default]
    Post,
    /// It is never posted: whoever answers phones says it, and each use is written down.
    IfAsked,
    /// It is kept once it is approved, and goes to its channels on a named person's word alone.
    Hold,
    /// An instruction that is kept once it is approved, and sent by one yes of somebody who is signed in. Nobody edits it.
    LifeSafety,
}

impl Usage {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_post(&self) -> bool {
        match self {
            Self::Post => true,
            Self::IfAsked | Self::Hold | Self::LifeSafety => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementStep {
    /// What it is for.
    #[serde(rename = "use", default, skip_serializing_if = "Usage::is_post")]
    pub usage: Usage,
    pub audience: String,
    pub template: TemplateName,
    pub channels: Vec<ChannelName>,
    /// Who is told when there is something to say if asked, and when not any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tell: Vec<RoleName>,
    /// On whose word it goes out, where it is held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_word_of: Vec<RoleName>,
    /// It is a line for when nobody answers for that statement: offered at the end of its ladder, on no other word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<StepId>,
    /// How long after its approval it is held at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapses: Option<Period>,
    /// Facts that must be confirmed before a word is drafted.
    pub needs: Vec<FactName>,
    /// From the step's start to the first post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Period>,
    /// From the deadline for this post to the next word that it promises; none where nothing is promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_update: Option<Period>,
    pub approval: Vec<Stage>,
    /// It comes again until the incident stands down; `next_update` is then the same time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Box<Again>>,
}

/// A statement that comes in rounds, each of which promises the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// From one promised time to the next.
    pub every: Period,
    /// What a round says that has no news, under an approval of its own.
    pub nothing_new: StatementStep,
}
