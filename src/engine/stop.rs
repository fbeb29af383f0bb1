//! The kill switch: one transaction stops every incident's posts, and says what was on its way.

use super::work::Work;
use super::{Engine, RecordError};
use crate::core::incident::{Event, IncidentId, Refusal};
use crate::core::name::{ChannelName, StepId};
use crate::store::{INSTALLATION, InstallationEvent, StoreError, StoredEvent};

/// Who stopped posting, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    pub by: String,
    pub reason: String,
}

/// A post that may be public without anybody knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnItsWay {
    pub incident: IncidentId,
    pub statement: StepId,
    pub channel: ChannelName,
}

impl Work<'_, '_> {
    pub(super) fn is_stopped(&self) -> bool {
        self.state.stopped.is_some()
    }

    /// Stops every post of every incident, and of those that open meanwhile, until posting is resumed.
    pub fn stop_posting(&mut self, by: &str, reason: &str) -> Result<Vec<OnItsWay>, RecordError> {
        if self.is_stopped() {
            return Err(Refusal::NothingChanged.into());
        }
        let (by, reason) = (by.to_owned(), reason.to_owned());
        self.installation(&InstallationEvent::PostingStopped { by: by.clone(), reason: reason.clone() })?;
        self.state.set_stopped(Some(Stopped { by: by.clone(), reason: reason.clone() }));
        for id in self.running() {
            self.record_if_wanted(id, Event::PostingStopped { by: by.clone(), reason: reason.clone() })?;
        }
        Ok(self.on_its_way())
    }

    /// Lets posts go out again; what was approved meanwhile goes out with the commit.
    pub fn resume_posting(&mut self, by: &str) -> Result<(), RecordError> {
        if !self.is_stopped() {
            return Err(Refusal::NothingChanged.into());
        }
        self.must_act_in_all()?;
        self.installation(&InstallationEvent::PostingResumed { by: by.to_owned() })?;
        self.state.set_stopped(None);
        self.state.owe();
        for id in self.running() {
            self.record_if_wanted(id, Event::PostingResumed { by: by.to_owned() })?;
        }
        Ok(())
    }

    fn running(&self) -> Vec<IncidentId> {
        let running = self.state.incidents.iter().filter(|(_, entry)| entry.incident.is_running());
        running.map(|(id, _)| *id).collect()
    }

    fn on_its_way(&self) -> Vec<OnItsWay> {
        let mut found = Vec::new();
        for (id, entry) in self.state.incidents.iter() {
            for (step, statement) in &entry.incident.statements {
                let posts = statement.posting().into_iter().flat_map(|posting| &posting.posts);
                let on_its_way = posts.filter(|(_, post)| post.is_on_its_way());
                found.extend(on_its_way.map(|(channel, _)| OnItsWay {
                    incident: *id,
                    statement: step.clone(),
                    channel: channel.clone(),
                }));
            }
        }
        found
    }
}

/// Whether posting is stopped after this row of the log.
pub(super) fn stopped_by(stopped: Option<Stopped>, row: &StoredEvent) -> Result<Option<Stopped>, StoreError> {
    if row.entry()?.incident != INSTALLATION {
        return Ok(stopped);
    }
    Ok(match row.installation_event()? {
        Some(InstallationEvent::PostingStopped { by, reason }) => Some(Stopped { by, reason }),
        Some(InstallationEvent::PostingResumed { .. }) => None,
        Some(
            InstallationEvent::Started { .. }
            | InstallationEvent::SignInAsked { .. }
            | InstallationEvent::SignedIn { .. }
            | InstallationEvent::SignedOut { .. }
            | InstallationEvent::HeadSigned { .. }
            | InstallationEvent::KeyChanged { .. }
            | InstallationEvent::Erased { .. }
            | InstallationEvent::SilenceBegun { .. }
            | InstallationEvent::SilenceEnded { .. }
            | InstallationEvent::HeldBack { .. }
            | InstallationEvent::HeldOver { .. }
            | InstallationEvent::FolderTaken { .. }
            | InstallationEvent::FolderRefused { .. }
            | InstallationEvent::Restored { .. }
            | InstallationEvent::FeedWentBlind { .. }
            | InstallationEvent::FeedHeardAgain { .. }
            | InstallationEvent::HoldPlaced { .. }
            | InstallationEvent::HoldLifted { .. }
            | InstallationEvent::Rehearsal { .. },
        )
        | None => stopped,
    })
}

/// `holding on bluesky (incident 3)`.
pub fn on_its_way(posts: &[OnItsWay]) -> Vec<String> {
    let named = |post: &OnItsWay| format!("{} on {} (incident {})", post.statement, post.channel, post.incident);
    posts.iter().map(named).collect()
}

impl Engine {
    pub async fn stop_posting(&self, by: String, reason: String) -> Result<Vec<OnItsWay>, RecordError> {
        self.call(move |work| work.stop_posting(&by, &reason)).await
    }

    pub async fn resume_posting(&self, by: String) -> Result<(), RecordError> {
        self.call(move |work| work.resume_posting(&by)).await
    }
}
