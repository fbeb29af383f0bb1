//! The model's four people, its vote and its two channels, as rules of the real engine. Ed edits and ends the incident.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdline::core::accounts::Accounts;
use holdline::core::name::PlaybookName;
use holdline::core::rules::Rules;
use holdline::core::setting::Setting;
use holdline::engine::Standing;
use serde_json::json;

use super::quorum::{Person, Role, Stage};

pub(super) const EDITOR: &str = "ed";
pub(super) const PLAYBOOK: &str = "model";
/// The same, with a board in place of the second channel.
pub(super) const PLAYBOOK_WITH_A_BOARD: &str = "model-by-hand";
pub(super) const STATEMENT: &str = "holding";
pub(super) const CHANNEL_NAMES: [&str; 2] = ["one", "two"];

pub(super) fn name(person: Person) -> &'static str {
    match person {
        Person::Ana => "ana",
        Person::Ben => "ben",
        Person::Cara => "cara",
        Person::Dan => "dan",
    }
}

pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Privacy => "privacy",
        Role::Legal => "legal",
        Role::Release => "release",
    }
}

/// A stage's place in the playbook.
pub(super) fn place(stage: Stage) -> usize {
    match stage {
        Stage::Accuracy => 0,
        Stage::Release => 1,
    }
}

fn rules(name: &str) -> Rules {
    let accuracy = json!({ "name": "accuracy", "quorum": { "all_of": ["privacy", "legal"] } });
    let release = json!({ "name": "release", "quorum": { "any_of": ["release"] } });
    let channel = |name| json!({ "kind": "file", "account": name, "reach": "network" });
    let board = || json!({ "kind": "by_hand", "account": "two", "reach": { "person": "comms-lead" } });
    let two = if name == PLAYBOOK { channel("two") } else { board() };
    serde_json::from_value(json!({
        "organisation": { "name": "Riverside General", "timezone": "America/New_York", "hotline": "+1 555 010 0100",
            "press_office": "press@riverside.example", "languages": ["en"], "known": [], "stamp": "EXERCISE - NOT REAL" },
        "playbook": {
            "name": name, "title": "Model", "when_to_use": "In tests.",
            "severity": [], "facts": [],
            "timeline": [{ "id": STATEMENT, "kind": { "statement": { "audience": "staff", "template": "holding",
                "channels": CHANNEL_NAMES, "needs": [], "approval": [accuracy, release] } } }],
            "stand_down": { "approval": [{ "name": "over", "quorum": { "any_of": ["comms-lead"] } }] },
        },
        "templates": [{ "name": "holding", "length": "long", "language": "en", "source": "We are looking into it." }],
        "channels": { "one": channel("one"), "two": two },
    }))
    .unwrap()
}

pub(super) fn standing(setting: Setting) -> Standing {
    let people = ["ed", "ana", "ben", "cara", "dan"].map(|name| {
        let email = format!("{name}@riverside.example");
        (name, json!({ "name": name, "email": email, "reads": ["en"], "shared": false }))
    });
    let roster = json!({
        "people": BTreeMap::from(people),
        "roles": {
            "comms-lead": ["ed"], "privacy": ["ana", "ben"], "legal": ["ben", "cara"], "release": ["cara", "dan"],
        },
    });
    let [rules, with_a_board] = [PLAYBOOK, PLAYBOOK_WITH_A_BOARD].map(|name| Arc::new(rules(name)));
    Standing {
        setting,
        roster: Arc::new(serde_json::from_value(roster).unwrap()),
        organisation: Arc::new(rules.organisation.clone()),
        rules: BTreeMap::from([
            (PlaybookName::from(PLAYBOOK), rules),
            (PlaybookName::from(PLAYBOOK_WITH_A_BOARD), with_a_board),
        ]),
        url: "http://127.0.0.1".to_owned(),
        heads_to: Vec::new(),
        operator: "it@riverside.example".to_owned(),
        accounts: Accounts::default(),
        quiet: Arc::default(),
        retention: holdline::core::retention::Retention::default(),
        folder: None,
    }
}
