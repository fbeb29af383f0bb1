//! What was learned: lessons on the page of an incident that is over, and the forms that write them down.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::{Extension, Form};
use jiff::civil::Date;
use serde::Serialize;

use super::Site;
use super::board::{Fields, field};
use super::desk::Choice;
use super::problem::Problem;
use super::session::Visitor;
use crate::core::incident::{Event, IncidentId, LESSONS_MAX, Learned, Lesson};
use crate::core::name::PersonId;
use crate::core::shown::Shown;

#[derive(Serialize)]
pub(super) struct Lessons {
    incident: IncidentId,
    /// It is over, and people write lessons down.
    taken: bool,
    /// More are taken.
    room: bool,
    lines: Vec<Line>,
    people: Vec<Choice>,
}

#[derive(Serialize)]
struct Line {
    number: usize,
    kind: &'static str,
    words: String,
    by: String,
    owner: Option<String>,
    due: Option<String>,
    done: Option<String>,
    /// Still to be done.
    open: bool,
}

pub(super) fn lessons(shown: &Shown<'_>) -> Lessons {
    let incident = shown.incident;
    let people = incident.roster.people.iter().filter(|(_, person)| !person.shared);
    Lessons {
        incident: incident.id,
        taken: incident.takes_lessons(),
        room: incident.lessons.len() < LESSONS_MAX,
        lines: incident.lessons.iter().enumerate().map(|(number, learned)| line(shown, number, learned)).collect(),
        people: people.map(|(id, person)| Choice { name: id.to_string(), title: person.name.clone() }).collect(),
    }
}

fn line(shown: &Shown<'_>, number: usize, learned: &Learned) -> Line {
    let (kind, owner, due) = match &learned.lesson {
        Lesson::Keep { .. } => ("Keep:", None, None),
        Lesson::Change { .. } => ("Change:", None, None),
        Lesson::FollowUp { owner, due, .. } => ("To follow:", Some(shown.name(owner)), Some(day(*due))),
    };
    let done = learned.done.as_ref().map(|done| {
        let note = if done.note.is_empty() { String::new() } else { format!(": {}", done.note) };
        format!("Done, says {} on {}{note}", shown.name(&done.by), day(done.at.to_zoned(shown.zone()).date()))
    });
    Line {
        number,
        kind,
        words: learned.lesson.words().to_owned(),
        by: shown.name(&learned.by),
        open: owner.is_some() && done.is_none(),
        owner,
        due,
        done,
    }
}

fn day(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

pub(super) async fn add(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let words = field(&fields, "words").to_owned();
    let lesson = match field(&fields, "press") {
        "keep" => Lesson::Keep { words },
        "change" => Lesson::Change { words },
        "follow-up" => {
            let due = field(&fields, "due").parse();
            let due = due.map_err(|_| Problem::input("Say until which day, as in 2026-12-24.").at_incident(id))?;
            Lesson::FollowUp { words, owner: PersonId::from(field(&fields, "owner")), due }
        }
        _ => return Err(Problem::input("Say whether to keep it, to change it, or who does what.").at_incident(id)),
    };
    site.act(id, Event::LessonAdded { lesson, by: visitor.person }, "lessons").await
}

pub(super) async fn done(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, lesson)): Path<(IncidentId, u32)>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let note = field(&fields, "note").to_owned();
    site.act(id, Event::FollowUpDone { lesson, by: visitor.person, note }, "lessons").await
}
