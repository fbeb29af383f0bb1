//! What was said when somebody asked: each use of approved words that are not posted.

use super::content::{Words, name};
use super::document::Document;
use crate::core::incident::Use;
use crate::core::name::StepId;
use crate::core::playbook::{StepKind, Usage};

/// Nothing where the playbook has no such words.
pub(super) fn section(told: &Words<'_>, document: &mut Document) {
    let incident = &told.account.incident;
    let mut uses: Vec<(&StepId, &Use)> = incident
        .statements
        .iter()
        .flat_map(|(id, statement)| statement.uses.iter().map(move |used| (id, used)))
        .collect();
    uses.sort_by_key(|(_, used)| used.at);
    let has_words = incident.statements.keys().any(|id| is_said_if_asked(told, id));
    if !has_words && uses.is_empty() {
        return;
    }
    document.heading("Said when asked");
    let rows = uses.into_iter().map(|(id, used)| row(told, id, used)).collect();
    document.table(&["When", "Who", "Said", "To", "Hash"], rows, "Nobody wrote down that they said it.");
}

fn is_said_if_asked(told: &Words<'_>, id: &StepId) -> bool {
    match told.account.rules.playbook.step(id).map(|step| &step.kind) {
        Some(StepKind::Statement(step)) => step.usage == Usage::IfAsked,
        Some(StepKind::Alert(_) | StepKind::Task(_)) | None => false,
    }
}

fn row(told: &Words<'_>, id: &StepId, used: &Use) -> Vec<String> {
    vec![told.time(used.at), told.shown.name(&used.by), name(id), used.to.clone(), used.digest.short()]
}
