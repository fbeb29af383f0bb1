//! A series played through a detector, strictly in order: what it would have done. Nothing is seen before its time.

use std::collections::VecDeque;

use super::bins::as_f64;
use super::follow::Follow;
use super::grid::{BinNumber, Grid};
use super::line::{Line, Usually};
use crate::core::detect::Detector;
use crate::core::period::Period;

/// The longest window that a detector looks at, in seconds.
const WINDOW_SECONDS_MAX: u64 = crate::core::count::HORIZON.as_seconds();

/// One watch's series, one step after the other.
#[derive(Debug)]
pub struct Replay<'a> {
    detector: &'a dyn Detector,
    at_least: u32,
    step: Period,
    steps_in_bin: i64,
    follow: Follow,
    line: Option<Line>,
    /// Running totals, the last one after the latest step.
    totals: VecDeque<u64>,
    steps: i64,
}

/// What one step came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    pub window: Period,
    /// Mentions in the window that tells most.
    pub count: u32,
    /// The mean count of that window; none while the watch warms up.
    pub expected: Option<f64>,
    /// Above how many mentions in that window it alarms; none while there is no line.
    pub above: Option<u32>,
    /// How loud it is; 1 is as loud as the loudest hundredth of two weeks.
    pub loudness: Option<f64>,
    /// On how many days a day chance is as loud.
    pub rate: Option<f64>,
    pub held: Held,
}

/// Whether a step raises an alarm, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    Alarm,
    Quiet,
    WarmingUp,
    /// Above the line, with fewer mentions than asked for.
    TooFew,
    /// Above the line, and taken by the incident of the last alarm, which is open for as long as its story is the same.
    AlreadyOpen,
    /// Above the line, and no louder than the echo of the last alarm.
    Echo,
}

impl<'a> Replay<'a> {
    /// `at_least` overrides the detector's own smallest number of mentions.
    pub fn new(detector: &'a dyn Detector, at_least: Option<u32>, step: Period) -> Self {
        let grid = Grid::of_step(step);
        let steps_in_bin = i64::try_from(grid.bin_seconds() / step.as_seconds()).unwrap_or(1).max(1);
        let mut follow = Follow::new(grid);
        follow.past().begin(0);
        let at_least = at_least.unwrap_or_else(|| detector.at_least());
        let totals = VecDeque::from([0]);
        Self { detector, at_least, step, steps_in_bin, follow, line: None, totals, steps: 0 }
    }

    pub fn follow(&self) -> &Follow {
        &self.follow
    }

    /// Goes on by one step; none for a step in which nothing could be heard.
    pub fn step(&mut self, heard: Option<u32>) -> Reading {
        let bin = self.steps.div_euclid(self.steps_in_bin);
        if self.follow.turn(bin, 0).drawn {
            let usually = Usually { baseline: self.follow.baseline(), tail: self.follow.tail() };
            self.line = self.detector.line(&usually);
        }
        match heard {
            Some(count) => self.follow.hear(bin, count),
            None => self.follow.past().deafen(bin..bin + 1),
        }
        let total = self.totals.back().copied().unwrap_or(0) + u64::from(heard.unwrap_or(0));
        self.totals.push_back(total);
        if as_f64(self.step.as_seconds()) * super::bins::len_f64(self.totals.len() - 1) > as_f64(WINDOW_SECONDS_MAX) {
            self.totals.pop_front();
        }
        self.steps += 1;
        let loudness = self.follow.loudness(|window| self.count(window));
        if let Some(loudness) = loudness {
            self.follow.note(bin, loudness);
        }
        let held = self.judge(bin);
        if held == Held::Alarm {
            self.follow.alarmed(bin, loudness.unwrap_or(0.0));
        }
        self.reading(loudness, held)
    }

    fn judge(&self, bin: BinNumber) -> Held {
        let Some(line) = &self.line else { return Held::WarmingUp };
        if !line.crossed(|window| self.count(window)) {
            return Held::Quiet;
        }
        if self.follow.same_story(bin) {
            return Held::AlreadyOpen;
        }
        if line.echoes() && line.score(|window| self.count(window)) < self.follow.echo(bin) {
            return Held::Echo;
        }
        if line.lead(|window| self.count(window)).count < self.at_least { Held::TooFew } else { Held::Alarm }
    }

    fn reading(&self, loudness: Option<f64>, held: Held) -> Reading {
        let lead = self.line.as_ref().map(|line| line.lead(|window| self.count(window)));
        let window = lead.map_or_else(|| self.detector.window(), |lead| lead.window);
        Reading {
            window,
            count: lead.map_or_else(|| self.count(window), |lead| lead.count),
            expected: self.follow.baseline().map(|baseline| baseline.expected(window)),
            above: lead.map(|lead| lead.above),
            loudness,
            rate: loudness.map(|loudness| self.follow.tail().rate(loudness)),
            held,
        }
    }

    /// Mentions in a window that ends with the latest step.
    fn count(&self, window: Period) -> u32 {
        let steps = window.as_seconds().div_ceil(self.step.as_seconds());
        let back = usize::try_from(steps).unwrap_or(usize::MAX);
        let last = self.totals.len() - 1;
        let sum = self.totals[last] - self.totals[last.saturating_sub(back)];
        u32::try_from(sum).unwrap_or(u32::MAX)
    }
}
