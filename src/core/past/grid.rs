//! The bins that a past is kept in, and the lengths of time that talk is measured over.

use crate::core::period::Period;

/// How long a bin is, in seconds. Series that come in longer steps have bins as long as their steps.
pub const BIN_SECONDS: u64 = 5 * 60;
/// Talk is measured over these, in seconds: each three times the one before, from a sudden spike to a slow burn.
const SCALES_SECONDS: [u64; 4] = [10 * 60, 30 * 60, 90 * 60, 270 * 60];
const HOUR_SECONDS: u64 = 60 * 60;
const DAY_SECONDS: u64 = 24 * HOUR_SECONDS;

/// The number of a bin since whatever the series counts from.
pub type BinNumber = i64;
/// The number of a day, likewise.
pub type DayNumber = i64;

/// A length of time that talk is measured over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    pub window: Period,
    /// The window in whole bins, at least one.
    pub bins: i64,
}

/// How a series is laid out in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    bin_seconds: u64,
    scales: Vec<Scale>,
}

impl Default for Grid {
    /// What the running watches use.
    fn default() -> Self {
        Self::of_step(Period::minutes(1))
    }
}

impl Grid {
    /// The grid of a series that has a value every `step`: bins are whole steps, and windows whole bins.
    pub fn of_step(step: Period) -> Self {
        let step = step.as_seconds();
        let bin_seconds = step * BIN_SECONDS.div_ceil(step);
        let mut scales: Vec<Scale> = Vec::new();
        for seconds in SCALES_SECONDS {
            let bins = seconds.div_ceil(bin_seconds);
            let window = Period::seconds(bins * bin_seconds);
            if scales.last().is_none_or(|last| last.window != window) {
                scales.push(Scale { window, bins: i64::try_from(bins).unwrap_or(i64::MAX) });
            }
        }
        Self { bin_seconds, scales }
    }

    pub fn bin_seconds(&self) -> u64 {
        self.bin_seconds
    }

    pub fn scales(&self) -> &[Scale] {
        &self.scales
    }

    /// How many bins a day has, at least one.
    pub fn bins_in_day(&self) -> i64 {
        self.bins_in(DAY_SECONDS)
    }

    /// How many bins an hour has, at least one.
    pub fn bins_in_hour(&self) -> i64 {
        self.bins_in(HOUR_SECONDS)
    }

    fn bins_in(&self, seconds: u64) -> i64 {
        i64::try_from(seconds / self.bin_seconds).unwrap_or(i64::MAX).max(1)
    }

    pub fn day_of(&self, bin: BinNumber) -> DayNumber {
        bin.div_euclid(self.bins_in_day())
    }
}
