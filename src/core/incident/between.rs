//! What passes between incidents: events of one that another causes.

use serde::{Deserialize, Serialize};

use super::advance::Turn;
use super::merge::TakenOver;
use super::pause::PauseStands;
use super::{Incident, IncidentId, Refusal};
use crate::core::name::PersonId;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Between {
    /// Another open incident has the pause of what is scheduled elsewhere, or had it.
    PauseElsewhere {
        incident: IncidentId,
        stands: PauseStands,
    },
    /// No incident is open any more: what this one paused may go on.
    AllOver,
    /// Another incident is to be seen beside this one; it is told the same.
    Linked {
        with: IncidentId,
        by: PersonId,
        reason: String,
    },
    Unlinked {
        with: IncidentId,
        by: PersonId,
        reason: String,
    },
    /// It stood down into another, which took over what was left to do.
    MergedInto {
        incident: IncidentId,
        by: PersonId,
        reason: String,
    },
    /// It took over what was left of another.
    TookOver(Box<TakenOver>),
}

impl Between {
    /// The word in the log's header.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PauseElsewhere { .. } => "pause_elsewhere",
            Self::AllOver => "all_over",
            Self::Linked { .. } => "linked",
            Self::Unlinked { .. } => "unlinked",
            Self::MergedInto { .. } => "merged_into",
            Self::TookOver(_) => "took_over",
        }
    }

    /// The person whose doing it is; none where another incident's turn caused it.
    pub fn actor(&self) -> Option<&PersonId> {
        match self {
            Self::PauseElsewhere { .. } | Self::AllOver => None,
            Self::Linked { by, .. } | Self::Unlinked { by, .. } | Self::MergedInto { by, .. } => Some(by),
            Self::TookOver(other) => Some(&other.by),
        }
    }

    pub(super) fn sentence(&self, told_in: &Incident) -> String {
        let name = |person: &PersonId| told_in.roster.name_of(person).to_owned();
        match self {
            Self::PauseElsewhere { incident, stands: PauseStands::Asked } => {
                format!("Incident {incident} has the pause of what is scheduled elsewhere, for all that is open.")
            }
            Self::PauseElsewhere { incident, stands: PauseStands::Settled } => {
                format!(
                    "In incident {incident} the pause of what is scheduled elsewhere is settled, for all that is open."
                )
            }
            Self::PauseElsewhere { incident, stands: PauseStands::GivenUp } => {
                format!("Incident {incident} does not have the pause of what is scheduled elsewhere any more.")
            }
            Self::AllOver => "No incident is open any more: what was paused may go on.".to_owned(),
            Self::Linked { with, by, reason } => format!("{} linked it with incident {with}: {reason}", name(by)),
            Self::Unlinked { with, by, reason } => {
                format!("{} took the link with incident {with} away: {reason}", name(by))
            }
            Self::MergedInto { incident, by, reason } => {
                format!("{} merged it into incident {incident}: {reason}", name(by))
            }
            Self::TookOver(other) => {
                let (facts, tasks) = (other.facts.len(), other.tasks.len());
                format!(
                    "{} merged incident {} into this one, with its facts ({facts}) and open tasks ({tasks}): {}",
                    name(&other.by),
                    other.incident,
                    other.reason
                )
            }
        }
    }
}

impl Turn<'_> {
    pub(super) fn between(&mut self, event: &Between) -> Result<(), Refusal> {
        match event {
            Between::PauseElsewhere { incident, stands } => self.pause_elsewhere(*incident, *stands),
            Between::AllOver => self.ask_to_resume(),
            Between::Linked { with, by, reason } => self.link(*with, by, reason),
            Between::Unlinked { with, by, reason } => self.unlink(*with, by, reason),
            Between::MergedInto { incident, by, reason } => self.running()?.merge_into(*incident, by, reason),
            Between::TookOver(other) => self.running()?.take_over(other),
        }
    }
}
