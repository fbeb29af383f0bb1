//! Replaying a file: when each mention is due, as a pure function of published times and a speed.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, de::Error as _};

/// A silence in the file, divided by the speed, is played as no longer than this.
pub const REPLAY_WAIT_MAX: SignedDuration = SignedDuration::from_hours(1);
/// One look waits no longer than this for the next mention, so that a stop is never kept waiting.
pub const REPLAY_NAP_MAX: Duration = Duration::from_secs(5);
pub const SPEED_MAX: u64 = 1_000_000;

/// How many times faster than it happened, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed(u64);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a speed; write 1x for as it happened, 10x for ten times faster, 0.5x for half as fast, at most {SPEED_MAX}x"
)]
pub struct SpeedError(String);

impl Speed {
    pub fn parse(text: &str) -> Result<Self, SpeedError> {
        let refuse = || SpeedError(text.to_owned());
        let number = text.trim().strip_suffix('x').ok_or_else(refuse)?;
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 3 {
            return Err(refuse());
        }
        let whole: u64 = whole.parse().map_err(|_| refuse())?;
        let part: u64 = format!("{part:0<3}").parse().map_err(|_| refuse())?;
        let thousandths = whole.checked_mul(1000).and_then(|w| w.checked_add(part)).ok_or_else(refuse)?;
        let fits = (1..=SPEED_MAX * 1000).contains(&thousandths);
        if fits { Ok(Self(thousandths)) } else { Err(refuse()) }
    }

    /// How long `gap` takes at this speed.
    fn shorten(self, gap: SignedDuration) -> SignedDuration {
        let nanos = gap.as_nanos() * 1000 / i128::from(self.0);
        SignedDuration::try_from_nanos_i128(nanos).unwrap_or(SignedDuration::MAX)
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 1000, self.0 % 1000) {
            (whole, 0) => write!(f, "{whole}x"),
            (whole, part) => write!(f, "{whole}.{}x", format!("{part:03}").trim_end_matches('0')),
        }
    }
}

impl<'de> Deserialize<'de> for Speed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Where a replay stands: the latest published time met, and when it was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    pub latest: Option<Timestamp>,
    pub due: Timestamp,
}

impl Pace {
    /// The first mention is due now.
    pub fn start(now: Timestamp) -> Self {
        Self { latest: None, due: now }
    }

    /// The pace once a mention is due, and the published time it is handed over with. One out of order is due with the
    /// latest before it and stays as late as it was; one without a time is due at once.
    pub fn step(self, published: Option<Timestamp>, speed: Speed) -> (Self, Timestamp) {
        let Some(published) = published else { return (self, self.due) };
        let Some(latest) = self.latest else {
            return (Self { latest: Some(published), ..self }, self.due);
        };
        let gap = speed.shorten(published.duration_since(latest));
        if gap < SignedDuration::ZERO {
            return (self, self.due.checked_add(gap).unwrap_or(self.due));
        }
        let due = self.due.checked_add(gap.min(REPLAY_WAIT_MAX)).unwrap_or(self.due);
        (Self { latest: Some(published.max(latest)), due }, due)
    }
}

/// How long to wait for what is due then.
pub fn next_wait(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or(Duration::ZERO).min(REPLAY_NAP_MAX)
}
