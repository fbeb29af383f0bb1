//! At which hours of a day it is quiet by nature: what is no word at noon is loud at three in the morning.
//!
//! Only quiet hours are measured by what is usual in them, and only once two whole weeks were heard. Of talk about events
//! each hour's own measure tells less well than the day's; but where next to nothing is said at night, a crisis that begins
//! there is never as loud as an evening, and would be found in the morning.

use std::collections::BTreeMap;

use super::bins::{as_f64, len_f64};
use super::grid::{BinNumber, Grid};

const HOURS: usize = 24;
/// An hour is quiet where less than this share of a usual hour's talk is heard.
const QUIET: f64 = 0.5;
/// The loudest quarter of an hour's days says what happened, and not what is usual.
const KEPT: f64 = 0.75;
/// Mentions that every hour is taken to hold besides its own, so that little talk has no rhythm by chance.
const PRIOR: f64 = 1.0;
/// How often an hour and those beside it must have been usual: on all but one of the fourteen days. Of less nothing is known.
const HEARD_MIN: usize = 3 * 13;

/// By which share of what is usual each hour of the day is measured: one, and less where it is quiet.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rhythm {
    /// The shares of the hours before each hour of two days, added up.
    before: Vec<f64>,
    bins_in_hour: i64,
    bins_in_day: i64,
}

impl Rhythm {
    /// None where no hour is quiet, or too little was heard to know. `heard` are the bins that are usual.
    pub(super) fn of(heard: &[BinNumber], count: impl Fn(BinNumber) -> u64, grid: &Grid) -> Option<Self> {
        let (bins_in_hour, bins_in_day) = (grid.bins_in_hour(), grid.bins_in_day());
        if bins_in_day != bins_in_hour * 24 {
            return None;
        }
        let mut hours: BTreeMap<i64, (i64, u64)> = BTreeMap::new();
        for bin in heard {
            let (bins, sum) = hours.entry(bin.div_euclid(bins_in_hour)).or_default();
            *bins += 1;
            *sum += count(*bin);
        }
        // With the hours beside it, or few days would tell by chance.
        let mut pooled: [Vec<f64>; HOURS] = Default::default();
        for (hour, (_, sum)) in hours.into_iter().filter(|(_, (bins, _))| *bins == bins_in_hour) {
            for near in hour - 1..=hour + 1 {
                if let Some(pool) = pooled.get_mut(usize::try_from(near.rem_euclid(24)).unwrap_or(HOURS)) {
                    pool.push(as_f64(sum));
                }
            }
        }
        if pooled.iter().any(|pool| pool.len() < HEARD_MIN) {
            return None;
        }
        let usual = pooled.map(quieter_mean);
        let mean = usual.iter().sum::<f64>() / len_f64(HOURS);
        let shares = usual.map(|usual| ((usual + PRIOR) / (mean + PRIOR) / QUIET).min(1.0));
        if shares.iter().all(|share| *share >= 1.0) {
            return None;
        }
        let before = shares.iter().chain(&shares).scan(0.0, |sum, share| Some(std::mem::replace(sum, *sum + share)));
        let total = 2.0 * shares.iter().sum::<f64>();
        Some(Self { before: before.chain([total]).collect(), bins_in_hour, bins_in_day })
    }

    /// The share of what is usual by which so many bins that end with `last` are measured; at most a day of them.
    pub(super) fn over(&self, last: BinNumber, bins: i64) -> f64 {
        let bins = bins.clamp(1, self.bins_in_day);
        let end = last.rem_euclid(self.bins_in_day) + 1 + self.bins_in_day;
        (self.up_to(end) - self.up_to(end - bins)) / hours(bins, self.bins_in_hour)
    }

    /// The shares of the hours before a bin of two days, added up.
    fn up_to(&self, bin: BinNumber) -> f64 {
        let hour = usize::try_from(bin / self.bins_in_hour).unwrap_or(0);
        let before = self.before.get(hour).copied().unwrap_or(0.0);
        let next = self.before.get(hour + 1).copied().unwrap_or(before);
        before + (next - before) * hours(bin % self.bins_in_hour, self.bins_in_hour)
    }
}

fn hours(bins: i64, bins_in_hour: i64) -> f64 {
    let of = |number: i64| as_f64(u64::try_from(number).unwrap_or(0));
    of(bins) / of(bins_in_hour)
}

/// The mean of all but the loudest quarter.
fn quieter_mean(mut sums: Vec<f64>) -> f64 {
    sums.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
    let kept = ((len_f64(sums.len()) * KEPT) as usize).max(1);
    sums.iter().take(kept).sum::<f64>() / len_f64(kept)
}
