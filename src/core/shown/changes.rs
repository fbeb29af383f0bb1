//! What changed between two versions of a statement, cut down to what a reader needs around each change.

use serde::Serialize;

use super::Shown;
use crate::core::incident::{Request, Statement, Subject, Version};
use crate::core::statement::{Piece, changes};

/// Unchanged words shown on each side of a change, in characters.
const CONTEXT_CHARS: usize = 60;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// `since version 1`.
    pub since: String,
    pub changes: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub label: String,
    pub pieces: Vec<ChangePiece>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangePiece {
    pub text: String,
    pub added: bool,
    pub removed: bool,
}

/// The word diff of two versions.
pub fn changes_between(old: &Version, new: &Version, since: String) -> Changes {
    let changes = changes(&old.package, &new.package).into_iter().map(|change| {
        let last = change.pieces.len().saturating_sub(1);
        let pieces = change.pieces.into_iter().enumerate();
        Change {
            label: change.label,
            pieces: pieces.map(|(place, piece)| shown(piece, place == 0, place == last)).collect(),
        }
    });
    Changes { since, changes: changes.collect() }
}

fn shown(piece: Piece, first: bool, last: bool) -> ChangePiece {
    match piece {
        Piece::Same(text) => ChangePiece { text: shortened(&text, first, last), added: false, removed: false },
        Piece::Added(text) => ChangePiece { text, added: true, removed: false },
        Piece::Removed(text) => ChangePiece { text, added: false, removed: true },
    }
}

/// The words next to the changes, with an ellipsis for the rest.
fn shortened(text: &str, first: bool, last: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let (head, tail) = (if first { 0 } else { CONTEXT_CHARS }, if last { 0 } else { CONTEXT_CHARS });
    if chars.len() <= head + tail + 3 {
        return text.to_owned();
    }
    let start: String = chars[..head].iter().collect();
    let end: String = chars[chars.len() - tail..].iter().collect();
    format!("{start}…{end}")
}

impl Shown<'_> {
    /// What this request's text changes since the person last saw one, else since the version before.
    pub fn changes_for(&self, request: &Request, statement: &Statement) -> Option<Changes> {
        let place = statement.versions.iter().rposition(|version| version.digest == request.digest)?;
        let new = statement.versions.get(place)?;
        let before = &statement.versions[..place];
        if let Some(seen) = before.iter().rev().find(|version| self.was_asked(request, version)) {
            let since = format!("since version {}, the last that you were asked about", seen.number);
            return Some(changes_between(seen, new, since));
        }
        let old = before.last()?;
        Some(changes_between(old, new, format!("since version {}", old.number)))
    }

    /// What the current version changes against the one this request is about.
    pub fn changes_after(&self, request: &Request, statement: &Statement) -> Option<Changes> {
        let old = statement.versions.iter().rfind(|version| version.digest == request.digest)?;
        let new = statement.current().filter(|new| new.digest != old.digest)?;
        Some(changes_between(old, new, format!("from version {} to version {}", old.number, new.number)))
    }

    fn was_asked(&self, request: &Request, version: &Version) -> bool {
        let mut earlier = self.incident.requests.iter().take_while(|other| other.number < request.number);
        earlier.any(|other| other.person == request.person && other.of == request.of && other.digest == version.digest)
    }

    /// The version that a request is about; none for a stand-down.
    pub fn version_of(&self, request: &Request) -> Option<(&Statement, &Version)> {
        let Subject::Statement(id) = &request.of else { return None };
        let statement = self.incident.statements.get(id)?;
        let version = statement.versions.iter().rfind(|version| version.digest == request.digest)?;
        Some((statement, version))
    }
}
