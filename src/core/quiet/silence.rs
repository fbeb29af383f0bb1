//! A silence: a person keeps a watch, or all of them, quiet for a while, and says why.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{BreakThrough, Scope};
use crate::core::name::PersonId;
use crate::core::period::Period;

/// The longest silence. What should be quiet for longer is another query or another line.
pub const SILENCE_LONGEST: Period = Period::minutes(30 * 24 * 60);
/// How many may be in force at once.
pub const SILENCES_MAX: usize = 200;
/// The longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 500;
/// Silences of this length or longer are easily forgotten: whoever made one is reminded before it ends.
pub const REMINDED_FROM: Period = Period::minutes(12 * 60);
/// How long before the end the reminder goes out.
pub const REMINDED_BEFORE: SignedDuration = SignedDuration::from_hours(1);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    pub scope: Scope,
    pub from: Timestamp,
    /// Its first moment belongs to it, this one does not.
    pub until: Timestamp,
    pub reason: String,
    pub by: PersonId,
    pub break_through: BreakThrough,
}

/// Why a silence is not made or not ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SilenceError {
    #[error("there is no watch called {0}")]
    NoSuchWatch(String),
    #[error("a silence needs a reason")]
    ReasonMissing,
    #[error("the reason is longer than {REASON_CHARS_MAX} characters; say it shorter")]
    ReasonTooLong,
    #[error("a silence lasts {SILENCE_LONGEST} at most; make a shorter one, or change the watch")]
    TooLong,
    #[error("{SILENCES_MAX} silences are in force; end one first")]
    TooMany,
    #[error("nobody is called {0} here; name somebody of `people:` who can be asked")]
    Nobody(String),
    #[error("no such silence is in force")]
    NotInForce,
}

impl Silence {
    /// A silence from `at` on, where its words and its length are in order.
    pub fn new(
        scope: Scope,
        lasting: Period,
        reason: &str,
        by: PersonId,
        break_through: BreakThrough,
        at: Timestamp,
    ) -> Result<Self, SilenceError> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(SilenceError::ReasonMissing);
        }
        if reason.chars().count() > REASON_CHARS_MAX {
            return Err(SilenceError::ReasonTooLong);
        }
        if lasting > SILENCE_LONGEST {
            return Err(SilenceError::TooLong);
        }
        Ok(Self { scope, from: at, until: lasting.after(at), reason: reason.to_owned(), by, break_through })
    }

    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// When whoever made it is reminded; never where it is short.
    pub fn reminder(&self) -> Option<Timestamp> {
        let long = self.until >= REMINDED_FROM.after(self.from);
        if long { self.until.checked_sub(REMINDED_BEFORE).ok() } else { None }
    }
}
