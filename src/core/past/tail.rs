//! How often chance is as loud as this: the tail of a watch's loudest moments, and the honest dial.
//!
//! The loudest moment of each day is kept for eight weeks. Their logarithms follow a Gumbel distribution where talk has a
//! power tail (Coles, *An Introduction to Statistical Modeling of Extreme Values*, 2001, ch. 3), so days that are louder
//! than `x` come at the rate
//!
//! ```text
//! rate(x) = exp(-(ln x - location) / spread)  a day
//! ```
//!
//! and the level that is crossed at a rate asked for is its inverse. Location and spread come from the days' mean and
//! standard deviation. While there are few days, they are drawn towards a prior that counts for ten of them: the location
//! by the arithmetic mean, the spread by the geometric one. The prior is what the public talk about five companies showed
//! (Numenta Anomaly Benchmark, `realTweets`); its score hardly changes where the prior does.

use std::collections::VecDeque;

use super::bins::len_f64;
use super::grid::DayNumber;

/// For how many days the loudest moment is kept.
pub const PEAK_DAYS: usize = 56;
/// For how many days the prior counts.
const PRIOR_DAYS: f64 = 10.0;
/// The location and the spread that talk has where nothing is known yet.
const PRIOR: Tail = Tail { location: -0.64, spread: 0.48 };
/// Days without a word are as loud as this.
const LOUDNESS_MIN: f64 = 0.05;
/// The smallest spread: days that are all alike say nothing of days that are not.
const SPREAD_MIN: f64 = 0.02;
/// Euler's constant; the mean of a Gumbel distribution lies so many spreads above its location.
const EULER: f64 = 0.577_215_664_901_532_9;
/// The standard deviation of a Gumbel distribution in spreads: pi over the root of six.
const DEVIATION: f64 = 1.282_549_830_161_864;

/// The loudest moment of each of the last days.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Peaks {
    days: VecDeque<(DayNumber, f64)>,
}

/// How fast louder days become rarer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    location: f64,
    spread: f64,
}

impl Peaks {
    /// Notes how loud it became on a day that is over.
    pub fn note(&mut self, day: DayNumber, loudness: f64) {
        if self.days.back().is_some_and(|(last, _)| *last >= day) {
            return;
        }
        self.days.push_back((day, loudness.max(LOUDNESS_MIN)));
        if self.days.len() > PEAK_DAYS {
            self.days.pop_front();
        }
    }

    /// Oldest first.
    pub fn days(&self) -> impl Iterator<Item = (DayNumber, f64)> {
        self.days.iter().copied()
    }

    pub fn tail(&self) -> Tail {
        let days = len_f64(self.days.len());
        if self.days.len() < 2 {
            return PRIOR;
        }
        let logs = || self.days.iter().map(|(_, loudness)| loudness.ln());
        let mean = logs().sum::<f64>() / days;
        let variance = logs().map(|log| (log - mean).powi(2)).sum::<f64>() / (days - 1.0);
        let own = (variance.sqrt() / DEVIATION).max(SPREAD_MIN);
        let weight = days + PRIOR_DAYS;
        let spread = ((days * own.ln() + PRIOR_DAYS * PRIOR.spread.ln()) / weight).exp();
        let mean = (days * mean + PRIOR_DAYS * (PRIOR.location + EULER * PRIOR.spread)) / weight;
        Tail { location: mean - EULER * spread, spread }
    }
}

impl Tail {
    /// The loudness that so many days a day are louder than by chance.
    pub fn level(&self, days_a_day: f64) -> f64 {
        (self.location - self.spread * days_a_day.ln()).exp()
    }

    /// On how many days a day chance is louder than this.
    pub fn rate(&self, loudness: f64) -> f64 {
        (-(loudness.max(LOUDNESS_MIN).ln() - self.location) / self.spread).exp()
    }
}
