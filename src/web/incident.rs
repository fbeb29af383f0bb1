//! An incident's page: why it opened, what is known, what is said, and everything that a person can do about it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::Site;
use super::board::{Found, drawing};
use super::desk::Choice;
use super::lessons::{Lessons, lessons};
use super::now::{Todo, to_do};
use super::others::Others;
use super::problem::Problem;
use super::session::Visitor;
use super::statement_view::StatementView;
use crate::core::incident::{Fact, Incident, IncidentId, IncidentPhase, TaskPhase, teller_words};
use crate::core::name::PersonId;
use crate::core::playbook::{FactKind, FactSpec, FactValue};
use crate::core::severity::Severity;
use crate::core::shown::{Duty, Quote, Shown, ShownStage, WaitingChange, Why, sentence};
use crate::engine::{NO_PLAYBOOK, RecordError};

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
    /// The duty on its way to somebody, and the note for them.
    hand_over: Option<Offered>,
    now: Vec<Todo>,
    can_raise: Vec<&'static str>,
    can_stand_down: bool,
    can_close: bool,
    /// What readers were promised and still wait for.
    promises: Vec<String>,
    standing_down: Vec<ShownStage>,
    playbooks: Vec<Choice>,
    /// Playbooks that could take the place of the one that runs.
    to_switch: Vec<Choice>,
    running_playbook: String,
    /// Tasks that such a switch can drop.
    to_drop: Vec<Choice>,
    changes: Vec<WaitingChange>,
    why: Why,
    drawing: Option<String>,
    quotes: Vec<Quote>,
    /// Spikes of other watches that this incident took.
    joined: Vec<String>,
    facts: Vec<FactView>,
    tasks: Vec<TaskView>,
    /// Who may be given a task.
    people: Vec<Choice>,
    /// Who told the story first, as far as somebody said it.
    told_first: Option<String>,
    statements: Vec<StatementView>,
    others: Others,
    lessons: Lessons,
    timeline: Vec<Told>,
}

#[derive(Serialize)]
struct Offered {
    words: String,
    note: String,
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
    /// By the reader; the others write it down for those who can.
    can_confirm: bool,
    /// What the field is filled with.
    value: String,
    input: &'static str,
    is_text: bool,
    hint: String,
    can_leave_unknown: bool,
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
    can_skip: bool,
    can_begin: bool,
    /// The incident that has it for all.
    held_in: Option<IncidentId>,
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
) -> Result<Response, Problem> {
    let found = site.find(id)?;
    let page = site.incident_page(&found, &visitor)?;
    let frame = site
        .frame(&page.title, Some(&visitor))
        .noting(site.mute(&visitor, &found))
        .stamped(found.incident.setting, &found.rules.organisation);
    Ok(site.page("incident", &frame, &page))
}

impl Site {
    fn incident_page(&self, found: &Found, visitor: &Visitor) -> Result<Page, Problem> {
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
            hand_over: shown.hand_over().map(|(words, note)| Offered { words, note }).filter(|_| running),
            now: to_do(&shown),
            can_raise: if running { higher(incident.severity) } else { Vec::new() },
            can_stand_down: incident.can_be_proposed_to_stand_down(self.engine.time()),
            can_close: matches!(incident.phase, IncidentPhase::StoodDown { .. }),
            promises: promises(&shown),
            standing_down: match &incident.phase {
                IncidentPhase::StandingDown(ballot) => shown.stages(ballot),
                IncidentPhase::Open | IncidentPhase::StoodDown { .. } | IncidentPhase::Closed { .. } => Vec::new(),
            },
            playbooks: self.pickable(found),
            to_switch: self.switchable(found),
            to_drop: open_tasks(&shown),
            running_playbook: found.rules.playbook.name.to_string(),
            changes: if running { shown.waiting_changes() } else { Vec::new() },
            why: shown.why(),
            drawing: drawing(&shown),
            quotes: self.quotes(found),
            joined: shown.joined(),
            facts: found.rules.playbook.facts.iter().map(|spec| fact(&shown, spec, &visitor.person)).collect(),
            tasks: tasks(&shown),
            people: people(&shown),
            told_first: incident.broken_by.map(|teller| sentence(teller_words(teller))),
            statements: self.statements(&shown, &visitor.person),
            others: self.others(found, visitor),
            lessons: lessons(&shown),
            timeline: told.map(|(at, sentence)| Told { at: shown.time(at), sentence }).collect(),
        })
    }

    /// What to tell a visitor from whom the incident takes nothing.
    fn mute(&self, visitor: &Visitor, found: &Found) -> Option<String> {
        let mute = !self.takes_from(visitor, &found.incident);
        mute.then(|| sentence(&RecordError::AnotherAddress(found.incident.id).to_string()))
    }

    /// Playbooks to choose from, where the incident opened without one.
    fn pickable(&self, found: &Found) -> Vec<Choice> {
        if found.rules.playbook.name.as_str() != NO_PLAYBOOK || !found.incident.is_running() {
            return Vec::new();
        }
        self.choices().into_iter().filter(|choice| choice.name != NO_PLAYBOOK).collect()
    }
}

impl Site {
    /// None where it runs without a playbook: then one is picked.
    fn switchable(&self, found: &Found) -> Vec<Choice> {
        let running = found.rules.playbook.name.as_str();
        if running == NO_PLAYBOOK || !found.incident.is_running() {
            return Vec::new();
        }
        self.choices().into_iter().filter(|choice| choice.name != NO_PLAYBOOK && choice.name != running).collect()
    }
}

fn higher(severity: Severity) -> Vec<&'static str> {
    match severity {
        Severity::Elevated => vec!["serious", "critical"],
        Severity::Serious => vec!["critical"],
        Severity::Critical => Vec::new(),
    }
}

/// Everybody who can be asked, by name.
fn people(shown: &Shown<'_>) -> Vec<Choice> {
    let people = shown.incident.roster.people.iter().filter(|(_, person)| !person.shared);
    people.map(|(id, person)| Choice { name: id.to_string(), title: person.name.clone() }).collect()
}

fn promises(shown: &Shown<'_>) -> Vec<String> {
    let open = shown
        .incident
        .statements
        .values()
        .filter(|statement| statement.promise.as_ref().is_some_and(|promise| !promise.phase.is_kept()));
    open.filter_map(|statement| shown.promise(statement)).collect()
}

fn tasks(shown: &Shown<'_>) -> Vec<TaskView> {
    let running = shown.incident.is_running();
    let tasks = shown.incident.task_words(shown.rules).into_iter().map(|task| {
        let phase = shown.incident.tasks.get(&task.id);
        let over = matches!(phase, Some(TaskPhase::Done { .. } | TaskPhase::Skipped(_) | TaskPhase::Elsewhere { .. }));
        let held_in = match phase {
            Some(TaskPhase::Elsewhere { incident, .. }) => Some(*incident),
            Some(
                TaskPhase::Waiting
                | TaskPhase::Open { .. }
                | TaskPhase::Overdue { .. }
                | TaskPhase::Done { .. }
                | TaskPhase::Skipped(_),
            )
            | None => None,
        };
        let left = shown.incident.resuming() == Some(&task.id);
        let waits = matches!(phase, Some(TaskPhase::Waiting | TaskPhase::Skipped(_)));
        TaskView {
            incident: shown.incident.id,
            state: shown.task_state(&task.id),
            id: task.id.to_string(),
            todo: task.todo,
            by: task.who,
            open: running && !over || left,
            can_skip: running && !over,
            held_in,
            can_begin: running && waits && shown.incident.verified.is_some(),
        }
    });
    tasks.collect()
}

/// Tasks that somebody is asked to do.
fn open_tasks(shown: &Shown<'_>) -> Vec<Choice> {
    let tasks = shown.incident.task_words(shown.rules).into_iter();
    let open = tasks.filter(|task| {
        matches!(shown.incident.tasks.get(&task.id), Some(TaskPhase::Open { .. } | TaskPhase::Overdue { .. }))
    });
    open.map(|task| Choice { name: task.id.to_string(), title: task.todo }).collect()
}

fn fact(shown: &Shown<'_>, spec: &FactSpec, reader: &PersonId) -> FactView {
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
        can_confirm: shown.incident.may_confirm(spec, reader, shown.today()),
        value: written.map_or_else(|| spec.suggestion.clone().unwrap_or_default(), |value| typed(shown, value)),
        input,
        is_text: spec.kind.is_free_text(),
        hint,
        can_leave_unknown: spec.may_stay_unknown && shown.incident.may_confirm(spec, reader, shown.today()),
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
