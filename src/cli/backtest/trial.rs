//! Settings over one history: what each would have done.

use jiff::Timestamp;

use super::history::History;
use crate::core::chart::{Point, amount};
use crate::core::detect::{Detector, Held, Reading, Replay, once_in};
use crate::core::period::Period;
use crate::core::shown::{counted, in_words, odds};
use crate::core::watch::Voices;

/// A setting as `spike:` has it.
pub(super) struct Setting<'a> {
    /// As people read it.
    pub(super) written: String,
    pub(super) detector: &'a dyn Detector,
    pub(super) at_least: Option<u32>,
    pub(super) from: Voices,
}

/// An incident that would have opened.
pub(super) struct Alarm {
    /// The bin's place in the history.
    pub(super) place: usize,
    pub(super) at: Timestamp,
    pub(super) reading: Reading,
    /// None where only counts are known.
    pub(super) voices: Option<u32>,
    pub(super) reason: String,
}

#[derive(Default)]
pub(super) struct Trial {
    pub(super) alarms: Vec<Alarm>,
    /// Times that the line was crossed by too few voices.
    pub(super) held_back: usize,
    held: bool,
}

/// The window that a setting's chart is of, which is never shorter than what one count spans.
pub(super) fn window(setting: &Setting<'_>, history: &History) -> Period {
    setting.detector.window().max(history.bin)
}

/// Goes through the history once, strictly forward, and tries every setting. `each` sees what the first one counts in its
/// window.
pub(super) fn run(history: &History, settings: &[Setting<'_>], mut each: impl FnMut(Point)) -> Vec<Trial> {
    let Some(first) = settings.first() else { return Vec::new() };
    let (own, window) = (first.detector.window(), window(first, history));
    let tried: Vec<_> = settings.iter().map(|setting| (setting.detector, setting.at_least)).collect();
    let mut replay = Replay::of_many(&tried, history.bin);
    let mut trials: Vec<Trial> = settings.iter().map(|_| Trial::default()).collect();
    for (place, count) in history.counts.iter().enumerate() {
        replay.hear(*count);
        let line = replay.above(0, own).or_else(|| replay.above(0, window));
        each(Point { count: f64::from(replay.count(window)), expected: replay.expected(window), line });
        for (number, (setting, trial)) in settings.iter().zip(&mut trials).enumerate() {
            let mut voices = None;
            let held = replay.judge(number, |window| {
                voices = history.voices(bins(window, history), place);
                voices.is_none_or(|voices| voices >= setting.from.0)
            });
            match held {
                Held::Alarm => {
                    let reading = replay.reading(number, held);
                    let (at, reason) = (history.at(place), reason(&reading));
                    trial.alarms.push(Alarm { place, at, reading, voices, reason });
                }
                Held::TooFewVoices => trial.held_back += usize::from(!trial.held),
                Held::Quiet | Held::WarmingUp | Held::TooFew | Held::AlreadyOpen | Held::Echo => {}
            }
            trial.held = held == Held::TooFewVoices;
        }
    }
    trials
}

/// How many of the history's bins a window spans.
fn bins(window: Period, history: &History) -> usize {
    usize::try_from(window.as_seconds().div_ceil(history.bin.as_seconds())).unwrap_or(usize::MAX)
}

fn reason(reading: &Reading) -> String {
    let mut words = format!("{} in {}", counted(reading.count, "mention"), in_words(reading.window));
    words.extend(reading.above.map(|above| format!(", above {above}")));
    words.extend(reading.expected.map(|expected| format!("; {} expected", amount(expected))));
    words.extend(reading.rate.map(|rate| format!("; {}", odds(once_in(rate)))));
    words
}
