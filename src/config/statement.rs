//! What a statement step leaves open: a ladder that is too long, a language that nobody reads.

use std::collections::BTreeSet;

use super::node::Table;
use super::playbook::Reading;
use crate::core::name::PersonId;
use crate::core::period::Period;
use crate::core::playbook::{Stage, StatementStep, Usage};

pub(super) fn warn(reading: Reading<'_>, table: &Table<'_>, id: &str, step: &StatementStep) {
    warn_ladder(table, id, step);
    warn_unread(reading, table, id, step);
}

/// With everybody silent until the last moment the approval must still end before the post is due.
fn warn_ladder(table: &Table<'_>, id: &str, step: &StatementStep) {
    let (Some(within), Some(entry)) = (step.within, table.entry("approval")) else { return };
    if let Some(stage) = step.approval.iter().find(|stage| stage.within.is_none()) {
        let message = format!("`{id}` is due within {within}, and its stage `{}` has no deadline", stage.name);
        table.sheet.warn(&entry.at, message, "give the stage a `within`");
        return;
    }
    let seconds: u64 = step.approval.iter().map(worst_case).sum();
    if seconds > within.as_seconds() {
        let message = format!("`{id}` is due within {within}, and its approval may take {}", Period::seconds(seconds));
        let help = "shorten the stages (one with `else` may take twice its `within`), or give the statement longer";
        table.sheet.warn(&entry.at, message, help);
    }
}

/// Those asked instead have as long again.
fn worst_case(stage: &Stage) -> u64 {
    let rungs = if stage.otherwise.is_empty() { 1 } else { 2 };
    stage.within.map_or(0, Period::as_seconds).saturating_mul(rungs)
}

/// Each language of a statement needs a yes from somebody who reads it.
fn warn_unread(reading: Reading<'_>, table: &Table<'_>, id: &str, step: &StatementStep) {
    let (given, Some(entry)) = (reading.given, table.entry("approval")) else { return };
    let roles = step.approval.iter().flat_map(|stage| stage.quorum.roles());
    let people: BTreeSet<&PersonId> = roles.flat_map(|role| given.people.askable(role)).collect();
    let channels = step.channels.iter().filter_map(|name| given.channels.get(name));
    let mut languages: BTreeSet<&String> = channels.flat_map(|channel| given.languages_of(channel)).collect();
    if step.usage == Usage::IfAsked {
        languages.extend(&given.organisation.languages);
    }
    for language in languages {
        let reads =
            |id: &&&PersonId| given.people.roster.person(id).is_some_and(|person| person.reads.contains(language));
        if !people.is_empty() && people.iter().find(reads).is_none() {
            let message = format!("nobody who approves `{id}` reads {language}, so it can never go out in it");
            let help = format!("add {language} to somebody's `reads`, or ask somebody who reads it");
            table.sheet.warn(&entry.at, message, help);
        }
    }
}
