//! The engine's time: never goes back, never stands still, and knows when the machine's clock was set forward.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::clock::Reading;

/// How far the machine's clock may run ahead of the steady one before it counts as set forward. A clock that is only
/// slewed, by half a second in a thousand at the most (adjtime(3)), takes hours for it.
const LEAP: SignedDuration = SignedDuration::from_secs(5);

#[derive(Debug)]
pub(super) struct EngineTime {
    now: Timestamp,
    /// At the last look.
    looked: Reading,
    /// How far the time has leapt since leases were last moved along.
    leapt: SignedDuration,
    /// Since when nothing is known to have leapt: at the earliest since this process began.
    steady_since: Timestamp,
}

impl EngineTime {
    /// Goes on from the time that was last written down.
    pub(super) fn begin(reading: Reading, last: Option<Timestamp>) -> Self {
        let looked = Reading { shown: to_millisecond(reading.shown), ..reading };
        let now = looked.shown.max(last.unwrap_or(Timestamp::MIN));
        Self { now, looked, leapt: SignedDuration::ZERO, steady_since: now }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// How far it runs ahead of the machine's clock, which was set back.
    pub(super) fn ahead(&self) -> SignedDuration {
        self.now.duration_since(self.looked.shown)
    }

    pub(super) fn steady_since(&self) -> Timestamp {
        self.steady_since
    }

    /// What leases and other short waits must be moved along by, so that they last as long as they should.
    pub(super) fn leapt(&self) -> Option<SignedDuration> {
        (self.leapt > LEAP).then_some(self.leapt)
    }

    pub(super) fn moved_along(&mut self) {
        if self.leapt().is_some() {
            self.leapt = SignedDuration::ZERO;
        }
    }

    /// Time goes on as fast as the clock does, also after the clock was set back: a deadline that was made by a clock that was
    /// wrong by years still comes.
    pub(super) fn look(&mut self, reading: Reading) {
        let (before, shown) = (self.now, to_millisecond(reading.shown));
        let gone_by = shown.duration_since(self.looked.shown).max(SignedDuration::ZERO);
        self.now = shown.max(before.checked_add(gone_by).unwrap_or(before));
        let moved = self.now.duration_since(before);
        let steady = self.looked.steady.zip(reading.steady);
        let really = steady.map_or(moved, |(then, now)| between(then, now));
        self.looked = Reading { shown, ..reading };
        self.leapt = self.leapt.saturating_add(moved.saturating_sub(really)).max(SignedDuration::ZERO);
        if self.leapt().is_some() {
            self.steady_since = self.now;
        }
    }
}

fn between(then: Instant, now: Instant) -> SignedDuration {
    SignedDuration::try_from(now.saturating_duration_since(then)).unwrap_or(SignedDuration::MAX)
}

/// Times are kept and replayed in whole milliseconds.
fn to_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
