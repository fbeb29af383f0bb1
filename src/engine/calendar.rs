//! One calendar of all incidents of this setting: what is owed by when, and by whom.

use super::Engine;
use crate::core::shown::{Dated, Shown};

/// How many lines the calendar shows; each incident's own page has all of its.
pub const CALENDAR_MAX: usize = 200;

/// What is owed, the earliest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    pub lines: Vec<Dated>,
    /// How many later ones are not among them.
    pub more: usize,
}

impl Engine {
    pub fn calendar(&self) -> Calendar {
        let (board, standing, now) = (self.board(), self.standing(), self.machine_time());
        let ours = board.incidents.values().filter(|entry| entry.incident.setting == standing.setting);
        let waiting = ours.filter(|entry| entry.incident.is_running() || entry.incident.resuming().is_some());
        let shown = waiting.map(|entry| Shown { incident: &entry.incident, rules: &entry.rules, now });
        let mut lines: Vec<Dated> = shown.flat_map(|shown| shown.calendar()).collect();
        lines.sort_by_key(|line| (line.at, line.incident));
        let more = lines.len().saturating_sub(CALENDAR_MAX);
        lines.truncate(CALENDAR_MAX);
        Calendar { lines, more }
    }
}
