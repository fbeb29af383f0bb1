//! `every: 60m until stand-down`: a statement that comes again, and what it says where nothing is new.

use super::approval;
use super::keys;
use super::node::{Table, Word};
use super::playbook::Reading;
use crate::core::name::TemplateName;
use crate::core::period::Period;
use crate::core::playbook::{Again, FactSpec, StatementStep, Usage};

const EXAMPLE: &str = "60m until stand-down";
const UNTIL: &str = "until stand-down";
/// The shortest time from one promise to the next: promises are five-minute marks, and each needs a yes.
const EVERY_MIN: Period = Period::minutes(10);

#[derive(Debug, thiserror::Error)]
enum EveryError {
    #[error("`{0}` does not say until when; write it as `{EXAMPLE}`")]
    Until(String),
    #[error("`{0}` is not a length of time that comes again; write it as `{EXAMPLE}`")]
    Period(String),
    #[error("nobody can promise and keep a word every {0}; write {EVERY_MIN} or more")]
    TooOften(Period),
}

fn every(text: &str) -> Result<Period, EveryError> {
    let period = text.strip_suffix(UNTIL).ok_or_else(|| EveryError::Until(text.to_owned()))?;
    let period = Period::parse(period).map_err(|_| EveryError::Period(text.to_owned()))?;
    if period < EVERY_MIN { Err(EveryError::TooOften(period)) } else { Ok(period) }
}

/// The step with its rounds, where it says `every`.
pub(super) fn read(reading: Reading<'_>, table: &Table<'_>, step: StatementStep) -> StatementStep {
    let sheet = reading.sheet;
    let Some(word) = table.word("every").filter(|_| step.usage == Usage::Post) else {
        if let Some(entry) = table.entry("nothing_new").filter(|_| step.usage == Usage::Post) {
            sheet.refuse(
                &entry.at,
                "`nothing_new` is for a statement that comes again",
                format!("add `every: {EXAMPLE}`"),
            );
        }
        return step;
    };
    let every = word.parsed(sheet, every);
    if let Some(entry) = table.entry("next_update") {
        sheet.refuse(&entry.at, "`every` already says when the next word comes", "take `next_update` out");
    }
    let within = step.within.or_else(|| every.map(|every| Period::seconds(every.as_seconds() / 2)));
    if let (Some(every), Some(entry)) = (every, table.entry("within"))
        && step.within.is_some_and(|within| within > every)
    {
        let help = format!("make `within` {every} or shorter");
        sheet.refuse(&entry.at, "a round would begin before the one before it is due", help);
    }
    let example = "{ template: data-breach/nothing-new, approval: [ { any_of: [comms-lead] } ] }";
    let nothing_new = table.need_table("nothing_new", example, keys::NOTHING_NEW);
    // Where `every` is wrong, what promises a time is not wrong too.
    let step = StatementStep { within, next_update: every.or(Some(EVERY_MIN)), ..step };
    let (Some(every), Some(nothing_new)) = (every, nothing_new) else { return step };
    let template = nothing_new.need_word("template", "data-breach/nothing-new");
    let quiet = StatementStep {
        template: TemplateName::from(template.map(|word| word.text).unwrap_or_default()),
        needs: Vec::new(),
        approval: approval::read(reading, &nothing_new, "release"),
        ..step.clone()
    };
    if let Some(word) = template {
        reading.given.templates.check(sheet, word, &quiet, reading.facts, reading.given);
        refuse_free_text(reading, word, &quiet, "that would be news");
    }
    StatementStep { again: Some(Box::new(Again { every, nothing_new: quiet })), ..step }
}

/// What goes out on a shorter approval was read in peacetime: nothing that people write meanwhile stands in it.
pub(super) fn refuse_free_text(reading: Reading<'_>, word: Word<'_>, quiet: &StatementStep, why: &str) {
    let says = |fact: &&FactSpec| {
        let path = format!("facts.{}", fact.name);
        let sources = reading.given.templates.named(&quiet.template);
        fact.kind.is_free_text() && sources.iter().any(|template| template.source.contains(&path))
    };
    for fact in reading.facts.iter().filter(says) {
        let message = format!("`{}` says `facts.{}`, which people write: {why}", quiet.template, fact.name);
        reading.sheet.refuse(word.at, message, "take it out there, and say it in the step's own template");
    }
}
