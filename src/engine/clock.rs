//! Time as the shell sees it: the machine's clock, or one that is moved by hand for rehearsals and tests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;

#[derive(Clone, Debug)]
pub enum Clock {
    System,
    Manual(ManualClock),
}

/// A clock that stands still until it is moved.
#[derive(Clone, Debug)]
pub struct ManualClock {
    now: Arc<watch::Sender<Timestamp>>,
}

/// One look at the clocks.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// What the machine's clock shows; somebody may have set it.
    pub shown: Timestamp,
    /// The clock that nobody sets. None where the first one is moved by hand: then that one is right.
    pub steady: Option<Instant>,
}

impl From<Timestamp> for Reading {
    fn from(shown: Timestamp) -> Self {
        Self { shown, steady: None }
    }
}

impl ManualClock {
    pub fn at(now: Timestamp) -> Self {
        Self { now: Arc::new(watch::Sender::new(now)) }
    }

    /// Moves to `to`; never back.
    pub fn set(&self, to: Timestamp) {
        self.now.send_modify(|now| *now = (*now).max(to));
    }

    pub fn now(&self) -> Timestamp {
        *self.now.borrow()
    }
}

impl Clock {
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Manual(clock) => clock.now(),
        }
    }

    pub fn reading(&self) -> Reading {
        let steady = match self {
            Self::System => Some(Instant::now()),
            Self::Manual(_) => None,
        };
        Reading { shown: self.now(), steady }
    }

    /// Returns at `at` or later.
    pub async fn until(&self, at: Timestamp) {
        match self {
            Self::System => {
                let wait = at.duration_since(Timestamp::now());
                tokio::time::sleep(Duration::try_from(wait).unwrap_or(Duration::ZERO)).await;
            }
            Self::Manual(clock) => {
                let mut now = clock.now.subscribe();
                // The sender lives as long as this clock, so the wait ends with the time and not with an error.
                let _ = now.wait_for(|now| *now >= at).await;
            }
        }
    }
}
