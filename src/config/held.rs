//! `use: hold`: what is approved ahead and kept, on whose word it goes out, and when it lapses.

use super::node::Table;
use super::playbook::Reading;
use crate::core::name::RoleName;
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

/// The step with whose word it waits for, where it says `use: hold`.
pub(super) fn read(reading: Reading<'_>, table: &Table<'_>, step: StatementStep) -> StatementStep {
    let sheet = reading.sheet;
    if step.usage != Usage::Hold {
        for key in ["on_word_of", "lapses"] {
            if let Some(entry) = table.entry(key) {
                let message = format!("`{key}` is for what is held ready");
                sheet.refuse(&entry.at, message, "add `use: hold`, or take it out");
            }
        }
        return step;
    }
    for key in NOT_HELD {
        if let Some(entry) = table.entry(key) {
            let message = format!("what is held ready waits for somebody's word, so it has no `{key}`");
            sheet.refuse(&entry.at, message, "take it out, or write `use: post`");
        }
    }
    let words = table.need("on_word_of", "[comms-lead]").map(|node| (node, node.words(sheet)));
    let (node, words) = words.unzip();
    let on_word_of: Vec<RoleName> = words.unwrap_or_default().into_iter().map(|word| reading.role(word)).collect();
    // A role that there is not is told as such.
    let askable = on_word_of.iter().any(|role| {
        let people = &reading.given.people;
        !people.roster.roles.contains_key(role) || !people.askable(role).is_empty()
    });
    if let Some(node) = node.filter(|_| !askable) {
        let help = "name a role of people, as in [comms-lead]; a shared mailbox gives no word";
        sheet.refuse(&node.at, "nobody could ever give the word for this", help);
    }
    let lapses = table.need_word("lapses", "4h").and_then(|word| word.parsed(sheet, lapses));
    if let (Some(lapses), Some(promised), Some(entry)) = (lapses, step.next_update, table.entry("lapses"))
        && promised < lapses
    {
        let message =
            format!("it lapses sooner than {lapses}: the time that its text promises is over after {promised}");
        sheet.warn(&entry.at, message, "make `next_update` longer, or take it out of the step and of the text");
    }
    StatementStep { on_word_of, lapses, ..step }
}
