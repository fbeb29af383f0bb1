//! A changed folder, taken up while Holdline runs: what opens from now on opens with it. Open incidents keep what they
//! have; of people, what is taken away goes at once, and what is added is offered.

use std::sync::Arc;

use jiff::Timestamp;

use super::counting::Counting;
use super::recorder::Standing;
use super::work::Work;
use super::{Engine, RecordError};
use crate::core::incident::{Differences, Event, IncidentId, RosterChange, differences};
use crate::core::query::MatcherError;
use crate::core::watch::Watch;
use crate::store::{InstallationEffect, InstallationEvent};

/// The most problems that a mail or the desk lists; the rest is counted.
pub const PROBLEMS_LISTED_MAX: usize = 20;

/// Mails to the operator about folders that cannot be used, in one hour; the desk and the log say the rest.
pub const REFUSALS_MAILED_PER_HOUR_MAX: u32 = 6;
const SECONDS_PER_HOUR: i64 = 3_600;

/// What the desk says of the folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderState {
    /// The last change, where it cannot be used.
    pub refused: Option<RefusedFolder>,
    /// What of the folder waits for a restart, each a sentence.
    pub waits: Vec<String>,
    /// How often the folder was looked at because it had changed, or because somebody asked.
    pub looks: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedFolder {
    pub at: Timestamp,
    /// Each with its place, and at most as many as are listed.
    pub problems: Vec<String>,
    pub more: u32,
}

#[derive(Debug, thiserror::Error)]
pub enum TakeUpError {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("the watches cannot be compiled: {0}")]
    Watches(#[from] MatcherError),
}

/// A folder without mistakes, its watches compiled: what holds from its transaction on.
pub struct NewFolder {
    standing: Standing,
    counting: Counting,
    waits: Vec<String>,
}

impl NewFolder {
    /// `waits` is what of it waits for a restart, each a sentence.
    pub fn new(standing: Standing, watches: Vec<Watch>, waits: Vec<String>) -> Result<Self, MatcherError> {
        let counting = Counting::new(watches, standing.accounts.clone())?;
        Ok(Self { standing, counting, waits })
    }
}

impl RefusedFolder {
    pub fn new(at: Timestamp, problems: &[String]) -> Self {
        let more = problems.len().saturating_sub(PROBLEMS_LISTED_MAX);
        let listed = problems.iter().take(PROBLEMS_LISTED_MAX).cloned().collect();
        Self { at, problems: listed, more: u32::try_from(more).unwrap_or(u32::MAX) }
    }
}

impl Engine {
    /// Takes up a folder without mistakes: one transaction for all of it.
    pub async fn take_up(
        &self,
        standing: Standing,
        watches: Vec<Watch>,
        waits: Vec<String>,
    ) -> Result<(), TakeUpError> {
        let folder = NewFolder::new(standing, watches, waits)?;
        Ok(self.call(move |work| work.take_up(folder)).await?)
    }

    /// Writes down that the folder cannot be used, and tells the operator.
    pub async fn refuse_folder(&self, to: String, refused: &RefusedFolder) -> Result<(), RecordError> {
        let refused = refused.clone();
        self.call(move |work| work.refuse_folder(&to, &refused)).await
    }
}

impl Work<'_, '_> {
    pub fn take_up(&mut self, folder: NewFolder) -> Result<(), RecordError> {
        let NewFolder { standing, counting, waits } = folder;
        self.save_past()?;
        self.standing = Arc::new(standing);
        self.state.set_folder(Arc::clone(&self.standing), counting);
        self.take_folder(waits)?;
        self.follow_the_people()
    }

    fn refuse_folder(&mut self, to: &str, refused: &RefusedFolder) -> Result<(), RecordError> {
        let problems = u32::try_from(refused.problems.len()).unwrap_or(u32::MAX).saturating_add(refused.more);
        let number = self.installation(&InstallationEvent::FolderRefused { problems })?;
        let mails = format!("mails:folder:{}", self.now.as_second().div_euclid(SECONDS_PER_HOUR));
        if self.batch.count_up(&mails, self.now)? > REFUSALS_MAILED_PER_HOUR_MAX {
            return Ok(());
        }
        let (to, problems, more) = (to.to_owned(), refused.problems.clone(), refused.more);
        self.owe_installation(number, 0, &InstallationEffect::TellFolderRefused { to, problems, more })
    }

    /// Holds every open incident's people against those of the folder, at a start and after a change.
    pub(super) fn follow_the_people(&mut self) -> Result<(), RecordError> {
        let running: Vec<IncidentId> = self.state.running.iter().copied().collect();
        for id in running {
            for event in self.changes_of(id)? {
                // What no longer matters to the incident is nobody's mistake.
                self.record_if_wanted(id, event)?;
            }
        }
        Ok(())
    }

    /// What of the folder's people is news to an incident.
    fn changes_of(&self, id: IncidentId) -> Result<Vec<Event>, RecordError> {
        let incident = self.entry(id)?.incident;
        let Differences { lost, gained } = differences(&incident.roster, &self.standing.roster);
        let mut events = lost;
        let stale = incident.waiting_changes().filter(|(_, offered)| !gained.contains(&offered.change));
        events.extend(stale.map(|(change, _)| Event::ChangeDropped { change }));
        let waits = |change: &RosterChange| incident.waiting_changes().any(|(_, offered)| offered.change == *change);
        let new: Vec<_> = gained.iter().filter(|change| !waits(change)).cloned().collect();
        events.extend(new.into_iter().map(|change| Event::ChangeOffered { change }));
        Ok(events)
    }
}
