//! What a report is made from: an incident's events with the rules that they name, read beside the writer or without one.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::erase::rules_of;
use super::{Engine, RecordError};
use crate::core::incident::{IncidentId, Spike};
use crate::core::mention::Mention;
use crate::core::report::{Erasure, Logged, Report, Reports, report};
use crate::core::rules::Rules;
use crate::core::shown::{Quote, may_be_quoted};
use crate::core::statement::Digest;
use crate::store::{Reader, StoreError, StoredEvent};

/// How many incidents, the newest, are compared over time.
pub const COMPARED_MAX: usize = 100;

/// A report, and what may be quoted beside it.
#[derive(Debug)]
pub struct Reported {
    pub report: Report,
    pub quotes: Vec<Quote>,
}

impl Engine {
    /// The after-action report of an incident, as of now.
    pub async fn report(&self, id: IncidentId) -> Result<Reported, RecordError> {
        let (reader, now) = (self.reader.clone(), self.now());
        let made = tokio::task::spawn_blocking(move || reported(&reader, id, now)).await;
        made.map_err(|_| RecordError::Stopping)?
    }

    /// The newest incidents and rehearsals with their figures.
    pub async fn reports(&self) -> Result<Reports, RecordError> {
        let (reader, now) = (self.reader.clone(), self.now());
        let made = tokio::task::spawn_blocking(move || reports(&reader, now)).await;
        made.map_err(|_| RecordError::Stopping)?
    }
}

/// The report of an incident, from the store's file alone.
pub fn reported(reader: &Reader, id: IncidentId, as_of: Timestamp) -> Result<Reported, RecordError> {
    let report = read(reader, id, as_of, &mut BTreeMap::new())?;
    let spike = report.account.as_ref().and_then(|account| account.spike.as_ref());
    let zone = report.account.as_ref().map(|account| account.rules.organisation.zone());
    let quotes = spike.zip(zone).map(|(spike, zone)| quotes(reader, spike, &zone)).unwrap_or_default();
    Ok(Reported { report, quotes })
}

/// The newest [`COMPARED_MAX`] incidents, the newest first.
pub fn reports(reader: &Reader, as_of: Timestamp) -> Result<Reports, RecordError> {
    let ids = reader.incidents()?;
    let mut rules = BTreeMap::new();
    let newest = ids.iter().take(COMPARED_MAX).map(|id| read(reader, *id, as_of, &mut rules));
    Ok(Reports { reports: newest.collect::<Result<_, _>>()?, left_out: ids.len().saturating_sub(COMPARED_MAX) })
}

fn read(
    reader: &Reader,
    id: IncidentId,
    as_of: Timestamp,
    rules: &mut BTreeMap<Digest, Arc<Rules>>,
) -> Result<Report, RecordError> {
    let rows = reader.events(id)?;
    let log = log(reader, &rows, rules)?;
    let made = report(id, &log, as_of).ok_or(RecordError::NoSuchIncident)?;
    let erased: Vec<u64> = rows.iter().filter(|row| row.body.is_none()).map(|row| row.seq).collect();
    let erasures = if erased.is_empty() { Vec::new() } else { reader.erasures()? };
    let of_these = erasures.into_iter().filter(|erasure| {
        erasure.entries.iter().any(|span| erased.iter().any(|seq| (span.first..=span.last).contains(seq)))
    });
    let erasures = of_these
        .map(|erasure| {
            let at = Timestamp::from_millisecond(erasure.at).unwrap_or(Timestamp::UNIX_EPOCH);
            Erasure { at, by: erasure.by, reason: erasure.reason }
        })
        .collect();
    Ok(Report { erasures, ..made })
}

/// The rows as a report reads them, each with the rules that held by then.
fn log(
    reader: &Reader,
    rows: &[StoredEvent],
    known: &mut BTreeMap<Digest, Arc<Rules>>,
) -> Result<Vec<Logged>, StoreError> {
    let mut current: Option<Arc<Rules>> = None;
    let mut log = Vec::with_capacity(rows.len());
    for row in rows {
        let (entry, event) = (row.entry()?, row.event()?);
        if let Some(hash) = event.as_ref().and_then(rules_of) {
            current = Some(read_rules(reader, hash, known)?);
        }
        let at = Timestamp::from_millisecond(entry.at).map_err(|error| StoreError::Unreadable(error.to_string()))?;
        let rules = current.clone();
        log.push(Logged { entry: row.seq, number: row.number, at, kind: entry.kind, event, rules });
    }
    Ok(log)
}

fn read_rules(
    reader: &Reader,
    hash: Digest,
    known: &mut BTreeMap<Digest, Arc<Rules>>,
) -> Result<Arc<Rules>, StoreError> {
    if let Some(rules) = known.get(&hash) {
        return Ok(Arc::clone(rules));
    }
    let body = reader.rules(&hash.to_string())?;
    let body = body.filter(|body| Rules::hash_of(body.as_bytes()) == hash);
    let body = body.ok_or_else(|| StoreError::Unreadable(format!("the rules {hash} are missing or were changed")))?;
    let rules: Arc<Rules> = Arc::new(serde_json::from_str(&body)?);
    known.insert(hash, Arc::clone(&rules));
    Ok(rules)
}

/// One of each of the largest stories, where it may be quoted to people who read it later.
fn quotes(reader: &Reader, spike: &Spike, zone: &jiff::tz::TimeZone) -> Vec<Quote> {
    super::quotes::quotes_of(reader, spike, zone, |mention: &Mention| may_be_quoted(mention))
}
