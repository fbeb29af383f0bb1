//! The writer: synchronous, the only connection that writes. A thread owns it in production; a simulation calls it in-line.

use std::path::Path;

use jiff::Timestamp;
use refinery::{Migration, Runner};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::batch::Batch;
use super::chain::{Broken, Chain};
use super::error::StoreError;
use super::reader::{StoredEvent, each_event};
use crate::core::mention::Mention;
use crate::core::name::FeedName;
use crate::crash::{self, Point};

/// Fills a buffer with randomness that nobody can foresee; a simulation passes its own.
pub type Salts = Box<dyn FnMut(&mut [u8]) + Send>;

/// What the pragmas are set to and must say when read back (synchronous 2 is FULL): a lost acknowledgement is worse than a refusal to start.
const PRAGMAS: &[(&str, &str)] = &[*JOURNAL, ("synchronous", "2"), ("foreign_keys", "1"), ("trusted_schema", "0")];
/// The one that is in the file rather than in a connection.
const JOURNAL: &(&str, &str) = &("journal_mode", "wal");

const MIGRATIONS: &[(&str, &str)] = &[("V1__start", include_str!("migrations/V1__start.sql"))];

/// How many prepared statements are kept.
const STATEMENTS_MAX: usize = 64;

pub struct Writer {
    db: Connection,
    chain: Chain,
    salts: Salts,
}

impl Writer {
    /// Opens or makes the store, checks its settings and its chain. `each` sees every event in order.
    pub fn open(
        path: &Path,
        key: &[u8],
        salts: Salts,
        each: impl FnMut(StoredEvent) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let mut db = Connection::open(path)?;
        prepare(&mut db, path)?;
        let chain = verify(&db, key, each)?;
        crash::pass(Point::Verified);
        Ok(Self { db, chain, salts })
    }

    /// Runs `work` in one transaction; an error of it leaves nothing behind.
    pub fn commit<T>(&mut self, work: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        crash::pass(Point::Begun);
        let before = self.chain.head().seq;
        let mut batch = Batch { db: &transaction, chain: self.chain.clone(), salts: &mut self.salts };
        let value = work(&mut batch)?;
        if batch.chain.head().seq != before {
            batch.write_head()?;
        }
        let chain = batch.chain;
        crash::pass(Point::Committing);
        transaction.commit()?;
        crash::pass(Point::Committed);
        self.chain = chain;
        Ok(value)
    }

    pub fn rules(&self, hash: &str) -> Result<Option<String>, StoreError> {
        super::reader::rules(&self.db, hash)
    }

    /// Mentions counted since `since`, in the order they came, for a restart that forgets nothing.
    pub fn recent_mentions(
        &self,
        since: Timestamp,
        each: impl FnMut(FeedName, Mention, Timestamp),
    ) -> Result<(), StoreError> {
        super::reader::recent_mentions(&self.db, since, each)
    }
}

fn prepare(db: &mut Connection, path: &Path) -> Result<(), StoreError> {
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    for &(name, wanted) in PRAGMAS {
        set(db, name, wanted)?;
    }
    for &(name, wanted) in PRAGMAS {
        read_back(db, name, wanted)?;
    }
    let migrations = MIGRATIONS.iter().map(|(name, sql)| Migration::unapplied(name, sql));
    let migrations = migrations.collect::<Result<Vec<_>, _>>().map_err(|error| StoreError::Disk(error.to_string()))?;
    crash::pass(Point::Migrating);
    // All of it or nothing: a migration whose record is lost would be applied twice, and no start would succeed any more.
    Runner::new(&migrations).set_grouped(true).run(db).map_err(|error| StoreError::Disk(error.to_string()))?;
    crash::pass(Point::Migrated);
    // What a connection says of itself it may have failed to write; another one reads what is in the file.
    let &(name, wanted) = JOURNAL;
    let another = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    read_back(&another, name, wanted)
}

/// Steps to the end, where the setting is written: whoever stops at the row that it answers with hears of no failure.
fn set(db: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    let mut statement = db.prepare(&format!("pragma {name} = {value}"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

fn read_back(db: &Connection, name: &str, wanted: &str) -> Result<(), StoreError> {
    let found: Value = db.pragma_query_value(None, name, |row| row.get(0))?;
    let found = match found {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text,
        other => format!("{other:?}"),
    };
    if found != wanted {
        return Err(StoreError::Setting(format!("{name} = {wanted} (it says {found})")));
    }
    Ok(())
}

/// Follows the chain from its first entry to the recorded head.
pub(super) fn verify(
    db: &Connection,
    key: &[u8],
    mut each: impl FnMut(StoredEvent) -> Result<(), StoreError>,
) -> Result<Chain, StoreError> {
    let mut chain = Chain::new(key);
    each_event(db, |stored| {
        let body = stored.salt.as_deref().zip(stored.body.as_deref().map(str::as_bytes));
        chain.follow(stored.seq, &stored.header, &stored.mac, body)?;
        each(stored)
    })?;
    let head = super::reader::head(db)?;
    let recorded = head.as_ref().map_or(0, |head| head.seq);
    if recorded != chain.head().seq {
        return Err(Broken::Cut { head: recorded, found: chain.head().seq }.into());
    }
    if head.is_some_and(|head| head.mac != chain.head().mac) {
        return Err(Broken::Changed(recorded).into());
    }
    Ok(chain)
}
