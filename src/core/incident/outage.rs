//! Mail that is down, as far as an incident's own letters show it: nobody is blamed for what never reached them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::advance::Turn;
use super::{Effect, Incident};
use crate::core::period::Period;

/// How long before it shows that mail is down a letter may have been owed that already met nobody: it is tried within that.
pub const SHOWS_WITHIN: Period = Period::minutes(1);

/// What became of the letters of an incident, told when it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum MailTurn {
    /// One was not taken, for a reason that holds for every other.
    Down,
    /// One was taken again.
    Back,
}

/// A time in which no letter of the incident was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    pub from: Timestamp,
    /// None while it lasts, or where the incident ended in it.
    pub until: Option<Timestamp>,
}

impl MailTurn {
    /// The word in the log's header.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Down => "mail_down",
            Self::Back => "mail_back",
        }
    }

    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Down => "Mail is down: a letter of this incident was not taken, and is sent again.",
            Self::Back => "Mail is taken again.",
        }
    }
}

impl Incident {
    /// The outage that lasts.
    pub fn mail_down(&self) -> Option<Outage> {
        self.outages.last().copied().filter(|outage| outage.until.is_none())
    }

    /// Whether what was owed at `at` fell into an outage, and so went out later or never.
    pub(in crate::core) fn mail_was_down(&self, at: Timestamp) -> bool {
        self.outages.iter().any(|outage| outage.held_back(at) && outage.until.is_none_or(|until| at < until))
    }
}

impl Outage {
    /// Whether what was owed at `at` had not gone out when it began.
    pub(in crate::core) fn held_back(&self, at: Timestamp) -> bool {
        SHOWS_WITHIN.after(at) >= self.from
    }
}

impl Turn<'_> {
    /// When it was owed is kept, so that nobody is said to be reminded by a letter that did not go.
    pub(super) fn owe_reminder(&mut self, request: u32, nth: u32) {
        self.incident.reminders.insert((request, nth), self.at);
        self.owe(Effect::Remind { request, nth });
    }

    /// What is told already changes nothing.
    pub(super) fn mail_turned(&mut self, turn: MailTurn) {
        match (turn, self.incident.mail_down()) {
            (MailTurn::Down, None) => self.incident.outages.push(Outage { from: self.at, until: None }),
            (MailTurn::Back, Some(outage)) => {
                self.incident.outages.pop();
                self.incident.outages.push(Outage { until: Some(self.at), ..outage });
            }
            (MailTurn::Down, Some(_)) | (MailTurn::Back, None) => {}
        }
    }
}
