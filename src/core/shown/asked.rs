//! Everything that somebody who is asked for approval sees, in the mail and on the page.

use serde::Serialize;

use super::offered::roles;
use super::{Changes, KnownFact, Shown, ShownFinding, ShownStage, Text, UnknownFact, Why, listed, texts};
use crate::core::approval::{Ballot, Proof, StageVote};
use crate::core::incident::{Asker, Author, IncidentPhase, Request, Statement, Subject};
use crate::core::playbook::Usage;
use crate::core::severity::Severity;
use crate::core::statement::{Package, Says};

/// Who answers for the incident, and where to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Duty {
    pub name: String,
    pub phone: String,
    /// Whether somebody has claimed the incident.
    pub claimed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    pub incident: u32,
    pub severity: String,
    pub critical: bool,
    pub title: String,
    /// `holding statement (v2)` or `standing down`.
    pub what: String,
    pub is_statement: bool,
    pub audience: String,
    pub person: String,
    pub who_asks: String,
    pub duty: Duty,
    /// `22 November, 14:20 EST`; none where there is no deadline any more.
    pub deadline: Option<String>,
    /// `14:20 EST`.
    pub deadline_hour: Option<String>,
    pub stage: String,
    /// An instruction that was approved ahead: until when it stands. Nobody is late with their word for it.
    pub word_until: Option<String>,
    /// The code alone is not enough for a yes.
    pub needs_session: bool,
    pub texts: Vec<Text>,
    pub next_update: Option<String>,
    pub links: Vec<String>,
    pub changes: Option<Changes>,
    pub findings: Vec<ShownFinding>,
    pub known: Vec<KnownFact>,
    pub unknown: Vec<UnknownFact>,
    pub stages: Vec<ShownStage>,
    pub on_yes: String,
    pub on_no: String,
    pub on_silence: String,
    pub why: Why,
    pub digest: String,
    pub digest_short: String,
}

impl Shown<'_> {
    /// None where the request is about a text that the incident does not hold.
    pub fn asked(&self, request: &Request) -> Option<Asked> {
        let mut asked = self.asked_without_subject(request);
        match &request.of {
            Subject::Statement(_) => self.add_statement(&mut asked, request)?,
            Subject::StandDown => self.add_stand_down(&mut asked, request),
        }
        Some(asked)
    }

    fn asked_without_subject(&self, request: &Request) -> Asked {
        Asked {
            incident: self.incident.id,
            severity: self.incident.severity.to_string(),
            critical: self.incident.severity == Severity::Critical,
            title: self.incident.title.clone(),
            what: self.subject_name(request),
            is_statement: matches!(request.of, Subject::Statement(_)),
            audience: String::new(),
            person: self.name(&request.person),
            who_asks: String::new(),
            duty: self.duty(),
            deadline: request.until.map(|until| self.time(until)),
            deadline_hour: request.until.map(|until| self.hour(until)),
            stage: String::new(),
            word_until: None,
            needs_session: self.incident.proof_needed(request) > Proof::Mail,
            texts: Vec::new(),
            next_update: None,
            links: Vec::new(),
            changes: None,
            findings: Vec::new(),
            known: self.known_facts(),
            unknown: self.unknown_facts(),
            stages: Vec::new(),
            on_yes: String::new(),
            on_no: Self::on_no(&request.of),
            on_silence: String::new(),
            why: self.why(),
            digest: request.digest.to_string(),
            digest_short: request.digest.short(),
        }
    }

    fn add_statement(&self, asked: &mut Asked, request: &Request) -> Option<()> {
        let (statement, version) = self.version_of(request)?;
        let package = &version.package;
        asked.audience.clone_from(&package.audience);
        asked.who_asks = match &version.by {
            Author::Template => format!(
                "Holdline asks for {}. It drafted the text from its template and the confirmed facts.",
                self.rules.organisation.name
            ),
            Author::Person(person) => format!("{} asks. The text is in their words.", self.name(person)),
        };
        if statement.says == Says::NothingNew {
            let due = statement.due.map(|due| format!(" The public was promised a word by {}.", self.time(due)));
            asked.who_asks += " Nothing that this statement says has changed; the text says so.";
            asked.who_asks += &due.unwrap_or_default();
        }
        asked.who_asks += &self.why_offered(&package.statement);
        asked.word_until = self.waits_for_the_word(&package.statement).map(|(_, until)| self.time(until));
        asked.texts = texts(package);
        asked.next_update = package.next_update.map(|at| self.time(at));
        asked.links.clone_from(&package.links);
        asked.changes = self.changes_for(request, statement);
        asked.findings = self.findings(statement, version);
        let then = self.then(statement, package);
        self.add_ballot(asked, statement.ballot().filter(|ballot| ballot.round() == request.round), request, &then);
        Some(())
    }

    /// What a met vote does with the text.
    fn then(&self, statement: &Statement, package: &Package) -> String {
        let step = self.incident.statement_step(&package.statement, self.rules);
        match step.map(|step| (step.usage, step)) {
            Some((Usage::IfAsked, _)) => {
                "nobody posts it: whoever is asked says exactly this, and each use is written down.".to_owned()
            }
            Some((Usage::Hold, step)) if statement.corrects().is_none() && step.instead_of.is_none() => {
                format!(
                    "Holdline keeps exactly this text and posts nothing. It goes to {} only when somebody of {} says so \
                     in time.",
                    channels(package),
                    roles(step)
                )
            }
            Some((Usage::Hold, step))
                if statement.corrects().is_none() && self.incident.offered(&package.statement).is_none() =>
            {
                let of = step.instead_of.as_ref().map(Self::statement_name).unwrap_or_default();
                format!(
                    "Holdline keeps exactly this text and posts nothing. Where nobody answers for the {of}, an executive \
                     is asked for one more yes, and only then it goes to {}.",
                    channels(package)
                )
            }
            Some((Usage::LifeSafety, step))
                if statement.corrects().is_none() && self.incident.offered(&package.statement).is_none() =>
            {
                format!(
                    "Holdline keeps exactly this instruction and posts nothing. It goes to {} at once on one yes of {}.",
                    channels(package),
                    roles(step)
                )
            }
            Some((Usage::Post | Usage::Hold | Usage::LifeSafety, _)) | None => {
                format!("Holdline posts exactly this text to {} at once.", channels(package))
            }
        }
    }

    fn add_stand_down(&self, asked: &mut Asked, request: &Request) {
        let IncidentPhase::StandingDown(ballot) = &self.incident.phase else { return };
        let about = ballot.subject();
        asked.who_asks = match &about.by {
            Asker::Playbook => "The playbook proposes to stand down: its condition has lasted.".to_owned(),
            Asker::Person(person) => format!("{} proposes to stand down: {}", self.name(person), about.reason),
        };
        let then = "the incident is over: nothing more is asked, and what was not posted yet is withdrawn.";
        self.add_ballot(asked, Some(ballot).filter(|ballot| ballot.round() == request.round), request, then);
    }

    fn add_ballot<S: Clone>(&self, asked: &mut Asked, ballot: Option<&Ballot<S>>, request: &Request, then: &str) {
        let vote: Option<&StageVote> = ballot.and_then(|ballot| ballot.stage(request.stage));
        asked.on_silence = self.on_silence(vote, request);
        let Some(ballot) = ballot else { return };
        asked.stage = vote.map(|vote| vote.stage().name.clone()).unwrap_or_default();
        asked.stages = self.stages(ballot);
        asked.on_yes = self.on_yes(ballot, request, then);
    }

    /// `holding statement (v2)` or `standing down`.
    pub fn subject_name(&self, request: &Request) -> String {
        match &request.of {
            Subject::StandDown => "standing down".to_owned(),
            Subject::Statement(id) => match self.version_of(request) {
                Some((_, version)) => format!("{} (v{})", Self::statement_name(id), version.number),
                None => Self::statement_name(id),
            },
        }
    }
}

fn channels(package: &Package) -> String {
    let channels: Vec<String> = package.placements.iter().map(|placement| placement.channel.to_string()).collect();
    listed(&channels)
}
