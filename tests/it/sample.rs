//! The rules of an invented hospital, as tests draft and lint with them.

use std::collections::BTreeMap;

use holdline::core::name::{FactName, StepId};
use holdline::core::playbook::FactValue;
use holdline::core::rules::{Rules, Template};
use holdline::core::setting::Setting;
use holdline::core::severity::Severity;
use holdline::core::statement::{DraftError, DraftInput, Length, Package, draft};
use jiff::Timestamp;
use serde_json::json;

pub(crate) const HOLDING_LONG: &str = "\
# Possible data incident at {{organisation.name}}

We know this is worrying. On {{facts.discovered_at}} we learned that records may have been seen.

{{#if facts.what_happened}}
{{known facts.what_happened \"We are finding out what happened.\"}}
{{/if}}
We do not know yet how many people are affected. Call {{facts.help_line}} with questions.

Next update: {{statement.next_update}}, at https://status.riverside.example/incident.
";

pub(crate) const HOLDING_SHORT: &str = "\
We are looking into a possible data incident. Call {{facts.help_line}}. Next update {{statement.next_update}}.";

pub(crate) const HOLDING_LONG_ES: &str = "\
# Posible incidente de datos

Sabemos que esto preocupa. Llame al {{facts.help_line}}.

Próxima información: {{statement.next_update}}.
";

/// The statements `holding` (promises an update) and `closing` (does not).
pub(crate) fn rules() -> Rules {
    let release = json!([{ "name": "release", "quorum": { "any_of": ["comms-lead"] } }]);
    let statement = |template: &str, channels: &[&str], needs: &[&str]| json!({ "audience": "public", "template": template, "channels": channels, "needs": needs, "approval": release });
    let mut holding = statement("data-breach/holding", &["website", "bluesky"], &["discovered_at", "help_line"]);
    holding["within"] = json!("20m");
    holding["next_update"] = json!("60m");
    let closing = statement("data-breach/closing", &["website"], &[]);
    let fact = |name: &str, kind: &str| json!({ "name": name, "ask": "?", "type": kind, "may_stay_unknown": false });
    let channel = |kind: &str, account: &str| json!({ "kind": kind, "account": account, "reach": "network" });
    let mut bluesky = channel("bluesky", "riverside.example");
    bluesky["limit"] = json!("bluesky");
    bluesky["language"] = json!("en");
    let rules = json!({
        "organisation": {
            "name": "Riverside General Hospital",
            "timezone": "America/New_York",
            "hotline": "+1 555 010 0100",
            "press_office": "press@riverside.example",
            "languages": ["en", "es"],
            "known": ["Dr. Alan Reyes", "Dana Wu", "ICU"],
            "stamp": "EXERCISE - NOT REAL",
        },
        "playbook": {
            "name": "data-breach",
            "title": "Patient data breach",
            "when_to_use": "Someone claims that records were seen.",
            "severity": [],
            "facts": [fact("discovered_at", "datetime"), fact("what_happened", "text"), fact("help_line", "phone"), fact("records", "number")],
            "timeline": [
                { "id": "holding", "kind": { "statement": holding } },
                { "id": "closing", "kind": { "statement": closing } },
            ],
            "stand_down": { "approval": release },
        },
        "templates": [
            { "name": "data-breach/holding", "length": "long", "language": "en", "source": HOLDING_LONG },
            { "name": "data-breach/holding", "length": "short", "language": "en", "source": HOLDING_SHORT },
            { "name": "data-breach/holding", "length": "long", "language": "es", "source": HOLDING_LONG_ES },
        ],
        "channels": { "website": channel("newsroom", "status.riverside.example"), "bluesky": bluesky },
    });
    serde_json::from_value(rules).unwrap()
}

/// Replaces the English long holding template.
pub(crate) fn with_holding(source: &str) -> Rules {
    let mut rules = rules();
    let own = |template: &&mut Template| template.length == Length::Long && template.language == "en";
    source.clone_into(&mut rules.templates.iter_mut().find(own).unwrap().source);
    rules
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn facts() -> BTreeMap<FactName, FactValue> {
    BTreeMap::from([
        ("discovered_at".into(), FactValue::Datetime(at("2026-11-22T17:30:00Z"))),
        ("help_line".into(), FactValue::Phone("+1 555 010 0100".to_owned())),
    ])
}

pub(crate) fn draft_holding(
    rules: &Rules,
    facts: &BTreeMap<FactName, FactValue>,
    setting: Setting,
    now: &str,
) -> Result<Package, DraftError> {
    let step = StepId::from("holding");
    let input = DraftInput {
        step: &step,
        setting,
        incident_id: 7,
        incident_title: "Patient data breach",
        severity: Severity::Serious,
        opened_at: at("2026-11-22T17:40:00Z"),
        facts,
        spike: None,
        version: 1,
        corrects: None,
        round: None,
    };
    draft(&input, rules, at(now))
}
