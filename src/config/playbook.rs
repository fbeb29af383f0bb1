//! A playbook file: title, severity, facts and stand-down here, its steps in modules of their own.

use std::collections::{BTreeMap, BTreeSet};

use super::node::{Entry, Node, Table, Word};
use super::people::People;
use super::sheet::{Sheet, meant};
use super::templates::Templates;
use super::{approval, conditions, keys, spelling, steps};
use crate::core::condition::{Known, Truth};
use crate::core::name::{ChannelName, FactName, PlaybookName, RoleName};
use crate::core::period::Period;
use crate::core::playbook::{FactKind, FactSpec, Playbook, SeverityRule, StandDown};
use crate::core::rules::{ChannelRules, Organisation};
use crate::core::severity::Severity;

/// What a playbook may name, and where it is written.
pub(super) struct Given<'a> {
    /// `holdline.yaml`: what is wrong with a role is said there.
    pub(super) main: &'a Sheet,
    pub(super) people: &'a People,
    pub(super) organisation: &'a Organisation,
    pub(super) channels: &'a BTreeMap<ChannelName, ChannelRules>,
    /// Also those whose settings are wrong.
    pub(super) channel_names: &'a BTreeSet<String>,
    pub(super) templates: &'a Templates,
    pub(super) has_pager: bool,
}

impl Given<'_> {
    pub(super) fn languages_of<'b>(&'b self, channel: &'b ChannelRules) -> &'b [String] {
        channel.language.as_ref().map_or(&self.organisation.languages, std::slice::from_ref)
    }

    pub(super) fn first_language(&self) -> &str {
        self.organisation.languages.first().map_or("en", String::as_str)
    }
}

/// A playbook that is being read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) sheet: &'a Sheet,
    pub(super) given: &'a Given<'a>,
    pub(super) facts: &'a [FactSpec],
    /// Those whose type is wrong, which is said where they stand.
    pub(super) untyped: &'a BTreeSet<String>,
}

pub(super) fn read(sheet: &Sheet, name: &str, node: &Node, given: &Given<'_>) -> Option<Playbook> {
    let top = 0..0;
    let table = Table::of(sheet, "the playbook", node, &top, keys::PLAYBOOK);
    let title = table.line("title", "Patient data breach");
    let when_to_use = table.text("when_to_use", "Someone claims that records were seen, taken or lost.");
    let (facts, untyped) = table.get("facts").map(|node| facts(sheet, node, given)).unwrap_or_default();
    let reading = Reading { sheet, given, facts: &facts, untyped: &untyped };
    let severity = table.need("severity", "[ { elevated: true } ]").map(|node| reading.severity(node));
    let timeline = table.need("timeline", "[ { alert: { ... } } ]").map(|node| steps::read(reading, node));
    let example = "{ approval: [ { any_of: [comms-lead] } ] }";
    let stand_down = table.need_table("stand_down", example, keys::STAND_DOWN).map(|table| reading.stand_down(&table));
    let (severity, timeline, stand_down) = (severity?, timeline?, stand_down?);
    let name = PlaybookName::from(name);
    Some(Playbook {
        name,
        title: title?,
        when_to_use: when_to_use?,
        severity,
        facts,
        timeline,
        before: Vec::new(),
        stand_down,
    })
}

/// The facts, and the names of those whose type is wrong.
fn facts(sheet: &Sheet, node: &Node, given: &Given<'_>) -> (Vec<FactSpec>, BTreeSet<String>) {
    let mut untyped = BTreeSet::new();
    let facts = node.entries(sheet).iter().map(|entry| fact(sheet, entry, given, &mut untyped)).collect();
    (facts, untyped)
}

fn fact(sheet: &Sheet, entry: &Entry, given: &Given<'_>, untyped: &mut BTreeSet<String>) -> FactSpec {
    spelling::check_fact_name(sheet, &entry.at, &entry.key);
    let table = Table::of(sheet, &entry.key, &entry.value, &entry.at, keys::FACT);
    let ask = table.text("ask", "When did we learn of it?");
    let kind = table.need_word("type", "datetime").and_then(|word| fact_kind(sheet, word));
    if kind.is_none() {
        untyped.insert(entry.key.clone());
    }
    let confirmed_by = table.word("confirmed_by");
    if let Some(word) = confirmed_by {
        given.people.expect_role(sheet, word.at, word.text);
    }
    let suggestion = table.word("default").and_then(|word| suggestion(sheet, word, kind, given.organisation));
    // A fact that is wrong in itself is still there: what names it is not wrong too.
    FactSpec {
        name: FactName::from(entry.key.as_str()),
        ask: ask.unwrap_or_default(),
        kind: kind.unwrap_or(FactKind::Text),
        confirmed_by: confirmed_by.map(|word| RoleName::from(word.text)),
        may_stay_unknown: table.flag("may_stay_unknown").unwrap_or(false),
        suggestion,
    }
}

fn fact_kind(sheet: &Sheet, word: Word<'_>) -> Option<FactKind> {
    let kinds = [FactKind::Text, FactKind::Number, FactKind::Datetime, FactKind::Phone, FactKind::Link];
    let found = kinds.into_iter().find(|kind| kind.to_string() == word.text);
    if found.is_none() {
        let names: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        let help = meant(word.text, names.iter().map(String::as_str));
        sheet.refuse(word.at, format!("there is no type of fact called `{}`", word.text), help);
    }
    found
}

/// The default with the organisation's own words filled in; it must be one that a person could type.
fn suggestion(sheet: &Sheet, word: Word<'_>, kind: Option<FactKind>, organisation: &Organisation) -> Option<String> {
    let values = [
        ("organisation.name", &organisation.name),
        ("organisation.hotline", &organisation.hotline),
        ("organisation.press_office", &organisation.press_office),
        ("organisation.timezone", &organisation.timezone),
    ];
    let mut rendered = String::new();
    let mut rest = word.text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else {
            let help = "close them with }}, as in {{organisation.hotline}}";
            sheet.refuse(word.at, "the braces that open in this default are never closed", help);
            return None;
        };
        let Some((_, value)) = values.iter().find(|(known, _)| *known == name.trim()) else {
            let message = format!("a default has no `{}` to fill in", name.trim());
            sheet.refuse(word.at, message, meant(name.trim(), values.iter().map(|(known, _)| *known)));
            return None;
        };
        rendered.push_str(before);
        rendered.push_str(value);
        rest = after;
    }
    rendered.push_str(rest);
    if let Some(Err(error)) = kind.map(|kind| kind.parse(&rendered, &organisation.zone())) {
        sheet.refuse_error(word.at, &error);
        return None;
    }
    Some(rendered)
}

impl Reading<'_> {
    /// Ends in a rule that holds whatever is known, so that an incident always has a severity.
    fn severity(self, node: &Node) -> Vec<SeverityRule> {
        let sheet = self.sheet;
        let items = node.items(sheet);
        let mut rules: Vec<SeverityRule> = Vec::new();
        for item in items {
            let Some(entry) = item.only_entry(sheet, keys::SEVERITY) else { continue };
            let severity = match entry.key.as_str() {
                "critical" => Severity::Critical,
                "serious" => Severity::Serious,
                "elevated" => Severity::Elevated,
                other => {
                    let help = meant(other, keys::SEVERITY.iter().copied());
                    sheet.refuse(&entry.at, format!("there is no severity called `{other}`"), help);
                    continue;
                }
            };
            let when = entry.value.word(sheet).and_then(|word| conditions::read(self, word));
            let Some(when) = when else { continue };
            if let Some(broad) = rules.iter().find(|rule| rule.when.covers(&when)) {
                let message = format!(
                    "this rule is never reached: `{}` holds wherever it does, and stands above it",
                    broad.when.source()
                );
                sheet.warn(&entry.value.at, message, "put the narrower rule first, or take this one out");
            }
            rules.push(SeverityRule { severity, when });
        }
        let always = rules.last().is_some_and(|rule| rule.when.holds(&Known::default()) == Truth::Holds);
        if !always && rules.len() == items.len() {
            let at = items.last().map_or(&node.at, |item| &item.at);
            sheet.refuse(at, "the last rule does not always hold", "end the list with `- elevated: true`");
        }
        rules
    }

    fn stand_down(self, table: &Table<'_>) -> StandDown {
        let when = table.word("when").and_then(|word| conditions::read(self, word));
        let lasting = table.parsed("for", Period::parse);
        if let Some(entry) = table.entry("for").filter(|_| table.get("when").is_none()) {
            self.sheet.refuse(
                &entry.at,
                "`for` says how long `when` must hold, and there is no `when`",
                "add `when`, or take `for` out",
            );
        }
        let approval = approval::read(self, table, "stand-down");
        StandDown { when, lasting, approval }
    }

    pub(super) fn role(self, word: Word<'_>) -> RoleName {
        self.given.people.expect_role(self.sheet, word.at, word.text);
        RoleName::from(word.text)
    }
}
