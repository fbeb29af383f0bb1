//! A running watch, followed by the minute: its past, and the line that holds this hour.

use super::follow::{Follow, Turned};
use super::grid::{BIN_SECONDS, BinNumber};
use super::line::Line;
use crate::core::count::{Counts, MinuteNumber, minutes_in};
use crate::core::detect::Detector;
use crate::core::period::Period;

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
    /// Since when this program hears it: what was said before was not said to it.
    running_since: MinuteNumber,
    unsaved: bool,
}

impl Followed {
    /// `phase` spreads the hours of many watches, in bins.
    pub fn new(detector: &dyn Detector, phase: i64) -> Self {
        let follow = Follow::default();
        let line = detector.line(&follow.usually());
        Self { follow, line, phase, since: 0, running_since: MinuteNumber::MIN, unsaved: false }
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

    /// This program hears it since then.
    pub fn run_since(&mut self, minute: MinuteNumber) {
        self.running_since = minute;
    }

    /// Whether all of a window that ends now could be heard.
    pub fn heard_all_of(&self, window: Period, minute: MinuteNumber) -> bool {
        let heard = minute.saturating_sub(self.running_since) >= minutes_in(window);
        heard && self.follow.heard_all_of(window, bin_of(minute))
    }

    /// Comes to a minute: draws the line anew where an hour or a day has begun.
    pub fn turn(&mut self, detector: &dyn Detector, minute: MinuteNumber) {
        let Turned { drawn, ended } = self.follow.turn(bin_of(minute), self.phase);
        if drawn {
            self.line = detector.line(&self.follow.usually());
        }
        self.unsaved |= ended;
    }

    /// Since when it was heard, where anything of its past changed since this was last asked.
    pub fn take_unsaved(&mut self) -> Option<MinuteNumber> {
        std::mem::take(&mut self.unsaved).then_some(self.since)
    }

    /// What was asked for was not written down after all.
    pub fn was_not_saved(&mut self) {
        self.unsaved = true;
    }

    /// Keeps how loud it is now.
    pub fn note(&mut self, counts: &Counts, minute: MinuteNumber) {
        if let Some(loudness) = self.follow.loudness(|window| counts.count(window, minute)) {
            self.unsaved |= self.follow.note(bin_of(minute), loudness);
        }
    }

    /// An alarm was raised.
    pub fn alarmed(&mut self, counts: &Counts, minute: MinuteNumber) {
        let loudness = self.follow.loudness(|window| counts.count(window, minute));
        self.follow.alarmed(bin_of(minute), loudness.unwrap_or(0.0));
        self.follow_spent(counts, minute, true);
    }

    /// Follows the last alarm's talk; `is_open` where an incident takes it.
    pub fn follow_spent(&mut self, counts: &Counts, minute: MinuteNumber, is_open: bool) {
        let before = self.follow.spent();
        let score = self.score(counts, minute);
        self.follow.follow_spent(self.line.as_ref(), score, bin_of(minute), is_open);
        self.unsaved |= self.follow.spent().map(|spent| spent.loudest()) != before.map(|spent| spent.loudest());
    }

    /// Takes up an alarm that was raised at `alarmed`, of which nothing else was written down.
    pub fn recall_spent(&mut self, counts: &Counts, alarmed: MinuteNumber, minute: MinuteNumber) {
        for minute in [alarmed, minute] {
            let score = self.score(counts, minute);
            self.follow.follow_spent(self.line.as_ref(), score, bin_of(minute), true);
        }
    }

    fn score(&self, counts: &Counts, minute: MinuteNumber) -> f64 {
        self.line.as_ref().map_or(0.0, |line| line.score(|window| counts.count(window, minute)))
    }
}
