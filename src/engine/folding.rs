//! What a verified log comes to: every incident, folded from its events with the rules that it opened with.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::board::{Entry, Erased};
use super::incidents::Incidents;
use crate::core::incident::{Event, IncidentId, fold};
use crate::core::rules::Rules;
use crate::core::statement::Digest;
use crate::store::{INSTALLATION, InstallationEvent, StoreError, StoredEvent, Writer};

/// What a verified log comes to.
pub(super) struct Folded {
    pub(super) incidents: Incidents,
    pub(super) rules: BTreeMap<Digest, Arc<Rules>>,
    pub(super) erased: BTreeMap<IncidentId, Erased>,
}

/// Folds every incident of a verified log. Of one whose bodies were erased by law only that is known.
pub(super) fn fold_all(writer: &Writer, stored: &[StoredEvent]) -> Result<Folded, StoreError> {
    let mut rules = BTreeMap::new();
    let mut gone: BTreeMap<u64, IncidentId> = BTreeMap::new();
    let mut erased = BTreeMap::new();
    let mut events: BTreeMap<IncidentId, Option<Vec<(Timestamp, Event)>>> = BTreeMap::new();
    for row in stored {
        let entry = row.entry()?;
        let at = Timestamp::from_millisecond(entry.at).map_err(|error| StoreError::Unreadable(error.to_string()))?;
        if entry.incident == INSTALLATION {
            if entry.kind == InstallationEvent::ERASED
                && let Some(InstallationEvent::Erased { entries, by, reason, .. }) = row.installation_event()?
            {
                let named = entries.iter().flat_map(|span| gone.range(span.first..=span.last));
                erased.extend(named.map(|(_, id)| (*id, Erased { at, by: by.clone(), reason: reason.clone() })));
            }
            continue;
        }
        let log = events.entry(entry.incident).or_insert_with(|| Some(Vec::new()));
        match (row.event()?, log) {
            (Some(event), Some(log)) => log.push((at, event)),
            (Some(_) | None, log) => {
                gone.insert(entry.seq, entry.incident);
                *log = None;
            }
        }
    }
    let mut incidents = Incidents::default();
    for (id, log) in events {
        let Some(log) = log else { continue };
        incidents.insert(id, fold_one(writer, id, &log, &mut rules)?);
    }
    Ok(Folded { incidents, rules, erased })
}

fn fold_one(
    writer: &Writer,
    id: IncidentId,
    log: &[(Timestamp, Event)],
    rules: &mut BTreeMap<Digest, Arc<Rules>>,
) -> Result<Entry, StoreError> {
    let mut current: Option<Arc<Rules>> = None;
    let mut timed: Vec<(Timestamp, &Event, Arc<Rules>)> = Vec::new();
    for (at, event) in log {
        if let Event::Opened(crate::core::incident::Opening { rules: hash, .. })
        | Event::PlaybookPicked { rules: hash, .. } = event
        {
            current = Some(read_rules(writer, *hash, rules)?);
        }
        let rules = current.clone().ok_or_else(|| StoreError::Unreadable(format!("incident {id} has no beginning")))?;
        timed.push((*at, event, rules));
    }
    let incident = fold(id, timed.iter().map(|(at, event, rules)| (*at, *event, rules.as_ref())));
    let incident = incident.ok_or_else(|| StoreError::Unreadable(format!("incident {id} has no beginning")))?;
    let rules = current.ok_or_else(|| StoreError::Unreadable(format!("incident {id} has no rules")))?;
    Ok(Entry { incident: Arc::new(incident), rules })
}

fn read_rules(
    writer: &Writer,
    hash: Digest,
    known: &mut BTreeMap<Digest, Arc<Rules>>,
) -> Result<Arc<Rules>, StoreError> {
    if let Some(rules) = known.get(&hash) {
        return Ok(Arc::clone(rules));
    }
    let body = writer.rules(&hash.to_string())?;
    let body = body.ok_or_else(|| StoreError::Unreadable(format!("the rules {hash} are missing")))?;
    // Of the bytes as they are stored, so that a version that writes rules in another way reads these all the same.
    if Rules::hash_of(body.as_bytes()) != hash {
        return Err(StoreError::Unreadable(format!("the rules {hash} were changed")));
    }
    let rules: Arc<Rules> = Arc::new(serde_json::from_str(&body)?);
    known.insert(hash, Arc::clone(&rules));
    Ok(rules)
}
