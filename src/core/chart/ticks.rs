//! Where a chart's axes are marked: round numbers, and round times of the chart's own zone.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use super::Chart;
use super::words::short;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Distances between marks of time below a day, in seconds. Each divides a day.
const WITHIN_A_DAY: [i64; 11] = [
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
];
/// Distances in days up to half a month, then in months up to ten years.
const DAYS: [i64; 4] = [1, 2, 7, 14];
const MONTHS: [i64; 7] = [1, 2, 3, 6, 12, 24, 120];
const DAYS_IN_A_MONTH: i64 = 30;
/// A chart's time is looked through day by day for at most so many days; nothing that Holdline keeps spans more.
const DAYS_MAX: usize = 40 * 366;

/// A mark on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// How far along the axis: a place among the points, or a count.
    pub along: f64,
    pub label: String,
}

impl Chart {
    /// At most `most` marks of the count's axis, from zero up, at ones, twos or fives; the last is at or above the top.
    pub fn count_ticks(&self, most: usize) -> Vec<Tick> {
        let top = self.top();
        let fits = |step: f64| (top / step).ceil() <= crowd(most) - 1.0;
        let steps = (0..=12).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
        let step = steps.into_iter().find(|&step| fits(step)).unwrap_or(top);
        let marks = std::iter::successors(Some(0.0), |along| Some(along + step));
        let mut ticks = Vec::new();
        for along in marks.take(most.max(2)) {
            ticks.push(Tick { along, label: short(along) });
            if along >= top {
                break;
            }
        }
        ticks
    }

    /// At most `most` marks of time, at times that are round where the chart's readers live.
    pub fn time_ticks(&self, most: usize) -> Vec<Tick> {
        let span = self.ends().duration_since(self.begins).as_secs().max(1);
        let fits = |step: &i64| span / step < i64::try_from(most).unwrap_or(i64::MAX);
        if let Some(step) = WITHIN_A_DAY.iter().copied().find(fits) {
            return self.hours(step);
        }
        let days = DAYS.iter().copied().find(|days| fits(&(days * DAY)));
        if let Some(days) = days {
            return self.days(|date| since_epoch(date).rem_euclid(days) == 0, "%-d %b");
        }
        let months = MONTHS.iter().copied().find(|months| fits(&(months * DAYS_IN_A_MONTH * DAY))).unwrap_or(120);
        let is_round = move |date: Date| {
            let month = i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
            date.day() == 1 && month.rem_euclid(months) == 0
        };
        self.days(is_round, if months < 12 { "%b %Y" } else { "%Y" })
    }

    fn hours(&self, step: i64) -> Vec<Tick> {
        let mut ticks = Vec::new();
        for date in self.dates() {
            for seconds in (0..DAY / step).map(|number| number * step) {
                let civil = date.at(0, 0, 0, 0).checked_add(seconds.seconds());
                let Ok(at) = civil.and_then(|civil| civil.to_zoned(self.zone.clone())) else { continue };
                let format = if seconds == 0 && self.spans_days() { "%-d %b" } else { "%H:%M" };
                let label = at.strftime(format).to_string();
                ticks.extend(self.tick(at.timestamp(), label));
            }
        }
        // Where a clock is set forward, two wall times are one moment.
        ticks.dedup_by(|later, earlier| later.along <= earlier.along);
        ticks
    }

    fn days(&self, is_round: impl Fn(Date) -> bool, format: &str) -> Vec<Tick> {
        let dates = self.dates().into_iter().filter(|date| is_round(*date));
        let tick = |date: Date| {
            let at = date.to_zoned(self.zone.clone()).ok()?;
            self.tick(at.timestamp(), at.strftime(format).to_string())
        };
        dates.filter_map(tick).collect()
    }

    fn tick(&self, at: Timestamp, label: String) -> Option<Tick> {
        if at < self.begins || at > self.ends() {
            return None;
        }
        Some(Tick { along: at.duration_since(self.begins).div_duration_f64(self.step.length()), label })
    }

    fn spans_days(&self) -> bool {
        self.day_of(self.begins) != self.day_of(self.ends())
    }

    fn day_of(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// Every day that the chart touches.
    fn dates(&self) -> Vec<Date> {
        let last = self.day_of(self.ends());
        let days = std::iter::successors(Some(self.day_of(self.begins)), |date| date.tomorrow().ok());
        days.take_while(|date| *date <= last).take(DAYS_MAX).collect()
    }
}

fn since_epoch(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_secs() / DAY
}

#[expect(clippy::cast_precision_loss, reason = "a handful of marks")]
fn crowd(most: usize) -> f64 {
    most.max(2) as f64
}
