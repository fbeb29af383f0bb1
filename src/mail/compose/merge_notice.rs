//! Notices of merging: to those of the incident that ended, and to those of the one that goes on.

use super::Scene;
use super::notice::Words;
use crate::core::incident::{IncidentId, Merged};

impl Scene<'_> {
    pub(super) fn merged_into(&self, incident: IncidentId) -> Words {
        let (who, reason) = self.merged(self.incident.merged_into.as_ref().map(|(_, merged)| merged));
        Words {
            subject: format!("Merged into incident {incident}"),
            sentence: format!("{who} merged this incident into incident {incident}. The reason: {reason}"),
            now: format!(
                "What was not posted of it is withdrawn, and links of its requests decide nothing now. Its open tasks are \
                 in incident {incident}: {}/incident/{incident}",
                self.url
            ),
        }
    }

    pub(super) fn took_over(&self, incident: IncidentId) -> Words {
        let (who, reason) = self.merged(self.incident.taken_over.get(&incident));
        Words {
            subject: format!("Incident {incident} merged into this"),
            sentence: format!("{who} merged incident {incident} into this one. The reason: {reason}"),
            now: "Open the incident's page: see what came with it, its open tasks and what it knew. If you were asked \
                  whether this one is over, that link decides nothing now."
                .to_owned(),
        }
    }

    fn merged(&self, merged: Option<&Merged>) -> (String, String) {
        merged.map(|merged| (self.shown().name(&merged.by), merged.reason.clone())).unwrap_or_default()
    }
}
