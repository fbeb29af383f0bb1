//! Reading: connections that cannot write.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

use super::batch::StoredSession;
use super::chain::{Entry, Head};
use super::error::StoreError;
use super::installation::InstallationEvent;
use crate::core::incident::{Event, Evidence};
use crate::core::mention::Mention;
use crate::core::name::FeedName;

/// One row of the log. Salt and body are gone where the body was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    pub seq: u64,
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

    /// The installation's event in it.
    pub fn installation_event(&self) -> Result<Option<InstallationEvent>, StoreError> {
        self.body.as_deref().map(|body| Ok(serde_json::from_str(body)?)).transpose()
    }
}

/// Opens a read-only connection for each question; cheap enough for pages people open.
#[derive(Clone, Debug)]
pub struct Reader {
    path: PathBuf,
}

impl Reader {
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Ok(Connection::open_with_flags(&self.path, flags)?)
    }

    /// Every event of an incident, in order.
    pub fn events(&self, incident: u32) -> Result<Vec<StoredEvent>, StoreError> {
        let db = self.connect()?;
        let mut statement =
            db.prepare("select seq, header, mac, salt, body from events where incident = ?1 order by number")?;
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
            "select seq, header, mac, salt, body from events
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

    pub fn session(&self, hash: &str) -> Result<Option<StoredSession>, StoreError> {
        session(&self.connect()?, hash)
    }

    /// Whether the store answers.
    pub fn check(&self) -> Result<(), StoreError> {
        Ok(self.connect()?.query_row("select count(*) from head", [], |_| Ok(()))?)
    }

    /// Follows the whole chain with `key`, shows each entry to `each`, and gives the head.
    pub fn verify(&self, key: &[u8], mut each: impl FnMut(&StoredEvent)) -> Result<Head, StoreError> {
        let chain = super::writer::verify(&self.connect()?, key, |stored| {
            each(&stored);
            Ok(())
        })?;
        Ok(chain.head().clone())
    }
}

pub(super) fn each_event(
    db: &Connection,
    mut each: impl FnMut(StoredEvent) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = db.prepare("select seq, header, mac, salt, body from events order by seq")?;
    let rows = statement.query_map([], stored_event)?;
    for row in rows {
        each(row?)?;
    }
    Ok(())
}

pub(super) fn head(db: &Connection) -> Result<Option<Head>, StoreError> {
    let head = db.query_row("select seq, mac from head", [], |row| {
        let seq: i64 = row.get(0)?;
        Ok(Head { seq: u64::try_from(seq).unwrap_or(0), mac: row.get(1)? })
    });
    Ok(head.optional()?)
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
        "select person, begun, seen, expires from sessions where hash = ?1 and ended is null",
        [hash],
        |row| {
            let person: String = row.get(0)?;
            Ok(StoredSession {
                person: person.into(),
                begun: time(row, 1)?,
                seen: time(row, 2)?,
                expires: time(row, 3)?,
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

fn stored_event(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredEvent> {
    let seq: i64 = row.get(0)?;
    Ok(StoredEvent {
        seq: u64::try_from(seq).unwrap_or(0),
        header: row.get(1)?,
        mac: row.get(2)?,
        salt: row.get(3)?,
        body: row.get(4)?,
    })
}
