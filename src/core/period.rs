//! A length of time as people write it in a playbook: `90s`, `10m`, `2h`, `1d`.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The longest period a playbook may name, in seconds: a year.
pub const PERIOD_SECONDS_MAX: u64 = 366 * 24 * 60 * 60;

/// A whole number of seconds, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(u64);

/// Why a text is not a period.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a length of time; write a whole number and a unit, as in 90s, 10m, 2h or 1d")]
pub struct PeriodError(String);

impl Period {
    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    pub const fn minutes(minutes: u64) -> Self {
        Self(minutes * 60)
    }

    pub const fn as_seconds(self) -> u64 {
        self.0
    }

    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        let refuse = || PeriodError(text.to_owned());
        let text = text.trim();
        let unit = text.chars().last().ok_or_else(refuse)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 60 * 60,
            'd' => 24 * 60 * 60,
            _ => return Err(refuse()),
        };
        let number: u64 = text[..text.len() - 1].trim_end().parse().map_err(|_| refuse())?;
        let total = number.checked_mul(seconds).ok_or_else(refuse)?;
        if total == 0 || total > PERIOD_SECONDS_MAX { Err(refuse()) } else { Ok(Self(total)) }
    }

    /// The time this long after `at`; the end of time where that lies beyond it.
    pub fn after(self, at: Timestamp) -> Timestamp {
        self.share_after(at, 1, 1)
    }

    /// The time this long before `at`.
    pub fn before(self, at: Timestamp) -> Timestamp {
        let seconds = i64::try_from(self.0).unwrap_or(i64::MAX);
        at.checked_sub(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MIN)
    }

    /// The time after `at` by the share `part / whole` of this period.
    pub fn share_after(self, at: Timestamp, part: u32, whole: u32) -> Timestamp {
        let seconds = i64::try_from(self.0).unwrap_or(i64::MAX);
        let share = SignedDuration::from_secs(seconds).saturating_mul(to_i32(part)) / to_i32(whole);
        at.checked_add(share).unwrap_or(Timestamp::MAX)
    }
}

fn to_i32(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX).max(1)
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match self.0 {
            seconds if seconds % (24 * 60 * 60) == 0 => (seconds / (24 * 60 * 60), 'd'),
            seconds if seconds % (60 * 60) == 0 => (seconds / (60 * 60), 'h'),
            seconds if seconds % 60 == 0 => (seconds / 60, 'm'),
            seconds => (seconds, 's'),
        };
        write!(f, "{number}{unit}")
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
