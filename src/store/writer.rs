//! The writer: synchronous, the only connection that writes. A thread owns it in production; a simulation calls it in-line.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use jiff::Timestamp;
use refinery::{Migration, Runner};
use rusqlite::{Connection, TransactionBehavior};

use super::batch::Batch;
use super::chain::{Broken, Chain};
use super::error::StoreError;
use super::reader::{StoredEvent, each_event};
use crate::core::mention::Mention;
use crate::core::name::FeedName;

/// Fills a buffer with randomness that nobody can foresee; a simulation passes its own.
pub type Salts = Box<dyn FnMut(&mut [u8]) + Send>;

/// What the pragmas must say when read back: a lost acknowledgement is worse than a refusal to start.
const PRAGMAS: &[(&str, &str)] =
    &[("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("trusted_schema", "0")];

const MIGRATIONS: &[(&str, &str)] = &[("V1__start", include_str!("migrations/V1__start.sql"))];

/// How many prepared statements are kept.
const STATEMENTS_MAX: usize = 64;

pub struct Writer {
    /// Held as long as the store is open: one Holdline at a time.
    _lock: File,
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
        let lock = lock(path)?;
        let mut db = Connection::open(path)?;
        prepare(&mut db)?;
        let chain = verify(&db, key, each)?;
        Ok(Self { _lock: lock, db, chain, salts })
    }

    /// Runs `work` in one transaction; an error of it leaves nothing behind.
    pub fn commit<T>(&mut self, work: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let before = self.chain.head().seq;
        let mut batch = Batch { db: &transaction, chain: self.chain.clone(), salts: &mut self.salts };
        let value = work(&mut batch)?;
        if batch.chain.head().seq != before {
            batch.write_head()?;
        }
        let chain = batch.chain;
        transaction.commit()?;
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

/// Takes the lock beside the store, which the system lets go of with the process, however that ends.
fn lock(store: &Path) -> Result<File, StoreError> {
    let unlockable = |error: io::Error| StoreError::Disk(error.to_string());
    let lock = File::options().create(true).append(true).open(store.with_extension("lock")).map_err(unlockable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(TryLockError::Error(error)) => Err(unlockable(error)),
    }
}

fn prepare(db: &mut Connection) -> Result<(), StoreError> {
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "foreign_keys", "on")?;
    db.pragma_update(None, "trusted_schema", "off")?;
    for &(name, wanted) in PRAGMAS {
        let found: rusqlite::types::Value = db.pragma_query_value(None, name, |row| row.get(0))?;
        let found = match found {
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => format!("{other:?}"),
        };
        if found != wanted {
            return Err(StoreError::Setting(format!("{name} = {wanted} (it says {found})")));
        }
    }
    let migrations = MIGRATIONS.iter().map(|(name, sql)| Migration::unapplied(name, sql));
    let migrations = migrations.collect::<Result<Vec<_>, _>>().map_err(|error| StoreError::Disk(error.to_string()))?;
    Runner::new(&migrations).run(db).map_err(|error| StoreError::Disk(error.to_string()))?;
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
