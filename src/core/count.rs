//! Counting: mentions per minute and the voices they come from, for as long as a window can reach back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::incident::{EVIDENCE_MAX, Evidence};
use super::mention::Mention;
use super::name::FeedName;
use super::period::Period;

/// How far back counts are kept for windows.
pub const HORIZON: Period = Period::minutes(24 * 60);
/// Distinct authors remembered per watch and minute; beyond it the minute's voices are undercounted, never overcounted.
pub const VOICES_PER_MINUTE_MAX: usize = 10_000;
/// How old a published time may be for the mention to count there.
pub const LATE_MAX: SignedDuration = SignedDuration::from_hours(6);

/// A minute since 1970.
pub type MinuteNumber = i64;

/// Which time a mention counts at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedAt {
    /// Its own published time.
    Published(Timestamp),
    /// Its receipt: it says no time, or one in the future or more than six hours old. Marked.
    Received(Timestamp),
}

impl CountedAt {
    pub fn of(mention: &Mention, received: Timestamp) -> Self {
        match mention.published {
            Some(published) if published <= received && received.duration_since(published) <= LATE_MAX => {
                Self::Published(published)
            }
            Some(_) | None => Self::Received(received),
        }
    }

    pub fn at(self) -> Timestamp {
        match self {
            Self::Published(at) | Self::Received(at) => at,
        }
    }
}

pub fn minute_of(at: Timestamp) -> MinuteNumber {
    at.as_second().div_euclid(60)
}

/// How many minutes a window spans: the current one and those before it.
pub fn minutes_in(window: Period) -> i64 {
    i64::try_from(window.as_seconds().div_ceil(60)).unwrap_or(i64::MAX).max(1)
}

/// A distinct author as a number: of the author, else the site, else the feed, so that the nameless are one voice.
pub fn voice_of(mention: &Mention, feed: &FeedName) -> u64 {
    let site = || mention.url.as_deref().and_then(|url| url.split('/').nth(2)).filter(|host| !host.is_empty());
    let (kind, name) = match (&mention.author, site()) {
        (Some(author), _) if !author.trim().is_empty() => {
            ("author", author.trim().trim_start_matches('@').to_lowercase())
        }
        (_, Some(host)) => ("site", host.to_lowercase()),
        (_, None) => ("feed", feed.to_string()),
    };
    let hash = Sha256::digest(format!("{kind}\n{name}"));
    hash.iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// One watch's counts within the horizon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    minutes: BTreeMap<MinuteNumber, Minute>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Minute {
    count: u32,
    voices: BTreeSet<u64>,
    latest: VecDeque<Evidence>,
}

impl Counts {
    /// Counts one mention; `now` says what is old enough to be forgotten.
    pub fn add(&mut self, at: MinuteNumber, voice: u64, evidence: Evidence, now: MinuteNumber) {
        let minute = self.minutes.entry(at).or_default();
        minute.count = minute.count.saturating_add(1);
        if minute.voices.len() < VOICES_PER_MINUTE_MAX {
            minute.voices.insert(voice);
        }
        minute.latest.push_back(evidence);
        if minute.latest.len() > EVIDENCE_MAX {
            minute.latest.pop_front();
        }
        self.minutes = self.minutes.split_off(&(now - minutes_in(HORIZON)));
    }

    /// Mentions in the window that ends with the minute `now`.
    pub fn count(&self, window: Period, now: MinuteNumber) -> u32 {
        self.window(window, now).map(|(_, minute)| minute.count).fold(0, u32::saturating_add)
    }

    /// Distinct authors in the window.
    pub fn voices(&self, window: Period, now: MinuteNumber) -> u32 {
        let voices: BTreeSet<u64> = self.window(window, now).flat_map(|(_, minute)| &minute.voices).copied().collect();
        u32::try_from(voices.len()).unwrap_or(u32::MAX)
    }

    /// The latest mentions of the window, newest first.
    pub fn evidence(&self, window: Period, now: MinuteNumber) -> Vec<Evidence> {
        let newest_first = self.window(window, now).rev().flat_map(|(_, minute)| minute.latest.iter().rev());
        newest_first.take(EVIDENCE_MAX).cloned().collect()
    }

    /// Counts of the last `length` minutes, oldest first, empty minutes as zero.
    pub fn series(&self, length: usize, now: MinuteNumber) -> Vec<u32> {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        (now - length + 1..=now).map(|minute| self.minutes.get(&minute).map_or(0, |found| found.count)).collect()
    }

    fn window(&self, window: Period, now: MinuteNumber) -> impl DoubleEndedIterator<Item = (&MinuteNumber, &Minute)> {
        self.minutes.range(now - minutes_in(window) + 1..=now)
    }
}
