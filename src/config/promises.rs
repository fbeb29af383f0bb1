//! What a statement promises of the next word: a later statement to the same audience has to be there to keep it.

use super::order::Placed;
use super::playbook::Reading;
use crate::core::playbook::{Step, StepKind, Usage};

/// Of every line of a timeline, once their order is known.
pub(super) fn warn(reading: Reading<'_>, placed: &[Placed<'_>]) {
    // Where a step waits for something that is not there, that is the mistake.
    if placed.iter().any(|placed| placed.after.is_some() && placed.step.after.is_none()) {
        return;
    }
    for promising in placed {
        let (StepKind::Statement(step), Some(at)) = (&promising.step.kind, promising.promises_at) else { continue };
        let Some(period) = step.next_update.filter(|_| step.usage == Usage::Post && step.again.is_none()) else {
            continue;
        };
        if placed.iter().any(|other| follows(placed, &other.step, &promising.step, &step.audience)) {
            continue;
        }
        let message = format!(
            "`{}` promises a next word after {period}, and no later statement to `{}` is there to keep it",
            promising.step.id, step.audience
        );
        let help = format!(
            "add a statement to `{}` after `{}.posted`, as with `every: {period} until stand-down`",
            step.audience, promising.step.id
        );
        reading.sheet.warn(at, message, help);
    }
}

/// Whether `other` goes to this audience, and later than `promising`: at a time of its own, again and again, or after it.
fn follows(placed: &[Placed<'_>], other: &Step, promising: &Step, audience: &str) -> bool {
    let StepKind::Statement(step) = &other.kind else { return false };
    let is_another = other.id != promising.id && step.usage == Usage::Post && step.audience == audience;
    is_another && (other.at.is_some() || step.again.is_some() || waits_for(placed, other, promising))
}

/// Each step waits for at most one other, so no way is longer than the timeline.
fn waits_for(placed: &[Placed<'_>], step: &Step, awaited: &Step) -> bool {
    let mut at = step;
    for _ in placed {
        let Some(milestone) = &at.after else { return false };
        if milestone.step == awaited.id {
            return true;
        }
        let Some(next) = placed.iter().find(|placed| placed.step.id == milestone.step) else { return false };
        at = &next.step;
    }
    false
}
