//! Notices of the pause of what is scheduled elsewhere.

use super::notice::Words;
use crate::core::incident::IncidentId;

pub(super) fn pause_goes_on(incident: IncidentId) -> Words {
    Words {
        subject: "Stay paused, do not resume".to_owned(),
        sentence: format!("Incident {incident} was opened before anybody resumed what is paused, so it stays paused."),
        now: "If you began to resume it, pause it again. You are asked once more when no incident is open.".to_owned(),
    }
}
