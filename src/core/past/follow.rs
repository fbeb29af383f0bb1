//! Follows one watch through time: its past, what is usual this hour, how loud each day was, and what the last alarm left.

use super::bins::{Baseline, Past, as_f64};
use super::grid::{BinNumber, DayNumber, Grid};
use super::line::{Line, Usually};
use super::spent::Spent;
use super::tail::{Peaks, Tail};
use crate::core::period::Period;

/// For so long after an alarm its incident is the same story, in hours.
pub const SAME_STORY_HOURS: i64 = 24;
/// In so many hours the echo of an alarm halves: a story that comes back is news only where it is louder than its echo.
pub const ECHO_HALVES_HOURS: f64 = 36.0;
/// How often chance may be so loud that a bin is set apart from what is usual, in days a day: once a week.
const APART_RATE: f64 = 1.0 / 7.0;
/// In so many hours one story at most is set apart; what is loud for longer becomes usual.
const APART_EVERY_HOURS: i64 = 48;
/// Within the same story, so many times its loudest moment is a second wave.
pub const SECOND_WAVE: f64 = 2.0;

/// The loudest moment of the last alarm's story.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Echo {
    began: BinNumber,
    loudest: f64,
    at: BinNumber,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Follow {
    grid: Grid,
    past: Past,
    peaks: Peaks,
    today: Option<(DayNumber, f64)>,
    baseline: Option<Baseline>,
    tail: Option<Tail>,
    drawn: Option<i64>,
    echo: Option<Echo>,
    /// The last alarm's incident is over: what is said from then on is not its loudness any more.
    story_is_over: bool,
    /// How loud a bin must be to be set apart, this hour.
    apart_above: Option<f64>,
    /// When the story that is set apart began.
    apart_since: Option<BinNumber>,
    /// The last alarm's talk, where it has not fallen back below the line since.
    spent: Option<Spent>,
}

impl Follow {
    pub fn new(grid: Grid) -> Self {
        Self { grid, ..Self::default() }
    }

    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    pub fn past(&mut self) -> &mut Past {
        &mut self.past
    }

    pub fn peaks(&mut self) -> &mut Peaks {
        &mut self.peaks
    }

    /// Counts in a bin.
    pub fn hear(&mut self, bin: BinNumber, count: u32) {
        self.past.add(bin, count);
    }

    /// Comes to a bin: once an hour it is drawn anew what is usual, and a day that ended is kept. `phase` moves the hour's
    /// beginning, so that many watches are not drawn at once. Says whether lines must be drawn again.
    pub fn turn(&mut self, bin: BinNumber, phase: i64) -> Turned {
        let ended = self.end_day(self.grid.day_of(bin));
        let hour = (bin + phase).div_euclid(self.grid.bins_in_hour());
        if self.drawn == Some(hour) && !ended {
            return Turned { drawn: false, ended };
        }
        self.drawn = Some(hour);
        self.past.forget(bin, &self.grid);
        self.baseline = self.past.baseline(bin, &self.grid);
        self.tail = Some(self.peaks.tail());
        self.apart_above = Some(self.peaks.level(APART_RATE));
        Turned { drawn: true, ended }
    }

    fn end_day(&mut self, day: DayNumber) -> bool {
        let Some((today, loudest)) = self.today.filter(|(today, _)| *today < day) else { return false };
        self.today = None;
        let bins = self.grid.bins_in_day();
        if !self.past.heard_most_of(&(today * bins..(today + 1) * bins)) {
            return false;
        }
        self.peaks.note(today, loudest);
        true
    }

    pub fn baseline(&self) -> Option<&Baseline> {
        self.baseline.as_ref()
    }

    /// What a detector draws its line from.
    pub fn usually(&self) -> Usually<'_> {
        Usually { baseline: self.baseline.as_ref(), peaks: &self.peaks }
    }

    pub fn tail(&self) -> Tail {
        self.tail.unwrap_or_else(|| self.peaks.tail())
    }

    /// How loud it is; none while the watch warms up.
    pub fn loudness(&self, count: impl Fn(Period) -> u32) -> Option<f64> {
        self.baseline.as_ref().map(|baseline| baseline.loudness(count))
    }

    /// Sets a loud bin apart from what is usual. Says whether it was part of it.
    fn set_apart(&mut self, bin: BinNumber, loudness: f64) -> bool {
        if self.apart_above.is_none_or(|above| loudness <= above) {
            return false;
        }
        let hour = self.grid.bins_in_hour();
        let goes_on = self.apart_since.filter(|since| bin - since < APART_EVERY_HOURS * hour);
        let since = *self.apart_since.insert(goes_on.unwrap_or(bin));
        bin - since < SAME_STORY_HOURS * hour && self.past.set_apart(bin)
    }

    /// When the story that is set apart began.
    pub fn apart_since(&self) -> Option<BinNumber> {
        self.apart_since
    }

    /// Takes up what was set apart before a restart.
    pub fn recall_apart(&mut self, since: Option<BinNumber>, bins: impl IntoIterator<Item = BinNumber>) {
        self.apart_since = since;
        for bin in bins {
            self.past.set_apart(bin);
        }
    }

    /// Keeps how loud it was in a bin, for the day, for the last alarm's story and for what is usual. Says whether the bin
    /// was set apart.
    pub fn note(&mut self, bin: BinNumber, loudness: f64) -> bool {
        let day = self.grid.day_of(bin);
        self.today = match self.today {
            Some((today, loudest)) if today == day => Some((day, loudest.max(loudness))),
            Some(later) if later.0 > day => Some(later),
            Some(_) | None => Some((day, loudness)),
        };
        let same_story = SAME_STORY_HOURS * self.grid.bins_in_hour();
        if let Some(echo) = &mut self.echo
            && !self.story_is_over
            && bin - echo.began < same_story
            && loudness >= echo.loudest
        {
            echo.loudest = loudness;
            echo.at = bin;
        }
        self.set_apart(bin, loudness)
    }

    /// Whether all of a window that ends with this bin could be heard: only then is little said.
    pub fn heard_all_of(&self, window: Period, bin: BinNumber) -> bool {
        let bins = i64::try_from(window.as_seconds().div_ceil(self.grid.bin_seconds())).unwrap_or(i64::MAX);
        !self.past.is_deaf_in(&(bin.saturating_sub(bins)..bin + 1))
    }

    /// An alarm was raised in this bin.
    pub fn alarmed(&mut self, bin: BinNumber, loudness: f64) {
        self.echo = Some(Echo { began: bin, loudest: loudness, at: bin });
        self.story_is_over = false;
    }

    /// Holds a score against the line: talk that has fallen back arms it again, and of talk above it the last alarm's is
    /// followed. `is_open` where an incident takes it.
    pub fn follow_spent(&mut self, line: Option<&Line>, score: f64, bin: BinNumber, is_open: bool) {
        if line.is_none_or(|line| score <= line.level()) {
            self.rearm();
            return;
        }
        let bins_in_day = SAME_STORY_HOURS * self.grid.bins_in_hour();
        match &mut self.spent {
            Some(spent) => spent.follow(score, bin, bins_in_day, is_open),
            None if is_open => self.spent = Some(Spent::begun(score, bin)),
            None => {}
        }
    }

    /// Talk has fallen back.
    pub fn rearm(&mut self) {
        self.spent = None;
    }

    pub fn spent(&self) -> Option<Spent> {
        self.spent
    }

    /// Takes up what an alarm of before a restart left.
    pub fn recall_spent(&mut self, spent: Spent) {
        self.spent = Some(spent);
    }

    /// Whether the last alarm's incident is over: a second wave must then be held against the first alone.
    pub fn set_story_over(&mut self, is_over: bool) {
        self.story_is_over = is_over;
    }

    /// Takes up an alarm of before a restart: how loud its story became is told by the past, with what is usual now.
    pub fn recall_alarm(&mut self, began: BinNumber, now: BinNumber) {
        let Some(baseline) = self.baseline.clone() else { return };
        let story = began..(began + SAME_STORY_HOURS * self.grid.bins_in_hour()).min(now + 1);
        let loudness = |past: &Past, bin| {
            baseline.clone().at(bin).loudness(|window| {
                let bins = i64::try_from(window.as_seconds() / self.grid.bin_seconds()).unwrap_or(1);
                past.count(bin + 1 - bins..bin + 1)
            })
        };
        let each: Vec<(BinNumber, f64)> = story.map(|bin| (bin, loudness(&self.past, bin))).collect();
        self.alarmed(began, 0.0);
        for (bin, loudness) in each {
            if let Some(echo) = self.echo.as_mut().filter(|echo| loudness >= echo.loudest) {
                echo.loudest = loudness;
                echo.at = bin;
            }
        }
    }

    /// Whether the last alarm's story is still the same one.
    pub fn same_story(&self, bin: BinNumber) -> bool {
        self.echo.is_some_and(|echo| bin - echo.began < SAME_STORY_HOURS * self.grid.bins_in_hour())
    }

    /// How loud it must at least be to be news after the last alarm.
    pub fn echo(&self, bin: BinNumber) -> f64 {
        let Some(echo) = self.echo else { return 0.0 };
        if self.same_story(bin) {
            return SECOND_WAVE * echo.loudest;
        }
        let bins = u64::try_from(bin - echo.at).unwrap_or(0);
        let hours = as_f64(bins * self.grid.bin_seconds()) / 3_600.0;
        echo.loudest * (-hours / ECHO_HALVES_HOURS).exp2()
    }
}

/// What a turn brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turned {
    pub drawn: bool,
    /// A day is over, and how loud it became is kept.
    pub ended: bool,
}
