//! The notice that an open incident runs another playbook.

use super::Scene;
use super::notice::Words;
use crate::core::incident::StatementPhase;
use crate::core::shown::{Shown, listed};

impl Scene<'_> {
    pub(super) fn playbook_switched(&self) -> Words {
        let switched = self.incident.switched.as_ref();
        let (who, reason) =
            switched.map(|switched| (self.shown().name(&switched.by), switched.reason.clone())).unwrap_or_default();
        let before = switched.and_then(|switched| switched.before.last()).cloned().unwrap_or_default();
        let title = &self.incident.title;
        Words {
            subject: "Another playbook".to_owned(),
            sentence: format!(
                "{who} switched this incident from the playbook {before} to the playbook {title}. The reason: {reason}"
            ),
            now: format!(
                "{} A link that you were sent for what was not posted decides nothing now; what the new playbook needs \
                 is asked anew. What was posted stays, and can be corrected.{}",
                self.withdrawn(),
                self.still_promised()
            ),
        }
    }

    /// What somebody had a draft of.
    fn withdrawn(&self) -> String {
        let withdrawn = self
            .incident
            .statements
            .iter()
            .filter(|(_, statement)| statement.phase == StatementPhase::Withdrawn && statement.current().is_some());
        let names: Vec<String> = withdrawn.map(|(id, _)| format!("the {}", Shown::statement_name(id))).collect();
        if names.is_empty() {
            "Nothing had to be withdrawn.".to_owned()
        } else {
            format!("Withdrawn: {}.", listed(&names))
        }
    }

    fn still_promised(&self) -> String {
        let (shown, owes) = (self.shown(), self.shown().duty().name);
        let open = self.incident.statements.iter().filter_map(|(id, statement)| {
            let promise = statement.promise.as_ref().filter(|promise| !promise.phase.is_kept())?;
            let (name, by) = (Shown::statement_name(id), shown.time(promise.by));
            Some(format!(" The {name} promised the next word by {by}: {owes} owes it."))
        });
        open.collect()
    }
}
