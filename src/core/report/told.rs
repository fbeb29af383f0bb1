//! The timeline in words, without what only counts, and bounded.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Account, Logged};
use crate::core::incident::{Deadline, Event, narrate, shown_with};

/// How many sentences a report tells; of more, the first and the last half.
pub const TOLD_MAX: usize = 400;

#[derive(Clone, Debug, Default)]
pub struct Told {
    /// What happened, oldest first.
    pub lines: Vec<(Timestamp, String)>,
    /// How often a count alone was written down, or somebody was reminded.
    pub only_counts: usize,
    /// Sentences left out, and after how many lines they would stand.
    pub left_out: Option<(usize, usize)>,
}

pub(super) fn told(account: Option<&Account>, log: &[Logged]) -> Told {
    let counts = log.iter().filter(|entry| entry.event.as_ref().is_some_and(only_counts)).count();
    let worth: Vec<&Logged> = log.iter().filter(|entry| !entry.event.as_ref().is_some_and(only_counts)).collect();
    let with = account
        .map(|account| shown_with(&account.incident, worth.iter().map(|entry| (entry.at, entry.event.as_ref()))));
    let with = with.unwrap_or_default();
    let tell = |(place, entry): (usize, &&Logged)| {
        (entry.at, sentence(account, entry) + with.get(&place).map_or("", String::as_str))
    };
    if worth.len() <= TOLD_MAX {
        return Told { lines: worth.iter().enumerate().map(tell).collect(), only_counts: counts, left_out: None };
    }
    let (first, last) = (TOLD_MAX / 2, worth.len() - TOLD_MAX / 2);
    Told {
        lines: worth.iter().enumerate().filter(|(place, _)| !(first..last).contains(place)).map(tell).collect(),
        only_counts: counts,
        left_out: Some((first, last - first)),
    }
}

fn only_counts(event: &Event) -> bool {
    matches!(event, Event::SpikeChanged { .. } | Event::DeadlinePassed { of: Deadline::Reminder { .. } })
}

fn sentence(account: Option<&Account>, entry: &Logged) -> String {
    let kind = entry.kind.replace('_', " ");
    match (&entry.event, account) {
        // What a fact says is in the statements; a report is passed on further than the page.
        (Some(Event::FactProposed { fact, by, .. }), Some(account)) => {
            format!("{} wrote the fact {fact}, not confirmed yet.", account.incident.roster.name_of(by))
        }
        (Some(Event::FactConfirmed { fact, by, .. }), Some(account)) => {
            format!("{} confirmed the fact {fact}.", account.incident.roster.name_of(by))
        }
        (Some(event), Some(account)) => {
            let zone: TimeZone = account.rules.organisation.zone();
            narrate(&account.incident, event, &zone)
        }
        (Some(_), None) => {
            format!("Entry {} ({kind}): it cannot be told without the incident's opening.", entry.number)
        }
        (None, _) => format!("Entry {} ({kind}): its words were erased.", entry.number),
    }
}
