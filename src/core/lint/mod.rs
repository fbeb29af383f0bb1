//! Lint: what must be mended or accepted before a text is approved. A rule is one file and one line in the table.

mod length;
mod no_next_update;
mod placeholder_left;
mod rehearsal_leak;
mod stale;
mod unknown_proper_name;
mod words;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rules::Rules;
use super::setting::Setting;
use super::statement::{Package, Variant};

/// In the order in which findings are shown.
pub const RULES: &[Rule] = &[
    rehearsal_leak::RULE,
    placeholder_left::RULE,
    length::RULE,
    no_next_update::RULE,
    stale::RULE,
    unknown_proper_name::RULE,
];

/// How a finding acts. A privacy block is lifted by the privacy officer or deputy alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    PrivacyBlock,
    Block,
    Warning,
}

/// What a rule found, where, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: String,
    pub level: Level,
    /// Where, in words: `bluesky, short text, en` or `title of the long text, es`.
    pub place: String,
    /// The words that made it fire; empty where something is missing.
    pub found: String,
    pub remedy: String,
}

/// What a rule reads.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    pub package: &'a Package,
    pub rules: &'a Rules,
    pub setting: Setting,
    pub at: Timestamp,
}

/// When a rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// When a version is saved, and when it is asked.
    Saved,
    /// And once more just before posting: what it says depends on the time.
    SavedAndPosting,
}

/// One rule, with its own why.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Named for what it finds.
    pub name: &'static str,
    pub level: Level,
    pub when: When,
    pub why: &'static str,
    /// Who says so.
    pub source: &'static str,
    pub check: fn(&Checked<'_>) -> Vec<Hit>,
}

/// A finding before its rule has put its name on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub place: String,
    pub found: String,
    pub remedy: String,
}

/// Every finding, in the order of [`RULES`] and of the package.
pub fn check(checked: &Checked<'_>) -> Vec<Finding> {
    findings(checked, RULES.iter())
}

/// The findings of the rules about time.
pub fn check_before_posting(checked: &Checked<'_>) -> Vec<Finding> {
    findings(checked, RULES.iter().filter(|rule| rule.when == When::SavedAndPosting))
}

/// From when lint will stop this text, though nobody changes a word.
pub fn stops_from(package: &Package) -> Option<Timestamp> {
    stale::stops_from(package)
}

/// The package with what lint says of it, ready to be saved.
pub fn linted(package: Package, rules: &Rules, setting: Setting, at: Timestamp) -> Package {
    let findings = check(&Checked { package: &package, rules, setting, at });
    Package { findings, ..package }
}

fn findings<'a>(checked: &Checked<'_>, rules: impl Iterator<Item = &'a Rule>) -> Vec<Finding> {
    let of = |rule: &'a Rule| {
        (rule.check)(checked).into_iter().map(|hit| Finding {
            rule: rule.name.to_owned(),
            level: rule.level,
            place: hit.place,
            found: hit.found,
            remedy: hit.remedy,
        })
    };
    rules.flat_map(of).collect()
}

impl<'a> Checked<'a> {
    /// Every text that the public can read, with its place in words.
    fn texts(&self) -> impl Iterator<Item = (String, &'a Variant, &'a str)> + use<'a> {
        self.package.variants.iter().flat_map(|variant| {
            let title =
                variant.title.as_deref().map(|title| (format!("title of the {}", variant.label()), variant, title));
            title.into_iter().chain([(variant.label(), variant, variant.body.as_str())])
        })
    }
}
