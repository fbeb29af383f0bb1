//! Conditions: they parse, name what there is, and give true or false on samples of everything they could read.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Map, Value, json};

use super::node::Word;
use super::playbook::Reading;
use super::sheet::{Sheet, meant};
use super::watches::within;
use crate::core::condition::{Condition, GROUPS, Kind, Known, Read};
use crate::core::playbook::{FactKind, FactSpec};

const SPIKE: [&str; 9] =
    ["count", "expected", "ratio", "voices", "copies", "stories", "own_voices", "negative", "reach"];
const INCIDENT: [&str; 4] = ["id", "title", "severity", "opened_at"];
const ORGANISATION: [&str; 4] = ["name", "timezone", "hotline", "press_office"];
/// Of how many facts each one is tried alone; a condition that reads more is tried with all and with none.
const FACTS_ALONE_MAX: usize = 16;
const SAMPLE_TIME: &str = "2026-11-20T14:05:00Z";

pub(super) fn read(reading: Reading<'_>, word: Word<'_>) -> Option<Condition> {
    let Reading { sheet, facts, untyped, .. } = reading;
    let condition = Condition::parse(word.text).map_err(|error| sheet.refuse_error(word.at, &error)).ok()?;
    let mut sound = true;
    for variable in condition.variables().iter().filter(|name| !GROUPS.contains(&name.as_str())) {
        let start = word.text.find(variable.as_str()).unwrap_or(0);
        let place = within(sheet, word, &(start..start + variable.len()));
        sheet.refuse(&place, format!("conditions know no `{variable}`"), meant(variable, GROUPS));
        sound = false;
    }
    for read in condition.names() {
        sound &= is_known(sheet, word, read, facts);
    }
    if !sound {
        return None;
    }
    if let Some(mistake) = condition.mistake(&|group, name| kind(group, name, facts, untyped)) {
        sheet.refuse_error(word.at, &mistake);
        return None;
    }
    // What a fact without a type would give nobody can say, and that it has none is said where it stands.
    let reads_untyped = condition.names().iter().any(|read| read.name.is_some_and(|name| untyped.contains(name)));
    for sample in samples(&condition, facts).into_iter().filter(|_| !reads_untyped) {
        if let Err(error) = condition.try_on(&sample) {
            sheet.refuse_error(word.at, &error);
            return None;
        }
    }
    Some(condition)
}

/// Says a name that there is not.
fn is_known(sheet: &Sheet, word: Word<'_>, read: Read<'_>, facts: &[FactSpec]) -> bool {
    let group = read.group;
    let names: Vec<&str> = match group {
        "facts" => facts.iter().map(|fact| fact.name.as_str()).collect(),
        "spike" => SPIKE.to_vec(),
        "incident" => INCIDENT.to_vec(),
        _ => ORGANISATION.to_vec(),
    };
    let place = within(sheet, word, &place_of(word.text, read));
    let Some(name) = read.name else {
        let example = names.first().copied().unwrap_or("name");
        let message = format!("`{group}` is a table of names, and this does not say which of them");
        sheet.refuse(&place, message, format!("write one of them after a dot, as in `{group}.{example}`"));
        return false;
    };
    if !names.contains(&name) {
        sheet.refuse(&place, format!("there is no `{group}.{name}`"), meant(name, names));
        return false;
    }
    true
}

/// Where a name stands in a condition: as it is usually written, else where its group does.
fn place_of(source: &str, read: Read<'_>) -> Range<usize> {
    let usual = |name: &str| {
        let written = format!("{}.{name}", read.group);
        source.find(&written).map(|start| start..start + written.len())
    };
    let group = || source.find(read.group).map(|start| start..start + read.group.len());
    read.name.and_then(usual).or_else(group).unwrap_or(0..source.len())
}

/// What stands under a name of a group.
fn kind(group: &str, name: &str, facts: &[FactSpec], untyped: &BTreeSet<String>) -> Kind {
    match (group, name) {
        ("facts", _) if untyped.contains(name) => Kind::Unsaid,
        ("facts", _) => match facts.iter().find(|fact| fact.name.as_str() == name).map(|fact| fact.kind) {
            Some(FactKind::Number) => Kind::Number,
            Some(FactKind::Text | FactKind::Datetime | FactKind::Phone | FactKind::Link) => Kind::Text,
            None => Kind::Unsaid,
        },
        ("spike", _) | ("incident", "id") => Kind::Number,
        ("incident", "severity") => Kind::Severity,
        (_, _) => Kind::Text,
    }
}

/// What a condition must give an answer on: nothing known, everything, and of the facts that it reads each one alone and each
/// one missing.
fn samples(condition: &Condition, facts: &[FactSpec]) -> Vec<Known> {
    let whole = sample(facts, 1_000_000);
    let mut samples = vec![Known::default(), sample(facts, 0), whole.clone()];
    let read = condition.names().into_iter().filter(|read| read.group == "facts").filter_map(|read| read.name);
    for name in read.collect::<BTreeSet<&str>>().into_iter().take(FACTS_ALONE_MAX) {
        let Some(value) = whole.facts.get(name) else { continue };
        let alone = Map::from_iter([(name.to_owned(), value.clone())]);
        let mut others = whole.facts.clone();
        others.remove(name);
        samples.extend([alone, others].map(|facts| Known { facts, ..whole.clone() }));
    }
    samples
}

/// Everything known, numbers being `number`.
fn sample(facts: &[FactSpec], number: i64) -> Known {
    let value = |kind: FactKind| match kind {
        FactKind::Text => json!("words"),
        FactKind::Number => json!(number),
        FactKind::Datetime => json!(SAMPLE_TIME),
        FactKind::Phone => json!("+1 555 010 0100"),
        FactKind::Link => json!("https://example.org"),
    };
    let text = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), json!("words"))).collect();
    let mut incident: Map<String, Value> = text(&INCIDENT);
    incident.insert("id".to_owned(), json!(number));
    incident.insert("opened_at".to_owned(), json!(SAMPLE_TIME));
    let mut spike: Map<String, Value> = SPIKE.iter().map(|name| ((*name).to_owned(), json!(number))).collect();
    for share in ["expected", "ratio", "negative"] {
        spike.insert(share.to_owned(), if number == 0 { json!(0.5) } else { json!(1e6) });
    }
    Known {
        facts: facts.iter().map(|fact| (fact.name.to_string(), value(fact.kind))).collect(),
        spike,
        incident,
        organisation: text(&ORGANISATION),
    }
}
