//! What the report of one incident says, section by section.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::document::{Block, Document};
use super::{decisions, duty, figures, uses};
use crate::core::incident::{AlertPhase, Cause, IncidentPhase, Learned, Lesson, Origin, Verification};
use crate::core::name::{RoleName, StepId};
use crate::core::period::Period;
use crate::core::playbook::{Reached, Step, StepKind};
use crate::core::report::{Account, Erasure, Kept, Measure, Outcome, Promise, Report, StepTaken, Value};
use crate::core::shown::{Quote, Shown, counted, in_words, lasted, listed, sentence};
use crate::core::statement::{clock_time, clock_time_with_year};

/// What an incident's events tell, in words. `quotes` are what may be shown of what strangers said.
pub fn document(report: &Report, quotes: &[Quote]) -> Document {
    let mut document =
        Document { title: format!("After-action report: incident {}", report.incident), ..Document::default() };
    let Some(account) = &report.account else {
        document
            .text("Its opening was erased, and with it whether it was live or a rehearsal. What can be told is below.");
        record(&mut document, report, &TimeZone::UTC);
        timeline(&mut document, report, &TimeZone::UTC);
        return document;
    };
    let told = Words { account, shown: shown(account, report.as_of) };
    let organisation = &account.rules.organisation;
    document.title = format!("After-action report: {} (incident {})", account.incident.title, report.incident);
    document.stamp = account.incident.setting.stamp(&organisation.stamp);
    told.summary(&mut document);
    record(&mut document, report, &organisation.zone());
    told.steps(&mut document);
    figures::section(&told, &mut document);
    decisions::section(&told, &mut document);
    told.promises(&mut document);
    uses::section(&told, &mut document);
    duty::section(&told, &mut document);
    told.lessons(&mut document);
    if !quotes.is_empty() {
        document.heading("What was said");
        document.text(
            "Shortened, names and numbers masked, not checked. What could touch a private person's life is left out.",
        );
        document.blocks.push(Block::Quotes(quotes.iter().map(quoted).collect()));
    }
    timeline(&mut document, report, &organisation.zone());
    document
}

/// An account and how its people and times are written.
pub(super) struct Words<'a> {
    pub(super) account: &'a Account,
    pub(super) shown: Shown<'a>,
}

pub(super) fn shown(account: &Account, now: Timestamp) -> Shown<'_> {
    Shown { incident: &account.incident, rules: &account.rules, now }
}

fn record(document: &mut Document, report: &Report, zone: &TimeZone) {
    let (first, last) =
        (clock_time_with_year(report.first_at, zone, "en"), clock_time_with_year(report.last_at, zone, "en"));
    let entries = counted(u64::try_from(report.entries).unwrap_or(u64::MAX), "event");
    let (of, when) = (
        clock_time_with_year(report.as_of, zone, "en"),
        if first == last { first } else { format!("{first} to {last}") },
    );
    let (from, to) = report.span;
    document.text(format!(
        "Made from {entries}, {when}, which are among the entries {from} to {to} of the record; holdline audit verify \
         follows it.",
    ));
    document.text(format!("As of {of}."));
    if report.erased > 0 {
        let verb = if report.erased == 1 { "The words of 1 of them were" } else { "The words of some of them were" };
        document.text(format!(
            "{verb} erased ({} of {}); what they would tell is shown as n/a.",
            report.erased, report.entries
        ));
    }
    document.list(report.erasures.iter().map(|erasure| erased(erasure, zone)).collect());
}

fn erased(erasure: &Erasure, zone: &TimeZone) -> String {
    format!("Erased by {} on {}: {}", erasure.by, clock_time_with_year(erasure.at, zone, "en"), erasure.reason)
}

fn timeline(document: &mut Document, report: &Report, zone: &TimeZone) {
    document.heading("What happened");
    let told = &report.told;
    let line = |(at, words): &(Timestamp, String)| format!("{}: {words}", clock_time(*at, zone, "en"));
    match told.left_out {
        None => document.list(told.lines.iter().map(line).collect()),
        Some((after, count)) => {
            document.list(told.lines.iter().take(after).map(line).collect());
            document.text(format!("Here {count} events are left out; holdline audit list names each."));
            document.list(told.lines.iter().skip(after).map(line).collect());
        }
    }
    if told.only_counts > 0 {
        document
            .text(format!("Not listed: {} times a count was written down or somebody was reminded.", told.only_counts));
    }
}

fn quoted(quote: &Quote) -> String {
    let from = [quote.author.clone(), quote.host.clone(), Some(quote.feed.to_string())];
    let from: Vec<String> = from.into_iter().flatten().collect();
    format!("{} ({})", quote.text, from.join(", "))
}

impl Words<'_> {
    pub(super) fn time(&self, at: Timestamp) -> String {
        self.shown.time(at)
    }

    fn summary(&self, document: &mut Document) {
        let incident = &self.account.incident;
        let opened = match &incident.cause {
            Cause::Person { by, reason } => format!("{} opened it: {reason}", self.shown.name(by)),
            Cause::Spike => self.account.spike.as_ref().map_or_else(
                || "A spike opened it".to_owned(),
                |spike| {
                    format!(
                        "A spike opened it: the watch {} counted {} in {} from {}; it {}",
                        spike.watch,
                        counted(spike.count, "mention"),
                        in_words(spike.window),
                        counted(spike.voices, "voice"),
                        spike.line_words()
                    )
                },
            ),
        };
        document.list(vec![
            format!("{}, {}", self.account.rules.organisation.name, incident.severity.to_string().to_lowercase()),
            sentence(&format!("Opened {}. {opened}", self.time(incident.opened_at))),
            self.claimed(),
            self.ended(),
        ]);
        document.text("In short:");
        document.list(self.in_short());
    }

    /// What somebody wants to know who reads no further.
    fn in_short(&self) -> Vec<String> {
        let told = |measure: Measure| {
            let figure = self.account.figure(measure)?;
            let Value::Told(amount) = &figure.value else { return None };
            let aim = figure.target.as_ref().map(|target| format!(" (aim: {})", target.words)).unwrap_or_default();
            Some(format!("{}: {}{aim}.", measure.name(), figures::amount(amount)))
        };
        let first = told(Measure::TimeToFirstStatement);
        let slowest = self.account.slowest.as_ref();
        let slowest = slowest.map(|slowest| format!("Slowest link: {}.", figures::link(self, slowest, true)));
        let down = self
            .account
            .mail_down
            .map(|down| format!("Mail was down for {}: whoever it did not reach then let nobody wait.", lasted(down)));
        let missed = format!("Approvals missed: {}.", self.account.missed);
        [
            Some(first.unwrap_or_else(|| "Nothing public was said.".to_owned())),
            slowest,
            Some(missed).filter(|_| self.account.gap.is_none()),
            down,
            told(Measure::PromisesKept),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn claimed(&self) -> String {
        let claims = self.account.incident.alerts.values().filter_map(|alert| match alert {
            AlertPhase::Claimed { by, at } => Some((by, *at)),
            AlertPhase::Waiting | AlertPhase::Ringing { .. } => None,
        });
        match (claims.min_by_key(|(_, at)| *at), &self.account.incident.duty) {
            (Some((by, at)), _) => format!("{} claimed it {}.", self.shown.name(by), self.time(at)),
            (None, Some(duty)) => format!("{} claimed it.", self.shown.name(duty)),
            (None, None) => "Nobody claimed it.".to_owned(),
        }
    }

    pub(super) fn ended(&self) -> String {
        match &self.account.incident.phase {
            _ if self.account.gap.is_some() => "Whether and how it ended is erased.".to_owned(),
            IncidentPhase::Open | IncidentPhase::StandingDown(_) => {
                "It is still running: every figure is as of now.".to_owned()
            }
            IncidentPhase::StoodDown { at } => match &self.account.broken_off {
                Some(why) => sentence(&format!("Broken off {}: {why}", self.time(*at))),
                None => format!("Stood down {}.", self.time(*at)),
            },
            IncidentPhase::Closed { by, at, verdict, reason } => {
                let verdict = match verdict {
                    Verification::Real => "Closed",
                    Verification::NotOurs => "Closed as not ours",
                    Verification::FalseAlarm => "Closed as a false alarm",
                };
                let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
                sentence(&format!("{verdict} by {} {}{why}", self.shown.name(by), self.time(*at)))
            }
        }
    }

    fn steps(&self, document: &mut Document) {
        document.heading("Planned and done");
        let rows = self.account.steps.iter().map(|step| self.step(step)).collect();
        let head = ["Step", "Planned", "Started", "Due", "Done", "How it went"];
        document.table(&head, rows, "The playbook has no steps.");
    }

    fn step(&self, step: &StepTaken) -> Vec<String> {
        let done = step.ended.map(|at| {
            let by = step.by.as_ref().map(|by| format!(", {}", self.shown.name(by))).unwrap_or_default();
            format!("{}{by}", self.time(at))
        });
        let switched = self.account.incident.switched.is_some();
        vec![
            step_name(step),
            step.planned.as_ref().map_or_else(|| beside(step), |step| planned(step, switched)),
            or_dash(step.started.map(|at| self.time(at))),
            or_dash(step.due.map(|at| self.time(at))),
            or_dash(done),
            outcome(step.outcome),
        ]
    }

    fn promises(&self, document: &mut Document) {
        document.heading("Promises");
        let rows = self.account.promises.iter().map(|promise| self.promise(promise)).collect();
        let head = ["Said", "To", "Next word promised by", "Next word", "Kept"];
        document.table(&head, rows, "No statement promised when the next word comes.");
    }

    fn promise(&self, promise: &Promise) -> Vec<String> {
        let next = promise.next.as_ref();
        vec![
            format!("{}, {}", name(&promise.statement), self.time(promise.said_at)),
            promise.audience.clone(),
            self.time(promise.promised),
            or_dash(next.map(|(statement, at)| format!("{}, {}", name(statement), self.time(*at)))),
            match promise.kept {
                Kept::Yes => "yes".to_owned(),
                Kept::LateBy(late) => format!("late by {}", lasted(late)),
                Kept::No => "no: no word came".to_owned(),
                Kept::StillOpen => "still open".to_owned(),
                Kept::NotTold => "n/a: erased".to_owned(),
            },
        ]
    }

    fn lessons(&self, document: &mut Document) {
        document.heading("What was learned");
        let (mut keep, mut change, mut follow) = (Vec::new(), Vec::new(), Vec::new());
        for learned in &self.account.lessons {
            let by = self.shown.name(&learned.by);
            match &learned.lesson {
                Lesson::Keep { words } => keep.push(format!("{words} ({by})")),
                Lesson::Change { words } => change.push(format!("{words} ({by})")),
                Lesson::FollowUp { words, owner, due } => {
                    let (owner, due) = (self.shown.name(owner), due.strftime("%-d %B %Y").to_string());
                    follow.push(vec![words.clone(), owner, due, self.followed(learned)]);
                }
            }
        }
        if self.account.lessons.is_empty() {
            document.text("Nobody has written anything down yet. On the incident's page people say what to keep, what to change and what is to follow.");
            return;
        }
        for (words, lessons) in [("Keep:", keep), ("Change:", change)] {
            if !lessons.is_empty() {
                document.text(words);
                document.list(lessons);
            }
        }
        document.table(&["To follow", "Owner", "Until", "Done"], follow, "Nothing is to follow.");
    }

    fn followed(&self, learned: &Learned) -> String {
        learned.done.as_ref().map_or_else(
            || "not yet".to_owned(),
            |done| {
                let note = if done.note.is_empty() { String::new() } else { format!(": {}", done.note) };
                format!("{}, {}{note}", self.time(done.at), self.shown.name(&done.by))
            },
        )
    }
}

fn step_name(step: &StepTaken) -> String {
    match step.kind() {
        Some(StepKind::Alert(alert)) => format!("Alert to {}", roles(&alert.to)),
        Some(StepKind::Task(task)) => format!("{} ({})", task.todo, task.by),
        Some(StepKind::Statement(statement)) => {
            format!("{} to {}", sentence_case(&Shown::statement_name(&step.id)), statement.audience)
        }
        None => match &step.todo {
            Some(todo) => todo.clone(),
            None => sentence_case(&Shown::statement_name(&step.id)),
        },
    }
}

/// What brought a statement that is no step of its own.
fn beside(step: &StepTaken) -> String {
    match &step.origin {
        Some(Origin::Round { after, .. }) => format!("in time for what {after} promised"),
        Some(Origin::Correction { of }) => format!("to correct {of}"),
        Some(Origin::Step) | None => "begun beside the playbook".to_owned(),
    }
}

/// Where the playbook was switched, steps count from when theirs began.
fn planned(step: &Step, switched: bool) -> String {
    let beginning = if switched { "its playbook's start" } else { "the opening" };
    let start = match (&step.after, step.at) {
        (Some(milestone), _) => {
            let reached = match milestone.reached {
                Reached::Done => "is done",
                Reached::Posted => "is posted",
                Reached::PostedEverywhere => "is posted everywhere",
            };
            format!("after {} {reached}", milestone.step)
        }
        (None, Some(at)) => format!("{} after {beginning}", in_words(at)),
        (None, None) => format!("at {beginning}"),
    };
    let within: Option<Period> = match &step.kind {
        StepKind::Alert(alert) => Some(alert.acknowledge_within),
        StepKind::Task(task) => task.within,
        StepKind::Statement(statement) => statement.within,
    };
    let within = within.map(|within| format!(", within {}", in_words(within))).unwrap_or_default();
    let again = match &step.kind {
        StepKind::Statement(statement) => statement.again.as_ref(),
        StepKind::Alert(_) | StepKind::Task(_) => None,
    };
    let again = again.map(|again| format!(", again every {} until stand-down", in_words(again.every)));
    let again = again.unwrap_or_default();
    let when = if step.when.is_some() { ", where its condition holds" } else { "" };
    format!("{start}{within}{again}{when}")
}

fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::InTime => "in time".to_owned(),
        Outcome::LateBy(late) => format!("late by {}", lasted(late)),
        Outcome::Done => "done".to_owned(),
        Outcome::NotStarted => "not started".to_owned(),
        Outcome::UnderWay => "under way".to_owned(),
        Outcome::NotDone(Some(over)) => format!("not done, {} over", lasted(over)),
        Outcome::NotDone(None) => "not done".to_owned(),
        Outcome::Withdrawn => "withdrawn: the incident ended first".to_owned(),
        Outcome::OtherPlaybook => "given up: another playbook took its place".to_owned(),
        Outcome::NotTold => "n/a: erased".to_owned(),
    }
}

pub(super) fn name(statement: &StepId) -> String {
    Shown::statement_name(statement)
}

pub(super) fn roles(roles: &[RoleName]) -> String {
    listed(&roles.iter().map(ToString::to_string).collect::<Vec<_>>())
}

pub(super) fn or_dash(words: Option<String>) -> String {
    words.unwrap_or_else(|| "-".to_owned())
}

fn sentence_case(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
