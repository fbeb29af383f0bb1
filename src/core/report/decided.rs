//! Who decided what on which words.

use jiff::{SignedDuration, Timestamp};
use unicode_segmentation::UnicodeSegmentation as _;

use super::wait::Waits;
use super::walk::Turned;
use crate::core::approval::{Decision, Proof};
use crate::core::incident::{Event, Incident, IncidentPhase, Subject};
use crate::core::lint::Level;
use crate::core::name::{PersonId, RoleName, StepId};
use crate::core::statement::Digest;

/// How much of the words that were decided on is shown, in characters.
pub const EXCERPT_CHARS_MAX: usize = 160;

/// One answer to a request.
#[derive(Clone, Debug)]
pub struct Decided {
    pub request: u32,
    pub at: Timestamp,
    pub person: PersonId,
    /// The roles that the answer stands for.
    pub roles: Vec<RoleName>,
    pub of: Subject,
    /// None where it is not a statement.
    pub version: Option<u32>,
    pub digest: Digest,
    /// How the words begin.
    pub excerpt: String,
    pub decision: Decision,
    pub proof: Proof,
    /// From the first request of this stage.
    pub waited: Option<SignedDuration>,
    pub taken_back: Option<Timestamp>,
}

/// A finding of lint that somebody let pass.
#[derive(Clone, Debug)]
pub struct Lifted {
    pub at: Timestamp,
    pub by: PersonId,
    pub statement: StepId,
    pub rule: String,
    pub level: Option<Level>,
    pub reason: String,
    pub digest: Digest,
}

pub(super) fn decided(turned: Turned<'_>, waits: &Waits) -> Option<Decided> {
    let Event::DecisionTaken { request, person, digest, decision, proof } = turned.event else { return None };
    let asked = turned.before.request(*request)?;
    let wait = waits.of_request(asked);
    let (version, excerpt) = words(turned.before, &asked.of, *digest);
    Some(Decided {
        request: *request,
        at: turned.at,
        person: person.clone(),
        roles: wait.map(|wait| wait.fills.keys().cloned().collect()).unwrap_or_default(),
        of: asked.of.clone(),
        version,
        digest: *digest,
        excerpt,
        decision: decision.clone(),
        proof: *proof,
        waited: wait.map(|wait| turned.at.duration_since(wait.asked_at)),
        taken_back: None,
    })
}

pub(super) fn lifted(turned: Turned<'_>) -> Option<Lifted> {
    let Event::BlockLifted { statement, digest, rule, by, reason } = turned.event else { return None };
    let version = turned.before.statements.get(statement)?.versions.iter().rfind(|version| version.digest == *digest);
    let mut findings = version.into_iter().flat_map(|version| &version.package.findings);
    Some(Lifted {
        at: turned.at,
        by: by.clone(),
        statement: statement.clone(),
        rule: rule.clone(),
        level: findings.find(|finding| finding.rule == *rule).map(|finding| finding.level),
        reason: reason.clone(),
        digest: *digest,
    })
}

/// The version with this hash, and how its words begin.
fn words(incident: &Incident, of: &Subject, digest: Digest) -> (Option<u32>, String) {
    match of {
        Subject::Statement(id) => {
            let versions = incident.statements.get(id).into_iter().flat_map(|statement| &statement.versions);
            let version = versions.rev().find(|version| version.digest == digest);
            let text = version.and_then(|version| version.package.variants.first()).map(|variant| variant.text());
            (version.map(|version| version.number), excerpt(&text.unwrap_or_default()))
        }
        Subject::StandDown => match &incident.phase {
            IncidentPhase::StandingDown(ballot) => (None, excerpt(&ballot.subject().reason)),
            IncidentPhase::Open | IncidentPhase::StoodDown { .. } | IncidentPhase::Closed { .. } => {
                (None, String::new())
            }
        },
    }
}

/// The beginning of a text on one line.
fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short = String::new();
    let mut chars = 1;
    for cluster in line.graphemes(true) {
        chars += cluster.chars().count();
        if chars > EXCERPT_CHARS_MAX {
            return format!("{}…", short.trim_end());
        }
        short.push_str(cluster);
    }
    short
}
