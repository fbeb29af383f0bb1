//! JSON Schemas of the folder's files, for editors. What kinds add comes from their own tables: each tells its settings in
//! its docs, a line each.

use serde_json::{Map, Value, json};

use super::keys;
use crate::channel;
use crate::core::detect;
use crate::feed;

const MAIN: &str = include_str!("schema/holdline.json");
const PLAYBOOK: &str = include_str!("schema/playbook.json");
const SCENARIO: &str = include_str!("schema/scenario.json");

/// Which file a schema is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// `holdline.yaml`.
    Config,
    /// `playbooks/NAME.yaml`.
    Playbook,
    /// `playbooks/scenarios/NAME.yaml`.
    Scenario,
}

/// The schema, draft 7 of JSON Schema, which YAML language servers read.
pub fn schema(of: Schema) -> Value {
    match of {
        Schema::Config => with_kinds(read(MAIN)),
        Schema::Playbook => read(PLAYBOOK),
        Schema::Scenario => read(SCENARIO),
    }
}

fn read(text: &str) -> Value {
    // An embedded schema is JSON, as a test sees; were it none, editors would be told nothing.
    serde_json::from_str(text).unwrap_or_default()
}

/// The settings that a kind's docs list, each with its words: two blanks, the name, two blanks or more, what it is.
pub fn kind_settings(docs: &str) -> Vec<(&str, String)> {
    let mut settings: Vec<(&str, String)> = Vec::new();
    for line in docs.lines() {
        let Some(rest) = line.strip_prefix("  ") else { continue };
        if let Some(more) = rest.strip_prefix("  ") {
            if let Some((_, words)) = settings.last_mut() {
                words.push(' ');
                words.push_str(more.trim());
            }
        } else if let Some((name, words)) = rest.split_once("  ") {
            settings.push((name.trim(), words.trim().to_owned()));
        }
    }
    settings
}

/// What stands before the list of a kind's settings, as one line.
fn about(docs: &str) -> String {
    docs.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect::<Vec<_>>().join(" ")
}

fn kind(docs: &str, example: &str, secrets: &[&str]) -> Value {
    let settings = kind_settings(docs).into_iter().map(|(name, words)| {
        let mut setting = json!({ "description": words });
        if secrets.contains(&name)
            && let Some(setting) = setting.as_object_mut()
        {
            setting.insert("$ref".to_owned(), json!("#/$defs/secret"));
        }
        (name.to_owned(), setting)
    });
    let properties: Map<String, Value> = settings.collect();
    let description = format!("{}\n\n{example}", about(docs));
    json!({ "description": description, "type": ["object", "string", "null"], "additionalProperties": false, "properties": properties })
}

fn with_kinds(mut schema: Value) -> Value {
    let feeds = feed::KINDS.iter().map(|it| (it.name.to_owned(), kind(it.docs, it.example, it.secrets)));
    let channels = channel::KINDS.iter().map(|it| (it.name.to_owned(), kind(it.docs, it.example, it.secrets)));
    let language = json!({ "description": "Optional: the one language that the channel speaks.", "type": "string" });
    let beside = keys::CHANNEL_COMMON.iter().map(|key| ((*key).to_owned(), language.clone()));
    let fetched = keys::FEED_COMMON.iter().map(|key| {
        let words = "For a kind that is fetched and written as a bare address: the same as beneath the kind.";
        ((*key).to_owned(), json!({ "description": words }))
    });
    let detectors = detect::KINDS.iter().map(|it| {
        let detector = json!({ "description": it.docs, "type": ["string", "number"], "examples": [it.example] });
        (it.name.to_owned(), detector)
    });
    let said = |words: &str, example: &str| json!({ "description": words, "type": "string", "examples": [example] });
    let beside_detectors = [
        (
            "at_least".to_owned(),
            said("Optional, 5 mentions (1 beside more_than): no alarm below so many.", "8 mentions"),
        ),
        ("from".to_owned(), said("Optional, 1 voice: at least so many different authors.", "4 voices")),
        ("negative".to_owned(), said("Optional: at least this part of what has a known tone is negative.", "40 %")),
        (
            "reach".to_owned(),
            json!({ "description": "Optional: so many people follow or read its voices.", "type": "integer" }),
        ),
    ];
    let parts = [
        ("feed", "One kind of feed with its settings.", feeds.chain(fetched).collect::<Map<_, _>>()),
        ("channel", "One kind of channel with its settings.", channels.chain(beside).collect()),
        ("spike", "What is too much.", detectors.chain(beside_detectors).collect()),
    ];
    if let Some(defs) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        for (name, description, properties) in parts {
            let part = json!({
                "description": description, "type": "object", "additionalProperties": false, "minProperties": 1,
                "properties": properties
            });
            defs.insert(name.to_owned(), part);
        }
    }
    schema
}
