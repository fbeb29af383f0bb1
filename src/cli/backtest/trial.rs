//! One setting over one history: what it would have done.

use jiff::Timestamp;

use super::history::History;
use crate::core::chart::{Point, amount};
use crate::core::count::minutes_in;
use crate::core::detect::{Detector, DetectorError, KINDS};
use crate::core::shown::in_words;
use crate::core::watch::Voices;

/// A setting as `spike:` has it.
pub(super) struct Setting<'a> {
    /// As people write it, `more_than: 5 mentions in 15m`.
    pub(super) written: String,
    pub(super) detector: &'a dyn Detector,
    pub(super) from: Voices,
}

/// An incident that would have opened.
pub(super) struct Alarm {
    /// The bin's place in the history.
    pub(super) place: usize,
    pub(super) at: Timestamp,
    pub(super) point: Point,
    /// None where only counts are known.
    pub(super) voices: Option<u32>,
    pub(super) reason: String,
}

#[derive(Default)]
pub(super) struct Trial {
    pub(super) alarms: Vec<Alarm>,
    /// Crossings that came from too few voices.
    pub(super) held_back: usize,
}

/// A detector by the key under `spike:` and what is written there; none where this program has no such key.
pub(super) fn detector(key: &str, value: &str) -> Option<Result<Box<dyn Detector>, DetectorError>> {
    KINDS.iter().find(|kind| kind.name == key).map(|kind| (kind.parse)(value))
}

/// Goes through the history once, strictly forward. `each` sees every point.
pub(super) fn run(history: &History, setting: &Setting<'_>, mut each: impl FnMut(Point)) -> Trial {
    let mut trial = Trial::default();
    let window = setting.detector.window();
    let minutes = i64::try_from(history.bin.as_seconds().div_ceil(60)).unwrap_or(1).max(1);
    let bins = usize::try_from((minutes_in(window) + minutes - 1) / minutes).unwrap_or(1).max(1);
    let line = f64::from(setting.detector.threshold());
    let (mut sum, mut armed, mut held) = (0_u64, true, false);
    for (place, count) in history.counts.iter().enumerate() {
        sum += u64::from(count.unwrap_or(0));
        let gone = place.checked_sub(bins).and_then(|place| history.counts[place]).unwrap_or(0);
        sum -= u64::from(gone);
        let point =
            Point { count: f64::from(u32::try_from(sum).unwrap_or(u32::MAX)), expected: None, line: Some(line) };
        each(point);
        if point.count <= line {
            (armed, held) = (true, false);
            continue;
        }
        if !armed {
            continue;
        }
        let voices = history.voices(bins, place);
        if voices.is_some_and(|voices| voices < setting.from.0) {
            trial.held_back += usize::from(!held);
            held = true;
            continue;
        }
        armed = false;
        let reason = format!("{} mentions in {}, above {}", amount(point.count), in_words(window), amount(line));
        trial.alarms.push(Alarm { place, at: history.at(place), point, voices, reason });
    }
    trial
}
