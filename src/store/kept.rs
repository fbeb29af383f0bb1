//! Folders as they were taken, by their hash: the last one, and those that open incidents began with.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use super::batch::Batch;
use super::error::StoreError;
use super::installation::InstallationEvent;
use super::reader::{Reader, stored_event};
use crate::core::statement::Digest;

/// A folder's files as one text, without any secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFolder {
    hash: Digest,
    files: Arc<str>,
}

impl KeptFolder {
    pub fn new(files: String) -> Self {
        let hasher = Sha256::new().chain_update(b"holdline folder 1\n").chain_update(&files);
        Self { hash: Digest::from_bytes(hasher.finalize().into()), files: files.into() }
    }

    pub fn hash(&self) -> Digest {
        self.hash
    }

    pub fn files(&self) -> &str {
        &self.files
    }
}

impl Batch<'_> {
    /// In the place of whatever stands under its hash: that may have been changed.
    pub fn keep_folder(&mut self, folder: &KeptFolder) -> Result<(), StoreError> {
        self.statement("insert or replace into folders (hash, files) values (?1, ?2)")?
            .execute(params![folder.hash.to_string(), folder.files()])?;
        Ok(())
    }

    /// Forgets every folder but these.
    pub fn keep_folders_only(&mut self, wanted: &BTreeSet<Digest>) -> Result<(), StoreError> {
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let wanted = serde_json::to_string(&wanted)?;
        self.statement("delete from folders where hash not in (select value from json_each(?1))")?.execute([wanted])?;
        Ok(())
    }
}

impl Reader {
    /// What was kept under this hash; none where it is not there, or was changed.
    pub fn folder(&self, hash: Digest) -> Result<Option<KeptFolder>, StoreError> {
        folder(&self.connect()?, hash)
    }

    /// The folder that was taken last, as far as it can be told without the key.
    pub fn last_folder(&self) -> Result<Option<KeptFolder>, StoreError> {
        self.in_one_moment(|db| {
            let last = db
                .query_row(
                    "select seq, incident, number, header, mac, salt, body from events
                     where incident = 0 and json_extract(header, '$.kind') = ?1 order by number desc limit 1",
                    [InstallationEvent::FOLDER_TAKEN],
                    stored_event,
                )
                .optional()?;
            match last.map(|row| row.installation_event()).transpose()?.flatten() {
                Some(InstallationEvent::FolderTaken { folder: Some(hash), .. }) => folder(db, hash),
                Some(_) | None => Ok(None),
            }
        })
    }
}

fn folder(db: &Connection, hash: Digest) -> Result<Option<KeptFolder>, StoreError> {
    let files: Option<String> =
        db.query_row("select files from folders where hash = ?1", [hash.to_string()], |row| row.get(0)).optional()?;
    Ok(files.map(KeptFolder::new).filter(|kept| kept.hash == hash))
}
