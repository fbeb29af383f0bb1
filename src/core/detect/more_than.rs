//! The fixed threshold: `more_than: 5 mentions in 15m` alarms on the sixth mention within fifteen minutes.

use super::{Detector, DetectorError, DetectorKind, window_of};
use crate::core::past::{Line, Usually};
use crate::core::period::Period;

pub(super) const KIND: DetectorKind = DetectorKind {
    name: "more_than",
    docs: "Alarms when more than so many mentions fall into a window that ends now.",
    example: "5 mentions in 15m",
    parse,
};

#[derive(Debug)]
struct MoreThan {
    mentions: u32,
    window: Period,
}

fn parse(text: &str) -> Result<Box<dyn Detector>, DetectorError> {
    let refuse =
        |why: &str| DetectorError(format!("`{text}` is not a threshold: {why}; write it as in `5 mentions in 15m`"));
    let (mentions, window) = text.split_once(" in ").ok_or_else(|| refuse("it names no window"))?;
    let number = mentions.trim().trim_end_matches("mentions").trim_end_matches("mention").trim();
    let mentions: u32 = number.parse().map_err(|_| refuse("it names no number of mentions"))?;
    let window = window_of(window).map_err(refuse)?;
    Ok(Box::new(MoreThan { mentions, window }))
}

impl Detector for MoreThan {
    fn line(&self, _: &Usually<'_>) -> Option<Line> {
        Some(Line::fixed(self.window, self.mentions))
    }

    fn window(&self) -> Period {
        self.window
    }

    fn at_least(&self) -> u32 {
        0
    }

    fn setting(&self) -> String {
        let mentions = if self.mentions == 1 { "mention" } else { "mentions" };
        format!("above {} {mentions} in {}", self.mentions, self.window)
    }
}
