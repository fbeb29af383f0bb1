//! The folder that was taken last, for a start with one that cannot be used: a mistake in a file never takes the watch down,
//! nor does a restart after it.

use std::path::Path;

use super::keys;
use crate::config::{Config, Files, Need, Problem, audit_of, load_kept, store_of};
use crate::store::{InstallationEvent, Reader, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum NoLastGood {
    #[error("there is no folder that was taken before to go on with")]
    None,
    #[error("the folder that was taken last cannot be used either: {}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Broken(Vec<Problem>),
    #[error("`audit:` in holdline.yaml cannot be read, and by no other key is the folder believed that was taken last")]
    NoKey,
    #[error("what was kept of the folder that was taken last is not what the record says, so it is not used")]
    Changed,
    #[error("the folder that was taken last cannot be read: {0}")]
    Store(#[from] StoreError),
}

/// Reads the folder that was taken last, and holds it against the record: the chain must verify and name just these files.
pub fn last_good(folder: &Path) -> Result<Config, NoLastGood> {
    let store = store_of(folder).filter(|store| store.exists()).ok_or(NoLastGood::None)?;
    let reader = Reader::new(&store);
    let kept = reader.last_folder()?.ok_or(NoLastGood::None)?;
    // What stands in the store is believed only by a key that the store does not name.
    let audit = audit_of(folder).ok_or(NoLastGood::NoKey)?;
    let files = Files::of_json(kept.files()).unwrap_or_default();
    let config = load_kept(folder, files, Need::Run).map_err(NoLastGood::Broken)?.config;
    let mut last = None;
    reader.verify(keys(&audit), |row| {
        let is_ours = row.entry().is_ok_and(|entry| entry.kind == InstallationEvent::FOLDER_TAKEN);
        if is_ours
            && let Ok(Some(InstallationEvent::FolderTaken { folder: Some(taken), .. })) = row.installation_event()
        {
            last = Some(taken);
        }
    })?;
    if last == Some(kept.hash()) && config.store == store {
        Ok(Config { audit, ..config })
    } else {
        Err(NoLastGood::Changed)
    }
}
