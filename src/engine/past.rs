//! What outlives a restart of how a watch was followed: what it asked for, since when it has been heard, and how loud each
//! of the last days became. The counts themselves are rows of the store.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::core::count::MinuteNumber;
use crate::core::past::{BinNumber, DayNumber};
use crate::core::watch::Watch;

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
}

impl Remembered {
    pub(super) fn new(watch: &Watch, since: MinuteNumber) -> Self {
        Self { asks: asks(watch), since, days: Vec::new(), apart_since: None, apart: Vec::new() }
    }

    /// Whether this was heard by what the watch asks now.
    pub(super) fn is_of(&self, watch: &Watch) -> bool {
        self.asks == asks(watch)
    }
}

fn asks(watch: &Watch) -> String {
    let feeds: Vec<String> = watch.feeds.iter().map(ToString::to_string).collect();
    hex::encode(Sha256::digest(format!("{}\n{}", watch.query.source(), feeds.join("\n"))))
}

/// The note that a watch's past stands under.
pub(super) fn note_of(watch: &Watch) -> String {
    format!("past:{}", watch.name)
}
