//! Which folder was taken when, and those of before that open incidents still need: an incident posts by the channels that
//! it opened with, also after a restart.

use jiff::Timestamp;

use super::Engine;
use super::error::RecordError;
use super::work::Work;
use crate::core::statement::Digest;
use crate::store::{INSTALLATION, InstallationEvent, KeptFolder, StoreError, StoredEvent};

/// A folder that was taken, and since when new incidents open with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TakenFolder {
    pub since: Timestamp,
    pub folder: Digest,
}

/// The folders taken after this row of the log, the last one at the end.
pub(super) fn taken_after(mut taken: Vec<TakenFolder>, row: &StoredEvent) -> Result<Vec<TakenFolder>, StoreError> {
    let entry = row.entry()?;
    if entry.incident == INSTALLATION
        && entry.kind == InstallationEvent::FOLDER_TAKEN
        && let Some(InstallationEvent::FolderTaken { folder: Some(folder), .. }) = row.installation_event()?
    {
        let since = Timestamp::from_millisecond(entry.at).map_err(|error| StoreError::Unreadable(error.to_string()))?;
        taken.push(TakenFolder { since, folder });
    }
    Ok(taken)
}

/// The folder that was the last one before then; of what is older than every folder, the first.
fn before(taken: &[TakenFolder], then: Timestamp) -> Option<TakenFolder> {
    taken.iter().rev().find(|taken| taken.since < then).or(taken.first()).copied()
}

impl Engine {
    /// Since when the folder of now was taken, and what open incidents began with before it, oldest first.
    pub async fn folders_of_before(&self) -> Result<(Timestamp, Vec<(Timestamp, KeptFolder)>), RecordError> {
        let taken = self.call(|work| Ok(work.state.taken.to_vec())).await?;
        let Some((now, before)) = taken.split_last() else { return Ok((Timestamp::MIN, Vec::new())) };
        let mut kept = Vec::new();
        for TakenFolder { since, folder } in before {
            let files = self.reader.folder(*folder)?;
            if files.is_none() {
                tracing::error!(%since, "what was kept of an earlier folder is missing or was changed");
            }
            kept.extend(files.map(|files| (*since, files)));
        }
        Ok((now.since, kept))
    }
}

impl Work<'_, '_> {
    /// At a start: the folder may have been changed while nobody looked.
    pub(super) fn take_the_folder_of_the_start(&mut self) -> Result<(), RecordError> {
        let last = self.state.taken.last().map(|taken| taken.folder);
        match self.standing.folder.clone() {
            Some(folder) if Some(folder.hash()) != last => return self.take_folder(Vec::new()),
            Some(folder) => self.batch.keep_folder(&folder)?,
            None => {}
        }
        self.forget_folders()
    }

    /// Writes down which folder was taken, keeps its files, and forgets those that nobody needs any more.
    pub(super) fn take_folder(&mut self, waits: Vec<String>) -> Result<(), RecordError> {
        let kept = self.standing.folder.clone();
        let folder = kept.as_ref().map(KeptFolder::hash);
        self.installation(&InstallationEvent::FolderTaken { waits, folder })?;
        if let Some(kept) = &kept {
            self.batch.keep_folder(kept)?;
            let taken = TakenFolder { since: self.now, folder: kept.hash() };
            self.state.change_taken(|all| all.push(taken));
        }
        self.forget_folders()
    }

    /// An incident needs the folder that it opened with, and those since: it takes another playbook from the one of then.
    fn forget_folders(&mut self) -> Result<(), RecordError> {
        let all = &self.state.taken;
        let running = self.state.running.iter().filter_map(|id| self.state.incidents.get(id));
        let of_theirs = running.filter_map(|entry| before(all, entry.incident.opened_at));
        let oldest = of_theirs.chain(all.last().copied()).map(|taken| taken.since).min();
        if oldest.is_some_and(|oldest| all.iter().any(|taken| taken.since < oldest)) {
            self.state.change_taken(|all| all.retain(|taken| oldest.is_none_or(|oldest| taken.since >= oldest)));
        }
        let wanted = self.state.taken.iter().map(|taken| taken.folder).collect();
        Ok(self.batch.keep_folders_only(&wanted)?)
    }
}
