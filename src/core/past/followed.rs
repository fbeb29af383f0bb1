//! A running watch, followed by the minute: its past, and the line that holds this hour.

use super::follow::{Follow, Turned};
use super::grid::{BIN_SECONDS, BinNumber, DayNumber};
use super::line::{Line, Usually};
use crate::core::count::{Counts, MinuteNumber};
use crate::core::detect::Detector;

const MINUTES_IN_BIN: i64 = 5;
const _: () = assert!(MINUTES_IN_BIN as u64 * 60 == BIN_SECONDS, "a bin is whole minutes");

/// The bin of a running watch that this minute lies in.
pub fn bin_of(minute: MinuteNumber) -> BinNumber {
    minute.div_euclid(MINUTES_IN_BIN)
}

#[derive(Debug)]
pub struct Followed {
    pub follow: Follow,
    line: Option<Line>,
    phase: i64,
    since: MinuteNumber,
    unsaved: bool,
}

impl Followed {
    /// `phase` spreads the hours of many watches, in bins.
    pub fn new(detector: &dyn Detector, phase: i64) -> Self {
        let follow = Follow::default();
        let line = detector.line(&Usually { baseline: None, tail: follow.tail() });
        Self { follow, line, phase, since: 0, unsaved: false }
    }

    /// Where it alarms; none while the watch warms up.
    pub fn line(&self) -> Option<&Line> {
        self.line.as_ref()
    }

    /// Hears from this minute on; `unsaved` where nobody has written that down yet.
    pub fn begin(&mut self, since: MinuteNumber, unsaved: bool) {
        self.since = since;
        self.unsaved = unsaved;
        self.follow.past().begin(bin_of(since));
    }

    /// Comes to a minute: draws the line anew where an hour or a day has begun.
    pub fn turn(&mut self, detector: &dyn Detector, minute: MinuteNumber) {
        let Turned { drawn, ended } = self.follow.turn(bin_of(minute), self.phase);
        if drawn {
            self.line = detector.line(&Usually { baseline: self.follow.baseline(), tail: self.follow.tail() });
        }
        self.unsaved |= ended;
    }

    /// Since when it was heard and how loud each day was, where that changed since it was last taken.
    pub fn take_unsaved(&mut self) -> Option<(MinuteNumber, Vec<(DayNumber, f64)>)> {
        let unsaved = std::mem::take(&mut self.unsaved);
        unsaved.then(|| (self.since, self.follow.peaks().days().collect()))
    }

    /// Keeps how loud it is now.
    pub fn note(&mut self, counts: &Counts, minute: MinuteNumber) {
        if let Some(loudness) = self.follow.loudness(|window| counts.count(window, minute)) {
            self.follow.note(bin_of(minute), loudness);
        }
    }

    /// An alarm was raised.
    pub fn alarmed(&mut self, counts: &Counts, minute: MinuteNumber) {
        let loudness = self.follow.loudness(|window| counts.count(window, minute));
        self.follow.alarmed(bin_of(minute), loudness.unwrap_or(0.0));
    }
}
