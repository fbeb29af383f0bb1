//! The order of a timeline: names that are one step's alone, milestones that exist, and no circle of waiting.

use std::ops::Range;

use super::node::Word;
use super::playbook::Reading;
use super::sheet::{listed, meant};
use crate::core::name::StepId;
use crate::core::playbook::{Milestone, Reached, Stage, Step, StepKind, Usage};

/// A step with what is still to be read of its place in the timeline.
pub(super) struct Placed<'n> {
    pub(super) step: Step,
    pub(super) id_at: &'n Range<usize>,
    pub(super) after: Option<Word<'n>>,
    /// Where it says when the next word comes.
    pub(super) promises_at: Option<&'n Range<usize>>,
    /// For which statement a last line stands in.
    pub(super) instead_of: Option<Word<'n>>,
}

/// `whole`: every line of the timeline could be read, so that a step that is not there was never written.
pub(super) fn check(reading: Reading<'_>, placed: &mut [Placed<'_>], whole: bool) {
    check_ids(reading, placed);
    for index in 0..placed.len() {
        let after = placed[index].after.and_then(|word| milestone(reading, placed, word, whole));
        placed[index].step.after = after;
    }
    check_circles(reading, placed);
    check_pauses(reading, placed);
    check_last_lines(reading, placed, whole);
    check_reviews(reading, placed);
}

/// Somebody must look at what was sent on one yes: a task that waits for it, with an owner and a time.
fn check_reviews(reading: Reading<'_>, placed: &[Placed<'_>]) {
    let follows = |placed: &Placed<'_>, id: &StepId| match &placed.step.kind {
        StepKind::Task(task) => {
            let waits = placed.step.after.as_ref().is_some_and(|after| after.step == *id);
            waits && task.within.is_some() && placed.step.when.is_none()
        }
        StepKind::Alert(_) | StepKind::Statement(_) => false,
    };
    for instruction in placed {
        let StepKind::Statement(statement) = &instruction.step.kind else { continue };
        let id = &instruction.step.id;
        if statement.usage == Usage::LifeSafety && !placed.iter().any(|other| follows(other, id)) {
            let help = format!("add a task with `after: {id}.posted` and `within`, and no `when`");
            reading.sheet.refuse(instruction.id_at, format!("nobody looks at `{id}` again once it is out"), help);
        }
    }
}

/// Two pauses would be two tasks for the same thing.
fn check_pauses(reading: Reading<'_>, placed: &[Placed<'_>]) {
    let pauses = placed.iter().filter(|placed| placed.step.is_pause());
    for placed in pauses.skip(1) {
        let message = format!("`{}` is a second task with `resume`", placed.step.id);
        reading.sheet.refuse(placed.id_at, message, "pause everything in one task, and take `resume` out of this one");
    }
}

/// A last line stands in for a statement of this playbook that is posted, and whose ladder has an end.
fn check_last_lines(reading: Reading<'_>, placed: &[Placed<'_>], whole: bool) {
    let posted = |placed: &&Placed<'_>| match &placed.step.kind {
        StepKind::Statement(statement) => statement.usage == Usage::Post,
        StepKind::Alert(_) | StepKind::Task(_) => false,
    };
    for word in placed.iter().filter_map(|placed| placed.instead_of) {
        let names = || placed.iter().filter(posted).map(|placed| placed.step.id.as_str());
        if whole && !names().any(|name| name == word.text) {
            let message = format!("there is no statement called `{}` that is posted", word.text);
            reading.sheet.refuse(word.at, message, meant(word.text, names()));
        }
        let of = placed.iter().filter(posted).find(|placed| placed.step.id.as_str() == word.text);
        if let Some(stage) = of.and_then(|placed| endless(&placed.step)) {
            let message = format!(
                "`{}` waits without end for its stage `{}`, so this line would never be offered",
                word.text, stage.name
            );
            reading.sheet.refuse(word.at, message, format!("add `within` to each stage of `{}`", word.text));
        }
    }
}

/// A stage of a statement, or of its rounds without news, that asks for ever.
fn endless(step: &Step) -> Option<&Stage> {
    let StepKind::Statement(statement) = &step.kind else { return None };
    let rounds = statement.again.iter().flat_map(|again| &again.nothing_new.approval);
    statement.approval.iter().chain(rounds).find(|stage| stage.within.is_none())
}

fn check_ids(reading: Reading<'_>, placed: &[Placed<'_>]) {
    for (index, step) in placed.iter().enumerate() {
        if placed[..index].iter().any(|before| before.step.id == step.step.id) {
            let message = format!("two steps are called `{}`", step.step.id);
            reading.sheet.refuse(step.id_at, message, "give each step an `id` of its own");
        }
    }
}

fn milestone(reading: Reading<'_>, placed: &[Placed<'_>], word: Word<'_>, whole: bool) -> Option<Milestone> {
    let sheet = reading.sheet;
    let Some((name, reached)) = word.text.split_once('.') else {
        let message = format!("`{}` does not say what of that step to wait for", word.text);
        let example = format!("write {0}.done, {0}.posted or {0}.posted_everywhere", word.text);
        sheet.refuse(word.at, message, example);
        return None;
    };
    let Some(other) = placed.iter().find(|placed| placed.step.id.as_str() == name) else {
        if whole {
            let names = placed.iter().map(|placed| placed.step.id.as_str());
            sheet.refuse(word.at, format!("there is no step called `{name}`"), meant(name, names));
        }
        return None;
    };
    let words: &[&str] = match &other.step.kind {
        StepKind::Alert(_) | StepKind::Task(_) => &["done"],
        StepKind::Statement(statement) if statement.usage == Usage::IfAsked => {
            sheet.refuse(
                word.at,
                format!("`{name}` is said if asked and never posted"),
                "let it wait for another step",
            );
            return None;
        }
        StepKind::Statement(_) => &["posted", "posted_everywhere"],
    };
    let reached = match reached {
        "done" => Some(Reached::Done),
        "posted" => Some(Reached::Posted),
        "posted_everywhere" => Some(Reached::PostedEverywhere),
        _ => None,
    };
    let Some(reached) = reached.filter(|_| words.iter().any(|known| word.text.ends_with(&format!(".{known}")))) else {
        let options: Vec<String> = words.iter().map(|known| format!("{name}.{known}")).collect();
        let help = format!("it reaches {}", listed(&options));
        sheet.refuse(word.at, format!("`{}` is never reached", word.text), help);
        return None;
    };
    Some(Milestone { step: StepId::from(name), reached })
}

/// Each step waits for at most one other, so following the waits ends, or comes round to the start.
fn check_circles(reading: Reading<'_>, placed: &[Placed<'_>]) {
    for (index, start) in placed.iter().enumerate() {
        let mut path = vec![start.step.id.as_str()];
        let mut next = start.step.after.as_ref();
        while let Some(milestone) = next {
            let round = path.contains(&milestone.step.as_str());
            path.push(milestone.step.as_str());
            if round {
                break;
            }
            next = placed
                .iter()
                .find(|placed| placed.step.id == milestone.step)
                .and_then(|placed| placed.step.after.as_ref());
        }
        let closed = path.len() > 1 && path.first() == path.last();
        let first = placed[..index].iter().all(|before| !path.contains(&before.step.id.as_str()));
        if let (true, Some(word)) = (closed && first, start.after) {
            let message = format!("these steps wait for one another: {}", path.join(" after "));
            reading.sheet.refuse(word.at, message, "let one of them start by itself");
        }
    }
}
