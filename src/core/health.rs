//! How it goes with a feed, however mentions get in: when it was last heard and how late, what went wrong, what it cost, and
//! when its silence is a blind spot that people are told of.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::count::LATE_MAX;

/// How long a feed may fail before people are told.
pub const FAILING_MAX: SignedDuration = SignedDuration::from_mins(30);
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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// Since when it is listened to.
    pub since: Timestamp,
    /// When it last answered as it should.
    pub succeeded: Option<Timestamp>,
    /// When it last brought something new.
    pub heard: Option<Timestamp>,
    /// How long after it was published the newest mention came, in seconds.
    pub lag: Option<i64>,
    /// The usual time between two times that it brought something new, in seconds, and from how many it is known.
    pub gap: i64,
    pub gaps: u32,
    /// Failures in a row, and why the latest was one.
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
    /// Asked of others, or delivered by them.
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
    /// It brings nothing new for much longer than it used to.
    Silent,
    /// It was given up by whoever published it.
    Gone,
}

impl fmt::Display for Blind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Failing => "cannot be read",
            Self::Silent => "has brought nothing new for unusually long",
            Self::Gone => "is gone for good",
        })
    }
}

/// What people are told of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    Blind(Blind),
    /// It is heard again.
    Clear,
}

impl Health {
    pub fn new(now: Timestamp) -> Self {
        Self {
            since: now,
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

    /// It answers as it should.
    pub fn answer(&mut self, now: Timestamp) {
        (self.failures, self.why, self.succeeded) = (0, None, Some(now));
    }

    /// It brings something new, the newest of it published then.
    pub fn bring(&mut self, newest: Option<Timestamp>, now: Timestamp) {
        if let Some(heard) = self.heard {
            let gap = now.duration_since(heard).as_secs().max(0);
            self.gap = if self.gaps == 0 { gap } else { self.gap + (gap - self.gap) / GAP_SHARE };
            self.gaps = self.gaps.saturating_add(1);
        }
        self.heard = Some(now);
        let lag = newest.map(|newest| now.duration_since(newest));
        self.lag = lag.filter(|lag| !lag.is_negative() && *lag <= LATE_MAX).map(|lag| lag.as_secs());
    }

    pub fn fail(&mut self, why: String) {
        self.failures = self.failures.saturating_add(1);
        self.why = Some(why);
    }

    pub fn spend(&mut self, requests: u64, bytes: u64) {
        self.cost.requests = self.cost.requests.saturating_add(requests);
        self.cost.bytes = self.cost.bytes.saturating_add(bytes);
    }

    /// Why it is a blind spot now, where it is one: it fails for `patience`, or is silent for longer than it used to be.
    pub fn blindness(&self, now: Timestamp, patience: SignedDuration) -> Option<Blind> {
        let unread = now.duration_since(self.succeeded.unwrap_or(self.since));
        if self.failures > 0 && unread >= patience {
            return Some(Blind::Failing);
        }
        let silent = now.duration_since(self.heard.unwrap_or(self.since));
        (silent >= self.long_silence()).then_some(Blind::Silent)
    }

    /// What people are to be told of what was found; each state once.
    pub fn notice(&mut self, found: Option<Blind>, now: Timestamp) -> Option<Notice> {
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

    /// How long a silence is long for this feed.
    fn long_silence(&self) -> SignedDuration {
        let least = if self.gaps < GAPS_MIN { SILENT_MAX } else { SILENT_AT_LEAST };
        SignedDuration::from_secs(self.gap.saturating_mul(SILENT_GAPS)).clamp(least, SILENT_AT_MOST)
    }
}
