//! The honest dial: `false_alarms: 1 per month` alarms where the watch's own past says that chance would do so that often.

use super::{Detector, DetectorError, DetectorKind};
use crate::core::past::{Line, Usually};
use crate::core::period::Period;

pub(super) const KIND: DetectorKind = DetectorKind {
    name: "false_alarms",
    docs: "Alarms where it becomes louder than chance makes it so often, by the watch's own last weeks. The watch listens for two days before its first alarm.",
    example: "1 per month",
    parse,
};

/// What a dial can be set to, by the name of its length of time, in days.
const PER: [(&str, u32); 5] = [("day", 1), ("week", 7), ("month", 30), ("quarter", 91), ("year", 365)];
/// The most alarms a day that a dial may ask for: the loudest moment of a day is one.
const DAILY_MAX: f64 = 1.0;
/// Shown for the watch while it has no line.
const WINDOW: Period = Period::minutes(30);

#[derive(Debug)]
struct FalseAlarms {
    text: String,
    /// Alarms a day.
    rate: f64,
}

fn parse(text: &str) -> Result<Box<dyn Detector>, DetectorError> {
    let refuse = |why: &str| {
        DetectorError(format!(
            "`{text}` is not how often: {why}; write it as in `1 per month`, with day, week, month, quarter or year"
        ))
    };
    let (number, per) = text.split_once(" per ").ok_or_else(|| refuse("there is no `per` in it"))?;
    let number: u16 = number.trim().parse().map_err(|_| refuse("it names no number of alarms"))?;
    let (_, days) = PER
        .iter()
        .find(|(name, _)| *name == per.trim())
        .ok_or_else(|| refuse(&format!("`{}` is no length of time here", per.trim())))?;
    let rate = f64::from(number) / f64::from(*days);
    if number == 0 {
        return Err(refuse("a watch that may never alarm by chance never alarms"));
    }
    if rate > DAILY_MAX {
        return Err(refuse("more than one a day is no alarm any more"));
    }
    Ok(Box::new(FalseAlarms { text: format!("{number} per {}", per.trim()), rate }))
}

impl Detector for FalseAlarms {
    fn line(&self, usually: &Usually<'_>) -> Option<Line> {
        usually.baseline.map(|baseline| Line::loud(baseline, usually.peaks.level(self.rate)))
    }

    fn window(&self) -> Period {
        WINDOW
    }

    fn at_least(&self) -> u32 {
        super::AT_LEAST
    }

    fn setting(&self) -> String {
        format!("by chance at most {}", self.text)
    }
}
