//! When a feed that is fetched is looked at next, and what its looks came to.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::count::LATE_MAX;
use super::health::{Blind, FAILING_MAX, Health, Notice};
use super::period::Period;

/// The longest wait after failures in a row, where the feed itself is not looked at less often.
pub const BACK_OFF_MAX: SignedDuration = SignedDuration::from_mins(15);
/// Before people are told, so many looks failed at least: a feed that is looked at rarely fails for longer.
const FAILED_LOOKS: i32 = 3;
/// By which part of its period a look is moved about, so that feeds do not come to stand in step.
const SPREAD: f64 = 0.1;
/// Doublings after which the wait stays the same.
const DOUBLINGS_MAX: u32 = 10;

/// A feed's row: it outlives restarts, so that none forgets and none asks everybody at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// What is looked at; for another source everything begins anew.
    pub source: String,
    /// The next look; none ever where the feed is gone for good.
    pub due: Option<Timestamp>,
    pub health: Health,
}

/// What one look came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// It was read; how many mentions were new, and when the newest was published.
    Read {
        new: u64,
        newest: Option<Timestamp>,
    },
    /// The same of what came cut off: it answers, and something of it is not heard.
    Cut {
        new: u64,
        newest: Option<Timestamp>,
        why: String,
    },
    /// It asks to be left alone, for so long where it says so.
    Later {
        why: String,
        after: Option<SignedDuration>,
    },
    Failed {
        why: String,
    },
    Gone {
        why: String,
    },
}

impl Schedule {
    pub fn new(source: &str, now: Timestamp) -> Self {
        Self { source: source.to_owned(), due: Some(now), health: Health::new(now) }
    }

    /// Whether what comes now may have gathered while nobody listened: nobody knows then when what says no time was said.
    pub fn is_backlog(&self, now: Timestamp) -> bool {
        self.health.succeeded.is_none_or(|at| now.duration_since(at) > LATE_MAX)
    }

    /// Takes a look into account and sets the next one. `chance` is from nought to below one.
    pub fn after(&mut self, looked: Looked, now: Timestamp, every: Period, chance: f64) {
        let period = every.length();
        let wait = match looked {
            Looked::Read { new, newest } => {
                self.health.answer(now);
                self.bring(new, newest, now);
                Some(period.mul_f64(1.0 + SPREAD * (chance - 0.5)))
            }
            Looked::Cut { new, newest, why } => {
                let wait = self.fail(why, period, chance);
                self.health.succeeded = Some(now);
                self.bring(new, newest, now);
                Some(wait)
            }
            Looked::Later { why, after } => {
                let wait = self.fail(why, period, chance);
                Some(after.map_or(wait, |after| after.max(wait)))
            }
            Looked::Failed { why } => Some(self.fail(why, period, chance)),
            Looked::Gone { why } => {
                self.fail(why, period, chance);
                None
            }
        };
        self.due = wait.map(|wait| now.checked_add(wait).unwrap_or(Timestamp::MAX));
    }

    fn bring(&mut self, new: u64, newest: Option<Timestamp>, now: Timestamp) {
        if new > 0 {
            self.health.cost.mentions = self.health.cost.mentions.saturating_add(new);
            self.health.bring(newest, now);
        }
    }

    /// How long to wait: each failure in a row doubles it, and chance takes up to half of what was added.
    fn fail(&mut self, why: String, period: SignedDuration, chance: f64) -> SignedDuration {
        let doublings = self.health.failures.min(DOUBLINGS_MAX);
        self.health.fail(why);
        let wait = period.saturating_mul(2_i32.pow(doublings)).min(BACK_OFF_MAX).max(period);
        period + (wait - period).mul_f64(1.0 - chance / 2.0)
    }

    /// What people are to be told now; each state once.
    pub fn notice(&mut self, now: Timestamp, every: Period) -> Option<Notice> {
        let patience = FAILING_MAX.max(every.length().saturating_mul(FAILED_LOOKS));
        let found = if self.due.is_none() { Some(Blind::Gone) } else { self.health.blindness(now, patience) };
        self.health.notice(found, now)
    }
}
