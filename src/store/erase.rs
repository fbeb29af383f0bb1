//! Erasing: bodies taken away for good, together with what else in the store holds the same words, and swept from the file.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::batch::to_sql;
use super::{Batch, Span, StoreError, Writer};
use crate::core::incident::Evidence;
use crate::core::mention::Mention;
use crate::core::statement::Digest;

impl Batch<'_> {
    /// Takes the bodies of these entries away, with their salts, and what the outbox holds of them. Says how many rows
    /// of the outbox went.
    pub fn erase(&mut self, spans: &[Span]) -> Result<usize, StoreError> {
        let mut dropped = 0;
        for span in spans {
            let bounds = params![to_sql(span.first), to_sql(span.last)];
            dropped += self
                .statement(
                    "delete from outbox where (incident, number) in
                        (select incident, number from events where seq between ?1 and ?2)",
                )?
                .execute(bounds)?;
            self.statement("update events set body = null, salt = null where seq between ?1 and ?2")?
                .execute(bounds)?;
        }
        Ok(dropped)
    }

    /// Empties a stored mention but for its name and its times, so that a repeat is still known and counts stay. False
    /// where there is none, or nothing is left in it.
    pub fn empty_mention(&mut self, evidence: &Evidence) -> Result<bool, StoreError> {
        let key = params![evidence.feed.as_str(), evidence.mention];
        let body: Option<String> = self
            .statement("select body from mentions where feed = ?1 and foreign_id = ?2")?
            .query_row(key, |row| row.get(0))
            .optional()?;
        let Some(body) = body else { return Ok(false) };
        let Mention { id, published, .. } = serde_json::from_str(&body)?;
        let left = Mention {
            id,
            published,
            title: None,
            text: String::new(),
            author: None,
            url: None,
            language: None,
            reach: None,
        };
        let left = serde_json::to_string(&left)?;
        let emptied = self
            .statement("update mentions set body = ?3 where feed = ?1 and foreign_id = ?2 and body <> ?3")?
            .execute(params![evidence.feed.as_str(), evidence.mention, left])?;
        Ok(emptied == 1)
    }

    /// Up to `most` mentions that come after `place` in the order in which they came and were received before `at`, with
    /// their places. The first that came later ends them.
    pub fn mentions_before(
        &mut self,
        at: Timestamp,
        place: i64,
        most: usize,
    ) -> Result<Vec<(i64, Evidence)>, StoreError> {
        let mut old = Vec::new();
        let sql = "select seq, feed, foreign_id, received from mentions where seq > ?1 order by seq limit ?2";
        let mut statement = self.statement(sql)?;
        let mut rows = statement.query(params![place, i64::try_from(most).unwrap_or(i64::MAX)])?;
        while let Some(row) = rows.next()? {
            let (feed, received): (String, i64) = (row.get(1)?, row.get(3)?);
            if received >= at.as_millisecond() {
                break;
            }
            old.push((row.get(0)?, Evidence { feed: feed.into(), mention: row.get(2)? }));
        }
        Ok(old)
    }

    /// The entries of an incident.
    pub fn entries_of(&mut self, incident: u32) -> Result<BTreeSet<u64>, StoreError> {
        let mut statement = self.statement("select seq from events where incident = ?1")?;
        let entries = statement.query_map([incident], |row| row.get::<_, i64>(0))?;
        entries.map(|seq| Ok(u64::try_from(seq?).unwrap_or(0))).collect()
    }

    /// Forgets rules that no entry with a body names any more.
    pub fn drop_unnamed_rules(&mut self) -> Result<(), StoreError> {
        self.statement(
            "delete from rules where hash not in (
                select coalesce(json_extract(body, '$.opened.rules'), json_extract(body, '$.playbook_picked.rules'), '')
                from events where body is not null and incident > 0
                    and json_extract(header, '$.kind') in ('opened', 'playbook_picked'))",
        )?
        .execute([])?;
        Ok(())
    }

    /// Forgets rules that no entry names any more.
    pub fn keep_rules_only(&mut self, named: &BTreeSet<Digest>) -> Result<(), StoreError> {
        let named: Vec<String> = named.iter().map(ToString::to_string).collect();
        let named = serde_json::to_string(&named)?;
        self.statement("delete from rules where hash not in (select value from json_each(?1))")?.execute([named])?;
        Ok(())
    }

    /// Rows of the outbox that belong to these entries and are still owed.
    pub fn owed_of(&mut self, spans: &[Span]) -> Result<usize, StoreError> {
        let mut owed = 0;
        for span in spans {
            let count: i64 = self
                .statement(
                    "select count(*) from outbox where outcome is null and (incident, number) in
                        (select incident, number from events where seq between ?1 and ?2)",
                )?
                .query_row(params![to_sql(span.first), to_sql(span.last)], |row| row.get(0))?;
            owed += usize::try_from(count).unwrap_or(0);
        }
        Ok(owed)
    }
}

impl Writer {
    /// From here on what is deleted is overwritten, too.
    pub fn overwrite_what_is_deleted(&mut self) -> Result<(), StoreError> {
        self.db.pragma_update(None, "secure_delete", "on")?;
        // No copy of anything may be left in a temporary file.
        Ok(self.db.pragma_update(None, "temp_store", "memory")?)
    }

    /// Writes the file anew without what was deleted from it, and empties the log beside it.
    pub fn sweep(&mut self) -> Result<(), StoreError> {
        self.empty_log()?;
        self.db.execute_batch("vacuum")?;
        self.empty_log()
    }

    /// Writes what is in the log beside the store into the store, and empties it: it may hold what was erased.
    pub fn empty_log(&self) -> Result<(), StoreError> {
        let busy: i64 = self.db.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
        if busy == 0 { Ok(()) } else { Err(StoreError::InUse) }
    }
}
