//! The settings that a backtest tries: the watch's own, the dial's, and fixed thresholds.

use super::history::History;
use super::trial::{self, Setting, Trial};
use crate::core::detect::Detector;
use crate::core::shown::in_words;
use crate::core::watch::Watch;

/// Positions of the dial, as `spike:` has them.
const FALSE_ALARMS: [&str; 4] = ["1 per week", "1 per month", "1 per quarter", "1 per year"];
/// Fixed thresholds, over the window that most people choose.
const MORE_THAN: [&str; 5] =
    ["5 mentions in 15m", "10 mentions in 15m", "20 mentions in 15m", "50 mentions in 15m", "100 mentions in 15m"];

/// The watch's own.
pub(super) fn own(watch: &Watch) -> Setting<'_> {
    let detector = watch.detector.as_ref();
    let written =
        format!("more_than: {} mentions in {}, from: {}", detector.threshold(), detector.window(), watch.from);
    Setting { written, detector, from: watch.from }
}

/// Tries every other setting and gives what `each` makes of it.
pub(super) fn others<T>(history: &History, watch: &Watch, mut each: impl FnMut(&str, &Trial) -> T) -> Vec<T> {
    let dial = FALSE_ALARMS.iter().map(|value| ("false_alarms", *value));
    let fixed = MORE_THAN.iter().map(|value| ("more_than", *value));
    let mut made = Vec::new();
    for (key, value) in dial.chain(fixed) {
        let Some(Ok(detector)) = trial::detector(key, value) else { continue };
        let written = format!("{key}: {value}");
        let setting = Setting { written: written.clone(), detector: detector.as_ref(), from: watch.from };
        made.push(each(&written, &trial::run(history, &setting, |_| {})));
    }
    made
}

/// What the chart's counts are of.
pub(super) fn counted(setting: &Setting<'_>, history: &History) -> String {
    let detector: &dyn Detector = setting.detector;
    format!("mentions in {}", in_words(detector.window().max(history.bin)))
}
