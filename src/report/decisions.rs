//! Who decided what on which words.

use super::content::{Words, name, or_dash, roles};
use super::document::Document;
use crate::core::approval::{Decision, Proof};
use crate::core::incident::Subject;
use crate::core::report::{Decided, Lifted};
use crate::core::shown::lasted;

pub(super) fn section(told: &Words<'_>, document: &mut Document) {
    document.heading("Decisions");
    let head = ["When", "Who", "For", "Decision", "On", "Hash", "Words", "After"];
    let rows = told.account.decided.iter().map(|decided| row(told, decided)).collect();
    document.table(&head, rows, "Nobody decided anything.");
    document.list(told.account.lifted.iter().map(|lifted| self::lifted(told, lifted)).collect());
}

fn row(told: &Words<'_>, decided: &Decided) -> Vec<String> {
    let on = match (&decided.of, decided.version) {
        (Subject::Statement(id), Some(version)) => format!("{}, version {version}", name(id)),
        (Subject::Statement(id), None) => name(id),
        (Subject::StandDown, _) => "standing down".to_owned(),
    };
    vec![
        told.time(decided.at),
        told.shown.name(&decided.person),
        roles(&decided.roles),
        decision(told, decided),
        on,
        decided.digest.short(),
        decided.excerpt.clone(),
        or_dash(decided.waited.map(lasted)),
    ]
}

fn decision(told: &Words<'_>, decided: &Decided) -> String {
    let proof = match decided.proof {
        Proof::Mail => "by mail",
        Proof::SignedIn => "by mail, signed in",
        Proof::Strong => "by strong proof",
    };
    let said = match &decided.decision {
        Decision::Approve => format!("approved {proof}"),
        Decision::Reject { reason } => format!("refused {proof}: {reason}"),
        Decision::Changes { wanted } => format!("wanted changes {proof}: {wanted}"),
    };
    match decided.taken_back {
        Some(at) => format!("{said}; taken back {}", told.time(at)),
        None => said,
    }
}

fn lifted(told: &Words<'_>, lifted: &Lifted) -> String {
    format!(
        "{}: {} lifted the finding {} on the {} (hash {}): {}",
        told.time(lifted.at),
        told.shown.name(&lifted.by),
        lifted.rule,
        name(&lifted.statement),
        lifted.digest.short(),
        lifted.reason
    )
}
