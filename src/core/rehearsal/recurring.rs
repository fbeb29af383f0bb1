//! Rehearsals that come again: when they begin, as cron writes it by the clock on the wall, and how long before they are
//! announced.

use std::fmt;

use cron::Cron;
use cron::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::core::name::{PersonId, PlaybookName};
use crate::core::period::Period;

/// How long before it begins a rehearsal is announced, unless said.
pub const ANNOUNCED: Period = Period::minutes(60);
/// The longest time before which one is announced.
pub const ANNOUNCED_MAX: Period = Period::minutes(14 * 24 * 60);

/// One entry of `rehearsals:`.
#[derive(Clone)]
pub struct Recurring {
    pub name: String,
    pub playbook: PlaybookName,
    /// Who opens the incident; whoever would be alerted first where nobody is named.
    pub by: Option<PersonId>,
    pub announce: Period,
    begins: Cron,
    zone: TimeZone,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RecurringError {
    #[error("`{0}` does not say when it begins; write minute, hour, day, month and weekday, as in `0 10 * * 2`")]
    Begins(String),
    #[error("`{0}` never comes; write a day that is in the calendar")]
    Never(String),
    #[error("this is announced earlier than {ANNOUNCED_MAX} before; nobody remembers it so long")]
    TooEarly,
}

impl Recurring {
    /// `at` is any time; from there it is looked whether one ever comes.
    pub fn new(
        name: &str,
        playbook: PlaybookName,
        by: Option<PersonId>,
        announce: Period,
        begins: &str,
        zone: TimeZone,
        at: Timestamp,
    ) -> Result<Self, RecurringError> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(begins).map_err(|_| RecurringError::Begins(begins.to_owned()))?;
        if announce > ANNOUNCED_MAX {
            return Err(RecurringError::TooEarly);
        }
        let recurring = Self { name: name.to_owned(), playbook, by, announce, begins: cron, zone };
        recurring.next(at).ok_or_else(|| RecurringError::Never(begins.to_owned()))?;
        Ok(recurring)
    }

    /// When the next one begins after `at`: at the same time by the clock on the wall, however clocks were changed.
    pub fn next(&self, at: Timestamp) -> Option<Timestamp> {
        let found = self.begins.find_next_occurrence(&at.to_zoned(self.zone.clone()), false);
        found.ok().map(|zoned| zoned.timestamp())
    }

    /// The next one, where its time to be announced has come.
    pub fn to_announce(&self, at: Timestamp) -> Option<Timestamp> {
        self.next(at).filter(|begins| *begins <= self.announce.after(at))
    }
}

impl fmt::Debug for Recurring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recurring({}: {} of {})", self.name, self.begins.as_str(), self.playbook)
    }
}
