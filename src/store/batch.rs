//! A batch: everything written in one transaction, ended by the chain's head.

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, params};
use serde::Serialize;

use super::chain::{Chain, Entry};
use super::error::StoreError;
use super::installation::InstallationEvent;
use super::keys::Keys;
use super::{INSTALLATION, Salts};
use crate::core::count::{CountedAt, MinuteNumber};
use crate::core::mention::Mention;
use crate::core::name::{FeedName, WatchName};
use crate::core::proved::Proved;
use crate::core::statement::Digest;
use crate::crash::{self, Point};

/// Bytes of salt before each body's hash.
const SALT_BYTES: usize = 16;

/// Open until [`super::Writer::commit`] commits or drops it.
pub struct Batch<'a> {
    pub(super) db: &'a Connection,
    pub(super) chain: Chain,
    pub(super) keys: &'a Keys,
    pub(super) salts: &'a mut Salts,
}

/// A session as stored: by the hash of its token only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    pub proved: Proved,
    pub begun: Timestamp,
    pub seen: Timestamp,
    pub expires: Timestamp,
}

impl Batch<'_> {
    pub(super) fn statement(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        Ok(self.db.prepare_cached(sql)?)
    }

    /// Counts up with each row that is written.
    pub fn rows_changed(&self) -> u64 {
        self.db.total_changes()
    }

    /// Remembers this point of the transaction and of the chain.
    pub fn savepoint(&mut self) -> Result<Chain, StoreError> {
        self.statement("savepoint job")?.execute([])?;
        Ok(self.chain.clone())
    }

    pub fn release(&mut self) -> Result<(), StoreError> {
        self.statement("release job")?.execute([])?;
        Ok(())
    }

    /// Forgets everything since the savepoint that gave `chain`.
    pub fn roll_back_to(&mut self, chain: Chain) -> Result<(), StoreError> {
        self.statement("rollback to job")?.execute([])?;
        self.chain = chain;
        self.release()
    }

    /// Appends an event to the chain.
    pub fn append(
        &mut self,
        incident: u32,
        number: u32,
        kind: &str,
        at: Timestamp,
        body: &impl Serialize,
    ) -> Result<(), StoreError> {
        let body = serde_json::to_string(body)?;
        let mut salt = [0; SALT_BYTES];
        (self.salts)(&mut salt);
        let entry = Entry {
            seq: self.chain.head().seq + 1,
            at: at.as_millisecond(),
            incident,
            number,
            kind: kind.to_owned(),
            body: Chain::body_hash(&salt, body.as_bytes()),
        };
        let header = serde_json::to_string(&entry)?;
        let mac = self.chain.append(&header);
        self.statement(
            "insert into events (seq, incident, number, header, mac, salt, body) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![to_sql(entry.seq), incident, number, header, mac, salt, body])?;
        crash::pass(Point::EventAppended);
        Ok(())
    }

    /// Appends an event of the installation and says its number.
    pub fn append_installation(&mut self, event: &InstallationEvent, at: Timestamp) -> Result<u32, StoreError> {
        let last: Option<u32> = self
            .statement("select max(number) from events where incident = ?1")?
            .query_row([INSTALLATION], |row| row.get(0))?;
        let number = last.unwrap_or(0) + 1;
        self.append(INSTALLATION, number, event.kind(), at, event)?;
        Ok(number)
    }

    /// Where the record ends under an earlier key, goes on under the present one from an entry that both keys signed.
    pub fn take_up_the_present_key(&mut self, at: Timestamp) -> Result<bool, StoreError> {
        let key = self.keys.current();
        if self.chain.key().public() == key.public() {
            return Ok(false);
        }
        let change = self.chain.change_to(key);
        self.append_installation(&InstallationEvent::KeyChanged { change }, at)?;
        self.chain.go_on_under(key.clone());
        Ok(true)
    }

    /// The head as of this batch, signed.
    pub fn signed_head(&self, at: Timestamp) -> super::SignedHead {
        self.chain.sign_head(at.as_millisecond())
    }

    /// The highest number that an incident ever had, also one whose bodies were erased or that only the store of which
    /// this one is a copy may have had; zero before the first.
    pub fn last_incident(&self) -> Result<u32, StoreError> {
        let last: u32 =
            self.statement("select coalesce(max(incident), 0) from events")?.query_row([], |row| row.get(0))?;
        Ok(last.max(self.incidents_after()?))
    }

    pub fn keep_rules(&mut self, hash: Digest, rules: &impl Serialize) -> Result<(), StoreError> {
        let body = serde_json::to_string(rules)?;
        self.statement("insert or ignore into rules (hash, body) values (?1, ?2)")?
            .execute(params![hash.to_string(), body])?;
        crash::pass(Point::RulesKept);
        Ok(())
    }

    /// Stores a mention; false where the feed has brought it before.
    pub fn add_mention(
        &mut self,
        feed: &FeedName,
        mention: &Mention,
        received: Timestamp,
        counted: CountedAt,
    ) -> Result<bool, StoreError> {
        let marked = matches!(counted, CountedAt::Received(_)) && mention.published.is_some();
        let body = serde_json::to_string(mention)?;
        let added = self
            .statement(
                "insert or ignore into mentions (feed, foreign_id, received, counted, marked, body)
                 values (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                feed.as_str(),
                mention.id,
                received.as_millisecond(),
                counted.at().as_millisecond(),
                marked,
                body
            ])?;
        crash::pass(Point::MentionAdded);
        Ok(added == 1)
    }

    pub fn add_count(&mut self, watch: &WatchName, minute: MinuteNumber, count: u32) -> Result<(), StoreError> {
        self.statement(
            "insert into counts (watch, minute, count) values (?1, ?2, ?3)
             on conflict (watch, minute) do update set count = count + excluded.count",
        )?
        .execute(params![watch.as_str(), minute, count])?;
        crash::pass(Point::MinuteCounted);
        Ok(())
    }

    /// The minutes of a watch from `first` to `last`, both included, in which there was a mention, ascending.
    pub fn counts_between(
        &mut self,
        watch: &WatchName,
        first: MinuteNumber,
        last: MinuteNumber,
    ) -> Result<Vec<(MinuteNumber, u32)>, StoreError> {
        let mut statement = self.statement(
            "select minute, count from counts where watch = ?1 and minute between ?2 and ?3 order by minute",
        )?;
        let rows = statement.query_map(params![watch.as_str(), first, last], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets what a watch counted before this minute.
    pub fn drop_old_counts(&mut self, watch: &WatchName, before: i64) -> Result<(), StoreError> {
        self.statement("delete from counts where watch = ?1 and minute < ?2")?
            .execute(params![watch.as_str(), before])?;
        Ok(())
    }

    pub fn note(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        let found = self.statement("select value from notes where name = ?1")?.query_row([name], |row| row.get(0));
        Ok(found.optional()?)
    }

    pub fn put_note(&mut self, name: &str, value: &str, at: Timestamp) -> Result<(), StoreError> {
        self.statement(
            "insert into notes (name, value, at) values (?1, ?2, ?3)
             on conflict (name) do update set value = excluded.value, at = excluded.at",
        )?
        .execute(params![name, value, at.as_millisecond()])?;
        crash::pass(Point::NotePut);
        Ok(())
    }

    /// Adds one to a counter and says its new value.
    pub fn count_up(&mut self, name: &str, at: Timestamp) -> Result<u32, StoreError> {
        let counted = self
            .statement(
                "insert into notes (name, value, at) values (?1, '1', ?2)
                 on conflict (name) do update set value = cast(value as integer) + 1, at = excluded.at
                 returning cast(value as integer)",
            )?
            .query_row(params![name, at.as_millisecond()], |row| row.get(0))?;
        crash::pass(Point::CountedUp);
        Ok(counted)
    }

    pub fn drop_note(&mut self, name: &str) -> Result<(), StoreError> {
        self.statement("delete from notes where name = ?1")?.execute([name])?;
        crash::pass(Point::NoteDropped);
        Ok(())
    }

    /// Forgets notes under `prefix` that nobody touched since `before`.
    pub fn drop_old_notes(&mut self, prefix: &str, before: Timestamp) -> Result<(), StoreError> {
        self.statement("delete from notes where substr(name, 1, length(?1)) = ?1 and at < ?2")?
            .execute(params![prefix, before.as_millisecond()])?;
        Ok(())
    }

    pub fn begin_session(&mut self, hash: &str, session: &StoredSession) -> Result<(), StoreError> {
        self.statement(
            "insert into sessions (hash, person, proved, begun, seen, expires) values (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            hash,
            session.proved.person.as_str(),
            session.proved.address.as_bytes(),
            session.begun.as_millisecond(),
            session.seen.as_millisecond(),
            session.expires.as_millisecond()
        ])?;
        crash::pass(Point::SessionBegun);
        Ok(())
    }

    pub fn session(&mut self, hash: &str) -> Result<Option<StoredSession>, StoreError> {
        super::reader::session(self.db, hash)
    }

    pub fn see_session(&mut self, hash: &str, at: Timestamp) -> Result<(), StoreError> {
        self.statement("update sessions set seen = ?2 where hash = ?1")?.execute(params![hash, at.as_millisecond()])?;
        crash::pass(Point::SessionSeen);
        Ok(())
    }

    pub fn end_session(&mut self, hash: &str, at: Timestamp) -> Result<(), StoreError> {
        self.statement("update sessions set ended = ?2 where hash = ?1 and ended is null")?
            .execute(params![hash, at.as_millisecond()])?;
        crash::pass(Point::SessionEnded);
        Ok(())
    }

    /// Ends every session and every sign-in link: whoever works here signs in again.
    pub fn end_sessions(&mut self, at: Timestamp) -> Result<(), StoreError> {
        self.statement("update sessions set ended = ?1 where ended is null")?.execute([at.as_millisecond()])?;
        self.statement("delete from notes where name like 'sign-in:%'")?.execute([])?;
        Ok(())
    }

    /// The head goes in last: whatever is before it in this batch is covered by it.
    pub(super) fn write_head(&mut self) -> Result<(), StoreError> {
        crash::pass(Point::HeadWriting);
        let (head, seal) = (self.chain.head(), self.chain.seal());
        self.statement(
            "insert into head (only_one, seq, seal) values (1, ?1, ?2)
             on conflict (only_one) do update set seq = excluded.seq, seal = excluded.seal",
        )?
        .execute(params![to_sql(head.seq), seal])?;
        crash::pass(Point::HeadWritten);
        Ok(())
    }
}

pub(super) fn to_sql(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
