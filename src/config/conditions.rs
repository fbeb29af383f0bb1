//! Conditions: they parse, name what there is, and give true or false on samples of everything they could read.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Map, Value, json};

use super::node::Word;
use super::sheet::{Sheet, meant};
use super::watches::within;
use crate::core::condition::{Condition, ConditionError, Known};
use crate::core::playbook::{FactKind, FactSpec};

const GROUPS: [&str; 4] = ["facts", "spike", "incident", "organisation"];
const SPIKE: [&str; 9] =
    ["count", "expected", "ratio", "voices", "copies", "stories", "own_voices", "negative", "reach"];
const INCIDENT: [&str; 4] = ["id", "title", "severity", "opened_at"];
const ORGANISATION: [&str; 4] = ["name", "timezone", "hotline", "press_office"];
/// Of how many facts each one is tried alone; a condition that reads more is tried with all and with none.
const FACTS_ALONE_MAX: usize = 16;
const SAMPLE_TIME: &str = "2026-11-20T14:05:00Z";

pub(super) fn read(sheet: &Sheet, word: Word<'_>, facts: &[FactSpec]) -> Option<Condition> {
    let condition = match Condition::parse(word.text) {
        Ok(condition) => condition,
        Err(ConditionError::Syntax(why)) => {
            // The parser goes on to list every token that it would have taken.
            let why = why.split(" expecting").next().unwrap_or_default().trim_start_matches("Syntax error: ");
            sheet.refuse_error(word.at, &ConditionError::Syntax(why.to_owned()));
            return None;
        }
        Err(error @ (ConditionError::TooLong | ConditionError::Loop | ConditionError::NotATruth(_))) => {
            sheet.refuse_error(word.at, &error);
            return None;
        }
    };
    let mut sound = true;
    for variable in condition.variables().iter().filter(|name| !GROUPS.contains(&name.as_str())) {
        let start = word.text.find(variable.as_str()).unwrap_or(0);
        let place = within(sheet, word, &(start..start + variable.len()));
        sheet.refuse(&place, format!("conditions know no `{variable}`"), meant(variable, GROUPS));
        sound = false;
    }
    for (group, name, bytes) in fields(word.text) {
        let names: Vec<&str> = match group {
            "facts" => facts.iter().map(|fact| fact.name.as_str()).collect(),
            "spike" => SPIKE.to_vec(),
            "incident" => INCIDENT.to_vec(),
            _ => ORGANISATION.to_vec(),
        };
        let place = within(sheet, word, &bytes);
        if !names.contains(&name) {
            sheet.refuse(&place, format!("there is no `{group}.{name}`"), meant(name, names));
            sound = false;
        }
    }
    if !sound {
        return None;
    }
    for sample in samples(word.text, facts) {
        let Err(error) = condition.try_on(&sample) else { continue };
        if let ConditionError::Syntax(why) = error {
            let help = "compare numbers with numbers, and texts with texts in quotes";
            sheet.refuse(word.at, format!("this condition cannot be worked out: {}", in_plain_words(&why)), help);
        } else {
            sheet.refuse_error(word.at, &error);
        }
        return None;
    }
    Some(condition)
}

/// CEL says `found no matching overload for '_>_' applied to '(string, int)'`, which tells a press officer nothing.
fn in_plain_words(why: &str) -> String {
    let said = why.strip_prefix("found no matching overload for '").and_then(|said| said.strip_suffix(")'"));
    let Some((sign, (one, other))) = said
        .and_then(|said| said.split_once("' applied to '("))
        .and_then(|(sign, kinds)| Some((sign, kinds.split_once(", ")?)))
    else {
        return why.to_owned();
    };
    format!("`{}` stands between {} and {}", sign.trim_matches('_'), kind(one), kind(other))
}

fn kind(of_cel: &str) -> &str {
    match of_cel {
        "string" => "a text",
        "int" | "uint" | "double" => "a number",
        "bool" => "what is true or false",
        other => other,
    }
}

/// What a condition must give an answer on: nothing known, everything, and of the facts that it reads each one alone and each
/// one missing.
fn samples(source: &str, facts: &[FactSpec]) -> Vec<Known> {
    let whole = sample(facts, 1_000_000);
    let mut samples = vec![Known::default(), sample(facts, 0), whole.clone()];
    let read = fields(source).into_iter().filter(|(group, ..)| *group == "facts").map(|(_, name, _)| name);
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

/// Every `group.name` outside quotes, with the bytes of the whole.
fn fields(source: &str) -> Vec<(&str, &str, Range<usize>)> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut words: Vec<Range<usize>> = Vec::new();
    for (byte, c) in source.char_indices() {
        match quote {
            Some(open) => quote = (c != open).then_some(open),
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c.is_alphanumeric() || matches!(c, '_' | '.') => match words.last_mut() {
                Some(word) if word.end == byte => word.end += c.len_utf8(),
                Some(_) | None => words.push(byte..byte + c.len_utf8()),
            },
            None => {}
        }
    }
    for word in words {
        let mut parts = source[word.clone()].split('.');
        if let (Some(group), Some(name)) = (parts.next(), parts.next())
            && GROUPS.contains(&group)
        {
            found.push((group, name, word.start..word.start + group.len() + 1 + name.len()));
        }
    }
    found
}
