//! What `holdline audit hold` asks for, in the daemon or where none runs.

use serde::{Deserialize, Serialize};

use crate::core::incident::IncidentId;
use crate::core::name::PersonId;
use crate::engine::{RecordError, Work};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum HoldRequest {
    Hold { incident: IncidentId, by: PersonId, reason: String },
    Lift { incident: IncidentId, by: PersonId, reason: String },
    List,
}

/// Carries it out; says what came of it.
pub fn hold(work: &mut Work<'_, '_>, request: HoldRequest) -> Result<Vec<String>, RecordError> {
    match request {
        HoldRequest::Hold { incident, by, reason } => {
            work.place_hold(incident, &by, &reason)?;
            Ok(vec![format!("Incident {incident} is held: nothing of it is erased before somebody lifts the hold.")])
        }
        HoldRequest::Lift { incident, by, reason } => {
            work.lift_hold(incident, &by, &reason)?;
            Ok(vec![format!(
                "Incident {incident} is held no more. Where its time is over, its words go within minutes."
            )])
        }
        HoldRequest::List => {
            let holds = work.holds().iter();
            let said: Vec<String> =
                holds.map(|(incident, hold)| format!("{incident}: held by {}. {}", hold.by, hold.reason)).collect();
            Ok(if said.is_empty() { vec!["No incident is held.".to_owned()] } else { said })
        }
    }
}
