//! A text that should say when the next word comes, and does not.

use jiff::Timestamp;

use super::words::clock_times;
use super::{Checked, Hit, Level, Rule, When};
use crate::core::playbook::StepKind;
use crate::core::statement::{Length, Variant, clock_time, is_public};

pub(super) const RULE: Rule = Rule {
    name: "no-next-update",
    level: Level::Block,
    when: When::Saved,
    why: "silence is filled by others; a time to come back at holds the line until then",
    source: "CDC CERC, first message in a crisis",
    check,
};

/// Promises without a time, English and Spanish, in small letters.
const VAGUE: [&str; 20] = [
    "more to follow",
    "more soon",
    "update soon",
    "updates soon",
    "update shortly",
    "updates shortly",
    "updates will follow",
    "update will follow",
    "will update",
    "we'll update",
    "we’ll update",
    "will provide an update",
    "will provide updates",
    "will share more",
    "further information will follow",
    "más información pronto",
    "informaremos",
    "actualizaremos",
    "seguiremos informando",
    "en breve",
];

fn check(checked: &Checked<'_>) -> Vec<Hit> {
    let package = checked.package;
    let texts = package.variants.iter().filter(|variant| is_fullest(variant, &package.variants));
    match package.next_update {
        Some(promised) => texts.filter_map(|variant| unsaid(checked, variant, promised)).collect(),
        None if is_public(&package.audience) => texts.filter_map(|variant| unpromised(checked, variant)).collect(),
        None => Vec::new(),
    }
}

/// Long texts, and short ones in a language that has no other.
fn is_fullest(variant: &Variant, all: &[Variant]) -> bool {
    let has_long = || all.iter().any(|other| other.length == Length::Long && other.language == variant.language);
    match variant.length {
        Length::Long => true,
        Length::Short => !has_long(),
    }
}

/// The deadline that Holdline keeps and the time that readers are told must be the same.
fn unsaid(checked: &Checked<'_>, variant: &Variant, promised: Timestamp) -> Option<Hit> {
    let zone = checked.rules.organisation.zone();
    let civil = promised.to_zoned(zone.clone());
    let said =
        clock_times(&variant.text()).iter().any(|time| (time.hour, time.minute) == (civil.hour(), civil.minute()));
    (!said).then(|| Hit {
        place: variant.label(),
        found: String::new(),
        remedy: format!("say when the next update comes: {}", clock_time(promised, &zone, &variant.language)),
    })
}

/// A public text that promises vaguely; and the first public text of a playbook, if it says no time at all.
fn unpromised(checked: &Checked<'_>, variant: &Variant) -> Option<Hit> {
    let text = variant.text();
    if !clock_times(&text).is_empty() {
        return None;
    }
    let lower = text.to_lowercase();
    let vague = VAGUE.iter().find(|words| lower.contains(**words));
    if vague.is_none() && !is_first_public(checked) {
        return None;
    }
    Some(Hit {
        place: variant.label(),
        found: vague.map_or_else(String::new, |words| (*words).to_owned()),
        remedy: "say when the next update comes, as a clock time with its zone; the step's `next_update` fills it in"
            .to_owned(),
    })
}

fn is_first_public(checked: &Checked<'_>) -> bool {
    let first = checked.rules.playbook.timeline.iter().find(|step| match &step.kind {
        StepKind::Statement(statement) => is_public(&statement.audience),
        StepKind::Alert(_) | StepKind::Task(_) => false,
    });
    first.is_some_and(|step| step.id == checked.package.statement)
}
