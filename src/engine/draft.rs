//! Carries out a draft: calls the pure drafting and lint, and gives back the event that keeps their bytes.

use jiff::Timestamp;

use super::board::Entry;
use crate::core::incident::{Author, Event, Hold, Refusal, StatementPhase, VERSIONS_MAX};
use crate::core::lint::linted;
use crate::core::name::{PersonId, StepId};
use crate::core::statement::{DraftInput, EditError, draft as render, edited};

/// The event of drafting `statement` now; none where no draft is wanted any more.
pub(super) fn draft(entry: &Entry, statement: &StepId, now: Timestamp) -> Option<Event> {
    let incident = &entry.incident;
    let found = incident.statements.get(statement)?;
    if found.phase != StatementPhase::Drafting(Hold::Draft) {
        return None;
    }
    if found.versions.len() >= VERSIONS_MAX {
        let why = Refusal::TooManyVersions(VERSIONS_MAX).to_string();
        return Some(Event::DraftFailed { statement: statement.clone(), why });
    }
    let input = DraftInput {
        step: statement,
        setting: incident.setting,
        incident_id: incident.id,
        incident_title: &incident.title,
        severity: incident.severity,
        opened_at: incident.opened_at,
        facts: &incident.confirmed_facts(),
        spike: incident.known_spike(),
        version: found.version() + 1,
        corrects: incident.corrected_by(statement),
        round: incident.round_of(statement, &entry.rules),
    };
    Some(match render(&input, &entry.rules, now) {
        Ok(package) => Event::Saved {
            statement: statement.clone(),
            by: Author::Template,
            replaces: found.version(),
            basis: incident.events,
            package: Box::new(linted(package, &entry.rules, incident.setting, now)),
        },
        Err(error) => Event::DraftFailed { statement: statement.clone(), why: error.to_string() },
    })
}

/// One text as a person edited it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    /// Its place in the package.
    pub variant: usize,
    pub title: Option<String>,
    pub body: String,
}

/// What somebody had before them when they began to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenOver {
    pub version: u32,
    /// How many events the incident had.
    pub events: u32,
}

/// The event of a person saving `texts`.
pub(super) fn edit(
    entry: &Entry,
    statement: &StepId,
    written_over: WrittenOver,
    by: &PersonId,
    texts: &[TextEdit],
    now: Timestamp,
) -> Result<Option<Event>, EditError> {
    let Some(current) = entry.incident.statements.get(statement).and_then(|found| found.current()) else {
        return Ok(None);
    };
    let texts = texts.iter().map(|text| (text.variant, text.title.clone(), text.body.clone())).collect();
    let package = edited(&current.package, texts, &entry.rules, entry.incident.setting)?;
    Ok(Some(Event::Saved {
        statement: statement.clone(),
        by: Author::Person(by.clone()),
        replaces: written_over.version,
        basis: written_over.events,
        package: Box::new(linted(package, &entry.rules, entry.incident.setting, now)),
    }))
}
