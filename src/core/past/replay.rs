//! A series played through a detector, strictly in order: what it would have done. Nothing is seen before its time.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::bins::as_f64;
use super::follow::Follow;
use super::grid::{BinNumber, Grid};
use super::judged::{About, Held, Last, judged};
use super::line::Line;
use crate::core::detect::Detector;
use crate::core::period::Period;
use crate::core::quiet::Wave;

/// The longest window that a detector looks at, in seconds.
const WINDOW_SECONDS_MAX: u64 = crate::core::count::HORIZON.as_seconds();

/// One watch's series, one step after the other, as one or several settings hear it.
#[derive(Debug)]
pub struct Replay<'a> {
    step: Period,
    steps_in_bin: i64,
    follow: Follow,
    tracks: Vec<Track<'a>>,
    /// Running totals, the last one after the latest step.
    totals: VecDeque<u64>,
    steps: i64,
    /// The latest step's.
    bin: BinNumber,
    loudness: Option<f64>,
}

/// One setting. What is usual is the same for all of them; when they alarmed is not.
#[derive(Debug)]
struct Track<'a> {
    detector: &'a dyn Detector,
    at_least: u32,
    line: Option<Line>,
    /// Knows of the last alarm alone.
    last: Follow,
    /// How high the last alarm's incident went, and what people were told of it.
    wave: Option<Wave>,
    /// Whether people were told at this step that it rose.
    rose: bool,
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
    /// An incident is taken to be open, and people hear at this step that its talk rose clearly.
    pub rose: bool,
}

impl<'a> Replay<'a> {
    /// `at_least` overrides the detector's own smallest number of mentions.
    pub fn new(detector: &'a dyn Detector, at_least: Option<u32>, step: Period) -> Self {
        Self::of_many(&[(detector, at_least)], step)
    }

    /// Several settings at once: what is usual is told once for all of them.
    pub fn of_many(settings: &[(&'a dyn Detector, Option<u32>)], step: Period) -> Self {
        let grid = Grid::of_step(step);
        let steps_in_bin = i64::try_from(grid.bin_seconds() / step.as_seconds()).unwrap_or(1).max(1);
        let track = |&(detector, at_least): &(&'a dyn Detector, Option<u32>)| Track {
            detector,
            at_least: at_least.unwrap_or_else(|| detector.at_least()),
            line: None,
            last: Follow::new(grid.clone()),
            wave: None,
            rose: false,
        };
        let tracks = settings.iter().map(track).collect();
        let mut follow = Follow::new(grid);
        follow.past().begin(0);
        let totals = VecDeque::from([0]);
        Self { step, steps_in_bin, follow, tracks, totals, steps: 0, bin: 0, loudness: None }
    }

    pub fn follow(&self) -> &Follow {
        &self.follow
    }

    /// Goes on by one step with the only setting; none for a step in which nothing could be heard.
    pub fn step(&mut self, heard: Option<u32>) -> Reading {
        self.hear(heard);
        let held = self.judge(0, |_| false);
        self.reading(0, held)
    }

    /// Goes on by one step. Each setting is then judged once.
    pub fn hear(&mut self, heard: Option<u32>) {
        self.bin = self.steps.div_euclid(self.steps_in_bin);
        if self.follow.turn(self.bin, 0).drawn {
            let usually = self.follow.usually();
            self.tracks.iter_mut().for_each(|track| track.line = track.detector.line(&usually));
        }
        match heard {
            Some(count) => self.follow.hear(self.bin, count),
            None => self.follow.past().deafen(self.bin..self.bin + 1),
        }
        let total = self.totals.back().copied().unwrap_or(0) + u64::from(heard.unwrap_or(0));
        self.totals.push_back(total);
        if as_f64(self.step.as_seconds()) * super::bins::len_f64(self.totals.len() - 1) > as_f64(WINDOW_SECONDS_MAX) {
            self.totals.pop_front();
        }
        self.steps += 1;
        self.loudness = self.follow.loudness(|window| self.count(window));
        if let Some(loudness) = self.loudness {
            self.follow.note(self.bin, loudness);
            for track in &mut self.tracks {
                track.last.note(self.bin, loudness);
            }
        }
    }

    /// Whether a setting alarms at this step. `unmet` says whether something else that is asked is not so in a window that
    /// would alarm.
    pub fn judge(&mut self, setting: usize, unmet: impl FnOnce(Period) -> bool) -> Held {
        let (bin, at, loudness) = (self.bin, self.at(), self.loudness.unwrap_or(0.0));
        let Some(track) = self.tracks.get(setting) else { return Held::Quiet };
        let (line, is_open) = (track.line.as_ref(), track.last.same_story(bin));
        let spent = || track.last.spent().map_or(Last::Nothing, Last::Spent);
        let last = if is_open { Last::Open } else { spent() };
        let about = About { last, echo: track.last.echo(bin), at_least: track.at_least };
        let heard_all = |window| self.follow.heard_all_of(window, bin);
        let held = judged(line, |window| self.count(window), &about, heard_all, unmet);
        let counted = |line: &Line| {
            let count = |window| self.count(window);
            (line.score(count), line.lead(count))
        };
        let above = line.filter(|_| held != Held::Quiet).map(counted);
        let (totals, step) = (&self.totals, self.step);
        let Some(track) = self.tracks.get_mut(setting) else { return held };
        track.rose = false;
        if held == Held::Alarm {
            track.last.alarmed(bin, loudness);
            track.wave = above.as_ref().map(|(_, lead)| Wave::begun(lead.count, lead.window, at));
        } else if held == Held::AlreadyOpen
            && let Some((wave, (_, lead))) = track.wave.as_mut().zip(above.as_ref())
        {
            wave.lead_by(lead.window, at, |ago| counted_ago(totals, step, lead.window, ago));
            track.rose = wave.follow(lead.count, at).is_some();
        }
        match above {
            Some((score, _)) => {
                track.last.follow_spent(track.line.as_ref(), score, bin, is_open || held == Held::Alarm);
            }
            None => track.last.rearm(),
        }
        held
    }

    /// Whether people would have been told at the latest step, as it was judged, that an open incident's talk rose clearly.
    pub fn rose(&self, setting: usize) -> bool {
        self.tracks.get(setting).is_some_and(|track| track.rose)
    }

    /// The time of the latest step, from the first on.
    fn at(&self) -> Timestamp {
        let seconds = i64::try_from(self.step.as_seconds()).unwrap_or(i64::MAX).saturating_mul(self.steps);
        Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
    }

    /// What this step came to for a setting, as it was judged.
    pub fn reading(&self, setting: usize, held: Held) -> Reading {
        let track = self.tracks.get(setting);
        let lead = track.and_then(|track| track.line.as_ref()).map(|line| line.lead(|window| self.count(window)));
        let shown = track.map_or(self.step, |track| track.detector.window());
        let window = lead.map_or(shown, |lead| lead.window);
        Reading {
            window,
            count: lead.map_or_else(|| self.count(window), |lead| lead.count),
            expected: self.expected(window),
            above: lead.map(|lead| lead.above),
            loudness: self.loudness,
            rate: self.loudness.map(|loudness| self.follow.tail().rate(loudness)),
            held,
            rose: self.rose(setting),
        }
    }

    /// The mean count of such a window; none while the watch warms up.
    pub fn expected(&self, window: Period) -> Option<f64> {
        self.follow.baseline().map(|baseline| baseline.expected(window))
    }

    /// Above what count of this window a setting alarms at this step, where that window alone decides.
    pub fn above(&self, setting: usize, window: Period) -> Option<f64> {
        self.tracks.get(setting)?.line.as_ref()?.above(window)
    }

    /// Mentions in a window that ends with the latest step.
    pub fn count(&self, window: Period) -> u32 {
        counted_ago(&self.totals, self.step, window, SignedDuration::ZERO).unwrap_or(0)
    }
}

/// Mentions in a window that ended so long before the latest step; none where that is forgotten.
fn counted_ago(totals: &VecDeque<u64>, step: Period, window: Period, ago: SignedDuration) -> Option<u32> {
    let ago = u64::try_from(ago.as_secs()).ok()?.div_ceil(step.as_seconds());
    let last = totals.len().checked_sub(1 + usize::try_from(ago).ok()?)?;
    let back = usize::try_from(window.as_seconds().div_ceil(step.as_seconds())).unwrap_or(usize::MAX);
    let sum = totals[last] - totals[last.saturating_sub(back)];
    Some(u32::try_from(sum).unwrap_or(u32::MAX))
}
