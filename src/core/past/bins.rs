//! What a watch counted before now, and what is usual by it.
//!
//! Every hour the last two weeks are summed over each scale, and the count that only one bin in a hundred reaches is the
//! scale's *high*. How loud it is now is the mean, over the scales, of the count divided by the high: 1 is as loud as the
//! loudest hundredth of two weeks. A high quantile and not a deviation or a count model, since talk has tails that no
//! Poisson or negative binomial reaches; several scales and not one, so that a burst of ten minutes and a slow burn of
//! hours are both seen; linear in the counts, so that a mention only adds its weights.
//!
//! Hours in which next to nothing is said are measured by themselves ([`Rhythm`]): every count is divided by its hours' share
//! of what is usual before the high is taken, and the high of an hour is that high times its share.
//!
//! The loudest bins of a story are set apart: they are no part of what is usual, or one crisis of four hours would hide an
//! equal one for the two weeks after it. What stays loud for longer becomes usual.

use std::collections::VecDeque;
use std::ops::Range;

use super::grid::{BinNumber, Grid, Scale};
use super::rhythm::Rhythm;
use crate::core::period::Period;

/// How many days back is looked for what is usual.
pub const LOOK_BACK_DAYS: i64 = 14;
/// How much must have been heard before anything is called unusual, in days.
pub const WARM_UP_DAYS: i64 = 2;
/// The share of bins that a scale's high lies above.
const HIGH: f64 = 0.99;
/// The smallest high: where there is next to no talk, one mention is not yet loud.
const HIGH_MIN: f64 = 1.0;
/// How many times of deafness are remembered; beyond it the oldest are taken for heard.
pub const DEAF_MAX: usize = 256;

/// Counts by bins, for as long as they can matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// The first bin that was heard. What lies before is unknown, which is not the same as silent.
    since: Option<BinNumber>,
    /// Bins that hold something, oldest first.
    held: VecDeque<(BinNumber, u32)>,
    /// Bins in which nothing could be heard, oldest first.
    deaf: VecDeque<Range<BinNumber>>,
    /// Bins that are no part of what is usual, oldest first.
    apart: VecDeque<BinNumber>,
}

/// What is usual over one scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    pub window: Period,
    /// The mean count in the window.
    pub expected: f64,
    /// The count that one bin in a hundred reaches, at this hour, at least one.
    pub high: f64,
    /// The same at an hour that is not quiet.
    high_by_day: f64,
    bins: i64,
}

/// What is usual, as of one hour.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    usual: Vec<Usual>,
    rhythm: Option<Rhythm>,
    /// The mean count of a second.
    per_second: f64,
}

impl Baseline {
    pub fn usual(&self) -> &[Usual] {
        &self.usual
    }

    /// How loud it is; `count` tells the mentions in a window that ends now.
    pub fn loudness(&self, count: impl Fn(Period) -> u32) -> f64 {
        let each = self.usual.iter().map(|usual| f64::from(count(usual.window)) / usual.high);
        each.sum::<f64>() / len_f64(self.usual.len().max(1))
    }

    /// The same at another hour, which this bin is the middle of.
    pub(super) fn at(mut self, bin: BinNumber) -> Self {
        for usual in &mut self.usual {
            let share = self.rhythm.as_ref().map_or(1.0, |rhythm| rhythm.over(bin, usual.bins));
            usual.high = (usual.high_by_day * share).max(HIGH_MIN);
        }
        self
    }

    /// The mean count in a window of this length.
    pub fn expected(&self, window: Period) -> f64 {
        self.per_second * as_f64(window.as_seconds())
    }
}

impl Past {
    /// Hears from this bin on.
    pub fn begin(&mut self, bin: BinNumber) {
        self.since = Some(self.since.map_or(bin, |since| since.min(bin)));
    }

    pub fn since(&self) -> Option<BinNumber> {
        self.since
    }

    pub fn add(&mut self, bin: BinNumber, count: u32) {
        if count == 0 {
            return;
        }
        let place = self.held.partition_point(|(held, _)| *held < bin);
        match self.held.get_mut(place) {
            Some((held, sum)) if *held == bin => *sum = sum.saturating_add(count),
            Some(_) | None => self.held.insert(place, (bin, count)),
        }
    }

    /// Mentions in these bins.
    pub fn count(&self, bins: Range<BinNumber>) -> u32 {
        let from = self.held.partition_point(|(held, _)| *held < bins.start);
        let to = self.held.partition_point(|(held, _)| *held < bins.end);
        self.held.range(from..to.max(from)).fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Nothing could be heard in these bins: they are unknown, not silent.
    pub fn deafen(&mut self, bins: Range<BinNumber>) {
        match self.deaf.back_mut() {
            Some(last) if bins.start <= last.end && bins.start >= last.start => last.end = last.end.max(bins.end),
            Some(_) | None => self.deaf.push_back(bins),
        }
        if self.deaf.len() > DEAF_MAX {
            self.deaf.pop_front();
        }
    }

    /// Nothing could be heard in these bins, and in all others something could.
    pub fn set_deaf(&mut self, bins: impl IntoIterator<Item = Range<BinNumber>>) {
        self.deaf.clear();
        for bins in bins {
            self.deafen(bins);
        }
    }

    /// Whether most of these bins were heard.
    pub(super) fn heard_most_of(&self, bins: &Range<BinNumber>) -> bool {
        let heard = bins.clone().filter(|bin| self.heard(*bin)).count();
        2 * heard > bins.clone().count()
    }

    /// Leaves a bin out of what is usual. Says whether it was part of it.
    pub fn set_apart(&mut self, bin: BinNumber) -> bool {
        match self.apart.binary_search(&bin) {
            Ok(_) => false,
            Err(place) => {
                self.apart.insert(place, bin);
                true
            }
        }
    }

    /// Bins that are no part of what is usual, oldest first.
    pub fn apart(&self) -> impl Iterator<Item = BinNumber> {
        self.apart.iter().copied()
    }

    /// Whether nothing could be heard in any of these bins.
    pub fn is_deaf_in(&self, bins: &Range<BinNumber>) -> bool {
        self.deaf.iter().any(|deaf| deaf.start < bins.end && bins.start < deaf.end)
    }

    fn heard(&self, bin: BinNumber) -> bool {
        self.since.is_some_and(|since| since <= bin) && !self.deaf.iter().any(|range| range.contains(&bin))
    }

    /// Forgets what lies too far back to matter at `now`.
    pub fn forget(&mut self, now: BinNumber, grid: &Grid) {
        let oldest = now - LOOK_BACK_DAYS * grid.bins_in_day() - longest(grid);
        let gone = self.held.partition_point(|(bin, _)| *bin < oldest);
        self.held.drain(..gone);
        self.deaf.retain(|range| range.end > oldest);
        self.apart.retain(|bin| *bin >= oldest);
    }

    /// What was usual in the two weeks before `now`; none until enough was heard.
    pub fn baseline(&self, now: BinNumber, grid: &Grid) -> Option<Baseline> {
        let since = self.since?;
        let first = since.max(now - LOOK_BACK_DAYS * grid.bins_in_day());
        let before = first - longest(grid);
        let sums = self.sums(before.max(since), now);
        let is_usual = |bin: &BinNumber| self.heard(*bin) && self.apart.binary_search(bin).is_err();
        let heard: Vec<BinNumber> = (first..now).filter(is_usual).collect();
        if i64::try_from(heard.len()).unwrap_or(i64::MAX) < WARM_UP_DAYS * grid.bins_in_day() {
            return None;
        }
        let origin = before.max(since);
        let sum_to = |bin: BinNumber| sums[usize::try_from((bin - origin).max(0)).unwrap_or(0)];
        let total: u64 = heard.iter().map(|bin| sum_to(bin + 1) - sum_to(*bin)).sum();
        let per_second = as_f64(total) / len_f64(heard.len()) / as_f64(grid.bin_seconds());
        let count = |bin: BinNumber| sum_to(bin + 1) - sum_to(bin);
        let rhythm = Rhythm::of(&heard, count, grid);
        let usual = grid.scales().iter().map(|&Scale { window, bins }| {
            let share = |bin: BinNumber| rhythm.as_ref().map_or(1.0, |rhythm| rhythm.over(bin, bins));
            let loud = |bin: &BinNumber| as_f64(sum_to(bin + 1) - sum_to(bin + 1 - bins)) / share(*bin);
            let high = quantile(&mut heard.iter().map(loud).collect::<Vec<f64>>(), HIGH).max(HIGH_MIN);
            let expected = per_second * as_f64(window.as_seconds());
            Usual { window, expected, high, high_by_day: high, bins }
        });
        let usual = usual.collect();
        Some(Baseline { usual, rhythm, per_second }.at(now + grid.bins_in_hour() / 2))
    }

    /// Running totals: the place `i` holds what was counted in the `i` bins from `from` on.
    fn sums(&self, from: BinNumber, to: BinNumber) -> Vec<u64> {
        let mut sums = vec![0; usize::try_from((to - from).max(0)).unwrap_or(0) + 1];
        for (bin, count) in self.held.iter().filter(|(bin, _)| (from..to).contains(bin)) {
            sums[usize::try_from(bin - from + 1).unwrap_or(0)] = u64::from(*count);
        }
        let mut total = 0;
        for sum in &mut sums {
            total += *sum;
            *sum = total;
        }
        sums
    }
}

fn longest(grid: &Grid) -> i64 {
    grid.scales().iter().map(|scale| scale.bins).max().unwrap_or(1)
}

/// The value that the share `share` of all lies at or below, between neighbours in proportion.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    let Some(last) = values.len().checked_sub(1) else { return 0.0 };
    let place = len_f64(last) * share;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the values")]
    let below = (place.floor() as usize).min(last);
    let (_, low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let low = *low;
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    low + (high - low) * (place - place.floor())
}

/// Counts and lengths of time lie far below the 2^53 that a double holds exactly.
#[expect(clippy::cast_precision_loss, reason = "counts and lengths of time, far below 2^53")]
pub(super) fn as_f64(number: u64) -> f64 {
    number as f64
}

/// How many there are, as a double.
pub(super) fn len_f64(length: usize) -> f64 {
    as_f64(u64::try_from(length).unwrap_or(u64::MAX))
}
