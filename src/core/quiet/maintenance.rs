//! A maintenance window: once, from a time to a time, for a reason, and announced before it begins.

use jiff::{SignedDuration, Timestamp};

use super::{BreakThrough, Scope};

/// How long before it begins a window is announced.
pub const ANNOUNCED_BEFORE: SignedDuration = SignedDuration::from_hours(7 * 24);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    pub name: String,
    pub from: Timestamp,
    /// Its first moment belongs to it, this one does not.
    pub to: Timestamp,
    pub reason: String,
    pub scope: Scope,
    pub break_through: BreakThrough,
}

impl Maintenance {
    pub fn is_on(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// Whether people should know of it at `at`: it is on, or comes soon.
    pub fn is_announced(&self, at: Timestamp) -> bool {
        at < self.to && self.from.duration_since(at) <= ANNOUNCED_BEFORE
    }
}
