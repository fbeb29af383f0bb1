//! The score of a rehearsal: how long each part took, which link was the slowest, and who never answered.

use jiff::{SignedDuration, Timestamp};

use super::expect::gone_by;
use super::retold::Retold;
use crate::core::incident::{IncidentPhase, Statement, Subject};
use crate::core::name::{PersonId, StepId};
use crate::core::report::{Link, Wait, Waited};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    pub opened_at: Timestamp,
    /// From the alert to the claim, as in the report.
    pub claimed: Option<SignedDuration>,
    /// From the alert to the first public post, as in the report.
    pub first_statement: Option<SignedDuration>,
    pub statements: Vec<StatementScore>,
    /// As in the report: who let others wait longest for a decision.
    pub slowest: Option<Link>,
    /// Approvals whose time passed before the person answered.
    pub missed: Vec<Missed>,
    /// Who was called on and never did anything.
    pub absent: Vec<PersonId>,
    /// From the opening to its end; none where it was still open.
    pub lasted: Option<SignedDuration>,
    /// How long mail was down; none where it never was.
    pub mail_down: Option<SignedDuration>,
    /// Why it was ended before its people ended it, where it was.
    pub broken_off: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementScore {
    pub statement: StepId,
    pub posted: Option<SignedDuration>,
    /// Whether it was posted by its own deadline; none where it has none.
    pub in_time: Option<bool>,
    pub versions: usize,
    /// Approved, and said to whoever asks.
    pub ready: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    pub person: PersonId,
    pub of: Subject,
    /// When they answered all the same; none where they did not.
    pub late: Option<SignedDuration>,
}

pub fn score(retold: &Retold) -> Score {
    let (incident, walked) = (retold.incident(), &retold.walked);
    let opened = incident.opened_at;
    let since = |at: Timestamp| at.duration_since(opened);
    let begun = incident.statements.iter().filter(|(step, statement)| was_begun(retold, step, statement));
    let statements = begun.map(|(step, statement)| of_statement(retold, step, statement)).collect();
    let ended = match incident.phase {
        IncidentPhase::Open | IncidentPhase::StandingDown(_) => None,
        IncidentPhase::StoodDown { at } | IncidentPhase::Closed { at, .. } => Some(at),
    };
    Score {
        opened_at: opened,
        claimed: walked.time_to_claim(),
        first_statement: walked.time_to_first_statement(),
        statements,
        slowest: walked.slowest(retold.last),
        missed: walked.waits.missed().map(missed).collect(),
        absent: walked.calls.absent(&walked.waits, incident),
        lasted: ended.map(since),
        mail_down: walked.mail_down_for(retold.last),
        broken_off: walked.broken_off.clone(),
    }
}

/// A round whose time had not come says nothing of those who rehearsed.
fn was_begun(retold: &Retold, step: &StepId, statement: &Statement) -> bool {
    let is_planned = retold.walked.rules.playbook.step(step).is_some();
    is_planned || !statement.versions.is_empty() || retold.posted(step).is_some()
}

fn of_statement(retold: &Retold, step: &StepId, statement: &Statement) -> StatementScore {
    let posted = retold.posted(step);
    // What is not due yet at the end is neither in time nor late.
    let due = statement.due.filter(|due| posted.is_some() || *due <= retold.last);
    StatementScore {
        statement: step.clone(),
        posted: posted.map(|at| at.duration_since(retold.incident().opened_at)),
        in_time: due.map(|due| posted.is_some_and(|at| at <= due)),
        versions: statement.versions.len(),
        ready: retold.walked.ready.contains_key(step),
    }
}

/// A wait whose time passed unanswered, where that was felt: others had to be asked.
fn missed(wait: &Wait) -> Missed {
    let late = match wait.waited {
        Waited::Answered(at) => Some(at.duration_since(wait.asked_at)),
        Waited::Open | Waited::Over(_) => None,
    };
    Missed { person: wait.person.clone(), of: wait.of.clone(), late }
}

impl Score {
    /// For the terminal and the list, a line each.
    pub fn lines(&self, name: impl Fn(&PersonId) -> String) -> Vec<String> {
        let took = |span: &Option<SignedDuration>, otherwise: &str| span.map_or_else(|| otherwise.to_owned(), words);
        let broken_off = self.broken_off.iter().map(|why| format!("Broken off               {why}"));
        let mut lines: Vec<String> = broken_off.collect();
        lines.extend([
            format!("Claimed after            {}", took(&self.claimed, "nobody claimed it")),
            format!("First statement after    {}", took(&self.first_statement, "nothing public was posted")),
        ]);
        for StatementScore { statement, posted, in_time, versions, ready } in &self.statements {
            let kept = match in_time {
                Some(true) => ", in time",
                Some(false) => ", LATE",
                None => "",
            };
            let versions = if *versions == 1 { "1 version".to_owned() } else { format!("{versions} versions") };
            lines.push(format!(
                "  {statement}: {}{kept}, {versions}",
                took(posted, if *ready { "ready to be said" } else { "not posted" })
            ));
        }
        if let Some(link) = &self.slowest {
            let unanswered = if link.answered { "" } else { ", without an answer" };
            let (who, took) = (name(&link.person), words(link.lasted));
            lines.push(format!("Slowest link             {who} about {}, {took}{unanswered}", subject(&link.of)));
        }
        lines.push(format!("Approvals missed         {}", self.missed.len()));
        for Missed { person, of, late } in &self.missed {
            let of = subject(of);
            let late = late.map_or_else(|| "no answer".to_owned(), |late| format!("answered after {}", words(late)));
            lines.push(format!("  {} about {of}: {late}", name(person)));
        }
        let absent: Vec<String> = self.absent.iter().map(&name).collect();
        let absent = if absent.is_empty() { "nobody".to_owned() } else { absent.join(", ") };
        lines.push(format!("Called on, never heard   {absent}"));
        if let Some(down) = self.mail_down {
            lines.push(format!("Mail was down for        {}", words(down)));
        }
        lines.push(format!("Over after               {}", took(&self.lasted, "still open at the end")));
        lines
    }
}

fn subject(of: &Subject) -> String {
    match of {
        Subject::Statement(step) => step.to_string(),
        Subject::StandDown => "standing down".to_owned(),
    }
}

fn words(span: SignedDuration) -> String {
    gone_by(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH.checked_add(span).unwrap_or(Timestamp::UNIX_EPOCH))
}
