//! What an alarm leaves of a watch whose talk has not fallen back below its line since: only clearly louder talk alarms
//! again.

use serde::{Deserialize, Serialize};

use super::follow::SECOND_WAVE;
use super::grid::BinNumber;

/// Talk that an alarm was raised for and that is still above the line.
///
/// While the alarm's incident is open its loudest moment counts. Afterwards the loudest moment of every whole day does
/// where it is less, so that a crisis hides a second one for a day or two and not for ever, and talk that merely goes on
/// is no news. The measure is the line's own score: counts of different windows are never held against one another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    loudest: f64,
    /// When the present day began, and its loudest moment so far.
    day: BinNumber,
    today: f64,
}

impl Spent {
    pub fn begun(score: f64, bin: BinNumber) -> Self {
        Self { loudest: score, day: bin, today: score }
    }

    /// Goes on with a score above the line; `bins_in_day` is the length of a day.
    pub fn follow(&mut self, score: f64, bin: BinNumber, bins_in_day: i64, is_open: bool) {
        if is_open {
            self.loudest = self.loudest.max(score);
            (self.day, self.today) = (bin, score);
        } else if bin - self.day >= bins_in_day {
            self.loudest = self.loudest.min(self.today);
            (self.day, self.today) = (bin, score);
        } else {
            self.today = self.today.max(score);
        }
    }

    /// Whether a score is more of the same.
    pub fn hides(&self, score: f64) -> bool {
        score < SECOND_WAVE * self.loudest
    }

    /// What a score is held against.
    pub fn loudest(&self) -> f64 {
        self.loudest
    }
}
