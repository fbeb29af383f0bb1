//! The demo's front door: pick who you want to be. There only with the built-in mailbox.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use serde::Serialize;

use super::Site;
use super::problem::Problem;
use crate::core::incident::{Incident, Origin, StatementPhase};
use crate::core::name::PersonId;
use crate::core::roster::{Person, Roster};
use crate::core::setting::Setting;
use crate::core::shown::listed;

#[derive(Serialize)]
struct Demo {
    /// Whether it is a dry run, with the folder and feeds of whoever started it.
    rehearsal: bool,
    next: String,
    incident: Option<u32>,
    people: Vec<Guise>,
}

#[derive(Serialize)]
struct Guise {
    id: String,
    name: String,
    email: String,
    roles: String,
    mails: usize,
    latest: Option<String>,
}

pub(super) async fn page(State(site): State<Arc<Site>>) -> Response {
    let standing = site.engine.standing();
    let roster = &standing.roster;
    let people = roster.people.iter().filter(|(_, person)| !person.shared);
    let board = site.engine.board();
    let rehearsal = standing.setting == Setting::Rehearsal;
    let running = board.incidents.values().rev().find(|entry| entry.incident.is_running());
    let next = match running {
        None if !board.incidents.is_empty() => {
            "It is over. Open another incident by hand on the desk, or end it where you started it."
        }
        None if rehearsal => {
            "Nothing is going on yet. Be somebody below and open an incident by hand on the desk, or let a feed bring what \
             a watch of yours looks for."
        }
        None => {
            "Nothing is going on yet. The sample feed is being read; a spike opens an incident in a moment. Load this page again."
        }
        Some(entry) if entry.incident.verified.is_none() => {
            "An incident is open. Be the first person below, read the alert in the mailbox, and say on the incident's \
             page that it is real. Then confirm the facts."
        }
        Some(entry) if everything_is_posted(&entry.incident) => {
            "Everything is posted: look at the newsroom. Then propose on the incident's page to stand down; the \
             communications leads are asked by mail."
        }
        Some(_) => {
            "The incident is real. Confirm its facts as the people whose role it is; then the approvers have mail. \
             Open their mails: each has a link and a code."
        }
    };
    let demo = Demo {
        rehearsal,
        next: next.to_owned(),
        incident: running.map(|entry| entry.incident.id),
        people: people.map(|(id, person)| site.guise(roster, id, person)).collect(),
    };
    site.page("demo", &site.frame("Demo", None), &demo)
}

/// Everything but the rounds whose time has not come.
fn everything_is_posted(incident: &Incident) -> bool {
    incident.statements.values().all(|statement| match (&statement.phase, &statement.origin) {
        (StatementPhase::Posted(_), _) | (StatementPhase::Waiting, Origin::Round { .. }) => true,
        (
            StatementPhase::Waiting
            | StatementPhase::Drafting(_)
            | StatementPhase::Asking(_)
            | StatementPhase::Ready(_)
            | StatementPhase::Posting(_)
            | StatementPhase::Withdrawn
            | StatementPhase::Skipped(_),
            _,
        ) => false,
    })
}

/// Begins a session of that person; nobody proves anything here.
pub(super) async fn be(
    State(site): State<Arc<Site>>,
    Path(person): Path<String>,
    jar: CookieJar,
) -> Result<Response, Problem> {
    let person = PersonId::from(person);
    let known = site.engine.standing().roster.person(&person).is_some_and(|person| !person.shared);
    if !known {
        return Err(Problem::not_found("There is no such person.").at("/demo"));
    }
    let session = site.engine.begin_session(&person).await?;
    Ok((jar.add(site.cookie(&session)), Redirect::to("/")).into_response())
}

impl Site {
    fn guise(&self, roster: &Roster, id: &PersonId, person: &Person) -> Guise {
        let letters = self.mailbox.as_ref().map(|mailbox| mailbox.to(&person.email)).unwrap_or_default();
        let roles = roster.roles.iter().filter(|(_, holders)| holders.contains(id));
        let roles: Vec<String> = roles.map(|(role, _)| role.to_string()).collect();
        Guise {
            id: id.to_string(),
            name: person.name.clone(),
            email: person.email.clone(),
            roles: listed(&roles),
            mails: letters.len(),
            latest: letters.last().map(|kept| kept.letter.subject.clone()),
        }
    }
}
