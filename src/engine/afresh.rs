//! Starts after which something is asked afresh: under a new audit key, and from a backup.

use std::path::Path;

use jiff::Timestamp;

use super::error::RecordError;
use super::work::Work;
use crate::core::incident::{Event, IncidentId, PostPhase};
use crate::core::name::{ChannelName, StepId};
use crate::store::{Batch, Copied, InstallationEffect, InstallationEvent, Keys, Salts, StoreError, Writer};

/// How many incident numbers are left out after a restore: the store that the backup was made of may have used them.
pub const NUMBERS_LEFT_OUT: u32 = 100;
/// Mails with a link and a code, as the outbox names them.
const ASKS: &str = "ask_approval";

/// Goes on under the present key where the record still ends under an earlier one. Links, codes and sessions of before
/// are void: whoever is waited for is asked again, with a new link.
pub(super) fn take_up_the_key(batch: &mut Batch<'_>, now: Timestamp) -> Result<bool, StoreError> {
    if !batch.take_up_the_present_key(now)? {
        return Ok(false);
    }
    batch.end_sessions(now)?;
    batch.owe_again(ASKS, now)?;
    Ok(true)
}

/// Goes on under the present key, offline. False where the record stands under it already.
pub fn change_key(path: &Path, keys: Keys, salts: Salts, now: Timestamp) -> Result<bool, StoreError> {
    let mut writer = Writer::open(path, keys, salts, |_| Ok(()))?;
    writer.commit(|batch| take_up_the_key(batch, now))
}

impl Work<'_, '_> {
    /// Begins from a backup, where this store is one that was not run yet. What was owed to a channel then may have been
    /// carried out since: nothing is posted again by itself, a person must look.
    pub(super) fn begin_from_copy(&mut self) -> Result<(), RecordError> {
        let Some(copied) = self.batch.copied()? else { return Ok(()) };
        let last = self.batch.last_incident()?;
        self.batch.begin_from_copy(self.now, last.saturating_add(NUMBERS_LEFT_OUT))?;
        self.batch.end_sessions(self.now)?;
        let Copied { at: copied_at, entry } = copied;
        let number = self.installation(&InstallationEvent::Restored { copied_at, entry })?;
        for (place, to) in (0..).zip(self.standing.heads_to.clone()) {
            self.owe_installation(number, place, &InstallationEffect::TellRestored { to, copied_at, entry })?;
        }
        for (incident, statement, channel, phase) in self.posts_on_their_way() {
            self.doubt(incident, &statement, &channel, &phase, &copied)?;
        }
        if self.is_stopped() {
            return Ok(());
        }
        // What was still being asked about then may have been approved and posted since: a person says when to go on.
        let why = format!("this store was restored from a backup of {copied_at:.0}; see first what is public already");
        self.stop_posting("Holdline", &why).map(drop)
    }

    fn posts_on_their_way(&self) -> Vec<(IncidentId, StepId, ChannelName, PostPhase)> {
        let mut found = Vec::new();
        for (id, entry) in self.state.incidents.iter() {
            for (statement, held) in &entry.incident.statements {
                let posts = held.posting().into_iter().flat_map(|posting| &posting.posts);
                found.extend(posts.map(|(channel, phase)| (*id, statement.clone(), channel.clone(), phase.clone())));
            }
        }
        found
    }

    /// Makes a post that was owed or under way one of which nobody knows whether it is there.
    fn doubt(
        &mut self,
        id: IncidentId,
        statement: &StepId,
        channel: &ChannelName,
        phase: &PostPhase,
        copied: &Copied,
    ) -> Result<(), RecordError> {
        let (statement, channel) = (statement.clone(), channel.clone());
        let why = format!("Holdline was restored from a backup of {:.0}, and it may have been posted since", copied.at);
        match phase {
            PostPhase::Owed { attempt } => {
                let attempt = *attempt;
                let intent = Event::PostIntended { statement: statement.clone(), channel: channel.clone(), attempt };
                if !self.record_if_wanted(id, intent)? {
                    // Posting was stopped then, or its vote fell since: a person says whether it is there.
                    self.record_if_wanted(id, Event::PostRefused { statement, channel, why })?;
                    return Ok(());
                }
            }
            PostPhase::Intended { .. } => {}
            PostPhase::Confirmed { .. }
            | PostPhase::Refused { .. }
            | PostPhase::Unknown { .. }
            | PostPhase::NeedsPerson { .. }
            | PostPhase::TakingDown { .. }
            | PostPhase::TakenDown { .. }
            | PostPhase::ByHand { .. }
            | PostPhase::Cancelled => return Ok(()),
        }
        self.record_if_wanted(id, Event::PostUnknown { statement, channel, why })?;
        Ok(())
    }
}
