//! The other incidents that one has to do with: links, what it was merged with, and what it could be.

use serde::Serialize;

use super::Site;
use super::board::Found;
use super::desk::Choice;
use super::session::Visitor;
use crate::core::incident::{Incident, IncidentId, Merged};
use crate::core::shown::Shown;

/// How many incidents there are to choose from, the latest first.
const CHOICES_MAX: usize = 50;

#[derive(Serialize)]
pub(super) struct Others {
    links: Vec<Linked>,
    /// What became one with it, in words.
    merged: Vec<Beside>,
    to_link: Vec<Choice>,
    /// Open ones that it can be merged into.
    to_merge: Vec<Choice>,
}

/// Another incident, and what it has to do with this one.
#[derive(Serialize)]
struct Beside {
    incident: IncidentId,
    title: String,
    words: String,
}

#[derive(Serialize)]
struct Linked {
    beside: Beside,
    here: IncidentId,
}

impl Site {
    pub(super) fn others(&self, found: &Found, visitor: &Visitor) -> Others {
        let (incident, shown) = (&found.incident, self.shown(found));
        let links = incident.links.iter().map(|(other, link)| {
            let words = format!("{}, {}: {}", shown.name(&link.by), shown.time(link.at), link.reason);
            Linked { beside: self.beside(visitor, *other, words), here: incident.id }
        });
        let into = incident.merged_into.iter().map(|(into, merged)| {
            let words = format!("This incident was merged into it. {}", said(&shown, merged));
            self.beside(visitor, *into, words)
        });
        let over = incident.taken_over.iter().map(|(other, merged)| {
            let words = format!("It was merged into this incident. {}", said(&shown, merged));
            self.beside(visitor, *other, words)
        });
        Others {
            links: links.collect(),
            merged: into.chain(over).collect(),
            to_link: self.choices_beside(incident, visitor, |other| !incident.links.contains_key(&other.id)),
            to_merge: if incident.is_running() {
                self.choices_beside(incident, visitor, |other| other.is_running() && other.verified.is_some())
            } else {
                Vec::new()
            },
        }
    }

    fn beside(&self, visitor: &Visitor, incident: IncidentId, words: String) -> Beside {
        if !visitor.sees(incident) {
            return Beside { incident, title: "not shown to this address".to_owned(), words };
        }
        let board = self.engine.board();
        let known = board.incidents.get(&incident).map(|entry| entry.incident.title.clone());
        Beside { incident, title: known.unwrap_or_else(|| "Its words are erased".to_owned()), words }
    }

    /// Others that the visitor may change as well.
    fn choices_beside(&self, incident: &Incident, visitor: &Visitor, fits: impl Fn(&Incident) -> bool) -> Vec<Choice> {
        let board = self.engine.board();
        let others = board.incidents.values().rev().map(|entry| &entry.incident);
        let fitting = others
            .filter(|other| other.id != incident.id && other.setting == incident.setting && fits(other))
            .filter(|other| self.takes_from(visitor, other));
        let choice = |other: &std::sync::Arc<Incident>| Choice {
            name: other.id.to_string(),
            title: format!("{}: {}", other.id, other.title),
        };
        fitting.take(CHOICES_MAX).map(choice).collect()
    }
}

fn said(shown: &Shown<'_>, merged: &Merged) -> String {
    format!("{}, {}: {}", shown.name(&merged.by), shown.time(merged.at), merged.reason)
}
