//! Settings over one history: what each would have done.

use jiff::{SignedDuration, Timestamp};

use super::history::History;
use crate::core::chart::{Point, amount};
use crate::core::detect::{Detector, Held, Reading, Replay, once_in};
use crate::core::past::SAME_STORY_HOURS;
use crate::core::period::Period;
use crate::core::shown::{counted, in_words, odds};
use crate::core::watch::Watch;

/// A setting as `spike:` has it.
pub(super) struct Setting<'a> {
    /// As people read it.
    pub(super) written: String,
    pub(super) detector: &'a dyn Detector,
    pub(super) at_least: Option<u32>,
}

/// An incident that would have opened.
pub(super) struct Alarm {
    /// The bin's place in the history.
    pub(super) place: usize,
    pub(super) at: Timestamp,
    pub(super) reading: Reading,
    /// As `from:` counts them; none where only counts are known.
    pub(super) voices: Option<u32>,
    pub(super) reason: String,
}

#[derive(Default)]
pub(super) struct Trial {
    pub(super) alarms: Vec<Alarm>,
    /// When people would have been told that an incident which was open rose.
    pub(super) rises: Vec<Timestamp>,
    /// Times that the line was crossed while something else that the watch asks was not so.
    pub(super) held_back: usize,
    held: bool,
}

impl Trial {
    /// The alarm whose incident is taken to be open at this time.
    pub(super) fn open_at(&self, at: Timestamp) -> Option<Timestamp> {
        let same_story = SignedDuration::from_hours(SAME_STORY_HOURS);
        let alarms = self.alarms.iter().rev().map(|alarm| alarm.at);
        alarms.into_iter().find(|alarm| *alarm <= at && at.duration_since(*alarm) < same_story)
    }
}

/// The window that a setting's chart is of, which is never shorter than what one count spans.
pub(super) fn window(setting: &Setting<'_>, history: &History) -> Period {
    setting.detector.window().max(history.bin)
}

/// Goes through the history once, strictly forward, and tries every setting. `each` sees what the first one counts in its
/// window.
pub(super) fn run(
    history: &History,
    watch: &Watch,
    settings: &[Setting<'_>],
    mut each: impl FnMut(Point),
) -> Vec<Trial> {
    let Some(first) = settings.first() else { return Vec::new() };
    let (own, window) = (first.detector.window(), window(first, history));
    let tried: Vec<_> = settings.iter().map(|setting| (setting.detector, setting.at_least)).collect();
    let mut replay = Replay::of_many(&tried, history.bin);
    let mut trials: Vec<Trial> = settings.iter().map(|_| Trial::default()).collect();
    let mut telling = history.telling();
    for (place, count) in history.counts.iter().enumerate() {
        replay.hear(*count);
        let told = telling.as_mut().map(|telling| telling.at(place));
        let line = replay.above(0, own).or_else(|| replay.above(0, window));
        each(Point { count: f64::from(replay.count(window)), expected: replay.expected(window), line });
        for (number, trial) in trials.iter_mut().enumerate() {
            let held = replay.judge(number, |window| {
                told.is_some_and(|(counts, minute)| watch.unmet(counts, window, minute).is_some())
            });
            if replay.rose(number) {
                trial.rises.push(history.at(place));
            }
            match held {
                Held::Alarm => {
                    let reading = replay.reading(number, held);
                    let (at, reason) = (history.at(place), reason(&reading));
                    let voices = told.map(|(counts, minute)| counts.own_voices(reading.window, minute));
                    trial.alarms.push(Alarm { place, at, reading, voices, reason });
                }
                Held::Unmet => trial.held_back += usize::from(!trial.held),
                Held::Quiet
                | Held::WarmingUp
                | Held::Deaf
                | Held::TooFew
                | Held::AlreadyOpen
                | Held::StillAbove
                | Held::Echo => {}
            }
            trial.held = held == Held::Unmet;
        }
    }
    trials
}

fn reason(reading: &Reading) -> String {
    let mut words = format!("{} in {}", counted(reading.count, "mention"), in_words(reading.window));
    words.extend(reading.above.map(|above| format!(", above {above}")));
    words.extend(reading.expected.map(|expected| format!("; {} expected", amount(expected))));
    words.extend(reading.rate.map(|rate| format!("; {}", odds(once_in(rate)))));
    words
}
