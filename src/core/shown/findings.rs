//! What lint found, in words, and who lifted what.

use serde::Serialize;

use super::{Shown, sentence};
use crate::core::incident::{Statement, Version};
use crate::core::lint::Level;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownFinding {
    pub rule: String,
    /// What it means for the reader.
    pub level: &'static str,
    pub blocks: bool,
    pub place: String,
    pub found: String,
    pub remedy: String,
    /// `Chi Nwosu: the patient agreed in writing`.
    pub lifts: Vec<String>,
}

impl Shown<'_> {
    pub fn findings(&self, statement: &Statement, version: &Version) -> Vec<ShownFinding> {
        let shown = version.package.findings.iter().map(|finding| {
            let lifts = statement.lifts.iter();
            let lifts = lifts.filter(|lift| lift.digest == version.digest && lift.rule == finding.rule);
            ShownFinding {
                rule: finding.rule.clone(),
                level: match finding.level {
                    Level::PrivacyBlock => "Stops the text: privacy",
                    Level::Block => "Stops the text",
                    Level::Warning => "Warning",
                },
                blocks: finding.level != Level::Warning,
                place: finding.place.clone(),
                found: finding.found.clone(),
                remedy: sentence(&finding.remedy),
                lifts: lifts.map(|lift| format!("{}: {}", self.name(&lift.by), lift.reason)).collect(),
            }
        });
        shown.collect()
    }
}
