//! The settings that a backtest tries: the watch's own, the dial's, and fixed thresholds.

use super::trial::Setting;
use crate::core::detect::{Detector, KINDS};
use crate::core::watch::Watch;

/// Positions of the dial, and fixed thresholds over the window that most people choose.
const OTHERS: [(&str, &str); 9] = [
    ("false_alarms", "1 per week"),
    ("false_alarms", "1 per month"),
    ("false_alarms", "1 per quarter"),
    ("false_alarms", "1 per year"),
    ("more_than", "5 mentions in 15m"),
    ("more_than", "10 mentions in 15m"),
    ("more_than", "20 mentions in 15m"),
    ("more_than", "50 mentions in 15m"),
    ("more_than", "100 mentions in 15m"),
];

/// A setting that the watch does not have.
pub(super) struct Other {
    written: String,
    detector: Box<dyn Detector>,
}

pub(super) fn others() -> Vec<Other> {
    let other = |(key, value): &(&str, &str)| {
        let kind = KINDS.iter().find(|kind| kind.name == *key)?;
        Some(Other { written: format!("{key}: {value}"), detector: (kind.parse)(value).ok()? })
    };
    OTHERS.iter().filter_map(other).collect()
}

/// The watch's own setting, and then the others with the watch's `at_least`; what it asks besides holds for all of them.
pub(super) fn all<'a>(watch: &'a Watch, others: &'a [Other]) -> Vec<Setting<'a>> {
    let at_least = watch.at_least.map(|mentions| mentions.0);
    let detector = watch.detector.as_ref();
    let written = format!("alarms {}, from {}", detector.setting(), watch.from);
    let own = Setting { written, detector, at_least };
    let other =
        |other: &'a Other| Setting { written: other.written.clone(), detector: other.detector.as_ref(), at_least };
    std::iter::once(own).chain(others.iter().map(other)).collect()
}
