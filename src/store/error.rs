//! What can go wrong with the store, told apart by what is to be done about it.

use rusqlite::ErrorCode;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("the disk is full; free some space and Holdline goes on by itself")]
    Full,
    #[error("the store could not be read or written: {0}")]
    Disk(String),
    #[error("the store is in use by another Holdline, which must be stopped first")]
    InUse,
    #[error("the store was opened by Holdline while it was read; do this again")]
    OpenedMeanwhile,
    #[error("the store did not take the setting {0}; it would not be safe to go on")]
    Setting(String),
    #[error("the record is damaged: {0}; `holdline audit verify` tells everything that is wrong with it")]
    Chain(#[from] super::Broken),
    #[error(
        "entries {first} to {last} of the record were written under an earlier audit key, {fingerprint}; name its file \
         under `audit.previous`"
    )]
    KeyMissing { first: u64, last: u64, fingerprint: String },
    #[error("the store's lock {path} could not be taken: {why}")]
    Lock { path: String, why: String },
    #[error("the store holds something that this version cannot read: {0}")]
    Unreadable(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse,
            _ => Self::Disk(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}
