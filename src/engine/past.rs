//! What outlives a restart of how a watch was followed: what it asked for, since when it has been heard, and how loud each
//! of the last days became. The counts themselves are rows of the store.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::gaps;
use super::recorder::TIME;
use crate::core::count::{MinuteNumber, minute_of};
use crate::core::past::{BinNumber, DayNumber, Spent};
use crate::core::quiet::Gaps;
use crate::core::watch::Watch;
use crate::store::{Reader, StoreError};

/// For how long minutes are counted for, so that a backtest has a year to look at.
pub(super) const COUNTS_KEPT_MINUTES: i64 = 400 * 24 * 60;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// The hash of query and feeds: what answers another question says nothing of this one.
    pub(super) asks: String,
    pub(super) since: MinuteNumber,
    /// Days that are over and their loudest moments, oldest first.
    pub(super) days: Vec<(DayNumber, f64)>,
    /// When the story began that is set apart from what is usual, and its bins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) apart_since: Option<BinNumber>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) apart: Vec<BinNumber>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) left: Option<Left>,
}

/// What the last alarm left, and by which setting: scores of another one are no measure.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Left {
    pub(super) setting: String,
    pub(super) spent: Spent,
}

impl Remembered {
    pub(super) fn new(watch: &Watch, since: MinuteNumber) -> Self {
        Self { asks: asks(watch), since, days: Vec::new(), apart_since: None, apart: Vec::new(), left: None }
    }

    /// Whether this was heard by what the watch asks now.
    pub(super) fn is_of(&self, watch: &Watch) -> bool {
        self.asks == asks(watch)
    }
}

/// How a watch was heard, as the store has it: for whoever looks at its counts later.
#[derive(Debug)]
pub struct HeardOf {
    /// None where nothing was heard yet by what the watch asks now.
    pub since: Option<MinuteNumber>,
    /// The latest minute in which the program is known to have run.
    pub until: MinuteNumber,
    /// Minutes in which it could hear nothing; of each stretch the last is the one of its end.
    pub deaf: Gaps,
}

/// May be asked while the daemon runs.
pub fn heard_of(reader: &Reader, watch: &Watch) -> Result<HeardOf, StoreError> {
    let noted = reader.note(&note_of(watch))?;
    let remembered = noted.and_then(|noted| serde_json::from_str::<Remembered>(&noted).ok());
    let since = remembered.filter(|remembered| remembered.is_of(watch)).map(|remembered| remembered.since);
    let time = reader.note(TIME)?.and_then(|noted| noted.parse().ok());
    let until = time.and_then(|time| Timestamp::from_millisecond(time).ok()).unwrap_or(Timestamp::MIN);
    let deaf = gaps::read(reader, watch)?.deaf_of(watch, until);
    Ok(HeardOf { since, until: minute_of(until), deaf })
}

fn asks(watch: &Watch) -> String {
    let feeds: Vec<String> = watch.feeds.iter().map(ToString::to_string).collect();
    hex::encode(Sha256::digest(format!("{}\n{}", watch.query.source(), feeds.join("\n"))))
}

/// The note that a watch's past stands under.
pub(super) fn note_of(watch: &Watch) -> String {
    format!("past:{}", watch.name)
}
