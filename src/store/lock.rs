//! The lock beside the store: one Holdline at a time writes it, whichever command that is.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::error::StoreError;

/// Held for as long as the file is open, and let go by the system however the program ends.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    pub(super) fn take(store: &Path) -> Result<Self, StoreError> {
        let mut path = store.as_os_str().to_owned();
        path.push("-lock");
        let refuse =
            |why: std::io::Error| StoreError::Lock { path: path.to_string_lossy().into_owned(), why: why.to_string() };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(refuse)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
            Err(TryLockError::Error(error)) => Err(refuse(error)),
        }
    }
}
