//! A rehearsal's text without its stamp, or a live text with one.

use super::{Checked, Hit, Level, Rule, When};
use crate::core::rules::STAMP;
use crate::core::setting::Setting;

/// Words that a rehearsal's stamp is made of, in capitals; in a live text they read as one.
const STAMP_WORDS: [&str; 4] = ["EXERCISE", "DRILL", "SIMULACRO", "EJERCICIO"];

pub(super) const RULE: Rule = Rule {
    name: "rehearsal-leak",
    level: Level::Block,
    when: When::Saved,
    why: "an exercise taken for real frightens people; a real text taken for an exercise is ignored",
    source: "hospitals stamp every message of an exercise",
    check,
};

fn check(checked: &Checked<'_>) -> Vec<Hit> {
    let stamp = &checked.rules.organisation.stamp;
    match checked.setting {
        Setting::Rehearsal => unstamped(checked, stamp),
        Setting::Live => stamped(checked, stamp),
    }
}

fn unstamped(checked: &Checked<'_>, stamp: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    if checked.package.stamp.as_deref() != Some(stamp) {
        hits.push(Hit {
            place: "stamp".to_owned(),
            found: checked.package.stamp.clone().unwrap_or_default(),
            remedy: format!("this is a rehearsal: draft the text again, so that it is stamped `{stamp}`"),
        });
    }
    for (place, _, text) in checked.texts() {
        if !text.starts_with(stamp) {
            let remedy = format!("this is a rehearsal: begin it with `{stamp}`");
            hits.push(Hit { place, found: String::new(), remedy });
        }
    }
    hits
}

fn stamped(checked: &Checked<'_>, stamp: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    if let Some(found) = &checked.package.stamp {
        let remedy = "this is a live incident: draft the text again, without a stamp".to_owned();
        hits.push(Hit { place: "stamp".to_owned(), found: found.clone(), remedy });
    }
    for (place, _, text) in checked.texts() {
        if let Some(found) = stamp_in(text, stamp) {
            let remedy = format!("this is a live incident: take `{found}` out");
            hits.push(Hit { place, found, remedy });
        }
    }
    hits
}

/// The organisation's stamp or the usual one, in whatever case, spacing and dashes, or a word only stamps write so.
fn stamp_in(text: &str, stamp: &str) -> Option<String> {
    let words = words_of(text);
    let whole = [stamp, STAMP].into_iter().find(|stamp| {
        let wanted = words_of(stamp);
        !wanted.trim().is_empty() && words.contains(&wanted)
    });
    whole.map(str::to_owned).or_else(|| {
        text.split(|c: char| !c.is_alphanumeric()).find(|word| STAMP_WORDS.contains(word)).map(str::to_owned)
    })
}

/// Lower-case words with one space around each.
fn words_of(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_lowercase).collect();
    format!(" {} ", words.join(" "))
}
