//! Counting: mentions per minute, their tone, and the voices and stories they come from, for as long as a window can
//! reach back.

mod heard;
mod minutes;
mod said;
mod told;

use jiff::{SignedDuration, Timestamp};

use self::heard::Heard;
pub use self::minutes::Minutes;
pub use self::said::{Said, voice_of};
pub use self::told::{Counted, Retelling};
use super::incident::{Evidence, Talk};
use super::mention::Mention;
use super::period::Period;
use super::story::{Stories, Telling, Tellings};

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
    minutes: Minutes,
    voices: Heard,
    /// Voices as they count for `from:`.
    own: Heard,
    stories: Stories,
    tellings: Tellings,
}

impl Counts {
    /// Of one that is asked for these windows again and again.
    pub fn looking_at(windows: impl IntoIterator<Item = Period>) -> Self {
        let mut counts = Self::default();
        counts.minutes.look_at(windows);
        counts
    }

    /// Comes to a minute also where nothing is counted in it.
    pub fn turn(&mut self, now: MinuteNumber) {
        self.minutes.come_to(now);
    }

    /// Counts one mention; `now` says what is old enough to be forgotten.
    #[expect(clippy::needless_pass_by_value, reason = "a mention is handed over to be counted")]
    pub fn add(&mut self, at: MinuteNumber, said: impl Into<Said>, evidence: Evidence, now: MinuteNumber) {
        if !self.come_to(at, now) {
            return;
        }
        let said = said.into();
        let told = self.stories.tell(&said, at, &evidence);
        let Said { voice, source, language, tone, reach, .. } = said;
        self.count_one(at, Counted { voice, counts_with: told.counts_with, tone, reach });
        self.tellings.add(at, Telling { story: told.story, voice, source, language });
    }

    /// Counts a mention whose story is known already. What its words are made of is not kept.
    pub fn add_told(&mut self, at: MinuteNumber, told: Counted, now: MinuteNumber) {
        if self.come_to(at, now) {
            self.count_one(at, told);
        }
    }

    /// Forgets what is too old at `now`; false where `at` is itself.
    fn come_to(&mut self, at: MinuteNumber, now: MinuteNumber) -> bool {
        let horizon = minutes_in(HORIZON);
        // Windows let go of minutes before these are forgotten.
        self.minutes.come_to(now);
        self.forget_before(now - horizon + 1);
        // A clock that was set back leaves minutes that are still to come; they count when they have come.
        (now - horizon..=now + horizon).contains(&at)
    }

    fn count_one(&mut self, at: MinuteNumber, told: Counted) {
        self.minutes.add(at, told.tone);
        self.voices.hear(told.voice, told.reach, at);
        self.own.hear(told.counts_with, 0, at);
    }

    /// Mentions in the window that ends with the minute `now`.
    pub fn count(&self, window: Period, now: MinuteNumber) -> u32 {
        self.minutes.count(window, now)
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
        self.minutes.tone(window, now)
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
        (now - length + 1..=now).map(|minute| self.minutes.at(minute)).collect()
    }

    fn forget_before(&mut self, oldest: MinuteNumber) {
        if self.minutes.forget_before(oldest) {
            self.voices.forget_before(oldest);
            self.own.forget_before(oldest);
            self.tellings.forget_before(oldest);
        }
    }
}

fn since(window: Period, now: MinuteNumber) -> MinuteNumber {
    now - minutes_in(window) + 1
}
