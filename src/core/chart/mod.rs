//! What a chart of counts shows: the counts, what was expected, the line above which a watch alarms, and where it was
//! crossed. How it looks is decided by whoever draws it; `src/chart/` draws pictures, `blocks` draws with characters.

mod blocks;
mod ticks;
mod words;

use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::period::Period;

pub use blocks::sparkline;
pub use ticks::Tick;
pub use words::amount;

/// Counts at equal distances in time, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What is counted, as in `mentions in 15 minutes`.
    pub counted: String,
    /// The time that the first point stands for.
    pub begins: Timestamp,
    /// From one point to the next.
    pub step: Period,
    pub points: Vec<Point>,
    /// Places of the points at which an alarm was raised, ascending.
    pub crossings: Vec<usize>,
    /// Known events to hold the alarms against, in places of points.
    pub events: Vec<Range<usize>>,
    /// The zone in which times are written.
    pub zone: TimeZone,
}

/// What was so at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub count: f64,
    /// What was expected; none where nothing could be.
    pub expected: Option<f64>,
    /// Above what count the watch alarms; none where it could not have.
    pub line: Option<f64>,
}

impl Chart {
    /// The time that a point stands for.
    pub fn at(&self, place: usize) -> Timestamp {
        let back = self.step.length().saturating_mul(i32::try_from(place).unwrap_or(i32::MAX));
        self.begins.checked_add(back).unwrap_or(Timestamp::MAX)
    }

    /// The time that the last point stands for.
    pub fn ends(&self) -> Timestamp {
        self.at(self.points.len().saturating_sub(1))
    }

    /// The largest count and expectation, and at least the lowest that the line comes to: where it is higher it is not
    /// drawn, or nothing else could be read.
    pub fn top(&self) -> f64 {
        let values = self.points.iter().flat_map(|point| [Some(point.count), point.expected]).flatten();
        let line = self.points.iter().filter_map(|point| point.line).fold(f64::INFINITY, f64::min);
        values.chain(Some(line)).filter(|value| value.is_finite()).fold(1.0, f64::max)
    }

    /// The same in at most `columns` points. Of the points that share a column the one that crossed is kept, else the
    /// one with the most mentions: nothing that alarmed disappears, and every number shown is one that was counted.
    #[must_use]
    pub fn fitted(&self, columns: usize) -> Self {
        let each = self.points.len().div_ceil(columns.max(1)).max(1);
        if each == 1 {
            return self.clone();
        }
        let mut crossings: Vec<usize> = self.crossings.iter().map(|place| place / each).collect();
        crossings.dedup();
        let kept = |(column, points): (usize, &[Point])| {
            let first = column * each;
            let at = self.crossings.partition_point(|&place| place < first);
            let crossed = self.crossings.get(at).and_then(|place| points.get(place - first));
            let most = || points.iter().max_by(|one, other| one.count.total_cmp(&other.count));
            crossed.or_else(most).copied()
        };
        let seconds = self.step.as_seconds().saturating_mul(u64::try_from(each).unwrap_or(u64::MAX));
        Self {
            counted: self.counted.clone(),
            begins: self.begins,
            step: Period::seconds(seconds),
            points: self.points.chunks(each).enumerate().filter_map(kept).collect(),
            crossings,
            events: self.events.iter().map(|event| event.start / each..event.end.div_ceil(each)).collect(),
            zone: self.zone.clone(),
        }
    }
}
