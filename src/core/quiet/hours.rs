//! Recurring quiet hours: when they begin, as cron writes it, and how long they last by the clock on the wall.

use std::fmt;

use cron::Cron;
use cron::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::{BreakThrough, Scope};
use crate::core::period::Period;

/// How many beginnings are looked at before quiet hours are taken: each must be over before the next one begins.
pub const STARTS_CHECKED: usize = 64;
/// The longest that quiet hours last; what lasts longer is a silence, with a reason.
const LASTING_MAX: Period = Period::minutes(7 * 24 * 60);
/// How much longer than by the wall's clock they can take: no zone of today changes its clocks by more at once.
const CLOCK_CHANGE_MAX: SignedDuration = SignedDuration::from_hours(3);

/// `from: "0 22 * * *", for: 8h`: a night that a clock change makes shorter or longer ends at six all the same.
#[derive(Clone)]
pub struct Hours {
    pub name: String,
    pub scope: Scope,
    pub break_through: BreakThrough,
    begins: Cron,
    lasting: Period,
    zone: TimeZone,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HoursError {
    #[error(
        "`{0}` does not say when quiet hours begin; write minute, hour, day, month and weekday, as in `0 22 * * *`"
    )]
    Begins(String),
    #[error("`{begins}` never comes: month {month} has no day {day}; write a day that is in the calendar")]
    Never { begins: String, day: String, month: String },
    #[error("these quiet hours last longer than {LASTING_MAX}; make a silence with a reason for it")]
    TooLong,
    #[error(
        "these quiet hours begin again before they are over, so nobody would be woken at all; let them end earlier"
    )]
    NeverOver,
}

impl Hours {
    /// `at` is any time; from there it is looked whether they begin and end.
    pub fn new(
        name: &str,
        scope: Scope,
        break_through: BreakThrough,
        (begins, lasting): (&str, Period),
        zone: TimeZone,
        at: Timestamp,
    ) -> Result<Self, HoursError> {
        // Six and seven fields would be taken as well, and mean other things.
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(begins).map_err(|_| HoursError::Begins(begins.to_owned()))?;
        if lasting > LASTING_MAX {
            return Err(HoursError::TooLong);
        }
        let hours = Self { name: name.to_owned(), scope, break_through, begins: cron, lasting, zone };
        let mut start = hours.next_start(at, true).ok_or_else(|| never(begins))?;
        for _ in 0..STARTS_CHECKED {
            let Some(next) = hours.next_start(start.timestamp(), false) else { break };
            if hours.end_of(&start) >= next.timestamp() {
                return Err(HoursError::NeverOver);
            }
            start = next;
        }
        Ok(hours)
    }

    /// When they end, where `at` is within them. Their first moment belongs to them, their last does not.
    pub fn until(&self, at: Timestamp) -> Option<Timestamp> {
        let since = at.checked_sub(self.lasting.length().saturating_add(CLOCK_CHANGE_MAX)).unwrap_or(Timestamp::MIN);
        let mut start = self.next_start(since, true)?;
        let mut latest = None;
        // One begins after the other is over, so there are few of them.
        while start.timestamp() <= at {
            latest = Some(self.end_of(&start));
            start = self.next_start(start.timestamp(), false)?;
        }
        latest.filter(|end| at < *end)
    }

    /// When they begin next after `at`.
    pub fn next(&self, at: Timestamp) -> Option<Timestamp> {
        Some(self.next_start(at, false)?.timestamp())
    }

    fn next_start(&self, since: Timestamp, inclusive: bool) -> Option<Zoned> {
        self.begins.find_next_occurrence(&since.to_zoned(self.zone.clone()), inclusive).ok()
    }

    /// By the clock on the wall: a time that a clock change leaves out is the one an hour later, of one that it brings
    /// twice it is the first.
    fn end_of(&self, start: &Zoned) -> Timestamp {
        let wall = start.datetime().checked_add(self.lasting.length());
        let end = wall.ok().and_then(|wall| self.zone.to_zoned(wall).ok()).map(|end| end.timestamp());
        // Where the clock goes back over the end, the wall shows it before they have begun.
        end.filter(|end| *end > start.timestamp()).unwrap_or_else(|| self.lasting.after(start.timestamp()))
    }
}

/// Of five fields only day and month can keep one another from ever coming.
fn never(begins: &str) -> HoursError {
    let field = |place: usize| begins.split_whitespace().nth(place).unwrap_or_default().to_owned();
    HoursError::Never { begins: begins.to_owned(), day: field(2), month: field(3) }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, for {}", self.begins.describe(), self.lasting)
    }
}

impl fmt::Debug for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hours({}: {} for {})", self.name, self.begins.as_str(), self.lasting)
    }
}
