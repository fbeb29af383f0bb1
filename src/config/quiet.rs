//! Quiet hours and maintenance windows, and the groups that watches name.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::node::{Entry, Node, Table, Value};
use super::sheet::{Sheet, meant};
use super::{installation, keys, spelling};
use crate::core::name::WatchName;
use crate::core::period::Period;
use crate::core::playbook::{FactKind, FactValue};
use crate::core::quiet::{BreakThrough, Hours, Maintenance, Quiet, Scope};

/// From when on it is looked whether quiet hours come and end; the same for every reading.
const LOOKED_FROM: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// A window that lasts longer than this is rather a slip in a date than maintenance.
const WINDOW_USUAL: SignedDuration = SignedDuration::from_hours(31 * 24);
/// How long a window may have been over before somebody is told that it still stands there.
const OVER_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How many quiet hours, and how many windows, a file holds; a cron line that never comes takes a while to be told for one.
const ENTRIES_MAX: usize = 50;

pub(super) fn read(file: &Table<'_>, watches: &BTreeSet<String>, zone: &TimeZone, now: Timestamp) -> Quiet {
    let sheet = file.sheet;
    let entries = |key: &str| {
        let entries = file.get(key).map(|node| node.entries(sheet)).unwrap_or_default();
        if let Some(one_more) = entries.get(ENTRIES_MAX) {
            sheet.refuse(&one_more.at, format!("`{key}` has more than {ENTRIES_MAX} entries"), "take some of them out");
        }
        entries.get(..ENTRIES_MAX).unwrap_or(entries)
    };
    Quiet {
        hours: entries("quiet").iter().filter_map(|entry| hours(sheet, entry, watches, zone)).collect(),
        maintenance: entries("maintenance")
            .iter()
            .filter_map(|entry| window(sheet, entry, watches, zone, now))
            .collect(),
        groups: groups(sheet, file.get("watches")),
    }
}

fn hours(sheet: &Sheet, entry: &Entry, watches: &BTreeSet<String>, zone: &TimeZone) -> Option<Hours> {
    spelling::check_name(sheet, &entry.at, &entry.key);
    let table = Table::of(sheet, &entry.key, &entry.value, &entry.at, keys::HOURS);
    let (scope, break_through) = common(&table, watches);
    let own_zone = table.word("timezone").map(|word| installation::zone(sheet, word));
    let from = table.need_word("from", "\"0 22 * * *\"");
    let lasting = table.need_word("for", "8h").and_then(|word| word.parsed(sheet, Period::parse));
    let zone = own_zone.unwrap_or_else(|| Some(zone.clone()))?;
    let (from, lasting) = (from?, lasting?);
    match Hours::new(&entry.key, scope, break_through, (from.text, lasting), zone, LOOKED_FROM) {
        Ok(hours) => Some(hours),
        Err(error) => {
            sheet.refuse_error(from.at, &error);
            None
        }
    }
}

fn window(
    sheet: &Sheet,
    entry: &Entry,
    watches: &BTreeSet<String>,
    zone: &TimeZone,
    now: Timestamp,
) -> Option<Maintenance> {
    spelling::check_name(sheet, &entry.at, &entry.key);
    let table = Table::of(sheet, &entry.key, &entry.value, &entry.at, keys::MAINTENANCE);
    let (scope, break_through) = common(&table, watches);
    let from = table.need_word("from", "2026-12-05 22:00");
    let to = table.need_word("to", "2026-12-06 04:00");
    let reason = table.line("reason", "The website moves to a new server");
    let time = |text: &str| match FactKind::Datetime.parse(text, zone) {
        Ok(FactValue::Datetime(at)) => Ok(at),
        Ok(FactValue::Text(_) | FactValue::Number(_) | FactValue::Phone(_) | FactValue::Link(_)) => {
            Err(format!("`{text}` is not a date and time; write it as in 2026-12-05 22:00"))
        }
        Err(error) => Err(error.to_string()),
    };
    let (begins, ends) = (from?.parsed(sheet, time), to?.parsed(sheet, time));
    let (begins, ends) = (begins?, ends?);
    if ends <= begins {
        sheet.refuse(to?.at, "this window ends before it begins", "let `to` be later than `from`");
        return None;
    }
    if ends.duration_since(begins) > WINDOW_USUAL {
        let days = ends.duration_since(begins).as_hours() / 24;
        sheet.warn(to?.at, format!("this window keeps watches quiet for {days} days"), "look at its months and years");
    }
    if now.duration_since(ends) > OVER_FOR {
        sheet.warn(to?.at, "this window has long been over", "take it out, or give it the times that are to come");
    }
    Some(Maintenance { name: entry.key.clone(), from: begins, to: ends, reason: reason?, scope, break_through })
}

fn common(table: &Table<'_>, watches: &BTreeSet<String>) -> (Scope, BreakThrough) {
    let break_through = table.parsed("break_through", BreakThrough::parse).unwrap_or(BreakThrough::USUAL);
    let Some(node) = table.get("watches") else { return (Scope::All, break_through) };
    if node.is_empty_list() {
        table.sheet.refuse(
            &node.at,
            "this names no watch",
            "name at least one, or leave `watches` out for all of them",
        );
    }
    let mut named = BTreeSet::new();
    for word in node.words(table.sheet) {
        if !watches.contains(word.text) {
            let help = meant(word.text, watches.iter().map(String::as_str));
            table.sheet.refuse(word.at, format!("there is no watch called `{}`", word.text), help);
        }
        named.insert(WatchName::from(word.text));
    }
    (Scope::Watches(named), break_through)
}

/// What watches name as their group. What is wrong with the watches themselves is said where they are read.
fn groups(sheet: &Sheet, watches: Option<&Node>) -> BTreeMap<WatchName, String> {
    let mut groups = BTreeMap::new();
    let Some(Value::Map(entries)) = watches.map(|node| &node.value) else { return groups };
    for entry in entries {
        let Value::Map(keys) = &entry.value.value else { continue };
        let group = keys.iter().find(|found| found.key == "group").and_then(|found| found.value.word(sheet));
        if let Some(word) = group {
            spelling::check_name(sheet, word.at, word.text);
            groups.insert(WatchName::from(entry.key.as_str()), word.text.to_owned());
        }
    }
    groups
}
