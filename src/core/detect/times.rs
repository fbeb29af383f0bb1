//! The ratio: `times: 4 in 1h` alarms where an hour holds more than four times what an hour usually holds.

use super::{Detector, DetectorError, DetectorKind, window_of};
use crate::core::past::{Line, Usually};
use crate::core::period::Period;

pub(super) const KIND: DetectorKind = DetectorKind {
    name: "times",
    docs: "Alarms when a window holds more than so many times its mean of the last two weeks. The watch listens for two days before its first alarm.",
    example: "4 in 1h",
    parse,
};

/// The window where the setting names none.
const WINDOW: Period = Period::minutes(60);
/// Below this nothing is a multiple of anything.
const TIMES_MIN: f64 = 1.0;
const TIMES_MAX: f64 = 10_000.0;

#[derive(Debug)]
struct Times {
    times: f64,
    window: Period,
}

fn parse(text: &str) -> Result<Box<dyn Detector>, DetectorError> {
    let refuse = |why: &str| {
        DetectorError(format!("`{text}` is not a ratio: {why}; write it as in `4 in 1h`, or `4` for an hour"))
    };
    let (times, window) = match text.split_once(" in ") {
        Some((times, window)) => (times, window_of(window).map_err(refuse)?),
        None => (text, WINDOW),
    };
    let times: f64 = times.trim().parse().map_err(|_| refuse("it names no number"))?;
    if !(times > TIMES_MIN && times <= TIMES_MAX) {
        return Err(refuse("it must be more than 1"));
    }
    Ok(Box::new(Times { times, window }))
}

impl Detector for Times {
    fn line(&self, usually: &Usually<'_>) -> Option<Line> {
        let expected = usually.baseline?.expected(self.window);
        // Of nothing there is no multiple; the smallest number of mentions decides alone.
        (expected > 0.0).then(|| Line::times(self.window, expected, self.times)).or(Some(Line::fixed(self.window, 0)))
    }

    fn window(&self) -> Period {
        self.window
    }

    fn at_least(&self) -> u32 {
        super::AT_LEAST
    }

    fn setting(&self) -> String {
        format!("above {} times the usual in {}", self.times, self.window)
    }
}
