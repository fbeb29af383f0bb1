//! Counting: mentions per minute and the voices they come from, for as long as a window can reach back.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::incident::{EVIDENCE_MAX, Evidence};
use super::mention::Mention;
use super::name::FeedName;
use super::period::Period;

/// How far back counts are kept for windows.
pub const HORIZON: Period = Period::minutes(24 * 60);
/// Distinct authors remembered per watch. Beyond it those heard longest ago are forgotten: voices are undercounted, never
/// overcounted.
pub const VOICES_MAX: usize = 200_000;
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
    /// No time: it was said while nobody listened, and nobody knows when. It is kept so that it is known when it comes again.
    Never,
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

    /// For what gathered while nobody listened: it counts at its own time, however long ago, or not at all.
    pub fn of_backlog(mention: &Mention, received: Timestamp) -> Self {
        mention.published.filter(|published| *published <= received).map_or(Self::Never, Self::Published)
    }

    /// The time; for what counts at none, one before every horizon.
    pub fn at(self) -> Timestamp {
        match self {
            Self::Published(at) | Self::Received(at) => at,
            Self::Never => Timestamp::UNIX_EPOCH,
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
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// The minute of the first of `minutes`, which have no gaps.
    first: MinuteNumber,
    minutes: VecDeque<Minute>,
    /// Of all `minutes`, so that a window that holds most of them need not be added up.
    total: u64,
    /// The minute in which each voice was last heard.
    voices: BTreeMap<u64, MinuteNumber>,
    /// The latest mentions, oldest first by the minutes they count in.
    latest: VecDeque<(MinuteNumber, Evidence)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Minute {
    count: u32,
    /// Voices heard in this minute and in none after it. Their sum over a window that ends now is its distinct voices.
    last_heard: u32,
}

impl Counts {
    /// Counts one mention; `now` says what is old enough to be forgotten.
    pub fn add(&mut self, at: MinuteNumber, voice: u64, evidence: Evidence, now: MinuteNumber) {
        let horizon = minutes_in(HORIZON);
        self.forget_before(now - horizon + 1);
        // A clock that was set back leaves minutes that are still to come; they count when they have come.
        if !(now - horizon..=now + horizon).contains(&at) {
            return;
        }
        self.reach(at);
        if let Some(minute) = self.minute(at) {
            minute.count = minute.count.saturating_add(1);
            self.total += 1;
        }
        self.hear(voice, at);
        let place = self.latest.partition_point(|(minute, _)| *minute <= at);
        self.latest.insert(place, (at, evidence));
        if self.latest.len() > EVIDENCE_MAX {
            self.latest.pop_front();
        }
    }

    /// Mentions in the window that ends with the minute `now`.
    pub fn count(&self, window: Period, now: MinuteNumber) -> u32 {
        let inside = self.window(window, now);
        let sum =
            |places: Range<usize>| -> u64 { self.minutes.range(places).map(|minute| u64::from(minute.count)).sum() };
        let count = if inside.len() * 2 <= self.minutes.len() {
            sum(inside)
        } else {
            self.total - sum(0..inside.start) - sum(inside.end..self.minutes.len())
        };
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Distinct authors in the window.
    pub fn voices(&self, window: Period, now: MinuteNumber) -> u32 {
        let inside = self.minutes.range(self.window(window, now));
        inside.map(|minute| minute.last_heard).fold(0, u32::saturating_add)
    }

    /// The latest mentions of the window, newest first.
    pub fn evidence(&self, window: Period, now: MinuteNumber) -> Vec<Evidence> {
        let since = now - minutes_in(window) + 1;
        let newest_first = self.latest.iter().rev().filter(|(minute, _)| (since..=now).contains(minute));
        newest_first.map(|(_, evidence)| evidence.clone()).collect()
    }

    /// Counts of the last `length` minutes, oldest first, empty minutes as zero.
    pub fn series(&self, length: usize, now: MinuteNumber) -> Vec<u32> {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let count =
            |minute| self.place(minute).and_then(|place| self.minutes.get(place)).map_or(0, |found| found.count);
        (now - length + 1..=now).map(count).collect()
    }

    /// The places of its minutes.
    fn window(&self, window: Period, now: MinuteNumber) -> Range<usize> {
        let place = |minute: MinuteNumber| {
            usize::try_from((minute - self.first).max(0)).unwrap_or(usize::MAX).min(self.minutes.len())
        };
        let end = place(now + 1);
        place(now + 1 - minutes_in(window)).min(end)..end
    }

    fn place(&self, minute: MinuteNumber) -> Option<usize> {
        usize::try_from(minute - self.first).ok()
    }

    fn minute(&mut self, minute: MinuteNumber) -> Option<&mut Minute> {
        self.place(minute).and_then(|place| self.minutes.get_mut(place))
    }

    /// Makes `minutes` long enough, at either end, to hold `at`.
    fn reach(&mut self, at: MinuteNumber) {
        if self.minutes.is_empty() {
            self.first = at;
        }
        while at < self.first {
            self.minutes.push_front(Minute::default());
            self.first -= 1;
        }
        if let Some(place) = self.place(at)
            && place >= self.minutes.len()
        {
            self.minutes.resize(place + 1, Minute::default());
        }
    }

    fn hear(&mut self, voice: u64, at: MinuteNumber) {
        let before = self.voices.get(&voice).copied();
        if before.is_some_and(|before| before >= at) {
            return;
        }
        match before {
            Some(before) => {
                if let Some(minute) = self.minute(before) {
                    minute.last_heard = minute.last_heard.saturating_sub(1);
                }
            }
            None if self.voices.len() >= VOICES_MAX && !self.forget_oldest_voices(at) => return,
            None => {}
        }
        self.voices.insert(voice, at);
        if let Some(minute) = self.minute(at) {
            minute.last_heard += 1;
        }
    }

    /// Forgets minutes, and with them the voices that were heard in none after.
    fn forget_before(&mut self, oldest: MinuteNumber) {
        let mut voices_gone = false;
        while self.first < oldest
            && let Some(gone) = self.minutes.pop_front()
        {
            self.first += 1;
            self.total = self.total.saturating_sub(u64::from(gone.count));
            voices_gone |= gone.last_heard > 0;
        }
        if voices_gone {
            let first = self.first;
            self.voices.retain(|_, heard| *heard >= first);
        }
    }

    /// Makes room for a quarter of all, or for what was heard before `at`; false where there is nothing older.
    fn forget_oldest_voices(&mut self, at: MinuteNumber) -> bool {
        let (mut room, mut since) = (0, self.first);
        for minute in &mut self.minutes {
            if since >= at || room >= VOICES_MAX / 4 {
                break;
            }
            room += usize::try_from(std::mem::take(&mut minute.last_heard)).unwrap_or(VOICES_MAX);
            since += 1;
        }
        if room > 0 {
            self.voices.retain(|_, heard| *heard >= since);
        }
        room > 0
    }
}
