//! The audit of a whole store, offline and in one pass: the chain, its head, erasures, and the rules that incidents name.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::batch::to_sql;
use super::broken::{Broken, Place, Problem};
use super::chain::{Entry, Head};
use super::error::StoreError;
use super::follow::{Era, Follower, Unchecked};
use super::installation::{InstallationEvent, Span};
use super::keys::{Key, Keys, fingerprint};
use super::reader::{StoredEvent, stored_event};
use crate::core::incident::{Event, Opening};
use crate::core::name::PersonId;
use crate::core::rules::Rules;

/// What the audit comes upon.
pub enum Seen {
    Entry(StoredEvent),
    Problem(Problem),
}

/// An erasure as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    pub entry: u64,
    /// Milliseconds since 1970.
    pub at: i64,
    pub by: PersonId,
    pub reason: String,
    pub spans: Vec<Span>,
}

/// That this record goes on from a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restore {
    pub entry: u64,
    /// Milliseconds since 1970.
    pub at: i64,
    pub copied_at: i64,
    /// The last entry that the backup held.
    pub after: u64,
}

/// What an audit came to, beside the problems that it told on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    pub head: Head,
    /// The last entry's time in milliseconds since 1970; none where there is no entry, or it cannot be read.
    pub ends_at: Option<i64>,
    /// Entries whose MAC was checked with a key at hand.
    pub verified: u64,
    pub unchecked: Vec<Unchecked>,
    /// Bodies that are gone and whose erasure was recorded.
    pub erased: u64,
    pub erasures: Vec<Erasure>,
    pub restores: Vec<Restore>,
    eras: Vec<Era>,
}

impl Audit {
    /// The public key that signs a head whose last entry is `seq`.
    pub fn public_key_after(&self, seq: u64) -> Option<&str> {
        let era = self.eras.iter().rev().find(|era| era.first <= seq + 1)?;
        Some(&era.public_key)
    }

    /// The fingerprints of the keys that the record was written under, the first to the last.
    pub fn fingerprints(&self) -> Vec<String> {
        self.eras.iter().map(|era| fingerprint(&era.public_key)).collect()
    }
}

/// A run of entries of one incident whose bodies are gone.
struct Gap {
    first: u64,
    last: u64,
    place: Place,
}

struct Auditing<'k> {
    follower: Follower<'k>,
    gaps: Vec<Gap>,
    erasures: Vec<Erasure>,
    restores: Vec<Restore>,
    /// Hashes of rules, and the first entry that names each.
    rules: BTreeMap<String, u64>,
    ends_at: Option<i64>,
    problems: Vec<Problem>,
    sound: bool,
}

/// Audits the store as of one moment. Gives the key, too, that the next entry stands under, where it is at hand.
pub(super) fn audit<'k>(
    db: &Connection,
    keys: &'k Keys,
    mut each: impl FnMut(Seen) -> Result<(), StoreError>,
) -> Result<(Audit, Result<&'k Key, String>), StoreError> {
    let first = db.query_row(&format!("{ROWS} limit 1"), [], stored_event).optional().unwrap_or_default();
    let mut auditing = Auditing {
        follower: Follower::new(keys, first.as_ref(), oldest_key(db)),
        gaps: Vec::new(),
        erasures: Vec::new(),
        restores: Vec::new(),
        rules: BTreeMap::new(),
        ends_at: None,
        problems: Vec::new(),
        sound: true,
    };
    let mut statement = db.prepare(ROWS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Ok(stored) = stored_event(row) {
            auditing.take(&stored);
            auditing.drain(&mut each)?;
            each(Seen::Entry(stored))?;
        } else {
            auditing.cannot_read(row.get(0)?);
            auditing.drain(&mut each)?;
        }
    }
    auditing.check_head(db)?;
    let erased = auditing.check_gaps(db)?;
    auditing.drain(&mut each)?;
    auditing.check_rules(db)?;
    auditing.drain(&mut each)?;
    let Auditing { follower, erasures, restores, ends_at, .. } = auditing;
    let key = follower.key();
    let audit = Audit {
        head: follower.end(),
        ends_at,
        verified: follower.verified,
        unchecked: follower.unchecked,
        erased,
        erasures,
        restores,
        eras: follower.eras,
    };
    Ok((audit, key))
}

const ROWS: &str = "select seq, incident, number, header, mac, salt, body from events order by seq";

impl Auditing<'_> {
    fn drain(&mut self, each: &mut impl FnMut(Seen) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.sound &= self.problems.is_empty();
        self.problems.drain(..).try_for_each(|problem| each(Seen::Problem(problem)))
    }

    fn cannot_read(&mut self, seq: i64) {
        let broken = match u64::try_from(seq) {
            Ok(seq) if seq > 0 => {
                self.follower.step_over(seq, &mut self.problems);
                Broken::Unreadable(seq)
            }
            Ok(_) | Err(_) => Broken::BeforeTheFirst(seq),
        };
        self.problems.push(broken.into());
    }

    fn take(&mut self, row: &StoredEvent) {
        let Some(entry) = self.follower.follow(row, &mut self.problems) else { return };
        self.ends_at = Some(entry.at);
        match &row.body {
            None => self.gone(&entry),
            Some(_) if entry.incident == super::INSTALLATION => self.installation(row, &entry),
            Some(_) => self.names_rules(row, &entry),
        }
    }

    fn gone(&mut self, entry: &Entry) {
        match self.gaps.last_mut() {
            Some(gap) if gap.last + 1 == entry.seq && gap.place.incident == entry.incident => gap.last = entry.seq,
            Some(_) | None => {
                self.gaps.push(Gap { first: entry.seq, last: entry.seq, place: Place::from(entry) });
            }
        }
    }

    fn installation(&mut self, row: &StoredEvent, entry: &Entry) {
        if ![InstallationEvent::ERASED, InstallationEvent::RESTORED].contains(&entry.kind.as_str()) {
            return;
        }
        match row.installation_event() {
            Ok(Some(InstallationEvent::Erased { entries, by, reason, .. })) => {
                self.erasures.push(Erasure { entry: entry.seq, at: entry.at, by, reason, spans: entries });
            }
            Ok(Some(InstallationEvent::Restored { copied_at, entry: after })) => {
                let copied_at = copied_at.as_millisecond();
                self.restores.push(Restore { entry: entry.seq, at: entry.at, copied_at, after });
            }
            Ok(_) | Err(_) => {
                self.problems.push(Problem::at(Broken::Unreadable(entry.seq), Some(Place::from(entry))));
            }
        }
    }

    fn names_rules(&mut self, row: &StoredEvent, entry: &Entry) {
        if !matches!(entry.kind.as_str(), "opened" | "playbook_picked") {
            return;
        }
        match row.event() {
            Ok(Some(Event::Opened(Opening { rules, .. }) | Event::PlaybookPicked { rules, .. })) => {
                self.rules.entry(rules.to_string()).or_insert(entry.seq);
            }
            Ok(_) | Err(_) => {
                self.problems.push(Problem::at(Broken::Unreadable(entry.seq), Some(Place::from(entry))));
            }
        }
    }

    fn check_head(&mut self, db: &Connection) -> Result<(), StoreError> {
        let end = self.follower.end();
        let row = db.query_row("select seq, seal from head", [], |row| {
            Ok(row.get::<_, i64>(0).ok().zip(row.get::<_, Vec<u8>>(1).ok()))
        });
        let Some((seq, seal)) = row.optional()?.flatten() else {
            if end.seq > 0 {
                self.problems.push(Broken::HeadMissing.into());
            }
            return Ok(());
        };
        let head = u64::try_from(seq).unwrap_or(0);
        let broken = match self.follower.key() {
            _ if head > end.seq => Broken::Cut { head, found: end.seq },
            _ if head < end.seq => Broken::Beyond { head, found: end.seq },
            Ok(key) if !key.is_seal(&seal, &end) => Broken::HeadChanged(end.seq),
            Ok(_) | Err(_) => return Ok(()),
        };
        self.problems.push(broken.into());
        Ok(())
    }

    /// Every body that is gone must be named by an erasure after it. Says how many are.
    fn check_gaps(&mut self, db: &Connection) -> Result<u64, StoreError> {
        let mut erased = 0;
        for gap in &self.gaps {
            let mut spans: Vec<Span> = self
                .erasures
                .iter()
                .filter(|erasure| erasure.entry > gap.last)
                .flat_map(|erasure| erasure.spans.iter().copied())
                .collect();
            spans.sort_unstable_by_key(|span| span.first);
            let mut next = gap.first;
            let mut gone = Vec::new();
            for span in spans {
                if span.first > gap.last || next > gap.last {
                    break;
                }
                if span.first > next {
                    gone.push((next, span.first - 1));
                }
                next = next.max(span.last.saturating_add(1));
            }
            if next <= gap.last {
                gone.push((next, gap.last));
            }
            let lacking: u64 = gone.iter().map(|(first, last)| last - first + 1).sum();
            erased += gap.last - gap.first + 1 - lacking;
            let told = gone
                .into_iter()
                .map(|(first, last)| Problem::at(Broken::Gone { first, last }, Some(gap.place.clone())));
            self.problems.extend(told);
        }
        for span in self.erasures.iter().flat_map(|erasure| &erasure.spans) {
            let back: Option<i64> = db
                .query_row(
                    "select seq from events where seq between ?1 and ?2 and (body is not null or salt is not null) limit 1",
                    params![to_sql(span.first), to_sql(span.last)],
                    |row| row.get(0),
                )
                .optional()?;
            self.problems.extend(back.map(|seq| Broken::NotErased(u64::try_from(seq).unwrap_or(0)).into()));
        }
        Ok(erased)
    }

    fn check_rules(&mut self, db: &Connection) -> Result<(), StoreError> {
        let mut statement = db.prepare("select hash, body from rules order by hash")?;
        let mut rows = statement.query([])?;
        let mut missing = std::mem::take(&mut self.rules);
        while let Some(row) = rows.next()? {
            let (Ok(hash), Ok(body)) = (row.get::<_, String>(0), row.get::<_, String>(1)) else {
                self.problems.push(Broken::RulesChanged { hash: "that cannot be read".to_owned() }.into());
                continue;
            };
            let named = missing.remove(&hash).is_some();
            if Rules::hash_of(body.as_bytes()).to_string() != hash {
                self.problems.push(Broken::RulesChanged { hash }.into());
            } else if !named && self.sound {
                // Where an opening could not be read, it may have named them.
                self.problems.push(Broken::RulesUnnamed { hash }.into());
            }
        }
        let missing = missing.into_iter().map(|(hash, seq)| Broken::RulesMissing { seq, hash }.into());
        self.problems.extend(missing);
        Ok(())
    }
}

/// The public key that the first recorded change of the key names as the old one.
fn oldest_key(db: &Connection) -> Option<String> {
    let sql = format!("select * from ({ROWS}) where incident = 0 and header like ?1 order by seq limit 1");
    let like = format!("%\"kind\":\"{}\"%", InstallationEvent::KEY_CHANGED);
    let row = db.query_row(&sql, [like], stored_event).optional().unwrap_or_default();
    match row?.installation_event() {
        Ok(Some(InstallationEvent::KeyChanged { change })) => Some(change.old_public_key),
        Ok(_) | Err(_) => None,
    }
}
