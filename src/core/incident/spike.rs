//! A spike: why an alarm was raised, kept with the incident so that every alert can say it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::core::name::{FeedName, WatchName};
use crate::core::period::Period;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spike {
    pub watch: WatchName,
    /// Mentions in the window that ends now.
    pub count: u32,
    pub window: Period,
    /// Above how many the watch alarms.
    pub more_than: u32,
    /// The mean count of such a window in the last weeks; none while the watch warms up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Tenths>,
    /// How long it takes on average until chance makes a day as loud; none while the watch warms up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once_in: Option<Period>,
    /// Distinct authors in the window.
    pub voices: u32,
    /// The mention that crossed the line, or the last one seen.
    pub at: Timestamp,
    /// Counts of each minute up to now, oldest first, for the chart.
    pub minutes: Vec<u32>,
    /// The latest mentions of the window; their texts are in the store and can be erased there.
    pub evidence: Vec<Evidence>,
}

impl Spike {
    /// How many times the expected count this is; none where none is known, or nothing is expected.
    pub fn ratio(&self) -> Option<f64> {
        let expected = self.expected?.as_f64();
        (expected > 0.0).then(|| f64::from(self.count) / expected)
    }
}

/// A mean count, in tenths of a mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tenths(u32);

impl Tenths {
    /// To the nearest tenth.
    pub fn of(count: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a double saturates")]
        let tenths = (count * 10.0).round() as u32;
        Self(tenths)
    }

    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 10.0
    }
}

impl fmt::Display for Tenths {
    /// Whole where it is large or whole, as in `12` and `3.4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= 100 || self.0.is_multiple_of(10) {
            write!(f, "{:.0}", self.as_f64())
        } else {
            write!(f, "{:.1}", self.as_f64())
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub feed: FeedName,
    pub mention: String,
}

/// How many minutes the chart shows.
pub const CHART_MINUTES: usize = 60;
/// How many mentions are quoted as evidence.
pub const EVIDENCE_MAX: usize = 5;
