//! What people must do now, the most urgent first: the list at the top of an incident's page.

use jiff::Timestamp;
use serde::Serialize;

use crate::core::incident::{Fact, Hold, PostPhase, PromisePhase, Statement, StatementPhase, TaskPhase, TaskWords};
use crate::core::name::{FactName, StepId};
use crate::core::shown::Shown;

/// One thing to do, and the part of the page where it is done.
#[derive(Serialize)]
pub(super) struct Todo {
    words: String,
    /// `14:20 EST`; none without a deadline.
    due: Option<String>,
    late: bool,
    part: String,
    #[serde(skip)]
    until: Option<Timestamp>,
}

pub(super) fn to_do(shown: &Shown<'_>) -> Vec<Todo> {
    if !shown.incident.is_running() {
        return Vec::new();
    }
    let mut todo = facts(shown);
    for words in shown.incident.task_words(shown.rules) {
        todo.extend(task(shown, &words));
    }
    for (id, _) in shown.incident.statement_steps(shown.rules) {
        todo.extend(statement(shown, &id));
        todo.extend(promise(shown, &id));
    }
    // Stable: what has no deadline comes last, in the playbook's order.
    todo.sort_by_key(|item| (item.until.is_none(), item.until));
    todo
}

/// Facts without which a statement cannot be said.
fn facts(shown: &Shown<'_>) -> Vec<Todo> {
    let mut todo: Vec<Todo> = Vec::new();
    for spec in &shown.rules.playbook.facts {
        let settled =
            matches!(shown.incident.facts.get(&spec.name), Some(Fact::Confirmed { .. } | Fact::LeftUnknown { .. }));
        let waiting: Vec<Option<Timestamp>> = waiting_for(shown, &spec.name);
        if settled || waiting.is_empty() {
            continue;
        }
        let who = spec.confirmed_by.as_ref().map(|role| format!(" (the {role} confirms it)")).unwrap_or_default();
        let until = waiting.into_iter().flatten().min();
        let late = until.is_some_and(|until| until < shown.now);
        todo.push(item(shown, format!("Confirm: {}{who}", spec.ask), until, late, format!("fact-{}", spec.name)));
    }
    todo
}

/// The deadlines of the statements that still wait for this fact.
fn waiting_for(shown: &Shown<'_>, fact: &FactName) -> Vec<Option<Timestamp>> {
    let steps = shown.incident.statement_steps(shown.rules).into_iter();
    let needing = steps.filter(|(_, step)| step.needs.contains(fact));
    let statements = needing.filter_map(|(id, _)| shown.incident.statements.get(&id));
    let waiting = statements.filter(|statement| {
        matches!(statement.phase, StatementPhase::Waiting | StatementPhase::Drafting(Hold::Facts(_)))
    });
    waiting.map(|statement| statement.due).collect()
}

fn task(shown: &Shown<'_>, task: &TaskWords) -> Option<Todo> {
    let (until, late) = match shown.incident.tasks.get(&task.id)? {
        TaskPhase::Open { due } => (*due, false),
        TaskPhase::Overdue { due } => (Some(*due), true),
        TaskPhase::Waiting | TaskPhase::Done { .. } | TaskPhase::Skipped(_) | TaskPhase::Elsewhere { .. } => {
            return None;
        }
    };
    Some(item(shown, format!("{} ({})", task.todo, task.who), until, late, format!("task-{}", task.id)))
}

fn statement(shown: &Shown<'_>, id: &StepId) -> Option<Todo> {
    let statement = shown.incident.statements.get(id)?;
    let word = shown.incident.waits_for_a_word(id, shown.rules);
    if word.is_none() && !waits_for_people(statement) {
        return None;
    }
    let name = Shown::statement_name(id);
    let words = match &statement.phase {
        StatementPhase::Posting(_) | StatementPhase::Posted(_) => format!("{name}: look at its channels"),
        StatementPhase::Waiting
        | StatementPhase::Drafting(_)
        | StatementPhase::Asking(_)
        | StatementPhase::Ready(_)
        | StatementPhase::Skipped(_)
        | StatementPhase::Withdrawn => format!("{name}: {}", shown.statement_state(statement)),
    };
    let until = shown.incident.lapses_at(id).or(statement.due);
    Some(item(shown, words, until, statement.overdue, format!("statement-{id}")))
}

/// What readers wait for.
fn promise(shown: &Shown<'_>, id: &StepId) -> Option<Todo> {
    let promise = shown.incident.statements.get(id)?.promise.as_ref()?;
    let late = match promise.phase {
        PromisePhase::Open => false,
        PromisePhase::Missed | PromisePhase::Paged => true,
        PromisePhase::Kept { .. } => return None,
    };
    let words = format!("Say the next word: the {} promised it", Shown::statement_name(id));
    Some(item(shown, words, Some(promise.by), late, format!("statement-{id}")))
}

fn waits_for_people(statement: &Statement) -> bool {
    match &statement.phase {
        StatementPhase::Asking(_) => true,
        StatementPhase::Drafting(hold) => match hold {
            // The fact itself is in the list; a draft is on its way; the first question of all stands above the list.
            Hold::Facts(_) | Hold::Draft | Hold::Unverified => false,
            Hold::DraftFailed(_)
            | Hold::Blocked(_)
            | Hold::Refused { .. }
            | Hold::FactsChanged
            | Hold::Lapsed
            | Hold::NobodyToAsk => true,
        },
        StatementPhase::Posting(posting) | StatementPhase::Posted(posting) => {
            posting.posts.values().any(|post| matches!(post, PostPhase::NeedsPerson { .. } | PostPhase::ByHand { .. }))
        }
        StatementPhase::Waiting | StatementPhase::Ready(_) | StatementPhase::Skipped(_) | StatementPhase::Withdrawn => {
            false
        }
    }
}

fn item(shown: &Shown<'_>, words: String, until: Option<Timestamp>, late: bool, part: String) -> Todo {
    Todo { words, due: until.map(|until| shown.hour(until)), late, part, until }
}
