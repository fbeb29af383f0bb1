//! `use: hold` and `use: life_safety`: what is approved ahead and kept, on whose word it goes out, and when it lapses.

use super::again;
use super::node::{Table, Word};
use super::playbook::Reading;
use crate::core::name::{RoleName, StepId, role};
use crate::core::period::Period;
use crate::core::playbook::{StatementStep, Usage};

/// The longest time for which an approval is kept: after a week nobody remembers what they read.
const LAPSES_MAX: Period = Period::minutes(7 * 24 * 60);
/// The shortest: somebody must read their mail and act.
const LAPSES_MIN: Period = Period::minutes(10);
/// What makes no sense for words that wait.
const NOT_HELD: [&str; 3] = ["within", "every", "nothing_new"];

#[derive(Debug, thiserror::Error)]
enum LapsesError {
    #[error(transparent)]
    Period(#[from] crate::core::period::PeriodError),
    #[error("nobody can give their word within {0}; write {LAPSES_MIN} or more")]
    TooShort(Period),
    #[error("an approval is not kept for {0}; write {LAPSES_MAX} or less")]
    TooLong(Period),
}

fn lapses(text: &str) -> Result<Period, LapsesError> {
    let period = Period::parse(text)?;
    if period < LAPSES_MIN {
        Err(LapsesError::TooShort(period))
    } else if period > LAPSES_MAX {
        Err(LapsesError::TooLong(period))
    } else {
        Ok(period)
    }
}

/// The step with whose word it waits for, where it is held.
pub(super) fn read(reading: Reading<'_>, table: &Table<'_>, step: StatementStep) -> StatementStep {
    let sheet = reading.sheet;
    let instruction = match step.usage {
        Usage::Post | Usage::IfAsked => None,
        Usage::Hold => Some(false),
        Usage::LifeSafety => Some(true),
    };
    let Some(instruction) = instruction else {
        for key in ["on_word_of", "instead_of", "lapses"] {
            if let Some(entry) = table.entry(key) {
                let message = format!("`{key}` is for what is held ready");
                sheet.refuse(&entry.at, message, "add `use: hold`, or take it out");
            }
        }
        return step;
    };
    for key in NOT_HELD {
        if let Some(entry) = table.entry(key) {
            let message = format!("what is held ready waits for somebody's word, so it has no `{key}`");
            sheet.refuse(&entry.at, message, "take it out, or write `use: post`");
        }
    }
    if instruction {
        refuse_openings(reading, table);
    }
    let instead_of = table.word("instead_of").map(|word| StepId::from(word.text));
    let on_word_of = if instead_of.is_some() { refuse_word(reading, table) } else { words_of(reading, table) };
    let lapses = table.need_word("lapses", "4h").and_then(|word| word.parsed(sheet, lapses));
    if let (Some(lapses), Some(promised), Some(entry)) = (lapses, step.next_update, table.entry("lapses"))
        && promised < lapses
    {
        let message =
            format!("it lapses sooner than {lapses}: the time that its text promises is over after {promised}");
        sheet.warn(&entry.at, message, "make `next_update` longer, or take it out of the step and of the text");
    }
    StatementStep { on_word_of, instead_of, lapses, ..step }
}

/// An instruction is closed: it waits for no fact and stands in for nothing.
fn refuse_openings(reading: Reading<'_>, table: &Table<'_>) {
    for key in ["needs", "next_update", "instead_of"] {
        if let Some(entry) = table.entry(key) {
            let message = format!("an instruction for safety is the same whenever it is sent, so it has no `{key}`");
            reading.sheet.refuse(&entry.at, message, "take it out; write one instruction for each choice there is");
        }
    }
}

/// The roles on whose word it goes out.
fn words_of(reading: Reading<'_>, table: &Table<'_>) -> Vec<RoleName> {
    let Some(node) = table.need("on_word_of", "[comms-lead]") else { return Vec::new() };
    let roles: Vec<RoleName> = node.words(reading.sheet).into_iter().map(|word| reading.role(word)).collect();
    if !roles.iter().any(|role| may_be_asked(reading, role)) {
        let help = "name a role of people, as in [comms-lead]; a shared mailbox gives no word";
        reading.sheet.refuse(&node.at, "nobody could ever give the word for this", help);
    }
    roles
}

/// A role that there is not is told as such.
fn may_be_asked(reading: Reading<'_>, role: &RoleName) -> bool {
    let people = &reading.given.people;
    !people.roster.roles.contains_key(role) || !people.askable(role).is_empty()
}

/// A last line waits for the executive on call alone.
fn refuse_word(reading: Reading<'_>, table: &Table<'_>) -> Vec<RoleName> {
    if let Some(entry) = table.entry("on_word_of") {
        let message = "a line for when nobody answers goes out on the executive's yes, on nobody's word";
        reading.sheet.refuse(&entry.at, message, "take `on_word_of` out, or `instead_of`");
    }
    let executive = RoleName::from(role::EXECUTIVE);
    let there = !reading.given.people.askable(&executive).is_empty();
    if let Some(entry) = table.entry("instead_of").filter(|_| !there) {
        let message = format!("nobody could be offered this line: nobody holds the role `{executive}`");
        reading.sheet.refuse(&entry.at, message, "name people for it under `roles:`");
    }
    Vec::new()
}

/// What is approved ahead of a silence was read before it: nothing that people write meanwhile stands in it.
pub(super) fn check_line(reading: Reading<'_>, word: Word<'_>, step: &StatementStep) {
    if step.instead_of.is_some() {
        again::refuse_free_text(reading, word, step, "that is not approved ahead");
    }
}
