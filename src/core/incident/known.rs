//! What conditions and templates see of an incident: facts that a person confirmed, the spike, the incident, the organisation.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Incident, Spike};
use crate::core::condition::{Condition, Known, Truth};
use crate::core::name::FactName;
use crate::core::playbook::{FactValue, Playbook};
use crate::core::rules::Rules;
use crate::core::severity::Severity;
use crate::core::watch::TONED_MIN;

/// The first rule that holds. One that cannot be told is passed over: it never lowers.
fn severity(playbook: &Playbook, known: &Known) -> Option<Severity> {
    let holds = |truth: Truth| match truth {
        Truth::Holds => true,
        Truth::DoesNotHold | Truth::CannotTell => false,
    };
    playbook.severity.iter().find(|rule| holds(rule.when.holds(known))).map(|rule| rule.severity)
}

impl Incident {
    /// What conditions read, once for each watch whose spike this incident holds; once without any where it holds none.
    fn known_each(&self, rules: &Rules) -> Vec<Known> {
        let joined = self.joined.values().map(|joined| Some(&joined.spike));
        std::iter::once(self.spike.as_ref()).chain(joined).map(|spike| self.known_with(spike, rules)).collect()
    }

    /// The highest that any of its spikes gives.
    pub(super) fn severity_of_spikes(&self, rules: &Rules) -> Option<Severity> {
        self.known_each(rules).iter().filter_map(|known| severity(&rules.playbook, known)).max()
    }

    /// What one spike would open: no fact is known at an opening.
    pub(super) fn severity_alone(&self, spike: &Spike, rules: &Rules) -> Severity {
        let known = Known { facts: Map::new(), ..self.known_with(Some(spike), rules) };
        severity(&rules.playbook, &known).unwrap_or(Severity::Elevated)
    }

    /// Whether a condition holds for any of its spikes, as those that begin something are read.
    pub(super) fn holds_for_any(&self, condition: &Condition, rules: &Rules) -> Truth {
        let found =
            self.known_each(rules).iter().map(|known| condition.holds(known)).reduce(|one, other| match (one, other) {
                (Truth::Holds, _) | (_, Truth::Holds) => Truth::Holds,
                (Truth::CannotTell, _) | (_, Truth::CannotTell) => Truth::CannotTell,
                (Truth::DoesNotHold, Truth::DoesNotHold) => Truth::DoesNotHold,
            });
        found.unwrap_or(Truth::CannotTell)
    }

    /// Whether a condition holds for each of its spikes, as those that end something are read.
    pub(super) fn holds_for_all(&self, condition: &Condition, rules: &Rules) -> Truth {
        let found =
            self.known_each(rules).iter().map(|known| condition.holds(known)).reduce(|one, other| match (one, other) {
                (Truth::DoesNotHold, _) | (_, Truth::DoesNotHold) => Truth::DoesNotHold,
                (Truth::CannotTell, _) | (_, Truth::CannotTell) => Truth::CannotTell,
                (Truth::Holds, Truth::Holds) => Truth::Holds,
            });
        found.unwrap_or(Truth::CannotTell)
    }

    /// What conditions and templates read, with the spike that it opened with. `expected` and `ratio` are absent where the
    /// detector does not know them, `negative` (a share, 0 to 1) where of too few mentions the tone is known, `reach` where no
    /// feed says it.
    pub fn known(&self, rules: &Rules) -> Known {
        self.known_with(self.spike.as_ref(), rules)
    }

    fn known_with(&self, spike: Option<&Spike>, rules: &Rules) -> Known {
        let facts = self.confirmed_facts().into_iter();
        Known {
            facts: facts.map(|(name, value)| (name.to_string(), value.compared())).collect(),
            spike: spike.map(numbers).unwrap_or_default(),
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
        self.spike.as_ref().map(numbers)
    }
}

fn numbers(spike: &Spike) -> Map<String, Value> {
    let mut known = object(json!({ "count": spike.count, "voices": spike.voices }));
    known.extend(spike.expected.map(|expected| ("expected".to_owned(), json!(expected.as_f64()))));
    known.extend(spike.ratio().map(|ratio| ("ratio".to_owned(), json!(ratio))));
    let Some(talk) = &spike.talk else { return known };
    let mut tell = |name: &str, value: Value| drop(known.insert(name.to_owned(), value));
    tell("stories", json!(talk.stories));
    tell("copies", json!(talk.mentions.saturating_sub(talk.stories)));
    tell("own_voices", json!(talk.own_voices));
    if talk.toned >= TONED_MIN {
        tell("negative", json!(f64::from(talk.negative) / f64::from(talk.toned)));
    }
    if talk.reach > 0 {
        tell("reach", json!(talk.reach));
    }
    known
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}
