//! A length of time as people write it in a playbook: `90s`, `10m`, `2h`, `1d`, or with the unit in words.

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
pub enum PeriodError {
    #[error("`{0}` is not a length of time; write a whole number and a unit, as in 90s, 10m, 2h or 1d")]
    NotOne(String),
    #[error("`{0}` is no time at all; write 1s or more")]
    Nothing(String),
    #[error("`{0}` is longer than a year; write 366d or less")]
    TooLong(String),
}

/// How each unit may be written, and its seconds.
const UNITS: &[(&[&str], u64)] = &[
    (&["s", "sec", "secs", "second", "seconds"], 1),
    (&["m", "min", "mins", "minute", "minutes"], 60),
    (&["h", "hr", "hrs", "hour", "hours"], 60 * 60),
    (&["d", "day", "days"], 24 * 60 * 60),
];

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

    pub fn length(self) -> SignedDuration {
        SignedDuration::from_secs(i64::try_from(self.0).unwrap_or(i64::MAX))
    }

    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        let written = text.trim();
        let refuse = || PeriodError::NotOne(text.to_owned());
        let digits = written.find(|c: char| !c.is_ascii_digit()).ok_or_else(refuse)?;
        let (number, unit) = (&written[..digits], written[digits..].trim_start());
        let same = |names: &&[&str]| names.iter().any(|name| unit.eq_ignore_ascii_case(name));
        let (_, seconds) = UNITS.iter().find(|(names, _)| same(names)).ok_or_else(refuse)?;
        if number.is_empty() {
            return Err(refuse());
        }
        let total = number.parse().ok().and_then(|number: u64| number.checked_mul(*seconds));
        match total {
            Some(0) => Err(PeriodError::Nothing(text.to_owned())),
            Some(total) if total <= PERIOD_SECONDS_MAX => Ok(Self(total)),
            Some(_) | None => Err(PeriodError::TooLong(text.to_owned())),
        }
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
        let share = self.length().saturating_mul(to_i32(part)) / to_i32(whole);
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

#[cfg(test)]
mod tests {
    use super::{PERIOD_SECONDS_MAX, Period, PeriodError};

    #[test]
    fn a_length_is_read_as_people_write_it() {
        for (written, seconds) in [
            ("90s", 90),
            (" 10 m ", 600),
            ("20 minutes", 1_200),
            ("20 min", 1_200),
            ("1 Hour", 3_600),
            ("2 hours", 7_200),
            ("366d", PERIOD_SECONDS_MAX),
        ] {
            assert_eq!(Period::parse(written), Ok(Period::seconds(seconds)), "{written}");
        }
        for written in ["", "m", "10", "1.5h", "-1m", "10 mintues", "ten minutes", "10m 5s", "+10m", "10µ"] {
            assert_eq!(Period::parse(written), Err(PeriodError::NotOne(written.to_owned())));
        }
        assert_eq!(Period::parse("0m"), Err(PeriodError::Nothing("0m".to_owned())));
        for written in ["367d", "900d", "31622401s", "99999999999999999999s"] {
            assert_eq!(Period::parse(written), Err(PeriodError::TooLong(written.to_owned())));
        }
    }
}
