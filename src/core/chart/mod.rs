//! What a chart of counts shows: the counts, what was expected, the line above which a watch alarms, and where it was
//! crossed. How it looks is decided by whoever draws it; `src/chart/` draws pictures, `blocks` draws with characters.

mod blocks;
mod ticks;
mod words;

use std::ops::Range;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

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
        let seconds = self.step.as_seconds().saturating_mul(u64::try_from(place).unwrap_or(u64::MAX));
        let back = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
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

    /// The same in at most `columns` points, each as many of these long, with its highest count: no peak disappears, and
    /// every number shown is one that was counted.
    #[must_use]
    pub fn fitted(&self, columns: usize) -> Self {
        let each = self.each(columns);
        let mut crossings: Vec<usize> = self.crossings.iter().map(|place| place / each).collect();
        crossings.dedup();
        let highest = |points: &[Point]| highest(points).and_then(|place| points.get(place)).copied();
        let seconds = self.step.as_seconds().saturating_mul(u64::try_from(each).unwrap_or(u64::MAX));
        Self {
            counted: self.counted.clone(),
            begins: self.begins,
            step: Period::seconds(seconds),
            points: self.points.chunks(each).filter_map(highest).collect(),
            crossings,
            events: self.events.iter().map(|event| event.start / each..event.end.div_ceil(each)).collect(),
            zone: self.zone.clone(),
        }
    }

    /// Places of the points that a curve over so many columns goes through: the highest of each column, and where it
    /// alarmed.
    pub fn outline(&self, columns: usize) -> Vec<usize> {
        let each = self.each(columns);
        let peaks = self.points.chunks(each).enumerate();
        let peaks = peaks.filter_map(|(column, points)| Some(column * each + highest(points)?));
        let alarms = self.crossings.iter().copied().filter(|place| *place < self.points.len());
        let ends = [0, self.points.len().saturating_sub(1)].into_iter().filter(|place| *place < self.points.len());
        let mut places: Vec<usize> = peaks.chain(alarms).chain(ends).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// How many points share a column.
    fn each(&self, columns: usize) -> usize {
        self.points.len().div_ceil(columns.max(1)).max(1)
    }
}

fn highest(points: &[Point]) -> Option<usize> {
    let counts = points.iter().map(|point| point.count).enumerate();
    counts.max_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(place, _)| place)
}
