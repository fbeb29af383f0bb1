//! Retention: words whose time is over are erased while Holdline runs, a little every minute, and the record says so.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::erase::spans;
use super::error::RecordError;
use super::joining::{is_held, is_needed};
use super::pause::has_the_pause;
use super::work::Work;
use crate::core::incident::{Evidence, Incident, IncidentId, IncidentPhase};
use crate::core::name::PersonId;
use crate::core::period::Period;
use crate::core::shown::in_words;
use crate::store::{InstallationEvent, Span};

/// Mentions that are looked at in one minute: the writer has other things to do.
pub const MENTIONS_AT_ONCE_MAX: usize = 1_000;
/// The note of how far mentions were looked at.
const PLACE: &str = "retention:mentions";
/// In whose name it is done: no person's, since the folder says so.
const BY: &str = "retention";

impl Work<'_, '_> {
    /// Erases what is older than the folder says that it is kept: some mentions, and the words of one incident.
    pub(super) fn forget_what_is_old(&mut self) -> Result<(), RecordError> {
        let retention = self.standing.retention;
        if let Some(kept) = retention.mentions {
            self.forget_mentions(kept)?;
        }
        if let Some(kept) = retention.incidents
            && let Some(id) = self.closed_before(self.ago(kept))
        {
            self.forget_incident(id, kept)?;
        }
        Ok(())
    }

    fn ago(&self, kept: Period) -> Timestamp {
        let seconds = i64::try_from(kept.as_seconds()).unwrap_or(i64::MAX);
        self.now.checked_sub(jiff::SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MIN)
    }

    fn forget_mentions(&mut self, kept: Period) -> Result<(), RecordError> {
        let place = self.batch.note(PLACE)?.and_then(|place| place.parse().ok()).unwrap_or(0);
        let before = self.ago(kept);
        let old = self.batch.mentions_before(before, place, MENTIONS_AT_ONCE_MAX)?;
        let Some((last, _)) = old.last() else { return Ok(()) };
        let last = last.to_string();
        let quoted: BTreeSet<Evidence> =
            self.state.incidents.values().flat_map(|entry| evidence(&entry.incident)).cloned().collect();
        let mut emptied = 0;
        for (_, mention) in old.iter().filter(|(_, mention)| !quoted.contains(mention)) {
            emptied += u32::from(self.batch.empty_mention(mention)?);
        }
        self.batch.put_note(PLACE, &last, self.now)?;
        if emptied > 0 {
            self.erased(Vec::new(), format!("mentions are kept for {}", in_words(kept)), emptied)?;
        }
        Ok(())
    }

    /// The first incident that was closed before `at`, that nobody holds, and that nothing which is open still needs.
    fn closed_before(&self, at: Timestamp) -> Option<IncidentId> {
        let closed = |incident: &Incident| match incident.phase {
            IncidentPhase::Closed { at: closed, .. } => closed < at,
            IncidentPhase::Open | IncidentPhase::StandingDown(_) | IncidentPhase::StoodDown { .. } => false,
        };
        let incidents = &self.state.incidents;
        let mut old = incidents.iter().filter(|(_, entry)| closed(&entry.incident)).map(|(id, _)| *id);
        old.find(|id| {
            !is_held(incidents, &self.state.holds, *id)
                && !is_needed(incidents, *id)
                && !has_the_pause(incidents, &self.state.running, *id)
        })
    }

    fn forget_incident(&mut self, id: IncidentId, kept: Period) -> Result<(), RecordError> {
        let entry = self.entry(id)?;
        // Another incident that quotes the same mention keeps it for as long as its own words, or its hold, last.
        let others = self.state.incidents.iter().filter(|(other, _)| **other != id);
        let kept_by_others: BTreeSet<Evidence> =
            others.flat_map(|(_, entry)| evidence(&entry.incident)).cloned().collect();
        let mut emptied = 0;
        for mention in evidence(&entry.incident).filter(|mention| !kept_by_others.contains(mention)) {
            emptied += u32::from(self.batch.empty_mention(mention)?);
        }
        let spans = spans(&self.batch.entries_of(id)?);
        let reason = format!("the words of an incident are kept for {} after it is closed", in_words(kept));
        self.erased(spans.clone(), reason.clone(), emptied)?;
        self.batch.erase(&spans)?;
        self.batch.drop_unnamed_rules()?;
        self.state.forget(id, super::Erased { at: self.now, by: PersonId::from(BY), reason });
        tracing::info!(incident = id, "the incident's time is over; its words are erased");
        Ok(())
    }

    fn erased(&mut self, entries: Vec<Span>, reason: String, mentions: u32) -> Result<(), RecordError> {
        self.state.swept = false;
        let erased = InstallationEvent::Erased { entries, by: PersonId::from(BY), reason, mentions };
        self.installation(&erased).map(drop)
    }
}

/// The mentions that an incident quotes.
fn evidence(incident: &Incident) -> impl Iterator<Item = &Evidence> {
    let spikes = incident.spikes();
    spikes.flat_map(|spike| &spike.evidence)
}
