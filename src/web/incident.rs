//! An incident's page: why it opened, what is known, what is said, and everything that a person can do about it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::Site;
use super::board::Found;
use super::desk::Choice;
use super::now::{Todo, to_do};
use super::problem::Problem;
use super::session::Visitor;
use crate::core::incident::{
    Fact, Hold, Incident, IncidentId, IncidentPhase, PostPhase, Statement, StatementPhase, TaskPhase,
};
use crate::core::name::StepId;
use crate::core::playbook::{FactKind, FactSpec, FactValue, StepKind};
use crate::core::severity::Severity;
use crate::core::shown::{
    Changes, Duty, PostState, Quote, Shown, ShownFinding, ShownStage, Text, Why, changes_between, texts,
};
use crate::engine::NO_PLAYBOOK;

#[expect(clippy::struct_excessive_bools, reason = "each shows or hides one part of the page")]
#[derive(Serialize)]
struct Page {
    id: IncidentId,
    title: String,
    severity: String,
    class: String,
    state: String,
    running: bool,
    unverified: bool,
    unclaimed: bool,
    duty: Duty,
    now: Vec<Todo>,
    can_raise: Vec<&'static str>,
    can_stand_down: bool,
    can_close: bool,
    standing_down: Vec<ShownStage>,
    playbooks: Vec<Choice>,
    why: Why,
    quotes: Vec<Quote>,
    facts: Vec<FactView>,
    tasks: Vec<TaskView>,
    statements: Vec<StatementView>,
    timeline: Vec<Told>,
}

#[derive(Serialize)]
struct Told {
    at: String,
    sentence: String,
}

#[expect(clippy::struct_excessive_bools, reason = "each shows or hides one part of the page")]
#[derive(Serialize)]
struct FactView {
    incident: IncidentId,
    name: String,
    ask: String,
    /// The value as shown; empty while nobody wrote one.
    shown: String,
    state: String,
    confirmed: bool,
    /// What the field is filled with.
    value: String,
    input: &'static str,
    is_text: bool,
    hint: String,
    may_stay_unknown: bool,
    running: bool,
}

#[derive(Serialize)]
struct TaskView {
    incident: IncidentId,
    id: String,
    todo: String,
    by: String,
    state: String,
    open: bool,
}

#[derive(Serialize)]
struct StatementView {
    incident: IncidentId,
    id: String,
    name: String,
    audience: String,
    state: String,
    due: Option<String>,
    version: u32,
    /// How many events the incident had when this page was made: what an edit was written over.
    events: u32,
    saved: String,
    digest: String,
    texts: Vec<Text>,
    next_update: Option<String>,
    findings: Vec<ShownFinding>,
    /// Rules that stop it and can be lifted.
    stopping: Vec<String>,
    changes: Option<Changes>,
    stages: Vec<ShownStage>,
    posts: Vec<PostState>,
    by_hand: Vec<String>,
    unknown: Vec<String>,
    can_edit: bool,
    can_redraft: bool,
    can_ask_again: bool,
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
) -> Result<Response, Problem> {
    let found = site.find(id)?;
    let page = site.incident_page(&found)?;
    let frame = site.frame(&page.title, Some(&visitor)).stamped(found.incident.setting, &found.rules.organisation);
    Ok(site.page("incident", &frame, &page))
}

impl Site {
    fn incident_page(&self, found: &Found) -> Result<Page, Problem> {
        let shown = self.shown(found);
        let incident: &Incident = &found.incident;
        let told = self.engine.timeline(incident.id)?.into_iter().rev();
        let running = incident.is_running();
        Ok(Page {
            id: incident.id,
            title: incident.title.clone(),
            severity: incident.severity.to_string(),
            class: incident.severity.to_string().to_lowercase(),
            state: shown.incident_state(),
            running,
            unverified: running && incident.verified.is_none(),
            unclaimed: running && incident.duty.is_none(),
            duty: shown.duty(),
            now: to_do(&shown),
            can_raise: if running { higher(incident.severity) } else { Vec::new() },
            can_stand_down: incident.phase == IncidentPhase::Open,
            can_close: matches!(incident.phase, IncidentPhase::StoodDown { .. }),
            standing_down: match &incident.phase {
                IncidentPhase::StandingDown(ballot) => shown.stages(ballot),
                IncidentPhase::Open | IncidentPhase::StoodDown { .. } | IncidentPhase::Closed { .. } => Vec::new(),
            },
            playbooks: self.pickable(found),
            why: shown.why(),
            quotes: self.quotes(incident),
            facts: found.rules.playbook.facts.iter().map(|spec| fact(&shown, spec)).collect(),
            tasks: tasks(&shown),
            statements: self.statements(&shown),
            timeline: told.map(|(at, sentence)| Told { at: shown.time(at), sentence }).collect(),
        })
    }

    /// Playbooks to choose from, where the incident opened without one.
    fn pickable(&self, found: &Found) -> Vec<Choice> {
        if found.rules.playbook.name.as_str() != NO_PLAYBOOK || !found.incident.is_running() {
            return Vec::new();
        }
        self.choices().into_iter().filter(|choice| choice.name != NO_PLAYBOOK).collect()
    }

    fn statements(&self, shown: &Shown<'_>) -> Vec<StatementView> {
        let steps = shown.rules.playbook.timeline.iter().filter(|step| matches!(step.kind, StepKind::Statement(_)));
        let found = steps.filter_map(|step| Some((&step.id, shown.incident.statements.get(&step.id)?)));
        found.map(|(id, statement)| self.statement(shown, id, statement)).collect()
    }

    fn statement(&self, shown: &Shown<'_>, id: &StepId, statement: &Statement) -> StatementView {
        let current = statement.current();
        let running = shown.incident.is_running();
        let step = shown.rules.playbook.statement(id);
        let changes = statement
            .previous()
            .zip(current)
            .map(|(old, new)| changes_between(old, new, format!("since version {}", old.number)));
        StatementView {
            incident: shown.incident.id,
            id: id.to_string(),
            name: Shown::statement_name(id),
            audience: step.map(|step| step.audience.clone()).unwrap_or_default(),
            state: shown.statement_state(statement),
            due: statement.due.map(|due| {
                let late = if statement.overdue { " (overdue)" } else { "" };
                format!("{}{late}", shown.time(due))
            }),
            version: statement.version(),
            events: shown.incident.events,
            saved: current.map(|version| shown.time(version.saved_at)).unwrap_or_default(),
            digest: current.map(|version| version.digest.to_string()).unwrap_or_default(),
            texts: current.map(|version| texts(&version.package)).unwrap_or_default(),
            next_update: current.and_then(|version| version.package.next_update).map(|at| shown.time(at)),
            findings: current.map(|version| shown.findings(statement, version)).unwrap_or_default(),
            stopping: match &statement.phase {
                StatementPhase::Drafting(Hold::Blocked(rules)) if running => rules.clone(),
                StatementPhase::Drafting(_)
                | StatementPhase::Waiting
                | StatementPhase::Asking(_)
                | StatementPhase::Posting(_)
                | StatementPhase::Posted(_)
                | StatementPhase::Withdrawn => Vec::new(),
            },
            changes,
            stages: stages(shown, statement),
            posts: shown.posts(statement, &self.url),
            by_hand: channels(statement, |post| matches!(post, PostPhase::ByHand { .. })),
            unknown: channels(statement, |post| matches!(post, PostPhase::Unknown { .. })),
            can_edit: running && current.is_some() && before_posting(statement),
            can_redraft: running
                && before_posting(statement)
                && statement.phase != StatementPhase::Drafting(Hold::Draft),
            can_ask_again: running && can_ask_again(statement),
        }
    }
}

fn higher(severity: Severity) -> Vec<&'static str> {
    match severity {
        Severity::Elevated => vec!["serious", "critical"],
        Severity::Serious => vec!["critical"],
        Severity::Critical => Vec::new(),
    }
}

fn stages(shown: &Shown<'_>, statement: &Statement) -> Vec<ShownStage> {
    match &statement.phase {
        StatementPhase::Asking(ballot) => shown.stages(ballot),
        StatementPhase::Posting(posting) | StatementPhase::Posted(posting) => shown.stages(&posting.ballot),
        StatementPhase::Waiting | StatementPhase::Drafting(_) | StatementPhase::Withdrawn => Vec::new(),
    }
}

fn channels(statement: &Statement, wanted: impl Fn(&PostPhase) -> bool) -> Vec<String> {
    match &statement.phase {
        StatementPhase::Posting(posting) | StatementPhase::Posted(posting) => {
            let found = posting.posts.iter().filter(|(_, post)| wanted(post));
            found.map(|(channel, _)| channel.to_string()).collect()
        }
        StatementPhase::Waiting
        | StatementPhase::Drafting(_)
        | StatementPhase::Asking(_)
        | StatementPhase::Withdrawn => Vec::new(),
    }
}

fn before_posting(statement: &Statement) -> bool {
    matches!(statement.phase, StatementPhase::Drafting(_) | StatementPhase::Asking(_))
}

fn can_ask_again(statement: &Statement) -> bool {
    matches!(
        statement.phase,
        StatementPhase::Asking(_) | StatementPhase::Drafting(Hold::Refused { .. } | Hold::NobodyToAsk)
    )
}

fn tasks(shown: &Shown<'_>) -> Vec<TaskView> {
    let tasks = shown.rules.playbook.timeline.iter().filter_map(|step| match &step.kind {
        StepKind::Task(task) => Some(TaskView {
            incident: shown.incident.id,
            id: step.id.to_string(),
            todo: task.todo.clone(),
            by: task.by.to_string(),
            state: shown.task_state(&step.id),
            open: shown.incident.is_running()
                && !matches!(shown.incident.tasks.get(&step.id), Some(TaskPhase::Done { .. })),
        }),
        StepKind::Alert(_) | StepKind::Statement(_) => None,
    });
    tasks.collect()
}

fn fact(shown: &Shown<'_>, spec: &FactSpec) -> FactView {
    let fact = shown.incident.facts.get(&spec.name);
    let written = fact.and_then(Fact::value);
    let state = match fact {
        Some(Fact::Confirmed { by, .. }) => format!("Confirmed by {}.", shown.name(by)),
        Some(Fact::Proposed { by, .. }) => format!("Written by {}; not confirmed yet.", shown.name(by)),
        Some(Fact::LeftUnknown { by }) => format!("{} says that it is not known for now.", shown.name(by)),
        None => "Not known yet.".to_owned(),
    };
    let (input, mut hint) = match spec.kind {
        FactKind::Text => ("text", String::new()),
        FactKind::Number => ("text", "A whole number.".to_owned()),
        FactKind::Datetime => ("datetime-local", format!("In the time of {}.", shown.rules.organisation.timezone)),
        FactKind::Phone => ("tel", String::new()),
        FactKind::Link => ("url", "Begins with https://.".to_owned()),
    };
    if let Some(role) = &spec.confirmed_by {
        if !hint.is_empty() {
            hint.push(' ');
        }
        hint = hint + "The " + role.as_str() + " confirms it.";
    }
    FactView {
        incident: shown.incident.id,
        name: spec.name.to_string(),
        ask: spec.ask.clone(),
        shown: written.map(|value| value.shown(&shown.zone())).unwrap_or_default(),
        state,
        confirmed: fact.and_then(Fact::confirmed).is_some(),
        value: written.map_or_else(|| spec.suggestion.clone().unwrap_or_default(), |value| typed(shown, value)),
        input,
        is_text: spec.kind.is_free_text(),
        hint,
        may_stay_unknown: spec.may_stay_unknown,
        running: shown.incident.is_running(),
    }
}

/// A value as its field takes it.
fn typed(shown: &Shown<'_>, value: &FactValue) -> String {
    match value {
        FactValue::Datetime(at) => at.to_zoned(shown.zone()).strftime("%Y-%m-%dT%H:%M").to_string(),
        FactValue::Text(_) | FactValue::Number(_) | FactValue::Phone(_) | FactValue::Link(_) => {
            value.shown(&shown.zone())
        }
    }
}
