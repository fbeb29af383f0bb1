//! Backups: a whole copy as of one moment, made while the writer goes on; and how a copy is known when it is run.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::{Batch, Reader, StoreError};

/// The owner's alone.
const MODE: u32 = 0o600;
/// Notes that tell a copy from the store itself, and how often copies were begun from.
const COPIED: &str = "copied";
const RESTORES: &str = "restores";
/// No incident gets a number up to this one again.
const INCIDENTS_AFTER: &str = "incidents-after";

/// What a copy says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copied {
    pub at: Timestamp,
    /// The last entry that is in it.
    pub entry: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} is there already; a backup is never written over")]
    Exists(PathBuf),
    #[error("{path} cannot be written: {why}")]
    Write { path: PathBuf, why: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Reader {
    /// Writes a copy to `to`, marked as one and on disk when this returns. Says how large it is, in bytes.
    pub fn back_up(&self, to: &Path, at: Timestamp) -> Result<(Copied, u64), BackupError> {
        // Asked first, so that a store that is not there leaves no empty backup behind.
        let db = self.connect()?;
        db.query_row("select count(*) from head", [], |_| Ok(())).map_err(StoreError::from)?;
        reserve(to)?;
        let made = copy(&db, to, at);
        if made.is_err() {
            // What was begun is no backup; the error says why.
            let _ = fs::remove_file(to);
        }
        made
    }
}

fn copy(db: &Connection, to: &Path, at: Timestamp) -> Result<(Copied, u64), BackupError> {
    let partial = beside(to, ".partial");
    reserve(&partial)?;
    let made = fill(db, &partial, at).map_err(BackupError::Store).and_then(|copied| {
        let failed = |why| BackupError::Write { path: to.to_owned(), why };
        let bytes = File::open(&partial).and_then(|file| {
            file.sync_all()?;
            Ok(file.metadata()?.len())
        });
        let bytes = bytes.map_err(failed)?;
        fs::rename(&partial, to).and_then(|()| sync_folder(to)).map_err(failed)?;
        Ok((copied, bytes))
    });
    if made.is_err() {
        // As above.
        let _ = fs::remove_file(&partial);
    }
    made
}

/// SQLite copies one moment of the store, leaves out what was deleted, and lets the writer go on meanwhile.
fn fill(db: &Connection, partial: &Path, at: Timestamp) -> Result<Copied, StoreError> {
    db.execute("vacuum into ?1", [partial.to_string_lossy()])?;
    let copy = Connection::open(partial)?;
    copy.pragma_update(None, "synchronous", "full")?;
    let entry: i64 = copy.query_row("select coalesce(max(seq), 0) from events", [], |row| row.get(0))?;
    let copied = Copied { at, entry: u64::try_from(entry).unwrap_or(0) };
    copy.execute(
        "insert into notes (name, value, at) values (?1, ?2, ?3)
         on conflict (name) do update set value = excluded.value, at = excluded.at",
        params![COPIED, serde_json::to_string(&copied)?, at.as_millisecond()],
    )?;
    copy.close().map_err(|(_, error)| error)?;
    Ok(copied)
}

/// Makes an empty file that nobody else can read, and only where there is none.
fn reserve(path: &Path) -> Result<(), BackupError> {
    match File::options().write(true).create_new(true).mode(MODE).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(BackupError::Exists(path.to_owned())),
        Err(why) => Err(BackupError::Write { path: path.to_owned(), why }),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    PathBuf::from(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

impl Batch<'_> {
    /// Whether this store is a copy that nobody has run yet.
    pub fn copied(&mut self) -> Result<Option<Copied>, StoreError> {
        self.note(COPIED)?.map(|note| Ok(serde_json::from_str(&note)?)).transpose()
    }

    /// From here on this copy is the store: what it owes from now on has keys of its own, and so have its incidents.
    pub fn begin_from_copy(&mut self, at: Timestamp, incidents_after: u32) -> Result<(), StoreError> {
        self.drop_note(COPIED)?;
        self.count_up(RESTORES, at)?;
        self.put_note(INCIDENTS_AFTER, &incidents_after.to_string(), at)
    }

    /// How often a copy was begun from.
    pub(super) fn restores(&self) -> Result<u32, StoreError> {
        self.number(RESTORES)
    }

    pub(super) fn incidents_after(&self) -> Result<u32, StoreError> {
        self.number(INCIDENTS_AFTER)
    }

    fn number(&self, note: &str) -> Result<u32, StoreError> {
        let found = self
            .statement("select cast(value as integer) from notes where name = ?1")?
            .query_row([note], |row| row.get(0));
        Ok(found.optional()?.unwrap_or(0))
    }
}
