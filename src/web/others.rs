//! The other incidents that one has to do with: links, what it was merged with, and what it could be.

use serde::Serialize;

use super::Site;
use super::board::Found;
use super::desk::Choice;
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
    pub(super) fn others(&self, found: &Found) -> Others {
        let (incident, shown) = (&found.incident, self.shown(found));
        let links = incident.links.iter().map(|(other, link)| {
            let words = format!("{}, {}: {}", shown.name(&link.by), shown.time(link.at), link.reason);
            Linked { beside: self.beside(*other, words), here: incident.id }
        });
        let into = incident.merged_into.iter().map(|(into, merged)| {
            self.beside(*into, format!("This incident was merged into it. {}", said(&shown, merged)))
        });
        let over = incident.taken_over.iter().map(|(other, merged)| {
            self.beside(*other, format!("It was merged into this incident. {}", said(&shown, merged)))
        });
        Others {
            links: links.collect(),
            merged: into.chain(over).collect(),
            to_link: self.choices_beside(incident, |other| !incident.links.contains_key(&other.id)),
            to_merge: if incident.is_running() {
                self.choices_beside(incident, |other| other.is_running() && other.verified.is_some())
            } else {
                Vec::new()
            },
        }
    }

    fn beside(&self, incident: IncidentId, words: String) -> Beside {
        let board = self.engine.board();
        let known = board.incidents.get(&incident).map(|entry| entry.incident.title.clone());
        Beside { incident, title: known.unwrap_or_else(|| "Its words are erased".to_owned()), words }
    }

    fn choices_beside(&self, incident: &Incident, fits: impl Fn(&Incident) -> bool) -> Vec<Choice> {
        let board = self.engine.board();
        let others = board.incidents.values().rev().map(|entry| &entry.incident);
        let fitting =
            others.filter(|other| other.id != incident.id && other.setting == incident.setting && fits(other));
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
