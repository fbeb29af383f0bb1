//! The time promised for the next word is over, or as good as over.

use jiff::Timestamp;

use super::{Checked, Hit, Level, Rule, When};
use crate::core::period::Period;
use crate::core::statement::{Package, clock_time};

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

/// The last moment at which the text is not stale; none where it promises nothing.
pub(super) fn stops_from(package: &Package) -> Option<Timestamp> {
    package.next_update.map(|promised| LEFT_AT_LEAST.before(promised))
}

fn check(checked: &Checked<'_>) -> Vec<Hit> {
    let Some((promised, last)) = checked.package.next_update.zip(stops_from(checked.package)) else {
        return Vec::new();
    };
    if checked.at <= last {
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
