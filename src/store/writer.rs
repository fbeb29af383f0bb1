//! The writer: synchronous, the only connection that writes. A thread owns it in production; a simulation calls it in-line.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use jiff::Timestamp;
use refinery::{Migration, Runner};
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::audit::{Seen, audit};
use super::batch::Batch;
use super::broken::Broken;
use super::chain::{Chain, Head};
use super::error::StoreError;
use super::follow::Unchecked;
use super::keys::Keys;
use super::lock::Lock;
use super::reader::StoredEvent;
use crate::core::mention::Mention;
use crate::core::name::{FeedName, WatchName};
use crate::crash::{self, Point};

/// Fills a buffer with randomness that nobody can foresee; a simulation passes its own.
pub type Salts = Box<dyn FnMut(&mut [u8]) + Send>;

/// What the pragmas are set to and must say when read back (synchronous 2 is FULL): a lost acknowledgement is worse than a refusal to start.
/// What is deleted or changed is overwritten: words whose time is over must not be left in the file.
const PRAGMAS: &[(&str, &str)] =
    &[*JOURNAL, ("synchronous", "2"), ("foreign_keys", "1"), ("trusted_schema", "0"), ("secure_delete", "1")];
/// The one that is in the file rather than in a connection.
const JOURNAL: &(&str, &str) = &("journal_mode", "wal");

const MIGRATIONS: &[(&str, &str)] = &[("V1__start", include_str!("migrations/V1__start.sql"))];

/// Who may read a store: whom it belongs to. SQLite makes the files beside it as it finds the store.
const MINE: u32 = 0o600;
/// The bits of a file's mode that are everybody's.
const OTHERS: u32 = 0o007;
/// What SQLite keeps beside the store.
const BESIDE: [&str; 3] = ["", "-wal", "-shm"];

/// How many prepared statements are kept.
const STATEMENTS_MAX: usize = 64;

pub struct Writer {
    pub(super) db: Connection,
    chain: Chain,
    keys: Keys,
    salts: Salts,
    /// Dropped after the connection.
    _lock: Lock,
}

/// Makes a store that nobody else can read, or closes one that everybody can. What its group may do is the operator's choice.
fn mine_alone(path: &Path) -> Result<(), StoreError> {
    let failed = |why: io::Error| match why.kind() {
        io::ErrorKind::StorageFull => StoreError::Full,
        _ => StoreError::Disk(format!("{}: {why}", path.display())),
    };
    let opened = File::options().create(true).truncate(false).write(true).mode(MINE).open(path);
    drop(opened.map_err(failed)?);
    for beside in BESIDE {
        let mut file = path.as_os_str().to_owned();
        file.push(beside);
        let Ok(about) = fs::metadata(&file) else { continue };
        let mode = about.permissions().mode();
        if mode & OTHERS != 0 {
            fs::set_permissions(&file, Permissions::from_mode(mode & !OTHERS)).map_err(failed)?;
        }
    }
    Ok(())
}

impl Writer {
    /// Opens or makes the store, which is then nobody else's to write; checks its settings and its chain. `each` sees
    /// every event in order.
    pub fn open(
        path: &Path,
        keys: impl Into<Keys>,
        salts: Salts,
        each: impl FnMut(StoredEvent) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let lock = Lock::take(path)?;
        mine_alone(path)?;
        let mut db = Connection::open(path)?;
        prepare(&mut db, path)?;
        let keys = keys.into();
        let chain = verify(&db, &keys, each)?;
        crash::pass(Point::Verified);
        Ok(Self { db, chain, keys, salts, _lock: lock })
    }

    /// Whether the record still ends under an earlier key than the present one.
    pub fn ends_under_an_earlier_key(&self) -> bool {
        self.chain.key().public() != self.keys.current().public()
    }

    /// Runs `work` in one transaction; an error of it leaves nothing behind.
    pub fn commit<T>(&mut self, work: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        crash::pass(Point::Begun);
        let before = self.chain.head().seq;
        let mut batch = Batch { db: &transaction, chain: self.chain.clone(), keys: &self.keys, salts: &mut self.salts };
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

    /// A note by its name.
    pub fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        super::reader::note(&self.db, name)
    }

    /// What a watch counted in each minute since `since`, empty minutes left out.
    pub fn counts(&self, watch: &WatchName, since: i64) -> Result<Vec<(i64, u32)>, StoreError> {
        super::reader::counts(&self.db, watch, since)
    }
}

fn prepare(db: &mut Connection, path: &Path) -> Result<(), StoreError> {
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Else a statement is compiled anew, as often as it runs, wherever a value in it might choose another index.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
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

/// Follows the chain from its first entry to the recorded head; the first problem ends it.
pub(super) fn verify(
    db: &Connection,
    keys: &Keys,
    mut each: impl FnMut(StoredEvent) -> Result<(), StoreError>,
) -> Result<Chain, StoreError> {
    let (audit, key) = audit(db, keys, |seen| match seen {
        Seen::Entry(stored) => each(stored),
        // Nothing reads them; the audit tells of them.
        Seen::Problem(problem) if matches!(problem.broken, Broken::RulesUnnamed { .. }) => Ok(()),
        Seen::Problem(problem) => Err(StoreError::Chain(problem.broken)),
    })?;
    if let Some(unchecked) = audit.unchecked.into_iter().next() {
        let Unchecked { first, last, fingerprint } = unchecked;
        return Err(StoreError::KeyMissing { first, last, fingerprint });
    }
    let key = key.map_err(|fingerprint| StoreError::KeyMissing {
        first: audit.head.seq + 1,
        last: audit.head.seq + 1,
        fingerprint,
    })?;
    Ok(match audit.head {
        Head { seq: 0, .. } => Chain::start(keys.current().clone()),
        head => Chain::at(key.clone(), head),
    })
}
