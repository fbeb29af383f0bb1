//! Time as it is, as the machine's clock shows it, and as the engine has it.

use std::time::{Duration, Instant};

use holdline::engine::Reading;
use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;

use super::world::World;

pub(super) struct Clocks {
    /// The time that it is.
    pub(super) truth: Timestamp,
    /// How far the machine's clock is from it.
    wrong_by: SignedDuration,
    /// The engine's time at its last transaction.
    pub(super) engine: Timestamp,
    /// What the clock that nobody sets showed at the beginning, and when that was.
    began: (Instant, Timestamp),
}

impl Clocks {
    pub(super) fn new() -> Self {
        let truth = "2026-11-22T20:00:00Z".parse().unwrap();
        Self { truth, wrong_by: SignedDuration::ZERO, engine: Timestamp::MIN, began: (Instant::now(), truth) }
    }

    /// What the machine's clock shows.
    pub(super) fn machine(&self) -> Timestamp {
        self.truth + self.wrong_by
    }

    pub(super) fn reading(&self) -> Reading {
        let (began, at) = self.began;
        let gone_by = Duration::try_from(self.truth.duration_since(at)).unwrap();
        Reading { shown: self.machine(), steady: Some(began + gone_by) }
    }

    /// The engine's time never goes back, and never falls behind the machine's clock.
    pub(super) fn engine_said(&mut self, at: Timestamp) {
        assert!(at >= self.engine, "the engine's time went back from {} to {at}", self.engine);
        assert!(at >= self.machine(), "the engine's time {at} is behind the clock, {}", self.machine());
        self.engine = at;
    }
}

impl World {
    pub(super) fn time_goes_by(&mut self) {
        let longest = match self.rng.random_range(0..1000) {
            0..600 => 20,
            600..965 => 240,
            965..992 => 2 * 3600,
            _ => 10 * 3600,
        };
        let seconds = self.rng.random_range(1..longest);
        // Hands are quick as a rule, and only seldom so slow that a lease runs out on them.
        if seconds > 15 && !self.mishap(25) {
            self.finish_what_is_in_hand();
        }
        self.clocks.truth += SignedDuration::from_secs(seconds);
        if self.mishap(4) {
            self.clock_jumps();
        } else if self.chance(25) {
            self.clocks.wrong_by = SignedDuration::ZERO;
        }
    }

    /// The machine's clock is set wrong for a while.
    fn clock_jumps(&mut self) {
        let hours = self.rng.random_range(1..30);
        let by = match self.rng.random_range(0..100) {
            0..45 => SignedDuration::from_hours(-hours),
            45..90 => SignedDuration::from_hours(hours),
            _ => SignedDuration::from_hours(hours * 24 * 90),
        };
        let way = if by.is_negative() { "the clock jumped back" } else { "the clock jumped forward" };
        self.coverage.saw(way);
        self.clocks.wrong_by = by;
        self.note(format_args!("the clock is wrong by {by}"));
    }

    pub(super) fn clock_is_mended(&mut self) {
        self.clocks.wrong_by = SignedDuration::ZERO;
    }
}
