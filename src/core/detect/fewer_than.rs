//! Silence: `fewer_than: 5 mentions in 6h` alarms when so few say anything where many usually do.

use super::{Detector, DetectorError, DetectorKind, window_of};
use crate::core::past::{Line, Usually};
use crate::core::period::Period;

pub(super) const KIND: DetectorKind = DetectorKind {
    name: "fewer_than",
    docs: "Alarms when fewer than so many mentions fall into a window that usually holds at least twice as many. The watch listens for two days before its first alarm; while its feeds fail, or soon after a start, it cannot tell.",
    example: "5 mentions in 6h",
    parse,
};

/// Only where so many times as many are usual is it worth an alarm.
const USUAL_TIMES: f64 = 2.0;

#[derive(Debug)]
struct FewerThan {
    mentions: u32,
    window: Period,
}

fn parse(text: &str) -> Result<Box<dyn Detector>, DetectorError> {
    let refuse = |why: &str| DetectorError(format!("`{text}` is no silence: {why}; write it as in `5 mentions in 6h`"));
    let (mentions, window) = text.split_once(" in ").ok_or_else(|| refuse("it names no window"))?;
    let number = mentions.trim().trim_end_matches("mentions").trim_end_matches("mention").trim();
    let mentions: u32 = number.parse().map_err(|_| refuse("it names no number of mentions"))?;
    let window = window_of(window).map_err(refuse)?;
    if mentions == 0 {
        return Err(refuse("fewer than none there never are"));
    }
    Ok(Box::new(FewerThan { mentions, window }))
}

impl Detector for FewerThan {
    fn line(&self, usually: &Usually<'_>) -> Option<Line> {
        let usual = usually.baseline?.expected(self.window);
        let is_worth_it = usual >= USUAL_TIMES * f64::from(self.mentions);
        Some(Line::falling(self.window, if is_worth_it { self.mentions } else { 0 }))
    }

    fn window(&self) -> Period {
        self.window
    }

    fn at_least(&self) -> u32 {
        0
    }

    fn setting(&self) -> String {
        let mentions = if self.mentions == 1 { "mention" } else { "mentions" };
        format!("below {} {mentions} in {}", self.mentions, self.window)
    }
}
