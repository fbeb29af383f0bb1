//! A line: what a detector makes of a watch's past until the next hour. One weight for each window and one level, so that
//! a mention only adds its weights.

use super::bins::Baseline;
use super::tail::Peaks;
use crate::core::period::Period;

/// Where a watch alarms.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    weights: Vec<(Period, f64)>,
    level: f64,
    echoes: bool,
    falls: bool,
}

/// What a detector draws its line from.
#[derive(Clone, Copy, Debug)]
pub struct Usually<'a> {
    /// None while the watch warms up.
    pub baseline: Option<&'a Baseline>,
    pub peaks: &'a Peaks,
}

/// The window that the score comes from most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lead {
    pub window: Period,
    pub count: u32,
    /// Above how many mentions in this window it alarms, where the other windows keep their share; below how many, where
    /// its line falls.
    pub above: u32,
}

impl Line {
    /// An alarm above `level` mentions in one window.
    pub fn fixed(window: Period, level: u32) -> Self {
        Self { weights: vec![(window, 1.0)], level: f64::from(level), echoes: false, falls: false }
    }

    /// An alarm where the count of one window is more than so many times what is expected.
    pub fn times(window: Period, expected: f64, times: f64) -> Self {
        Self { weights: vec![(window, 1.0 / expected)], level: times, echoes: false, falls: false }
    }

    /// An alarm above a loudness. A story that comes back must also be louder than its echo.
    pub fn loud(baseline: &Baseline, level: f64) -> Self {
        let share = 1.0 / super::bins::len_f64(baseline.usual().len().max(1));
        let weights = baseline.usual().iter().map(|usual| (usual.window, share / usual.high)).collect();
        Self { weights, level, echoes: true, falls: false }
    }

    /// An alarm below `level` mentions in one window: every mention counts against it.
    pub fn falling(window: Period, level: u32) -> Self {
        Self { weights: vec![(window, -1.0)], level: -f64::from(level), echoes: false, falls: true }
    }

    /// Whether it alarms below its level, where nobody says anything.
    pub fn falls(&self) -> bool {
        self.falls
    }

    pub fn level(&self) -> f64 {
        self.level
    }

    /// Whether the last alarm's echo raises the line.
    pub fn echoes(&self) -> bool {
        self.echoes
    }

    /// `count` tells the mentions in a window that ends now.
    pub fn score(&self, count: impl Fn(Period) -> u32) -> f64 {
        self.weights.iter().map(|(window, weight)| weight * f64::from(count(*window))).sum()
    }

    pub fn crossed(&self, count: impl Fn(Period) -> u32) -> bool {
        self.score(count) > self.level
    }

    /// Above how many mentions in this window it alarms. None where it alarms below, and where other windows decide as well:
    /// then no count of one window does.
    pub fn above(&self, window: Period) -> Option<f64> {
        match self.weights.as_slice() {
            [(looked, weight)] if *looked == window && !self.falls => {
                Some((self.level / weight.max(f64::MIN_POSITIVE)).max(0.0))
            }
            [..] => None,
        }
    }

    /// The longest window it looks at.
    pub fn longest(&self) -> Period {
        self.weights.iter().map(|(window, _)| *window).max().unwrap_or(Period::minutes(1))
    }

    /// The window that is furthest above what it should be, for whoever explains the alarm.
    pub fn lead(&self, count: impl Fn(Period) -> u32) -> Lead {
        let score = self.score(&count);
        let (window, weight) = self.weights.iter().copied().fold((self.longest(), 0.0), |best, (window, weight)| {
            let (ours, theirs) = (weight * f64::from(count(window)), best.1 * f64::from(count(best.0)));
            if ours > theirs { (window, weight) } else { best }
        });
        let count = count(window);
        let above = if self.falls {
            -self.level
        } else if score > 0.0 {
            f64::from(count) * self.level / score
        } else {
            self.level / weight.max(f64::MIN_POSITIVE)
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a double saturates")]
        let above = above.floor() as u32;
        Lead { window, count, above }
    }
}
