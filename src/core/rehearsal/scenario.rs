//! A scenario: what happens in a rehearsal and when, how people answer, and what is expected of it all.

use std::collections::BTreeMap;

use super::expect::Expectation;
use crate::core::name::{ChannelName, FactName, FeedName, PersonId, PlaybookName, StepId};
use crate::core::period::Period;
use crate::core::playbook::FactValue;
use crate::core::roster::Roster;
use crate::core::shown::Shown;

/// How long a rehearsal lasts at most, unless its scenario says otherwise.
pub const LASTS: Period = Period::minutes(6 * 60);
/// The most mentions of one inject.
pub const MENTIONS_MAX: u32 = 2_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    pub title: String,
    pub playbook: PlaybookName,
    /// Who opens the incident at once; without them the mentions must.
    pub opened_by: Option<PersonId>,
    pub lasts: Period,
    /// How those answer who are named; everybody else after two minutes.
    pub people: BTreeMap<PersonId, Answers>,
    /// What the cast confirms.
    pub facts: BTreeMap<FactName, FactValue>,
    pub injects: Vec<Inject>,
    pub expect: Vec<Expectation>,
}

/// How somebody of the cast answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    After(Period),
    Never,
}

/// Something that happens to those who rehearse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inject {
    /// After the beginning; at once without it.
    pub at: Option<Period>,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// People talk: `count` mentions, each of a voice of its own, spread over a time.
    Mentions {
        feed: FeedName,
        texts: Vec<String>,
        count: u32,
        over: Option<Period>,
    },
    /// A journalist calls.
    Call {
        from: String,
        asks: String,
    },
    /// Something becomes known.
    Fact {
        fact: FactName,
        value: FactValue,
        by: PersonId,
    },
    Unreachable(PersonId),
    Reachable(PersonId),
    /// The next time this person is asked about the statement, they refuse.
    Refuses {
        person: PersonId,
        statement: StepId,
        reason: String,
    },
    /// The next time this person is asked about the statement, they want other words.
    WantsChanges {
        person: PersonId,
        statement: StepId,
        words: String,
    },
    /// This person gives the word for what is held ready.
    SaysNow {
        person: PersonId,
        statement: StepId,
    },
    ChannelDown(ChannelName),
    ChannelUp(ChannelName),
    MailDown,
    MailUp,
}

impl What {
    /// What happens, in a sentence.
    pub fn words(&self, roster: &Roster) -> String {
        let name = |person: &PersonId| roster.name_of(person).to_owned();
        let statement = |step: &StepId| format!("the {}", Shown::statement_name(step));
        match self {
            Self::Mentions { feed, count, over: Some(over), .. } => {
                format!("{count} mentions begin to come in by {feed}, over {over}.")
            }
            Self::Mentions { feed, count, over: None, .. } => format!("{count} mentions come in by {feed}."),
            Self::Call { from, asks } => format!("{from} calls and asks: {asks}"),
            Self::Fact { fact, by, .. } => format!("{} learns something new: {fact}.", name(by)),
            Self::Unreachable(person) => format!("{} cannot be reached any more.", name(person)),
            Self::Reachable(person) => format!("{} can be reached again.", name(person)),
            Self::Refuses { person, statement: step, .. } => {
                format!("{} will refuse {}.", name(person), statement(step))
            }
            Self::WantsChanges { person, statement: step, .. } => {
                format!("{} will want other words in {}.", name(person), statement(step))
            }
            Self::SaysNow { person, statement: step } => {
                format!("{} gives the word for {}.", name(person), statement(step))
            }
            Self::ChannelDown(channel) => format!("The channel {channel} is down."),
            Self::ChannelUp(channel) => format!("The channel {channel} is up again."),
            Self::MailDown => "The mail server is down.".to_owned(),
            Self::MailUp => "The mail server is up again.".to_owned(),
        }
    }
}
