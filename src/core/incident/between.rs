//! What passes between incidents: events of one that another causes.

use serde::{Deserialize, Serialize};

use super::advance::Turn;
use super::pause::PauseStands;
use super::{IncidentId, Refusal};
use crate::core::name::PersonId;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Between {
    /// Another open incident has the pause of what is scheduled elsewhere, or had it.
    PauseElsewhere { incident: IncidentId, stands: PauseStands },
    /// No incident is open any more: what this one paused may go on.
    AllOver,
}

impl Between {
    /// The word in the log's header.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PauseElsewhere { .. } => "pause_elsewhere",
            Self::AllOver => "all_over",
        }
    }

    /// The person whose doing it is; none where another incident's turn caused it.
    pub fn actor(&self) -> Option<&PersonId> {
        match self {
            Self::PauseElsewhere { .. } | Self::AllOver => None,
        }
    }

    pub(super) fn sentence(&self) -> String {
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
        }
    }
}

impl Turn<'_> {
    pub(super) fn between(&mut self, event: &Between) -> Result<(), Refusal> {
        match event {
            Between::PauseElsewhere { incident, stands } => self.pause_elsewhere(*incident, *stands),
            Between::AllOver => self.ask_to_resume(),
        }
    }
}
