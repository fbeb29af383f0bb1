//! How long what was heard and said is kept. Without a time it is kept for good.

use super::period::Period;

/// The shortest time that mentions are kept: what is usual for a watch is learned over days, and repeats come late.
pub const MENTIONS_KEPT_MIN: Period = Period::minutes(7 * 24 * 60);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// From when a mention was received. One that an incident quotes is kept as long as the incident's words.
    pub mentions: Option<Period>,
    /// From when an incident was closed.
    pub incidents: Option<Period>,
}
