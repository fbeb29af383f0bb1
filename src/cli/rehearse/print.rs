//! What a rehearsal prints: a line for each thing that happens, with the time since its beginning and the clock's.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::out;
use crate::core::incident::{Incident, IncidentId, Statement, StatementPhase, TaskPhase};
use crate::core::lint::Level;
use crate::core::name::{PersonId, StepId};
use crate::core::rehearsal::{Found, Scenario, Score};
use crate::core::roster::Roster;
use crate::core::rules::Organisation;
use crate::core::shown::{Shown, visible};
use crate::engine::Engine;

pub(super) struct Printer {
    zone: TimeZone,
    stamp: String,
    begins: Timestamp,
    /// How much of the timeline was printed.
    told: usize,
    /// The progress that was printed last.
    progress: String,
    lines: Vec<String>,
}

impl Printer {
    pub(super) fn new(organisation: &Organisation, begins: Timestamp) -> Self {
        let (zone, stamp) = (organisation.zone(), organisation.stamp.clone());
        Self { zone, stamp, begins, told: 0, progress: String::new(), lines: Vec::new() }
    }

    /// Everything that was printed.
    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    fn line(&mut self, text: &str) {
        let line = visible(text);
        out::line(&line);
        self.lines.push(line);
    }

    pub(super) fn head(&mut self, scenario: &Scenario) {
        let begins = self.begins.to_zoned(self.zone.clone()).strftime("%-d %B %Y, %H:%M %Z").to_string();
        self.line(&format!("{}: a rehearsal of {}.", self.stamp, scenario.playbook));
        self.line(&format!("{}. Simulated time begins at {begins}; nothing is sent to anybody.", scenario.title));
        self.line("");
    }

    fn at(&self, at: Timestamp) -> String {
        let minutes = at.duration_since(self.begins).as_mins();
        let clock = at.to_zoned(self.zone.clone()).strftime("%H:%M").to_string();
        format!("{:>3}:{:02}  {clock}", minutes / 60, minutes % 60)
    }

    /// Prints what is new, in the order of time.
    pub(super) fn happened(&mut self, told: Vec<(Timestamp, String)>, timeline: &[(Timestamp, String)]) {
        let mut new = told;
        new.extend(timeline.iter().skip(self.told).cloned());
        new.sort_by_key(|(at, _)| *at);
        self.told = timeline.len();
        for (at, sentence) in new {
            self.line(&format!("{}  {sentence}", self.at(at)));
        }
    }

    /// Says how far it has come, where that is news.
    pub(super) fn progress(&mut self, engine: &Engine, incident: Option<IncidentId>, mails: usize) {
        let board = engine.board();
        let Some(entry) = incident.and_then(|id| board.incidents.get(&id)) else { return };
        let progress = progress_of(&entry.incident);
        if progress != self.progress {
            self.line(&format!("               -- {progress}, {mails} mails so far"));
            self.progress = progress;
        }
    }

    pub(super) fn expectations(&mut self, found: &[Found], roster: &Roster) {
        if found.is_empty() {
            return;
        }
        self.line("");
        self.line("Expected");
        for Found { expected, met, seen } in found {
            let mark = if *met { "met    " } else { "NOT MET" };
            self.line(&format!("  {mark}  {}: {seen}", expected.words(roster)));
        }
    }

    /// Injects without any effect: whoever wrote the scenario meant something else.
    pub(super) fn came_to_nothing(&mut self, injects: &[String]) {
        if injects.is_empty() {
            return;
        }
        self.line("");
        self.line("Injects that came to nothing");
        for inject in injects {
            self.line(&format!("  {inject}"));
        }
    }

    /// What did not go out, and what it waited for. The cast lifts no block of lint: a text that is blocked is to be mended.
    pub(super) fn not_posted(&mut self, engine: &Engine, incident: Option<IncidentId>, score: Option<&Score>) {
        let board = engine.board();
        let Some(entry) = incident.and_then(|id| board.incidents.get(&id)) else { return };
        let shown = Shown { incident: &entry.incident, rules: &entry.rules, now: engine.time() };
        let ready = |step: &StepId| {
            score.is_some_and(|score| score.statements.iter().any(|of| of.ready && of.statement == *step))
        };
        let held = entry.incident.statements.iter().filter(|(step, statement)| is_held(statement) && !ready(step));
        let held: Vec<String> =
            held.map(|(step, statement)| format!("  {step}: {}", why_held(&shown, statement))).collect();
        if held.is_empty() {
            return;
        }
        self.line("");
        self.line("Not posted, and why");
        for line in held {
            self.line(&line);
        }
        self.line("Nobody of the cast lifts a block of lint or saves a text of their own.");
    }

    pub(super) fn score(&mut self, score: Option<&Score>, roster: &Roster) {
        self.line("");
        let Some(score) = score else {
            self.line("No incident was opened, so there is nothing to score.");
            return;
        };
        self.line("Score");
        for line in score.lines(|person: &PersonId| roster.name_of(person).to_owned()) {
            self.line(&format!("  {line}"));
        }
    }
}

/// What lint stopped it for, also where the end has withdrawn it since; else where it stands.
fn why_held(shown: &Shown<'_>, statement: &Statement) -> String {
    let findings = statement.current().into_iter().flat_map(|version| &version.package.findings);
    let stops = findings.filter(|finding| match finding.level {
        Level::PrivacyBlock | Level::Block => true,
        Level::Warning => false,
    });
    let stops: Vec<String> = stops
        .map(|finding| format!("{} in {}, \"{}\": {}", finding.rule, finding.place, finding.found, finding.remedy))
        .collect();
    if stops.is_empty() {
        return shown.statement_state(statement);
    }
    format!("lint stopped version {}: {}", statement.version(), stops.join("; "))
}

/// Whether it was begun, and waits for something that did not come.
fn is_held(statement: &Statement) -> bool {
    match &statement.phase {
        StatementPhase::Drafting(_) | StatementPhase::Asking(_) => true,
        StatementPhase::Withdrawn => !statement.versions.is_empty(),
        StatementPhase::Waiting
        | StatementPhase::Ready(_)
        | StatementPhase::Posting(_)
        | StatementPhase::Posted(_)
        | StatementPhase::Skipped(_) => false,
    }
}

fn progress_of(incident: &Incident) -> String {
    let out = incident.statements.values().filter(|statement| match &statement.phase {
        StatementPhase::Posted(_) => true,
        StatementPhase::Posting(posting) => posting.anything_confirmed(),
        StatementPhase::Waiting
        | StatementPhase::Drafting(_)
        | StatementPhase::Asking(_)
        | StatementPhase::Ready(_)
        | StatementPhase::Withdrawn
        | StatementPhase::Skipped(_) => false,
    });
    let done = incident.tasks.values().filter(|task| match task {
        TaskPhase::Done { .. } => true,
        TaskPhase::Waiting
        | TaskPhase::Open { .. }
        | TaskPhase::Overdue { .. }
        | TaskPhase::Skipped(_)
        | TaskPhase::Elsewhere { .. } => false,
    });
    let (statements, tasks) = (incident.statements.len(), incident.tasks.len());
    format!("{} of {statements} statements out, {} of {tasks} tasks done", out.count(), done.count())
}
