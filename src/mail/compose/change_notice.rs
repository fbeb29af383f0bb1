//! Notices about a changed roster, to the old address too: whoever reads there may be the only one to know that it is wrong.

use super::Scene;
use super::notice::Words;
use crate::core::incident::ChangePhase;
use crate::core::shown::{Shown, listed};

impl Scene<'_> {
    fn what_changes(&self, change: u32) -> String {
        self.incident.change(change).map(Shown::change).unwrap_or_default()
    }

    pub(super) fn change_offered(&self, change: u32) -> Words {
        Words {
            subject: "A change of people waits for two".to_owned(),
            sentence: format!("holdline.yaml was changed. For this incident it would mean: {}.", self.what_changes(change)),
            now: "It does not hold here yet. If it is right, two people with a role in this incident, others than the one \
                  who gains by it, agree to it on the incident's page. If you did not expect it, agree to nothing and \
                  call the duty officer: somebody changed the file."
                .to_owned(),
        }
    }

    pub(super) fn change_made(&self, change: u32) -> Words {
        let by = match self.incident.change(change).map(|offered| &offered.phase) {
            Some(ChangePhase::Made { by, .. }) => by.iter().map(|person| self.shown().name(person)).collect(),
            Some(ChangePhase::Waiting { .. } | ChangePhase::Dropped) | None => Vec::new(),
        };
        Words {
            subject: "People of the incident changed".to_owned(),
            sentence: format!("{} agreed, so this holds now: {}.", listed(&by), self.what_changes(change)),
            now: "Nothing for you to do if it is right. If it is not, call the duty officer at once.".to_owned(),
        }
    }
}
