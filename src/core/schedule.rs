//! When a feed is looked at next, what its looks came to, and when its silence is a blind spot that people are told of.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::count::LATE_MAX;
use super::period::Period;

/// The longest wait after failures in a row, where the feed itself is not looked at less often.
pub const BACK_OFF_MAX: SignedDuration = SignedDuration::from_mins(15);
/// How long a feed that is looked at often may fail before people are told; others may for [`FAILED_LOOKS`] of their looks.
pub const FAILING_MAX: SignedDuration = SignedDuration::from_mins(30);
const FAILED_LOOKS: i32 = 3;
/// A feed whose habit is not known yet may bring nothing new for so long at least before people are told.
pub const SILENT_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Of one whose habit is known, so many times its usual gap is long,
pub const SILENT_GAPS: i64 = 8;
/// but never less than this: nights and weekends are quiet,
pub const SILENT_AT_LEAST: SignedDuration = SignedDuration::from_hours(12);
/// and never more than this.
pub const SILENT_AT_MOST: SignedDuration = SignedDuration::from_hours(30 * 24);
/// After so many gaps a feed's habit is known.
pub const GAPS_MIN: u32 = 8;
/// How much the latest gap weighs in the usual one: one part in so many.
const GAP_SHARE: i64 = 8;
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
    /// Since when.
    pub since: Timestamp,
    /// The next look; none ever where the feed is gone for good.
    pub due: Option<Timestamp>,
    /// The latest look that was answered as it should be.
    pub succeeded: Option<Timestamp>,
    /// When it last brought something new.
    pub heard: Option<Timestamp>,
    /// How long after it was published the newest mention came, in seconds.
    pub lag: Option<i64>,
    /// The usual time between two looks that brought something new, in seconds, and from how many it is known.
    pub gap: i64,
    pub gaps: u32,
    /// Looks in a row that failed, and why the latest did.
    pub failures: u32,
    pub why: Option<String>,
    /// Since when it is a blind spot that people were told of, and of which kind.
    pub blind: Option<(Timestamp, Blind)>,
    pub cost: Costs,
}

/// What a feed cost and brought since it is listened to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    pub requests: u64,
    pub bytes: u64,
    pub mentions: u64,
}

/// Why nothing is heard where something should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blind {
    /// It cannot be read.
    Failing,
    /// It answers, and brings nothing new for much longer than it used to.
    Silent,
    /// It was given up by whoever published it.
    Gone,
}

impl fmt::Display for Blind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Failing => "cannot be read",
            Self::Silent => "answers, but has brought nothing new for unusually long",
            Self::Gone => "is gone for good",
        })
    }
}

/// What one look came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// It was read; how many mentions were new, and when the newest was published.
    Read {
        new: u64,
        newest: Option<Timestamp>,
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

/// What people are told of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    Blind(Blind),
    /// It is heard again.
    Clear,
}

impl Schedule {
    pub fn new(source: &str, now: Timestamp) -> Self {
        Self {
            source: source.to_owned(),
            since: now,
            due: Some(now),
            succeeded: None,
            heard: None,
            lag: None,
            gap: 0,
            gaps: 0,
            failures: 0,
            why: None,
            blind: None,
            cost: Costs::default(),
        }
    }

    /// Whether what comes now may have gathered while nobody listened: nobody knows then when what says no time was said.
    pub fn is_backlog(&self, now: Timestamp) -> bool {
        self.succeeded.is_none_or(|at| now.duration_since(at) > LATE_MAX)
    }

    /// Takes a look into account and sets the next one. `chance` is from nought to below one.
    pub fn after(&mut self, looked: Looked, now: Timestamp, every: Period, chance: f64) {
        let period = length(every);
        let wait = match looked {
            Looked::Read { new, newest } => {
                self.read(new, newest, now);
                Some(period.mul_f64(1.0 + SPREAD * (chance - 0.5)))
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

    fn read(&mut self, new: u64, newest: Option<Timestamp>, now: Timestamp) {
        (self.failures, self.why, self.succeeded) = (0, None, Some(now));
        if new == 0 {
            return;
        }
        self.cost.mentions = self.cost.mentions.saturating_add(new);
        if let Some(heard) = self.heard {
            let gap = now.duration_since(heard).as_secs().max(0);
            self.gap = if self.gaps == 0 { gap } else { self.gap + (gap - self.gap) / GAP_SHARE };
            self.gaps = self.gaps.saturating_add(1);
        }
        self.heard = Some(now);
        let lag = newest.map(|newest| now.duration_since(newest));
        self.lag = lag.filter(|lag| !lag.is_negative() && *lag <= LATE_MAX).map(|lag| lag.as_secs());
    }

    /// How long to wait: each failure in a row doubles it, and chance takes up to half of what was added.
    fn fail(&mut self, why: String, period: SignedDuration, chance: f64) -> SignedDuration {
        let doublings = self.failures.min(DOUBLINGS_MAX);
        self.failures = self.failures.saturating_add(1);
        self.why = Some(why);
        let wait = period.saturating_mul(2_i32.pow(doublings)).min(BACK_OFF_MAX).max(period);
        period + (wait - period).mul_f64(1.0 - chance / 2.0)
    }

    /// What people are to be told now; each state once.
    pub fn notice(&mut self, now: Timestamp, every: Period) -> Option<Notice> {
        let found = self.is_blind(now, every);
        match (found, self.blind) {
            (Some(found), Some((_, told))) if found == told => None,
            (Some(found), _) => {
                self.blind = Some((now, found));
                Some(Notice::Blind(found))
            }
            (None, Some(_)) => {
                self.blind = None;
                Some(Notice::Clear)
            }
            (None, None) => None,
        }
    }

    fn is_blind(&self, now: Timestamp, every: Period) -> Option<Blind> {
        if self.due.is_none() {
            return Some(Blind::Gone);
        }
        let unread = now.duration_since(self.succeeded.unwrap_or(self.since));
        if self.failures > 0 {
            let long = FAILING_MAX.max(length(every).saturating_mul(FAILED_LOOKS));
            return (unread >= long).then_some(Blind::Failing);
        }
        let silent = now.duration_since(self.heard.unwrap_or(self.since));
        (silent >= self.long_silence()).then_some(Blind::Silent)
    }

    /// How long a silence is long for this feed.
    fn long_silence(&self) -> SignedDuration {
        let least = if self.gaps < GAPS_MIN { SILENT_MAX } else { SILENT_AT_LEAST };
        SignedDuration::from_secs(self.gap.saturating_mul(SILENT_GAPS)).clamp(least, SILENT_AT_MOST)
    }
}

fn length(period: Period) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(period.as_seconds()).unwrap_or(i64::MAX))
}
