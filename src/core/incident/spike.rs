//! A spike: why an alarm was raised, kept with the incident so that every alert can say it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::core::count::{HORIZON, minutes_in};
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
    /// Distinct authors in the window.
    pub voices: u32,
    /// The mention that crossed the line, or the last one seen.
    pub at: Timestamp,
    /// Counts of each minute up to now, oldest first, for the chart.
    pub minutes: Vec<u32>,
    /// The latest mentions of the window; their texts are in the store and can be erased there.
    pub evidence: Vec<Evidence>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub feed: FeedName,
    pub mention: String,
}

/// How many minutes the chart shows.
pub const CHART_MINUTES: usize = 60;

/// Minutes to keep, so that the window that ends with the chart's first minute is whole; never more than are counted.
pub fn chart_minutes(window: Period) -> usize {
    let before = usize::try_from(minutes_in(window) - 1).unwrap_or(0);
    let counted = usize::try_from(minutes_in(HORIZON)).unwrap_or(usize::MAX);
    (CHART_MINUTES + before).min(counted)
}
/// How many mentions are quoted as evidence.
pub const EVIDENCE_MAX: usize = 5;
