//! Erasing by law, offline: what would go is worked out first and shown, then taken away together with an entry that says so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;

use super::folding::fold_all;
use super::holds::{Holds, held_after};
use super::joining::merged_with;
use super::pause::has_the_pause;
use crate::core::incident::{Between, Event, Evidence, IncidentId, Opening};
use crate::core::name::PersonId;
use crate::core::statement::Digest;
use crate::store::{INSTALLATION, InstallationEvent, Keys, Salts, Span, StoreError, StoredEvent, Writer};

/// What is to be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erase {
    Incident(IncidentId),
    Entries(Vec<u64>),
    /// Every stored mention in which these words stand.
    MentionsWith(String),
}

#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    #[error("there is no incident {0} in the record")]
    NoSuchIncident(IncidentId),
    #[error("there is no entry {0} in the record")]
    NoSuchEntry(u64),
    #[error("incident {0} is still running; close it, or stand it down, before anything of it is erased")]
    Running(IncidentId),
    #[error(
        "incident {0} has the pause of what is scheduled elsewhere; erase it once that was resumed, and nothing is open"
    )]
    Paused(IncidentId),
    #[error("incident {0} is held; lift the hold first, with `holdline audit hold --lift`")]
    Held(IncidentId),
    #[error("entry {0} says how the record itself was kept; it holds no one's words and is never erased")]
    Kept(u64),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub spans: Vec<Span>,
    /// Entries that still have a body, by kind.
    pub kinds: BTreeMap<String, usize>,
    /// Incidents that can be shown no more.
    pub incidents: BTreeSet<IncidentId>,
    /// Mails and times that are still owed and would be dropped.
    pub owed: usize,
    /// Mentions that are quoted in what goes.
    pub mentions: Vec<Evidence>,
    /// How many of them stay, since an incident that is held quotes them.
    pub held: usize,
    rules_left: BTreeSet<Digest>,
}

impl Plan {
    /// How many bodies would go.
    pub fn bodies(&self) -> usize {
        self.kinds.values().sum()
    }
}

/// An opened store from which something is to be erased; nobody else writes it meanwhile.
pub struct Eraser {
    writer: Writer,
    stored: Vec<StoredEvent>,
    running: BTreeSet<IncidentId>,
    /// Those with which the pause of all stands.
    paused: BTreeSet<IncidentId>,
    holds: Holds,
}

impl Eraser {
    pub fn open(path: &Path, keys: Keys, salts: Salts) -> Result<Self, EraseError> {
        let mut stored = Vec::new();
        let writer = Writer::open(path, keys, salts, |event| {
            stored.push(event);
            Ok(())
        })?;
        let folded = fold_all(&writer, &stored)?;
        let running = folded.incidents.iter().filter(|(_, entry)| entry.incident.is_running());
        let running: BTreeSet<IncidentId> = running.map(|(id, _)| *id).collect();
        let ids = folded.incidents.keys().copied();
        let paused = ids.filter(|id| has_the_pause(&folded.incidents, &running, *id)).collect();
        let mut holds = stored.iter().try_fold(Holds::new(), held_after)?;
        for (id, hold) in holds.clone() {
            // A hold holds also what the incident was merged with.
            for other in merged_with(&folded.incidents, id) {
                holds.entry(other).or_insert_with(|| hold.clone());
            }
        }
        Ok(Self { writer, stored, running, paused, holds })
    }

    /// Works out what would go, or why it must not.
    pub fn plan(&mut self, what: &Erase) -> Result<Plan, EraseError> {
        let chosen = match what {
            Erase::Incident(id) => self.of_incident(*id)?,
            Erase::Entries(entries) => entries.iter().copied().collect(),
            Erase::MentionsWith(_) => BTreeSet::new(),
        };
        let mut plan = Plan {
            spans: spans(&chosen),
            kinds: BTreeMap::new(),
            incidents: BTreeSet::new(),
            owed: 0,
            mentions: Vec::new(),
            held: 0,
            rules_left: BTreeSet::new(),
        };
        let mut left = chosen.clone();
        for row in &self.stored {
            let entry = row.entry()?;
            let event = if entry.incident == INSTALLATION { None } else { row.event()? };
            if !left.remove(&entry.seq) {
                plan.rules_left.extend(event.as_ref().and_then(rules_of));
                continue;
            }
            self.may_go(entry.seq, entry.incident, &entry.kind)?;
            plan.incidents.extend((entry.incident != INSTALLATION).then_some(entry.incident));
            if row.body.is_some() {
                *plan.kinds.entry(entry.kind).or_insert(0) += 1;
            }
            for evidence in event.as_ref().map(quoted).unwrap_or_default() {
                if !plan.mentions.contains(evidence) {
                    plan.mentions.push(evidence.clone());
                }
            }
        }
        if let Some(missing) = left.first() {
            return Err(EraseError::NoSuchEntry(*missing));
        }
        if let Erase::MentionsWith(words) = what {
            plan.mentions = self.writer.mentions_with(words)?;
        }
        let held = self.quoted_where_held()?;
        let found = plan.mentions.len();
        plan.mentions.retain(|mention| !held.contains(mention));
        plan.held = found - plan.mentions.len();
        plan.owed = self.writer.commit(|batch| batch.owed_of(&plan.spans))?;
        Ok(plan)
    }

    /// Takes it away for good, in the record and on disk. Says how many mentions were emptied.
    pub fn carry_out(
        &mut self,
        plan: &Plan,
        by: &PersonId,
        reason: &str,
        with_mentions: bool,
        now: Timestamp,
    ) -> Result<u32, EraseError> {
        self.writer.overwrite_what_is_deleted()?;
        let emptied = self.writer.commit(|batch| {
            let mut emptied = 0;
            for evidence in plan.mentions.iter().filter(|_| with_mentions) {
                emptied += u32::from(batch.empty_mention(evidence)?);
            }
            if plan.bodies() > 0 || emptied > 0 {
                let (entries, by, reason) = (plan.spans.clone(), by.clone(), reason.to_owned());
                let erased = InstallationEvent::Erased { entries, by, reason, mentions: emptied };
                batch.append_installation(&erased, now)?;
                batch.erase(&plan.spans)?;
                batch.keep_rules_only(&plan.rules_left)?;
            }
            Ok(emptied)
        })?;
        self.writer.sweep()?;
        Ok(emptied)
    }

    fn quoted_where_held(&self) -> Result<BTreeSet<Evidence>, EraseError> {
        let mut held = BTreeSet::new();
        for row in self.stored.iter().filter(|row| self.holds.contains_key(&row.incident)) {
            held.extend(row.event()?.iter().flat_map(quoted).cloned());
        }
        Ok(held)
    }

    fn of_incident(&self, id: IncidentId) -> Result<BTreeSet<u64>, EraseError> {
        let rows = self.stored.iter().filter(|row| row.incident == id && id != INSTALLATION);
        let entries: BTreeSet<u64> = rows.map(|row| row.seq).collect();
        if entries.is_empty() { Err(EraseError::NoSuchIncident(id)) } else { Ok(entries) }
    }

    fn may_go(&self, seq: u64, incident: IncidentId, kind: &str) -> Result<(), EraseError> {
        if self.running.contains(&incident) {
            return Err(EraseError::Running(incident));
        }
        if self.paused.contains(&incident) {
            return Err(EraseError::Paused(incident));
        }
        if self.holds.contains_key(&incident) {
            return Err(EraseError::Held(incident));
        }
        if incident == INSTALLATION && InstallationEvent::KEEPS_THE_RECORD.contains(&kind) {
            return Err(EraseError::Kept(seq));
        }
        Ok(())
    }
}

/// The rules that an event names.
pub(super) fn rules_of(event: &Event) -> Option<Digest> {
    let (Event::Opened(Opening { rules, .. }) | Event::PlaybookPicked { rules, .. }) = event else { return None };
    Some(*rules)
}

fn quoted(event: &Event) -> Vec<&Evidence> {
    if let Event::Between(Between::TookOver(other)) = event {
        return other.spikes.iter().flat_map(|spike| &spike.evidence).collect();
    }
    let (Event::Opened(Opening { spike: Some(spike), .. })
    | Event::SpikeChanged { spike }
    | Event::SpikeJoined { spike }) = event
    else {
        return Vec::new();
    };
    spike.evidence.iter().collect()
}

/// Entries next to one another as one span.
pub(super) fn spans(entries: &BTreeSet<u64>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for &entry in entries {
        match spans.last_mut() {
            Some(span) if span.last + 1 == entry => span.last = entry,
            Some(_) | None => spans.push(Span { first: entry, last: entry }),
        }
    }
    spans
}
