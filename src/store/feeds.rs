//! What is kept of feeds: how it goes with them, when they failed, the schedules of those that are fetched, and mentions
//! whose words were changed where they were published.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::de::DeserializeOwned;

use super::batch::Batch;
use super::error::StoreError;
use super::reader::Reader;
use crate::core::health::Health;
use crate::core::mention::Mention;
use crate::core::name::FeedName;
use crate::core::quiet::FeedGaps;
use crate::core::schedule::Schedule;

/// What the names of schedules begin with among the notes, those of what is known of feeds that are not fetched, and those of
/// the times in which feeds failed.
const SCHEDULES: &str = "feed:";
const HEALTHS: &str = "heard:";
const GAPS: &str = "gaps:";

impl Batch<'_> {
    pub fn put_schedule(&mut self, feed: &FeedName, schedule: &Schedule, at: Timestamp) -> Result<(), StoreError> {
        self.put_note(&format!("{SCHEDULES}{feed}"), &serde_json::to_string(schedule)?, at)
    }

    pub fn drop_schedule(&mut self, feed: &FeedName) -> Result<(), StoreError> {
        self.drop_note(&format!("{SCHEDULES}{feed}"))
    }

    pub fn schedules(&mut self) -> Result<BTreeMap<FeedName, Schedule>, StoreError> {
        rows(self.db, SCHEDULES, Which::All)
    }

    /// How it goes with a feed that is not fetched.
    pub fn put_health(&mut self, feed: &FeedName, health: &Health, at: Timestamp) -> Result<(), StoreError> {
        self.put_note(&format!("{HEALTHS}{feed}"), &serde_json::to_string(health)?, at)
    }

    pub fn drop_health(&mut self, feed: &FeedName) -> Result<(), StoreError> {
        self.drop_note(&format!("{HEALTHS}{feed}"))
    }

    pub fn healths(&mut self) -> Result<BTreeMap<FeedName, Health>, StoreError> {
        rows(self.db, HEALTHS, Which::All)
    }

    /// When a feed failed, of whichever kind it is.
    pub fn put_gaps(&mut self, feed: &FeedName, gaps: &FeedGaps, at: Timestamp) -> Result<(), StoreError> {
        self.put_note(&format!("{GAPS}{feed}"), &serde_json::to_string(gaps)?, at)
    }

    /// Of every feed that ever failed, also where no watch names it now: a watch may name it later.
    pub fn gaps(&mut self) -> Result<BTreeMap<FeedName, FeedGaps>, StoreError> {
        rows(self.db, GAPS, Which::All)
    }

    /// The mention of this name that the feed brought before.
    pub fn mention(&mut self, feed: &FeedName, id: &str) -> Result<Option<Mention>, StoreError> {
        let body: Option<String> = self
            .statement("select body from mentions where feed = ?1 and foreign_id = ?2")?
            .query_row(params![feed.as_str(), id], |row| row.get(0))
            .optional()?;
        body.map(|body| Ok(serde_json::from_str(&body)?)).transpose()
    }

    /// Gives a mention its newer words, and where they count anew the time that they count at.
    pub fn change_mention(
        &mut self,
        feed: &FeedName,
        mention: &Mention,
        counted: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let body = serde_json::to_string(mention)?;
        self.statement(
            "update mentions set body = ?3, marked = marked or ?4 is not null, counted = coalesce(?4, counted)
             where feed = ?1 and foreign_id = ?2",
        )?
        .execute(params![feed.as_str(), mention.id, body, counted.map(Timestamp::as_millisecond)])?;
        Ok(())
    }
}

impl Reader {
    /// The schedule of every feed that is fetched.
    pub fn schedules(&self) -> Result<BTreeMap<FeedName, Schedule>, StoreError> {
        rows(&self.connect()?, SCHEDULES, Which::All)
    }

    /// When a feed failed, where it ever did.
    pub fn gaps_of(&self, feed: &FeedName) -> Result<Option<FeedGaps>, StoreError> {
        let noted = self.note(&format!("{GAPS}{feed}"))?;
        Ok(noted.map(|noted| serde_json::from_str(&noted)).transpose()?)
    }

    /// Every feed that is a blind spot, as people were told.
    pub fn blind_feeds(&self) -> Result<BTreeMap<FeedName, Health>, StoreError> {
        let db = self.connect()?;
        let fetched: BTreeMap<FeedName, Schedule> = rows(&db, SCHEDULES, Which::Blind)?;
        let mut blind: BTreeMap<FeedName, Health> = rows(&db, HEALTHS, Which::Blind)?;
        blind.extend(fetched.into_iter().map(|(name, schedule)| (name, schedule.health)));
        Ok(blind)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Blind,
}

fn rows<T: DeserializeOwned>(db: &Connection, prefix: &str, which: Which) -> Result<BTreeMap<FeedName, T>, StoreError> {
    let mut statement = db.prepare(
        "select substr(name, length(?1) + 1), value from notes where substr(name, 1, length(?1)) = ?1
         and (?2 or coalesce(json_extract(value, '$.blind'), json_extract(value, '$.health.blind')) is not null)",
    )?;
    let mut rows = statement.query(params![prefix, which == Which::All])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (name, value): (String, String) = (row.get(0)?, row.get(1)?);
        // A row of another version is a feed that nobody looked at yet.
        if let Ok(row) = serde_json::from_str(&value) {
            found.insert(FeedName::from(name), row);
        }
    }
    Ok(found)
}
