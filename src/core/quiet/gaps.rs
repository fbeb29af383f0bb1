//! Gaps: minutes in which a feed is known to have failed. They are not quiet, only unheard: no baseline counts them as
//! zeros, and what a feed brings along when it is back is old talk, not a spike.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::core::count::{MinuteNumber, minute_of};

/// A feed that fails for less than this has no gap: the next look brings what was said.
pub const GAP_MINUTES_MIN: i64 = 5;
/// How many gaps of a feed are remembered; the oldest are forgotten.
pub const GAPS_MAX: usize = 1_000;

/// A stretch of minutes, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gap {
    first: MinuteNumber,
    last: MinuteNumber,
    /// When the feed was back, to the millisecond: whatever came with that look is what was said meanwhile.
    back: Timestamp,
}

/// The gaps of one feed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedGaps {
    over: Vec<Gap>,
    /// Since when it fails now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failing_since: Option<Timestamp>,
}

impl FeedGaps {
    /// Whether anything changed.
    pub fn fail(&mut self, at: Timestamp) -> bool {
        let begins = self.failing_since.is_none();
        self.failing_since.get_or_insert(at);
        begins
    }

    /// The feed answers. Whether anything changed; the minute of its return belongs to the gap.
    pub fn come_back(&mut self, at: Timestamp) -> bool {
        let Some(since) = self.failing_since.take() else { return false };
        let (first, last) = (minute_of(since), minute_of(at));
        if last - first >= GAP_MINUTES_MIN {
            self.over.push(Gap { first, last, back: at });
            let surplus = self.over.len().saturating_sub(GAPS_MAX);
            self.over.drain(..surplus);
        }
        true
    }

    pub fn is_failing(&self) -> bool {
        self.failing_since.is_some()
    }

    /// Whether what was received and counted at `at` came with a return after a gap.
    pub fn came_back_at(&self, at: Timestamp) -> bool {
        self.over.iter().rev().take_while(|gap| gap.back >= at).any(|gap| gap.back == at)
    }
}

/// The minutes in which a watch did not hear everything: those in which any of its feeds had a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// First and last minute of each stretch, ascending, with minutes between them.
    stretches: Vec<(MinuteNumber, MinuteNumber)>,
}

impl Gaps {
    /// Of the feeds of one watch, as of `now`: a feed that fails now has failed up to now.
    pub fn of<'a>(feeds: impl IntoIterator<Item = &'a FeedGaps>, now: MinuteNumber) -> Self {
        let mut all: Vec<(MinuteNumber, MinuteNumber)> = Vec::new();
        for feed in feeds {
            all.extend(feed.over.iter().map(|gap| (gap.first, gap.last)));
            let failing = feed.failing_since.map(|since| (minute_of(since), now));
            all.extend(failing.filter(|(first, last)| last - first >= GAP_MINUTES_MIN));
        }
        Self::of_stretches(all)
    }

    /// Stretches in any order.
    pub fn of_stretches(stretches: impl IntoIterator<Item = (MinuteNumber, MinuteNumber)>) -> Self {
        let mut all: Vec<_> = stretches.into_iter().collect();
        all.sort_unstable();
        let mut joined: Vec<(MinuteNumber, MinuteNumber)> = Vec::new();
        for (first, last) in all {
            match joined.last_mut() {
                Some(before) if first <= before.1 + 1 => before.1 = before.1.max(last),
                Some(_) | None => joined.push((first, last)),
            }
        }
        Self { stretches: joined }
    }

    /// The minutes that lie in one of them or in both.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self::of_stretches(self.stretches.iter().chain(&other.stretches).copied())
    }

    /// The minutes that lie in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let each = self.stretches.iter().flat_map(|(first, last)| {
            let overlaps =
                other.stretches.iter().map(move |(begins, ends)| ((*first).max(*begins), (*last).min(*ends)));
            overlaps.filter(|(first, last)| first <= last)
        });
        let mut stretches: Vec<(MinuteNumber, MinuteNumber)> = each.collect();
        stretches.sort_unstable();
        Self { stretches }
    }

    pub fn contains(&self, minute: MinuteNumber) -> bool {
        let after = self.stretches.partition_point(|(first, _)| *first <= minute);
        after.checked_sub(1).and_then(|place| self.stretches.get(place)).is_some_and(|(_, last)| minute <= *last)
    }

    /// First and last minute of each stretch, ascending.
    pub fn stretches(&self) -> &[(MinuteNumber, MinuteNumber)] {
        &self.stretches
    }

    pub fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }
}
