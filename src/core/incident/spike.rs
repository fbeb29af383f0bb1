//! A spike: why an alarm was raised, kept with the incident so that every alert can say it.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::core::count::{HORIZON, minutes_in};
use crate::core::name::{FeedName, WatchName};
use crate::core::period::Period;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spike {
    pub watch: WatchName,
    /// Mentions in the window that ends now.
    pub count: u32,
    pub window: Period,
    /// Above how many the watch alarms; nothing where it alarms below.
    pub more_than: u32,
    /// Below how many it alarms, where silence is what it listens for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fewer_than: Option<u32>,
    /// The mean count of such a window in the last weeks; none while the watch warms up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Tenths>,
    /// How long it takes on average until chance makes a day as loud; none while the watch warms up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once_in: Option<Period>,
    /// Distinct authors in the window.
    pub voices: u32,
    /// The mention that crossed the line, or the last one seen.
    pub at: Timestamp,
    /// Counts of each minute up to now, oldest first, for the chart.
    pub minutes: Vec<u32>,
    /// Mentions of the window that are quoted or named; their texts are in the store and can be erased there.
    pub evidence: Vec<Evidence>,
    /// What the window's mentions are made of; absent in logs of versions that did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk: Option<Box<Talk>>,
}

impl Spike {
    /// Where the watch alarms, in words: `alarms above 5`.
    pub fn line_words(&self) -> String {
        match self.fewer_than {
            Some(few) => format!("alarms below {few}"),
            None => format!("alarms above {}", self.more_than),
        }
    }

    /// What its window counted so long ago; none where the minutes do not go back so far.
    pub fn counted_ago(&self, ago: SignedDuration) -> Option<u32> {
        let back = usize::try_from(ago.as_mins()).ok()?;
        let window = usize::try_from(minutes_in(self.window)).ok()?;
        let end = self.minutes.len().checked_sub(back)?;
        Some(self.minutes[end.checked_sub(window)?..end].iter().sum())
    }

    /// How many times the expected count this is; none where none is known, or nothing is expected.
    pub fn ratio(&self) -> Option<f64> {
        let expected = self.expected?.as_f64();
        (expected > 0.0).then(|| f64::from(self.count) / expected)
    }
}

/// A mean count, in tenths of a mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tenths(u32);

impl Tenths {
    /// To the nearest tenth.
    pub fn of(count: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a double saturates")]
        let tenths = (count * 10.0).round() as u32;
        Self(tenths)
    }

    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 10.0
    }
}

impl fmt::Display for Tenths {
    /// Whole where it is large or whole, as in `12` and `3.4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= 100 || self.0.is_multiple_of(10) {
            write!(f, "{:.0}", self.as_f64())
        } else {
            write!(f, "{:.1}", self.as_f64())
        }
    }
}

/// What is said in a window, by whom, where and in which tone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// How many mentions stories, sources and languages are counted over: the whole window, or the latest of very many.
    pub mentions: u32,
    /// Distinct texts: near-identical copies are one story.
    pub stories: u32,
    /// Voices that count for `from:`. Of those who tell one story at one source, the first alone does.
    pub own_voices: u32,
    /// People who follow or read these voices, as far as feeds say; each voice once.
    pub reach: u64,
    /// Mentions whose tone could be told, and those of them that are negative.
    pub toned: u32,
    pub negative: u32,
    /// Distinct hosts; a mention without an address counts with its feed.
    pub sources: u32,
    /// Those with the most mentions, the largest first.
    pub largest_sources: Vec<Share>,
    /// Primary language subtags, the largest first. What is missing to `mentions` is of unknown or rarer languages.
    pub languages: Vec<Share>,
    /// The stories with the most mentions first; of as many the one that reaches more people, then the newest.
    pub largest: Vec<Story>,
}

impl Talk {
    /// Every mention that is quoted or named.
    pub fn named(&self) -> Vec<Evidence> {
        let mut named: Vec<Evidence> = Vec::new();
        let first = self.largest.iter().map(|story| &story.first);
        for evidence in self.largest.iter().map(|story| &story.shown).chain(first) {
            if !named.contains(evidence) {
                named.push(evidence.clone());
            }
        }
        named
    }
}

/// So many mentions of something that has a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub name: String,
    pub mentions: u32,
}

/// One text and its copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// How many mentions of the window tell it.
    pub mentions: u32,
    pub voices: u32,
    /// The mention of it that reaches most people, or else the earliest.
    pub shown: Evidence,
    /// Its earliest mention, also before the window, and the minute in which that counts. A story that nobody tells for
    /// a day is forgotten.
    pub first: Evidence,
    pub first_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    pub feed: FeedName,
    pub mention: String,
}

/// How many minutes the chart shows.
pub const CHART_MINUTES: usize = 60;

/// Minutes to keep, so that the window that ends with the chart's first minute is whole; never more than are counted.
pub fn chart_minutes(window: Period) -> usize {
    let before = usize::try_from(minutes_in(window) - 1).unwrap_or(0);
    let counted = usize::try_from(minutes_in(HORIZON)).unwrap_or(usize::MAX);
    (CHART_MINUTES + before).min(counted)
}

/// How many stories are quoted as evidence.
pub const EVIDENCE_MAX: usize = 5;
/// How many sources, and how many languages, are named.
pub const SHARES_MAX: usize = 5;
