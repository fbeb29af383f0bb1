//! What people are shown of an incident, the same in mails and on pages: pure, in plain words, without markup.

mod asked;
mod calendar;
mod change_of_people;
mod changes;
mod facts;
mod findings;
mod mask;
mod offered;
mod outcome;
mod quote;
mod sensitive;
mod stages;
mod state;
mod talk;
mod texts;
mod verdict;
mod visible;
mod why;
mod words;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::incident::Incident;
use super::name::{PersonId, RoleName, StepId, role};
use super::rules::Rules;
use super::statement::clock_time;

pub use asked::{Asked, Duty};
pub use calendar::Dated;
pub use change_of_people::WaitingChange;
pub use changes::{Change, ChangePiece, Changes, changes_between};
pub use facts::{KnownFact, UnknownFact};
pub use findings::ShownFinding;
pub use quote::{QUOTE_CHARS_MAX, Quote};
pub use sensitive::may_be_quoted;
pub use stages::{Answer, ShownStage};
pub use state::PostState;
pub use talk::Line;
pub use texts::{Goes, Text, texts};
pub use verdict::why_words;
pub use visible::visible;
pub use why::{Number, Why, odds};
pub use words::{counted, in_words, incidents, lasted, listed, sentence};

/// One incident, its rules and the time at which somebody looks.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub incident: &'a Incident,
    pub rules: &'a Rules,
    pub now: Timestamp,
}

impl Shown<'_> {
    pub fn zone(&self) -> TimeZone {
        self.rules.organisation.zone()
    }

    /// `22 November, 14:20 EST`.
    pub fn time(&self, at: Timestamp) -> String {
        clock_time(at, &self.zone(), "en")
    }

    /// `14:20 EST`, for what is near.
    pub fn hour(&self, at: Timestamp) -> String {
        let time = self.time(at);
        time.split_once(", ").map_or_else(|| time.clone(), |(_, hour)| hour.to_owned())
    }

    pub fn name(&self, person: &PersonId) -> String {
        self.incident.roster.name_of(person).to_owned()
    }

    /// `holding statement`.
    pub fn statement_name(id: &StepId) -> String {
        let id = id.as_str().replace(['-', '_'], " ");
        if id.ends_with("statement") { id } else { format!("{id} statement") }
    }

    /// Who answers for the incident: its claimer, else the first who would be alerted.
    pub fn duty(&self) -> Duty {
        let roster = &self.incident.roster;
        let day = self.now.to_zoned(self.zone()).date();
        let first_role = self.rules.playbook.alerts().find_map(|(_, alert)| alert.to.first());
        let first_role = first_role.map_or(role::COMMS_LEAD, RoleName::as_str);
        let claimed = self.incident.duty.clone();
        let is_claimed = claimed.is_some();
        let person = claimed.or_else(|| roster.seats(first_role, day).into_iter().next().map(|seat| seat.person));
        let known = person.as_ref().and_then(|person| roster.person(person));
        Duty {
            name: known.map_or_else(|| self.rules.organisation.press_office.clone(), |known| known.name.clone()),
            phone: known
                .and_then(|known| known.phone.clone())
                .unwrap_or_else(|| self.rules.organisation.hotline.clone()),
            claimed: is_claimed,
        }
    }
}
