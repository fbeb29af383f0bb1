//! The outbox: rows of what is owed, claimed for a lease, settled once.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, Row, params};
use serde::Serialize;

use super::{Batch, Reader, StoreError};
use crate::crash::{self, Point};

/// The key of an effect: the event that caused it, and its place among that event's effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EffectId {
    pub incident: u32,
    pub number: u32,
    pub place: u32,
}

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.incident, self.number, self.place)
    }
}

/// A row taken for the length of a lease. Whoever settles it must name its epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub id: EffectId,
    pub kind: String,
    pub body: String,
    /// How often it was claimed before.
    pub attempts: u32,
    pub epoch: i64,
    /// How often this installation had begun from a backup when it came to be owed.
    pub restores: u32,
}

impl Claimed {
    /// The same at every attempt and no other effect's, also where a restore made event numbers come again: a mail's
    /// Message-ID and a post's key are made of it.
    pub fn key(&self) -> String {
        match self.restores {
            0 => self.id.to_string(),
            restores => format!("{}.r{restores}", self.id),
        }
    }
}

/// How a claimed row ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Carried out, or no longer wanted; in a word for the record.
    Done(String),
    /// Owed again from this time on.
    NotBefore(Timestamp),
}

/// What is due and not carried out, of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedNow {
    pub kind: String,
    pub rows: u64,
    /// Since when the oldest of them has been due.
    pub since: Timestamp,
    /// The most that one of them was tried.
    pub attempts: u32,
}

impl Reader {
    /// What is due by `now`, whether somebody is at it or not.
    pub fn owed_now(&self, now: Timestamp) -> Result<Vec<OwedNow>, StoreError> {
        let db = self.connect()?;
        let mut statement = db.prepare(
            "select kind, count(*), min(not_before), max(attempts) from outbox
             where outcome is null and not_before <= ?1 group by kind order by kind",
        )?;
        let rows = statement.query_map([now.as_millisecond()], |row| {
            let (rows, since): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok(OwedNow {
                kind: row.get(0)?,
                rows: u64::try_from(rows).unwrap_or(0),
                since: Timestamp::from_millisecond(since).unwrap_or(now),
                attempts: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How large the store's file is.
    pub fn bytes(&self) -> Result<u64, StoreError> {
        let sql = "select page_count * page_size from pragma_page_count(), pragma_page_size()";
        let bytes: i64 = self.connect()?.query_row(sql, [], |row| row.get(0))?;
        Ok(u64::try_from(bytes).unwrap_or(0))
    }
}

impl Batch<'_> {
    /// Queues an effect. `kind` picks the rows that are carried out inside the writer.
    pub fn owe(
        &mut self,
        id: EffectId,
        kind: &str,
        effect: &impl Serialize,
        not_before: Timestamp,
    ) -> Result<(), StoreError> {
        let body = serde_json::to_string(effect)?;
        let restores = self.restores()?;
        self.statement(
            "insert into outbox (incident, number, place, kind, body, not_before, restores)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            id.incident,
            id.number,
            id.place,
            kind,
            body,
            not_before.as_millisecond(),
            restores
        ])?;
        crash::pass(Point::Owed);
        Ok(())
    }

    /// Owes every effect of this name once more, also those that are done: what is moot by now does nothing.
    pub fn owe_again(&mut self, effect: &str, now: Timestamp) -> Result<usize, StoreError> {
        let again = self
            .statement(
                "update outbox set outcome = null, claimed_until = null, not_before = ?2, epoch = epoch + 1
                 where json_extract(body, '$.' || ?1) is not null",
            )?
            .execute(params![effect, now.as_millisecond()])?;
        Ok(again)
    }

    /// Drops what is still owed to people for an incident, and says in a word why.
    pub fn let_go(&mut self, incident: u32, kinds: &[&str], why: &str) -> Result<(), StoreError> {
        let wanted = serde_json::to_string(kinds)?;
        self.statement(
            "update outbox set outcome = ?3
             where incident = ?1 and outcome is null and kind in (select value from json_each(?2))",
        )?
        .execute(params![incident, wanted, why])?;
        Ok(())
    }

    /// The same for news of the installation that say this of a rehearsal.
    pub fn let_go_of_news(&mut self, says: &str, why: &str) -> Result<(), StoreError> {
        self.statement(
            "update outbox set outcome = ?2
             where outcome is null and json_extract(body, '$.tell_rehearsal.news.' || ?1) is not null",
        )?
        .execute(params![says, why])?;
        Ok(())
    }

    /// Whether some of this kind was tried and is owed still.
    pub fn owed_again(&mut self, kind: &str) -> Result<bool, StoreError> {
        let sql = "select exists (select 1 from outbox where outcome is null and attempts > 0 and kind = ?1)";
        Ok(self.statement(sql)?.query_row([kind], |row| row.get(0))?)
    }

    /// Takes up to `most` rows of `kinds` that are due and not under another's lease.
    pub fn claim(
        &mut self,
        kinds: &[&str],
        now: Timestamp,
        lease: SignedDuration,
        most: usize,
    ) -> Result<Vec<Claimed>, StoreError> {
        crash::pass(Point::Claiming);
        let wanted = serde_json::to_string(kinds)?;
        let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
        let mut statement = self.statement(
            "update outbox set claimed_until = ?1, attempts = attempts + 1, epoch = epoch + 1
             where (incident, number, place) in (
                select incident, number, place from outbox
                where outcome is null and not_before <= ?2 and (claimed_until is null or claimed_until <= ?2)
                  and kind in (select value from json_each(?3))
                order by not_before, incident, number, place limit ?4)
             returning incident, number, place, kind, body, attempts - 1, epoch, restores",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![until.as_millisecond(), now.as_millisecond(), wanted, most], |row| {
            Ok(Claimed {
                id: effect_id(row)?,
                kind: row.get(3)?,
                body: row.get(4)?,
                attempts: row.get(5)?,
                epoch: row.get(6)?,
                restores: row.get(7)?,
            })
        })?;
        let mut claimed = rows.collect::<Result<Vec<_>, _>>()?;
        claimed.sort_by_key(|row| row.id);
        crash::pass(Point::Claimed);
        Ok(claimed)
    }

    /// Holds a claim for another lease before something that cannot be taken back. False where another epoch has it by now.
    pub fn renew(&mut self, claimed: &Claimed, now: Timestamp, lease: SignedDuration) -> Result<bool, StoreError> {
        let id = claimed.id;
        let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
        let changed = self
            .statement(
                "update outbox set claimed_until = ?1
                 where incident = ?2 and number = ?3 and place = ?4 and epoch = ?5 and outcome is null",
            )?
            .execute(params![until.as_millisecond(), id.incident, id.number, id.place, claimed.epoch])?;
        crash::pass(Point::Renewed);
        Ok(changed == 1)
    }

    /// Moves every running lease along with a clock that was set forward by so much.
    pub fn move_leases(&mut self, by: SignedDuration) -> Result<(), StoreError> {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.statement(
            "update outbox set claimed_until = claimed_until + ?1 where outcome is null and claimed_until is not null",
        )?
        .execute([by])?;
        Ok(())
    }

    /// Makes a claimed row one of another kind: what it is about has come further.
    pub fn becomes(&mut self, claimed: &Claimed, kind: &str) -> Result<(), StoreError> {
        let id = claimed.id;
        self.statement(
            "update outbox set kind = ?1 where incident = ?2 and number = ?3 and place = ?4 and epoch = ?5",
        )?
        .execute(params![kind, id.incident, id.number, id.place, claimed.epoch])?;
        Ok(())
    }

    /// Ends a claim. False where another epoch has it by now: then nothing of this attempt may count.
    pub fn settle(&mut self, claimed: &Claimed, how: &Settled) -> Result<bool, StoreError> {
        let id = claimed.id;
        let (not_before, outcome) = match how {
            Settled::Done(word) => (None, Some(word.as_str())),
            Settled::NotBefore(at) => (Some(at.as_millisecond()), None),
        };
        let changed = self
            .statement(
                "update outbox set claimed_until = null, outcome = ?1, not_before = coalesce(?2, not_before)
                 where incident = ?3 and number = ?4 and place = ?5 and epoch = ?6 and outcome is null",
            )?
            .execute(params![outcome, not_before, id.incident, id.number, id.place, claimed.epoch])?;
        crash::pass(Point::Settled);
        Ok(changed == 1)
    }

    /// When the next row of `kinds` falls due, leases included.
    pub fn next_due(&mut self, kinds: &[&str]) -> Result<Option<Timestamp>, StoreError> {
        let wanted = serde_json::to_string(kinds)?;
        let next: Option<i64> = self
            .statement(
                "select min(max(not_before, coalesce(claimed_until, 0))) from outbox
                 where outcome is null and kind in (select value from json_each(?1))",
            )?
            .query_row([wanted], |row| row.get(0))
            .optional()?
            .flatten();
        Ok(next.and_then(|at| Timestamp::from_millisecond(at).ok()))
    }

    /// Rows of `kinds` due by `now` that are not done, whether claimed or not.
    pub fn owed_by(&mut self, kinds: &[&str], now: Timestamp) -> Result<i64, StoreError> {
        let wanted = serde_json::to_string(kinds)?;
        let count = self
            .statement(
                "select count(*) from outbox
                 where outcome is null and not_before <= ?1 and kind in (select value from json_each(?2))",
            )?
            .query_row(params![now.as_millisecond(), wanted], |row| row.get(0))?;
        Ok(count)
    }
}

fn effect_id(row: &Row<'_>) -> rusqlite::Result<EffectId> {
    Ok(EffectId { incident: row.get(0)?, number: row.get(1)?, place: row.get(2)? })
}
