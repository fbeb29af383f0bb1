//! The score of a rehearsal: how long each part took, which link was the slowest, and who never answered.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::expect::gone_by;
use super::retold::Retold;
use crate::core::incident::{IncidentPhase, Request, Subject};
use crate::core::name::{PersonId, StepId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    pub opened_at: Timestamp,
    pub claimed: Option<SignedDuration>,
    /// From the opening to the first post of any statement.
    pub first_statement: Option<SignedDuration>,
    pub statements: Vec<StatementScore>,
    pub slowest: Option<Link>,
    /// Approvals whose time passed before the person answered.
    pub missed: Vec<Missed>,
    /// Who was called on and never did anything.
    pub absent: Vec<PersonId>,
    /// From the opening to its end; none where it was still open.
    pub lasted: Option<SignedDuration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementScore {
    pub statement: StepId,
    pub posted: Option<SignedDuration>,
    /// Whether it was posted by its own deadline; none where it has none.
    pub in_time: Option<bool>,
    pub versions: usize,
}

/// One link of the chain: somebody was waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub what: String,
    pub person: PersonId,
    pub took: SignedDuration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    pub person: PersonId,
    pub of: Subject,
    /// When they answered all the same; none where they did not.
    pub late: Option<SignedDuration>,
}

pub fn score(retold: &Retold) -> Score {
    let incident = &retold.incident;
    let opened = incident.opened_at;
    let since = |at: Timestamp| at.duration_since(opened);
    let statements: Vec<StatementScore> = incident
        .statements
        .iter()
        .map(|(step, statement)| {
            let posted = retold.posted(step);
            // What is not due yet at the end is neither in time nor late.
            let due = statement.due.filter(|due| posted.is_some() || *due <= retold.last);
            let in_time = due.map(|due| posted.is_some_and(|at| at <= due));
            let versions = statement.versions.len();
            StatementScore { statement: step.clone(), posted: posted.map(since), in_time, versions }
        })
        .collect();
    let missed: Vec<Missed> = incident.requests.iter().filter_map(|request| missed(retold, request)).collect();
    let ended = match incident.phase {
        IncidentPhase::Open | IncidentPhase::StandingDown(_) => None,
        IncidentPhase::StoodDown { at } | IncidentPhase::Closed { at, .. } => Some(at),
    };
    Score {
        opened_at: opened,
        claimed: retold.claimed.as_ref().map(|(_, at)| since(*at)),
        first_statement: statements.iter().filter_map(|statement| statement.posted).min(),
        slowest: links(retold)
            .into_iter()
            .reduce(|slowest, link| if link.took > slowest.took { link } else { slowest }),
        absent: absent(retold, &missed),
        missed,
        lasted: ended.map(since),
        statements,
    }
}

/// Who was woken, asked for a task, or waited for in vain, and did nothing at all. Whose yes was not needed any more is none.
fn absent(retold: &Retold, missed: &[Missed]) -> Vec<PersonId> {
    let waited_for = missed.iter().map(|missed| &missed.person);
    let people: BTreeSet<&PersonId> = retold.called_on.keys().chain(waited_for).collect();
    people.into_iter().filter(|person| !retold.acted.contains_key(*person)).cloned().collect()
}

/// Everybody who was waited for, and for how long.
fn links(retold: &Retold) -> Vec<Link> {
    let incident = &retold.incident;
    let opened = incident.opened_at;
    let mut links = Vec::new();
    let mut link = |what: String, person: &PersonId, from: Timestamp, to: Timestamp| {
        links.push(Link { what, person: person.clone(), took: to.duration_since(from) });
    };
    if let Some((person, at)) = &retold.claimed {
        link("claiming the incident".to_owned(), person, opened, *at);
    }
    for (fact, (person, at)) in &retold.facts {
        link(format!("the fact {fact}"), person, opened, *at);
    }
    for (task, (person, at)) in &retold.tasks_done {
        if let Some((_, asked)) = retold.tasks_asked.get(task) {
            link(format!("the task {task}"), person, *asked, *at);
        }
    }
    for request in &incident.requests {
        let over = retold.answered.get(&request.number).copied();
        // Who never answered was waited for until the deadline, where somebody else was asked.
        let until = over.or_else(|| missed(retold, request).and(request.until));
        if let (Subject::Statement(step), Some(until)) = (&request.of, until) {
            link(format!("approval of {step}"), &request.person, request.asked_at, until);
        }
    }
    links
}

/// A request whose time passed unanswered, where that was felt: others had to be asked.
fn missed(retold: &Retold, request: &Request) -> Option<Missed> {
    let until = request.until?;
    let answered = retold.answered.get(&request.number).copied();
    let climbed = retold.incident.requests.iter().any(|other| {
        let same = (&other.of, other.round, other.stage) == (&request.of, request.round, request.stage);
        same && other.rung > request.rung && other.asked_at >= until
    });
    if !climbed || answered.is_some_and(|at| at <= until) {
        return None;
    }
    let late = answered.map(|at| at.duration_since(request.asked_at));
    Some(Missed { person: request.person.clone(), of: request.of.clone(), late })
}

impl Score {
    /// For the terminal and the list, a line each.
    pub fn lines(&self, name: impl Fn(&PersonId) -> String) -> Vec<String> {
        let took = |span: &Option<SignedDuration>, otherwise: &str| span.map_or_else(|| otherwise.to_owned(), words);
        let mut lines = vec![
            format!("Claimed after            {}", took(&self.claimed, "nobody claimed it")),
            format!("First statement after    {}", took(&self.first_statement, "nothing was posted")),
        ];
        for StatementScore { statement, posted, in_time, versions } in &self.statements {
            let kept = match in_time {
                Some(true) => ", in time",
                Some(false) => ", LATE",
                None => "",
            };
            let versions = if *versions == 1 { "1 version".to_owned() } else { format!("{versions} versions") };
            lines.push(format!("  {statement}: {}{kept}, {versions}", took(posted, "not posted")));
        }
        if let Some(Link { what, person, took }) = &self.slowest {
            lines.push(format!("Slowest link             {what} by {}, {}", name(person), words(*took)));
        }
        lines.push(format!("Approvals missed         {}", self.missed.len()));
        for Missed { person, of, late } in &self.missed {
            let of = match of {
                Subject::Statement(step) => step.to_string(),
                Subject::StandDown => "standing down".to_owned(),
            };
            let late = late.map_or_else(|| "no answer".to_owned(), |late| format!("answered after {}", words(late)));
            lines.push(format!("  {} about {of}: {late}", name(person)));
        }
        let absent: Vec<String> = self.absent.iter().map(&name).collect();
        let absent = if absent.is_empty() { "nobody".to_owned() } else { absent.join(", ") };
        lines.push(format!("Called on, never heard   {absent}"));
        lines.push(format!("Over after               {}", took(&self.lasted, "still open at the end")));
        lines
    }
}

fn words(span: SignedDuration) -> String {
    gone_by(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH.checked_add(span).unwrap_or(Timestamp::UNIX_EPOCH))
}
