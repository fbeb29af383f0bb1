//! Reading: connections that cannot write.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

use super::audit::{Audit, Seen, audit};
use super::batch::StoredSession;
use super::chain::{Entry, Head};
use super::error::StoreError;
use super::installation::InstallationEvent;
use super::keys::Keys;
use crate::core::count::MinuteNumber;
use crate::core::incident::{Event, Evidence};
use crate::core::mention::Mention;
use crate::core::name::{FeedName, WatchName};
use crate::core::proved::Proved;
use crate::core::statement::Digest;

/// One row of the log. Salt and body are gone where the body was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    pub seq: u64,
    /// As it is filed; the header says it too, and the chain covers the header.
    pub incident: u32,
    pub number: u32,
    pub header: String,
    pub mac: Vec<u8>,
    pub salt: Option<Vec<u8>>,
    pub body: Option<String>,
}

impl StoredEvent {
    pub fn entry(&self) -> Result<Entry, StoreError> {
        Ok(serde_json::from_str(&self.header)?)
    }

    /// The incident event in it, none where its body was erased. The only place that makes events out of bytes.
    pub fn event(&self) -> Result<Option<Event>, StoreError> {
        self.body.as_deref().map(|body| Ok(serde_json::from_str(body)?)).transpose()
    }

    /// The event of the installation in it, none where its body was erased.
    pub fn installation_event(&self) -> Result<Option<InstallationEvent>, StoreError> {
        self.body.as_deref().map(|body| Ok(serde_json::from_str(body)?)).transpose()
    }
}

/// Opens a read-only connection for each question; cheap enough for pages people open.
#[derive(Clone, Debug)]
pub struct Reader {
    path: PathBuf,
}

/// One moment of the store.
struct Snapshot {
    db: Connection,
    /// Nobody had the store open.
    closed: bool,
}

impl Reader {
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    pub(super) fn connect(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Ok(Connection::open_with_flags(&self.path, flags)?)
    }

    /// A connection that sees one moment of the store from its first question to its last, and leaves no file behind.
    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        // Without a log beside it nobody has it open, and it may lie where nothing can be written.
        let closed = !self.beside("-wal").exists();
        let db = if closed { self.connect_immutable()? } else { self.connect()? };
        db.execute_batch("begin")?;
        Ok(Snapshot { db, closed })
    }

    /// Whether what a snapshot saw was one moment: a closed store must not have been opened meanwhile.
    fn check_moment(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let moved = snapshot.closed && self.beside("-wal").exists();
        if moved { Err(StoreError::OpenedMeanwhile) } else { Ok(()) }
    }

    /// Asks one moment of the store.
    pub(super) fn in_one_moment<T>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let snapshot = self.snapshot()?;
        let answer = ask(&snapshot.db)?;
        self.check_moment(&snapshot)?;
        Ok(answer)
    }

    fn connect_immutable(&self) -> Result<Connection, StoreError> {
        let path = self.path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        Ok(Connection::open_with_flags(format!("file:{path}?immutable=1"), flags)?)
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut path = self.path.as_os_str().to_owned();
        path.push(ending);
        PathBuf::from(path)
    }

    /// Every event of an incident, in order.
    pub fn events(&self, incident: u32) -> Result<Vec<StoredEvent>, StoreError> {
        let db = self.connect()?;
        let mut statement = db.prepare(
            "select seq, incident, number, header, mac, salt, body from events where incident = ?1 order by number",
        )?;
        let rows = statement.query_map([incident], stored_event)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The latest event of a kind that `wanted` finds something in. Rows whose body was erased or changed are passed over.
    pub fn latest<T>(
        &self,
        incident: u32,
        kind: &str,
        wanted: impl Fn(Event) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let db = self.connect()?;
        let mut statement = db.prepare(
            "select seq, incident, number, header, mac, salt, body from events
             where incident = ?1 and json_extract(header, '$.kind') = ?2 order by number desc",
        )?;
        for row in statement.query_map(params![incident, kind], stored_event)? {
            if let Some(found) = row?.event().ok().flatten().and_then(&wanted) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    pub fn mention(&self, evidence: &Evidence) -> Result<Option<Mention>, StoreError> {
        let db = self.connect()?;
        let body: Option<String> = db
            .query_row(
                "select body from mentions where feed = ?1 and foreign_id = ?2",
                params![evidence.feed.as_str(), evidence.mention],
                |row| row.get(0),
            )
            .optional()?;
        body.map(|body| Ok(serde_json::from_str(&body)?)).transpose()
    }

    /// What a watch counted, minute by minute and ascending; minutes in which it counted nothing are left out.
    pub fn counts(&self, watch: &WatchName) -> Result<Vec<(MinuteNumber, u32)>, StoreError> {
        counts(&self.snapshot()?.db, watch, i64::MIN)
    }

    /// What stands in the notes under this name.
    pub fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        note(&self.snapshot()?.db, name)
    }

    pub fn session(&self, hash: &str) -> Result<Option<StoredSession>, StoreError> {
        session(&self.connect()?, hash)
    }

    /// Whether the store answers.
    pub fn check(&self) -> Result<(), StoreError> {
        Ok(self.connect()?.query_row("select count(*) from head", [], |_| Ok(()))?)
    }

    /// Follows the whole chain, shows each entry to `each`, and gives the head; the first problem ends it.
    pub fn verify(&self, keys: impl Into<Keys>, mut each: impl FnMut(&StoredEvent)) -> Result<Head, StoreError> {
        let snapshot = self.snapshot()?;
        let chain = super::writer::verify(&snapshot.db, &keys.into(), |stored| {
            each(&stored);
            Ok(())
        })?;
        Ok(chain.head().clone())
    }

    /// Audits the store as of this moment, while others may go on writing. `each` sees every entry and every problem.
    pub fn audit(&self, keys: &Keys, each: impl FnMut(Seen) -> Result<(), StoreError>) -> Result<Audit, StoreError> {
        let snapshot = self.snapshot()?;
        let audited = audit(&snapshot.db, keys, each).map(|(audit, _)| audit);
        self.check_moment(&snapshot)?;
        audited
    }

    /// How many entries there are, for those who want to see progress.
    pub fn last_entry(&self) -> Result<u64, StoreError> {
        let last: i64 =
            self.snapshot()?.db.query_row("select coalesce(max(seq), 0) from events", [], |row| row.get(0))?;
        Ok(u64::try_from(last).unwrap_or(0))
    }
}

pub(super) fn rules(db: &Connection, hash: &str) -> Result<Option<String>, StoreError> {
    Ok(db.query_row("select body from rules where hash = ?1", [hash], |row| row.get(0)).optional()?)
}

pub(super) fn session(db: &Connection, hash: &str) -> Result<Option<StoredSession>, StoreError> {
    let time = |row: &rusqlite::Row<'_>, column: usize| -> rusqlite::Result<Timestamp> {
        let at: i64 = row.get(column)?;
        Ok(Timestamp::from_millisecond(at).unwrap_or(Timestamp::MIN))
    };
    let found = db.query_row(
        "select person, proved, begun, seen, expires from sessions where hash = ?1 and ended is null",
        [hash],
        |row| {
            let person: String = row.get(0)?;
            Ok(StoredSession {
                proved: Proved { person: person.into(), address: Digest::from_bytes(row.get(1)?) },
                begun: time(row, 2)?,
                seen: time(row, 3)?,
                expires: time(row, 4)?,
            })
        },
    );
    Ok(found.optional()?)
}

/// Mentions counted since `since`, in the order they came, for a restart that forgets nothing.
pub(super) fn recent_mentions(
    db: &Connection,
    since: Timestamp,
    mut each: impl FnMut(FeedName, Mention, Timestamp),
) -> Result<(), StoreError> {
    let mut statement = db.prepare("select feed, body, counted from mentions where counted >= ?1 order by seq")?;
    let mut rows = statement.query([since.as_millisecond()])?;
    while let Some(row) = rows.next()? {
        let feed: String = row.get(0)?;
        let body: String = row.get(1)?;
        let counted: i64 = row.get(2)?;
        let counted = Timestamp::from_millisecond(counted).unwrap_or(Timestamp::MIN);
        each(feed.into(), serde_json::from_str(&body)?, counted);
    }
    Ok(())
}

pub(super) fn note(db: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    let mut statement = db.prepare_cached("select value from notes where name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

pub(super) fn counts(db: &Connection, watch: &WatchName, since: i64) -> Result<Vec<(i64, u32)>, StoreError> {
    let mut statement =
        db.prepare_cached("select minute, count from counts where watch = ?1 and minute >= ?2 order by minute")?;
    let rows = statement.query_map(rusqlite::params![watch.as_str(), since], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn stored_event(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredEvent> {
    let seq: i64 = row.get(0)?;
    Ok(StoredEvent {
        seq: u64::try_from(seq).ok().filter(|seq| *seq > 0).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, seq))?,
        incident: row.get(1)?,
        number: row.get(2)?,
        header: row.get(3)?,
        mac: row.get(4)?,
        salt: row.get(5)?,
        body: row.get(6)?,
    })
}
