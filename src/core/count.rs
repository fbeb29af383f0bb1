//! Counting: mentions per minute, their tone, and the voices and stories they come from, for as long as a window can
//! reach back.

mod heard;
mod said;

use std::collections::VecDeque;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};

use self::heard::Heard;
pub use self::said::{Said, voice_of};
use super::incident::{Evidence, Talk};
use super::mention::Mention;
use super::period::Period;
use super::story::{Stories, Telling, Tellings};
use super::tone::Tone;

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

    /// For what a stream brings: only after a break of hours is it older than that, and then it gathered meanwhile.
    pub fn of_stream(mention: &Mention, received: Timestamp) -> Self {
        let is_late = mention.published.is_some_and(|published| received.duration_since(published) > LATE_MAX);
        if is_late { Self::of_backlog(mention, received) } else { Self::of(mention, received) }
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

/// One watch's counts within the horizon.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// The minute of the first of `minutes`, which have no gaps.
    first: MinuteNumber,
    minutes: VecDeque<Minute>,
    /// Of all `minutes`, so that a window that holds most of them need not be added up.
    total: u64,
    voices: Heard,
    /// Voices as they count for `from:`.
    own: Heard,
    stories: Stories,
    tellings: Tellings,
}

#[derive(Clone, Copy, Debug, Default)]
struct Minute {
    count: u32,
    toned: u32,
    negative: u32,
}

impl Counts {
    /// Counts one mention; `now` says what is old enough to be forgotten.
    #[expect(clippy::needless_pass_by_value, reason = "a mention is handed over to be counted")]
    pub fn add(&mut self, at: MinuteNumber, said: impl Into<Said>, evidence: Evidence, now: MinuteNumber) {
        let horizon = minutes_in(HORIZON);
        self.forget_before(now - horizon + 1);
        // A clock that was set back leaves minutes that are still to come; they count when they have come.
        if !(now - horizon..=now + horizon).contains(&at) {
            return;
        }
        let said = said.into();
        self.reach(at);
        if let Some(minute) = self.minute(at) {
            minute.count = minute.count.saturating_add(1);
            minute.toned += u32::from(said.tone.is_some());
            minute.negative += u32::from(said.tone == Some(Tone::Negative));
            self.total += 1;
        }
        let told = self.stories.tell(&said, at, &evidence);
        self.voices.hear(said.voice, said.reach, at);
        self.own.hear(told.counts_with, 0, at);
        let Said { voice, source, language, .. } = said;
        self.tellings.add(at, Telling { story: told.story, voice, source, language });
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
        self.voices.within(since(window, now), now).voices
    }

    /// Those of them that count for `from:`: of all who tell one story at one source, the first. So a flood of copies
    /// is one voice wherever it is posted, and a wire story as many as there are papers that carry it.
    pub fn own_voices(&self, window: Period, now: MinuteNumber) -> u32 {
        self.own.within(since(window, now), now).voices
    }

    /// How many people the voices of the window reach, as far as feeds say; each voice once.
    pub fn reach_of_voices(&self, window: Period, now: MinuteNumber) -> u64 {
        self.voices.within(since(window, now), now).reach
    }

    /// How many mentions of the window have a known tone, and how many of those are negative.
    pub fn tone(&self, window: Period, now: MinuteNumber) -> (u32, u32) {
        let inside = self.minutes.range(self.window(window, now));
        inside.fold((0, 0), |(toned, negative), minute| (toned + minute.toned, negative + minute.negative))
    }

    /// What the window's mentions are made of.
    pub fn talk(&self, window: Period, now: MinuteNumber) -> Talk {
        let (toned, negative) = self.tone(window, now);
        Talk {
            own_voices: self.own_voices(window, now),
            reach: self.reach_of_voices(window, now),
            toned,
            negative,
            ..self.tellings.talk(&self.stories, since(window, now), now)
        }
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

    fn forget_before(&mut self, oldest: MinuteNumber) {
        if self.first >= oldest {
            return;
        }
        while self.first < oldest
            && let Some(gone) = self.minutes.pop_front()
        {
            self.first += 1;
            self.total = self.total.saturating_sub(u64::from(gone.count));
        }
        self.voices.forget_before(oldest);
        self.own.forget_before(oldest);
        self.tellings.forget_before(oldest);
    }
}

fn since(window: Period, now: MinuteNumber) -> MinuteNumber {
    now - minutes_in(window) + 1
}
