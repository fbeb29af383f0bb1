//! How far each timeline was read. Pages go back in time, so a look is a walk: from the newest status back to where the last
//! one began, a page at a time, and the place holds in the middle of it too.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Timeline;
use super::status::Row;
use crate::feed::streamed::StreamError;

/// How far back every look goes again: a status from elsewhere is filed by when it was written, and may arrive later.
pub const OVERLAP: SignedDuration = SignedDuration::from_mins(5);
/// How many servers give at least, where there are so many.
pub const PAGE_USUAL: usize = 20;
/// The longest walk, in pages.
pub const PAGES_MAX: u32 = 200;

/// The place in each timeline, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places(BTreeMap<String, Place>);

/// The place in one timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// What was said before is none of ours: nobody listened yet.
    from: Timestamp,
    /// The status that everything up to was read.
    since: Option<String>,
    walk: Option<Walk>,
}

/// A look that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Walk {
    /// When the newest status was written.
    newest: Option<Timestamp>,
    /// Where the next look will end.
    until: Option<String>,
    /// The oldest status read.
    back: String,
    pages: u32,
}

/// What a page meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turned {
    /// There is a page before it that was not read.
    pub more: bool,
    /// Older statuses were left out.
    pub cut_off: bool,
}

impl Places {
    /// The places that were kept, and the present for timelines that nobody listened to.
    pub fn read(cursor: Option<&str>, timelines: &[Timeline], now: Timestamp) -> Result<Self, StreamError> {
        let mut kept: BTreeMap<String, Place> = match cursor {
            None => BTreeMap::new(),
            Some(cursor) => serde_json::from_str(cursor).map_err(|_| {
                StreamError::new(
                    "the place reached was written by another kind of feed; give the feed another name to begin anew",
                )
            })?,
        };
        let from = now.checked_sub(OVERLAP).unwrap_or(Timestamp::MIN);
        let places = timelines.iter().map(|timeline| {
            let name = timeline.name();
            let place = kept.remove(&name).unwrap_or(Place { from, since: None, walk: None });
            (name, place)
        });
        Ok(Self(places.collect()))
    }

    /// As it is kept.
    pub fn write(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    pub fn of(&mut self, timeline: &Timeline) -> Option<&mut Place> {
        self.0.get_mut(&timeline.name())
    }
}

impl Place {
    /// Statuses newer than this are asked for.
    pub fn since(&self) -> Option<&str> {
        self.since.as_deref()
    }

    /// And older than this.
    pub fn before(&self) -> Option<&str> {
        self.walk.as_ref().map(|walk| walk.back.as_str())
    }

    /// Whether a status is of the time since somebody listens.
    pub fn is_ours(&self, row: &Row) -> bool {
        row.at.is_none_or(|at| at >= self.from)
    }

    /// Moves on by a page, newest first.
    pub fn turn(&mut self, rows: &[Row]) -> Turned {
        let walk = self.walk.take();
        let newest = walk.as_ref().and_then(|walk| walk.newest).or_else(|| rows.iter().filter_map(|row| row.at).max());
        let late = newest.and_then(|newest| newest.checked_sub(OVERLAP).ok());
        let settled = |row: &&Row| row.at.is_none_or(|at| late.is_some_and(|late| at <= late));
        let until = walk.as_ref().and_then(|walk| walk.until.clone());
        let until = until.or_else(|| rows.iter().find(settled).map(|row| row.id.clone()));
        let pages = walk.as_ref().map_or(0, |walk| walk.pages) + 1;
        let back = rows.last().map(|row| row.id.clone());
        // A server that cannot go back gives the same page again.
        let same = walk.is_some_and(|walk| Some(&walk.back) == back.as_ref());
        let met =
            rows.iter().any(|row| Some(&row.id) == self.since.as_ref()) || !rows.iter().any(|row| self.is_ours(row));
        let ended = same || met || rows.len() < PAGE_USUAL;
        if let Some(back) = back.filter(|_| !ended && pages < PAGES_MAX) {
            self.walk = Some(Walk { newest, until, back, pages });
            return Turned { more: true, cut_off: false };
        }
        self.since = until.or_else(|| self.since.take());
        Turned { more: false, cut_off: !ended }
    }
}
