//! An alarm that is held back, until what keeps it quiet is over.

use jiff::Timestamp;

use super::QuietBy;
use crate::core::count::{MinuteNumber, minute_of, minutes_in};
use crate::core::period::Period;
use crate::core::severity::Severity;

/// How much a count must grow, as one part in so many, before its severity is weighed again within the minute.
const WEIGHED_AGAIN_PARTS: u32 = 16;

/// What was held back of one watch since it fell quiet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub by: QuietBy,
    /// When the first alarm was held back.
    pub since: Timestamp,
    /// When the latest was.
    pub latest: Timestamp,
    /// Until when it is quiet, as far as that is known.
    pub until: Timestamp,
    pub severity: Severity,
    pub window: Period,
    /// The highest count that was weighed.
    pub count: u32,
    /// How many alarms were held back.
    pub times: u32,
    /// Whether the count has stayed above the line since the latest.
    pub above: bool,
}

impl Held {
    /// Whether a count says nothing new: the watch is still above its line and quiet, and the count has hardly grown.
    pub fn covers(&self, count: u32, at: Timestamp) -> bool {
        self.above && at < self.until && count <= self.count.saturating_add(self.count / WEIGHED_AGAIN_PARTS)
    }

    /// The first minute that its windows look at.
    pub fn first_minute(&self) -> MinuteNumber {
        minute_of(self.since) - minutes_in(self.window) + 1
    }

    /// What happened meanwhile, from the counts of its minutes: the mentions from the window of the first alarm on, and the
    /// highest count of any window.
    pub fn meanwhile(&self, minutes: &[(MinuteNumber, u32)]) -> (u64, u32) {
        let (since, first_minute, length) = (minute_of(self.since), self.first_minute(), minutes_in(self.window));
        let (mut mentions, mut highest, mut inside, mut first) = (0, 0_u64, 0_u64, 0);
        for &(minute, count) in minutes {
            inside += u64::from(count);
            while let Some((_, gone)) = minutes.get(first).filter(|(old, _)| *old <= minute - length) {
                inside -= u64::from(*gone);
                first += 1;
            }
            if minute >= first_minute {
                mentions += u64::from(count);
            }
            if minute >= since {
                highest = highest.max(inside);
            }
        }
        let highest = u32::try_from(highest).unwrap_or(u32::MAX).max(self.count);
        (mentions.max(u64::from(highest)), highest)
    }
}
