//! Reading what a report is made from: which incidents there were, what they read, and what was erased.

use rusqlite::params;

use super::INSTALLATION;
use super::error::StoreError;
use super::installation::{InstallationEvent, Span};
use super::reader::{Reader, rules, stored_event};
use crate::core::name::PersonId;

/// That bodies were taken away by law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasedSpans {
    /// Milliseconds since 1970.
    pub at: i64,
    pub entries: Vec<Span>,
    pub by: PersonId,
    pub reason: String,
}

impl Reader {
    /// The number of every incident, also of those whose words were erased, the newest first.
    pub fn incidents(&self) -> Result<Vec<u32>, StoreError> {
        let db = self.connect()?;
        let mut statement =
            db.prepare("select distinct incident from events where incident <> ?1 order by incident desc")?;
        let rows = statement.query_map([INSTALLATION], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Rules as they are stored under their hash.
    pub fn rules(&self, hash: &str) -> Result<Option<String>, StoreError> {
        rules(&self.connect()?, hash)
    }

    /// Every erasure, oldest first. One whose own words were erased is passed over.
    pub fn erasures(&self) -> Result<Vec<ErasedSpans>, StoreError> {
        let db = self.connect()?;
        let mut statement = db.prepare(
            "select seq, incident, number, header, mac, salt, body from events
             where incident = ?1 and json_extract(header, '$.kind') = ?2 order by seq",
        )?;
        let rows = statement.query_map(params![INSTALLATION, InstallationEvent::ERASED], stored_event)?;
        let mut erasures = Vec::new();
        for row in rows {
            let row = row?;
            if let Some(InstallationEvent::Erased { entries, by, reason, .. }) = row.installation_event()? {
                erasures.push(ErasedSpans { at: row.entry()?.at, entries, by, reason });
            }
        }
        Ok(erasures)
    }
}
