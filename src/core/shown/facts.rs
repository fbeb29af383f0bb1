//! What is known, by whose word, and what is not.

use serde::Serialize;

use super::Shown;
use crate::core::incident::Fact;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KnownFact {
    pub ask: String,
    pub value: String,
    pub confirmed_by: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnknownFact {
    pub ask: String,
    pub state: String,
}

impl Shown<'_> {
    pub fn known_facts(&self) -> Vec<KnownFact> {
        let zone = self.zone();
        let known = self.rules.playbook.facts.iter().filter_map(|spec| match self.incident.facts.get(&spec.name) {
            Some(Fact::Confirmed { value, by, .. }) => {
                Some(KnownFact { ask: spec.ask.clone(), value: value.shown(&zone), confirmed_by: self.name(by) })
            }
            Some(Fact::Proposed { .. } | Fact::LeftUnknown { .. }) | None => None,
        });
        known.collect()
    }

    pub fn unknown_facts(&self) -> Vec<UnknownFact> {
        let unknown = self.rules.playbook.facts.iter().filter_map(|spec| {
            let state = match self.incident.facts.get(&spec.name) {
                Some(Fact::Confirmed { .. }) => return None,
                Some(Fact::Proposed { by, .. }) => format!("{} wrote something; it is not confirmed", self.name(by)),
                Some(Fact::LeftUnknown { by }) => format!("{} says that it is not known for now", self.name(by)),
                None => "nobody has said yet".to_owned(),
            };
            Some(UnknownFact { ask: spec.ask.clone(), state })
        });
        unknown.collect()
    }
}
