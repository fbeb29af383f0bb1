//! The invented hospital of the attacks on promise 1: its people, what it watches, one playbook.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdline::core::accounts::Accounts;
use holdline::core::name::{PersonId, PlaybookName};
use holdline::core::query::Query;
use holdline::core::roster::Roster;
use holdline::core::rules::Rules;
use holdline::core::setting::Setting;
use holdline::core::watch::{Besides, Voices, Watch};
use holdline::engine::Standing;
use serde_json::json;

const PEOPLE: &[&str] = &["ana", "ben", "chi", "cora", "dev", "eve", "fay"];

pub(crate) fn person(name: &str) -> PersonId {
    PersonId::from(name)
}

fn roster() -> Roster {
    let people: serde_json::Map<_, _> = PEOPLE
        .iter()
        .map(|name| {
            let delegate = if *name == "ben" { json!("ana") } else { json!(null) };
            let email = format!("{name}@riverside.example");
            (
                (*name).to_owned(),
                json!({"name": name, "email": email, "delegate": delegate, "reads": ["en"], "shared": false}),
            )
        })
        .collect();
    serde_json::from_value(json!({
        "people": people,
        "roles": {
            "comms-lead": ["ana", "ben"],
            "privacy-officer": ["chi"],
            "privacy-deputy": ["cora"],
            "legal": ["dev"],
            "executive": ["eve", "fay"],
        },
    }))
    .unwrap()
}

fn rules(channels: &[&str]) -> Rules {
    let accuracy = json!({ "name": "accuracy", "quorum": { "all_of": ["privacy-officer", "legal"] }, "within": "10m",
        "else": { "privacy-officer": "privacy-deputy", "legal": "executive" } });
    let release = json!({ "name": "release", "quorum": { "any_of": ["comms-lead", "executive"] }, "within": "5m" });
    let timeline = json!([
        { "id": "alert", "kind": { "alert": { "to": ["comms-lead", "privacy-officer"], "acknowledge_within": "10m", "otherwise": "executive" } } },
        { "id": "pause", "kind": { "task": { "todo": "Pause scheduled posts", "by": "comms-lead", "within": "10m" } } },
        { "id": "holding", "kind": { "statement": { "audience": "public", "template": "holding", "channels": channels,
            "needs": ["help_line"], "within": "20m", "next_update": "1d", "approval": [accuracy, release] } } },
        { "id": "update", "after": { "step": "holding", "reached": "posted" },
          "kind": { "statement": { "audience": "public", "template": "update", "channels": ["wire"],
            "needs": ["what_happened"], "within": "60m", "approval": [accuracy, release] } } },
    ]);
    serde_json::from_value(json!({
        "organisation": { "name": "Riverside General", "timezone": "America/New_York", "hotline": "+1 555 010 0100",
            "press_office": "press@riverside.example", "languages": ["en"], "known": [], "stamp": "EXERCISE - NOT REAL" },
        "playbook": {
            "name": "breach", "title": "Patient data breach", "when_to_use": "Records were seen.",
            "severity": [{ "severity": "serious", "when": "spike.count > 12" }, { "severity": "elevated", "when": "true" }],
            "facts": [
                { "name": "help_line", "ask": "Where can people call?", "type": "phone", "may_stay_unknown": false },
                { "name": "what_happened", "ask": "What happened?", "type": "text", "may_stay_unknown": false },
            ],
            "timeline": timeline,
            "stand_down": { "when": "spike.count < 3", "lasting": "2h", "approval": [{ "name": "over", "quorum": { "any_of": ["comms-lead"] } }] },
        },
        "templates": [
            { "name": "holding", "length": "long", "language": "en", "source": "We are looking into it. Please call {{facts.help_line}}. Next update: {{statement.next_update}}." },
            { "name": "update", "length": "long", "language": "en", "source": "What we know at midnight: {{facts.what_happened}}" },
        ],
        "channels": {
            "wire": { "kind": "file", "account": "wire", "reach": "network" },
            "page": { "kind": "newsroom", "account": "newsroom", "reach": "page" },
        },
    }))
    .unwrap()
}

pub(crate) fn standing() -> Standing {
    standing_with(&["wire", "page"])
}

/// The same hospital, where the holding statement goes to these channels.
pub(crate) fn standing_with(channels: &[&str]) -> Standing {
    let rules = Arc::new(rules(channels));
    Standing {
        setting: Setting::Live,
        roster: Arc::new(roster()),
        organisation: Arc::new(rules.organisation.clone()),
        rules: BTreeMap::from([(PlaybookName::from("breach"), rules)]),
        url: "http://127.0.0.1".to_owned(),
        heads_to: vec!["it@riverside.example".to_owned()],
        operator: "it@riverside.example".to_owned(),
        accounts: Accounts::default(),
        quiet: Arc::default(),
        retention: holdline::core::retention::Retention::default(),
        folder: None,
    }
}

pub(crate) fn watches() -> Vec<Watch> {
    let kind = holdline::core::detect::KINDS.iter().find(|kind| kind.name == "more_than").unwrap();
    vec![Watch {
        name: "breach".into(),
        query: Query::parse("riverside AND (breach OR leak*)").unwrap(),
        feeds: ["listening".into()].into(),
        detector: (kind.parse)("5 mentions in 15m").unwrap(),
        at_least: None,
        from: Voices(3),
        besides: Besides::default(),
        opens: Some("breach".into()),
    }]
}
