//! Waves: what is more of the same, what is clearly more, and how often people hear of it.

use jiff::{SignedDuration, Timestamp};

use crate::core::period::Period;

/// How many times the highest count so far a count must reach to be clearly above it. Within one story counts double and
/// halve only over hours, while a second story brings its own readers. Chance alone (a Poisson process) doubles a count of
/// twenty once in twenty thousand times, and one of six once in fifty: how often people hear of it has its own bound.
pub const CLEARLY_ABOVE: u32 = 2;
/// After people were told of a wave, its growth is told once this long after, and not with every step of it: whoever was
/// just woken reads the count of the moment on the page.
pub const STEP_AFTER: SignedDuration = SignedDuration::from_mins(10);
/// What comes again this soon after its incident ended, and is no more than before, is held back and told as one.
pub const FLAP: SignedDuration = SignedDuration::from_mins(15);

pub fn is_clearly_above(count: u32, before: u32) -> bool {
    u64::from(count) >= u64::from(before.max(1)) * u64::from(CLEARLY_ABOVE)
}

/// How far back it is counted anew where another window leads: what a spike's minutes tell of every window.
pub const COUNTED_BACK: SignedDuration = SignedDuration::from_mins(59);

/// A watch's talk as an incident has known it. Like is compared with like: where another window leads, what people were told
/// of is what that window counted then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wave {
    /// The highest count so far.
    pub peak: u32,
    /// The highest count that people were told of, and when.
    pub told: u32,
    pub told_at: Timestamp,
    /// Of which window these are counts.
    pub window: Period,
}

impl Wave {
    pub fn begun(count: u32, window: Period, at: Timestamp) -> Self {
        Self { peak: count, told: count, told_at: at, window }
    }

    /// Goes on by the window that leads now. `ago` says what it counted so long ago; where nobody knows, counts are compared
    /// as they are.
    pub fn lead_by(&mut self, window: Period, at: Timestamp, ago: impl Fn(SignedDuration) -> Option<u32>) {
        if window == self.window {
            return;
        }
        self.window = window;
        let since = at.duration_since(self.told_at).clamp(SignedDuration::ZERO, COUNTED_BACK);
        let Some(told) = ago(since) else { return };
        let meanwhile = (0..since.as_mins()).filter_map(|minutes| ago(SignedDuration::from_mins(minutes)));
        (self.told, self.peak) = (told, meanwhile.fold(told, u32::max));
    }

    /// Whether a count of `count` at `at` is a step that people are told of.
    pub fn is_step(&self, count: u32, at: Timestamp) -> bool {
        at.duration_since(self.told_at) >= STEP_AFTER && is_clearly_above(count.max(self.peak), self.told)
    }

    /// Counts on. Gives the count that people knew of where they are told of a higher one now.
    pub fn follow(&mut self, count: u32, at: Timestamp) -> Option<u32> {
        let step = self.is_step(count, at);
        self.peak = self.peak.max(count);
        if !step {
            return None;
        }
        let before = self.told;
        (self.told, self.told_at) = (self.peak, at);
        Some(before)
    }
}
