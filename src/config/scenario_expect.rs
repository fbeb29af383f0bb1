//! What a scenario expects: one entry each, with the times that stand beside it.

use super::keys;
use super::node::{Node, Table};
use super::scenario::Stage;
use super::sheet::meant;
use crate::core::period::Period;
use crate::core::rehearsal::Expectation;
use crate::core::severity::Severity;

pub(super) fn read(stage: &Stage<'_>, node: &Node) -> Option<Expectation> {
    let at = node.at.clone();
    let sheet = stage.sheet;
    let table = Table::of(sheet, "an expectation", node, &at, keys::EXPECT);
    let entry = stage.only(&table, node, &at, keys::EXPECT, keys::EXPECT_BESIDE)?;
    let word = entry.value.word(sheet)?;
    let fits: &[&str] = match entry.key.as_str() {
        "posted" | "severity" | "done" => &["within"],
        "not_posted" => &["before"],
        "asked" => &["about"],
        _ => &["to"],
    };
    for beside in keys::EXPECT_BESIDE.iter().filter(|beside| !fits.contains(*beside)) {
        if let Some(entry) = table.entry(beside) {
            let message = format!("`{beside}` does not stand beside `{}`", word_of(node, stage));
            sheet.refuse(&entry.at, message, format!("beside it stands `{}`", fits.join("`, `")));
        }
    }
    let within = table.parsed("within", Period::parse);
    match entry.key.as_str() {
        "posted" => Some(Expectation::Posted { statement: stage.statement(word)?, within }),
        "not_posted" => {
            let before = table.parsed("before", Period::parse);
            Some(Expectation::NotPosted { statement: stage.statement(word)?, before })
        }
        "asked" => {
            let about = table.word("about").map(|about| stage.statement(about));
            let person = stage.person(word)?;
            let about = match about {
                Some(about) => Some(about?),
                None => None,
            };
            Some(Expectation::Asked { person, about })
        }
        "escalated" => {
            let to = table.need_word("to", "fay").and_then(|to| stage.person(to));
            Some(Expectation::Escalated { statement: stage.statement(word)?, to: to? })
        }
        "done" => Some(Expectation::Done { task: stage.task(word)?, within }),
        _ => {
            let severity = match word.text {
                "critical" => Severity::Critical,
                "serious" => Severity::Serious,
                "elevated" => Severity::Elevated,
                other => {
                    let help = meant(other, keys::SEVERITY.iter().copied());
                    sheet.refuse(word.at, format!("there is no severity called `{other}`"), help);
                    return None;
                }
            };
            Some(Expectation::Severity { severity, within })
        }
    }
}

/// What the entry is, for a message about what stands beside it.
fn word_of(node: &Node, stage: &Stage<'_>) -> String {
    let entries = node.entries(stage.sheet).iter();
    let kind = entries.map(|entry| entry.key.as_str()).find(|key| !keys::EXPECT_BESIDE.contains(key));
    kind.unwrap_or_default().to_owned()
}
