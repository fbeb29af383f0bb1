//! What conditions and templates see of an incident: facts that a person confirmed, the spike, the incident, the organisation.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Incident;
use crate::core::condition::{Known, Truth};
use crate::core::name::FactName;
use crate::core::playbook::{FactValue, Playbook};
use crate::core::rules::Rules;
use crate::core::severity::Severity;

/// The first rule that holds. One that cannot be told is passed over: it never lowers.
pub(super) fn severity(playbook: &Playbook, known: &Known) -> Option<Severity> {
    let holds = |truth: Truth| match truth {
        Truth::Holds => true,
        Truth::DoesNotHold | Truth::CannotTell => false,
    };
    playbook.severity.iter().find(|rule| holds(rule.when.holds(known))).map(|rule| rule.severity)
}

impl Incident {
    /// What conditions read. `expected`, `ratio` and `copies` are absent where the detector does not know them.
    pub fn known(&self, rules: &Rules) -> Known {
        let facts = self.confirmed_facts().into_iter();
        Known {
            facts: facts.map(|(name, value)| (name.to_string(), value.compared())).collect(),
            spike: self.known_spike().unwrap_or_default(),
            incident: object(json!({
                "id": self.id,
                "title": self.title,
                "severity": self.severity.to_string().to_lowercase(),
                "opened_at": self.opened_at.to_string(),
            })),
            organisation: object(json!({
                "name": rules.organisation.name,
                "timezone": rules.organisation.timezone,
                "hotline": rules.organisation.hotline,
                "press_office": rules.organisation.press_office,
            })),
        }
    }

    pub fn confirmed_facts(&self) -> BTreeMap<FactName, FactValue> {
        let confirmed = self.facts.iter().filter_map(|(name, fact)| Some((name.clone(), fact.confirmed()?.clone())));
        confirmed.collect()
    }

    /// The spike's numbers; none where a person opened the incident.
    pub fn known_spike(&self) -> Option<Map<String, Value>> {
        let spike = self.spike.as_ref()?;
        let mut known = object(json!({ "count": spike.count, "voices": spike.voices }));
        known.extend(spike.expected.map(|expected| ("expected".to_owned(), json!(expected.as_f64()))));
        known.extend(spike.ratio().map(|ratio| ("ratio".to_owned(), json!(ratio))));
        Some(known)
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}
