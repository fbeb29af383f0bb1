//! The time promised for the next word is over, or as good as over.

use super::{Checked, Hit, Level, Rule, When};
use crate::core::period::Period;
use crate::core::statement::clock_time;

/// What must be left until the promised time when a text goes out: less, and its readers read a promise already broken.
const LEFT_AT_LEAST: Period = Period::minutes(5);

pub(super) const RULE: Rule = Rule {
    name: "stale",
    level: Level::Block,
    when: When::SavedAndPosting,
    why: "a text that promises a time which has passed breaks its promise as it is read",
    source: "CDC CERC: be right, be credible",
    check,
};

fn check(checked: &Checked<'_>) -> Vec<Hit> {
    let Some(promised) = checked.package.next_update else { return Vec::new() };
    if LEFT_AT_LEAST.after(checked.at) <= promised {
        return Vec::new();
    }
    let organisation = &checked.rules.organisation;
    let language = organisation.languages.first().map_or("en", String::as_str);
    let promised_words = clock_time(promised, &organisation.zone(), language);
    let over = if promised <= checked.at { "has passed" } else { "is less than five minutes away" };
    vec![Hit {
        place: "next update".to_owned(),
        found: promised_words,
        remedy: format!("the promised time {over}: draft a new version, which promises a later one"),
    }]
}
