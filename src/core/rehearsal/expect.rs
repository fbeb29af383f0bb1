//! What a scenario expects, each held against what happened.

use jiff::Timestamp;

use super::retold::Retold;
use crate::core::approval::Rung;
use crate::core::incident::Subject;
use crate::core::name::{PersonId, StepId};
use crate::core::period::Period;
use crate::core::roster::Roster;
use crate::core::severity::Severity;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// The first channel has it, in so much time after the opening.
    Posted {
        statement: StepId,
        within: Option<Period>,
    },
    /// No channel has it, at all or before so much time has gone by.
    NotPosted {
        statement: StepId,
        before: Option<Period>,
    },
    /// This person was asked for approval, of anything or of this statement.
    Asked {
        person: PersonId,
        about: Option<StepId>,
    },
    /// This person was asked because others stayed silent.
    Escalated {
        statement: StepId,
        to: PersonId,
    },
    Severity {
        severity: Severity,
        within: Option<Period>,
    },
    Done {
        task: StepId,
        within: Option<Period>,
    },
}

/// Whether an expectation was met, and what was seen instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub expected: Expectation,
    pub met: bool,
    /// What happened, as the end of a sentence.
    pub seen: String,
}

/// Holds an expectation against what happened. Where no incident was opened, nothing was posted, and nothing else happened.
pub fn find(expected: &Expectation, retold: Option<&Retold>) -> Found {
    let nothing = || {
        let met = match expected {
            Expectation::NotPosted { .. } => true,
            Expectation::Posted { .. }
            | Expectation::Asked { .. }
            | Expectation::Escalated { .. }
            | Expectation::Severity { .. }
            | Expectation::Done { .. } => false,
        };
        (met, "no incident was opened".to_owned())
    };
    let (met, seen) = retold.map_or_else(nothing, |retold| judge(expected, retold));
    Found { expected: expected.clone(), met, seen }
}

fn judge(expected: &Expectation, retold: &Retold) -> (bool, String) {
    let opened = retold.incident().opened_at;
    let in_time = |at: Timestamp, within: Option<Period>| within.is_none_or(|within| at <= within.after(opened));
    let when = |what: &str, at: Timestamp| format!("it {what} after {}", gone_by(opened, at));
    match expected {
        Expectation::Posted { statement, within } => match retold.posted(statement) {
            Some(at) => (in_time(at, *within), when("was posted", at)),
            None => (false, "it was not posted".to_owned()),
        },
        Expectation::NotPosted { statement, before } => match retold.posted(statement) {
            Some(at) => (before.is_some_and(|before| at >= before.after(opened)), when("was posted", at)),
            None => (true, "it was not posted".to_owned()),
        },
        Expectation::Asked { person, about } => {
            let of = |subject: &Subject| match (subject, about) {
                (_, None) => true,
                (Subject::Statement(step), Some(about)) => step == about,
                (Subject::StandDown, Some(_)) => false,
            };
            asked(retold, |request| request.person == *person && of(&request.of))
        }
        Expectation::Escalated { statement, to } => asked(retold, |request| {
            let climbed = match request.rung {
                Rung::First => false,
                Rung::Escalated | Rung::Paged => true,
            };
            climbed && request.person == *to && request.of == Subject::Statement(statement.clone())
        }),
        Expectation::Severity { severity, within } => {
            let reached = retold.severities.iter().find(|(_, reached)| reached >= severity);
            match reached {
                Some((at, _)) => (in_time(*at, *within), when("was so severe", *at)),
                None => (false, format!("it was {} at most", retold.incident().severity)),
            }
        }
        Expectation::Done { task, within } => match retold.tasks_done.get(task) {
            Some((_, at)) => (in_time(*at, *within), when("was done", *at)),
            None => (false, "it was not done".to_owned()),
        },
    }
}

fn asked(retold: &Retold, wanted: impl Fn(&crate::core::incident::Request) -> bool) -> (bool, String) {
    match retold.incident().requests.iter().find(|request| wanted(request)) {
        Some(request) => {
            (true, format!("they were asked after {}", gone_by(retold.incident().opened_at, request.asked_at)))
        }
        None => (false, "they were not asked".to_owned()),
    }
}

/// A span of time in words, in whole minutes and seconds.
pub(super) fn gone_by(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.duration_since(from).as_secs();
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

impl Expectation {
    /// As a sentence without its full stop.
    pub fn words(&self, roster: &Roster) -> String {
        let name = |person: &PersonId| roster.name_of(person).to_owned();
        let within = |within: &Option<Period>| within.map(|within| format!(" within {within}")).unwrap_or_default();
        match self {
            Self::Posted { statement, within: by } => format!("{statement} is posted{}", within(by)),
            Self::NotPosted { statement, before: None } => format!("{statement} is not posted"),
            Self::NotPosted { statement, before: Some(before) } => {
                format!("{statement} is not posted before {before}")
            }
            Self::Asked { person, about: Some(about) } => format!("{} is asked about {about}", name(person)),
            Self::Asked { person, about: None } => format!("{} is asked", name(person)),
            Self::Escalated { statement, to } => {
                format!("{} is asked about {statement} in place of the silent", name(to))
            }
            Self::Severity { severity, within: by } => format!("the incident becomes {severity}{}", within(by)),
            Self::Done { task, within: by } => format!("the task {task} is done{}", within(by)),
        }
    }
}
