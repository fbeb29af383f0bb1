//! Finding: where words stand in the store, for a person who asks what is kept of them.

use rusqlite::Connection;

use super::error::StoreError;
use super::reader::Reader;
use super::writer::Writer;
use crate::core::incident::Evidence;

/// A place where the words stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// When it was received, in milliseconds.
    Mention { mention: Evidence, received: i64 },
    /// Its number, its header as it is stored, and the incident that it is filed under.
    Entry { seq: u64, incident: u32, header: String },
}

impl Reader {
    /// Shows every mention and then every entry of this moment whose body holds `words`, whatever their case.
    pub fn find(&self, words: &str, mut each: impl FnMut(Found)) -> Result<(), StoreError> {
        self.in_one_moment(|db| {
            mentions_with(db, words, |mention, received| each(Found::Mention { mention, received }))?;
            let mut statement =
                db.prepare("select seq, incident, header, body from events where body is not null order by seq")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let body: String = row.get(3)?;
                if holds(&body, words) {
                    let seq: i64 = row.get(0)?;
                    let seq = u64::try_from(seq).unwrap_or(0);
                    each(Found::Entry { seq, incident: row.get(1)?, header: row.get(2)? });
                }
            }
            Ok(())
        })
    }
}

impl Writer {
    /// The mentions whose words, author or address hold `words`, whatever their case.
    pub fn mentions_with(&self, words: &str) -> Result<Vec<Evidence>, StoreError> {
        let mut found = Vec::new();
        mentions_with(&self.db, words, |mention, _| found.push(mention))?;
        Ok(found)
    }
}

fn mentions_with(db: &Connection, words: &str, mut each: impl FnMut(Evidence, i64)) -> Result<(), StoreError> {
    let mut statement = db.prepare("select feed, foreign_id, body, received from mentions order by seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (feed, body): (String, String) = (row.get(0)?, row.get(2)?);
        if holds(&body, words) {
            each(Evidence { feed: feed.into(), mention: row.get(1)? }, row.get(3)?);
        }
    }
    Ok(())
}

/// Bodies are JSON: what is looked for is written as it stands in there.
fn holds(body: &str, words: &str) -> bool {
    let written = serde_json::Value::from(words.to_lowercase()).to_string();
    body.to_lowercase().contains(written.trim_matches('"'))
}
