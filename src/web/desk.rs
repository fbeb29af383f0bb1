//! The desk: what is going on, what was, and a way to open an incident by hand.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Serialize;

use super::Site;
use super::board::{Fields, Found, field};
use super::problem::Problem;
use super::session::Visitor;
use crate::core::incident::StatementPhase;
use crate::core::name::PlaybookName;
use crate::core::shown::{Dated, Shown, Text, texts};
use crate::core::statement::clock_time;
use crate::engine::{Calendar, Erased, RefusedFolder};

/// How many incidents that are over are listed.
const RECENT_MAX: usize = 20;

#[derive(Serialize)]
struct Desk {
    open: Vec<Line>,
    calendar: Vec<Due>,
    /// How many later lines the calendar leaves out.
    later: Option<usize>,
    recent: Vec<Line>,
    /// What there is to say of incidents whose words were erased.
    erased: Vec<String>,
    playbooks: Vec<Choice>,
    stopped: bool,
    /// Approved words for whoever answers phones.
    if_asked: Vec<IfAsked>,
    /// Feeds that nothing is heard of, in words.
    blind: Vec<String>,
    quiet: Vec<String>,
    /// The folder's last change, where it cannot be used.
    refused: Option<Refused>,
    /// What of the folder waits for a restart.
    waits: Vec<String>,
}

/// One line of the calendar.
#[derive(Serialize)]
struct Due {
    /// For programs that read the page aloud.
    instant: String,
    when: String,
    late: bool,
    what: String,
    who: String,
    incident: u32,
    title: String,
    part: String,
}

#[derive(Serialize)]
struct IfAsked {
    incident: u32,
    title: String,
    id: String,
    name: String,
    digest: String,
    texts: Vec<Text>,
}

#[derive(Serialize)]
struct Refused {
    at: String,
    problems: Vec<String>,
    more: Option<u32>,
}

#[derive(Serialize)]
struct Line {
    id: u32,
    title: String,
    severity: String,
    class: String,
    opened: String,
    state: String,
    duty: String,
}

#[derive(Serialize)]
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) title: String,
}

pub(super) async fn page(State(site): State<Arc<Site>>, Extension(visitor): Extension<Visitor>) -> Response {
    let board = site.engine.board();
    let (mut open, mut recent, mut if_asked) = (Vec::new(), Vec::new(), Vec::new());
    for entry in board.incidents.values().rev() {
        let found = Found { incident: Arc::clone(&entry.incident), rules: Arc::clone(&entry.rules) };
        let line = site.line(&found);
        if found.incident.is_running() {
            if_asked.extend(ready_to_say(&found));
            open.push(line);
        } else if recent.len() < RECENT_MAX {
            recent.push(line);
        }
    }
    let erased = board.erased.iter().rev().take(RECENT_MAX).map(|(id, erased)| site.erased(*id, erased)).collect();
    let (playbooks, quiet, blind) = (site.choices(), site.quiet_now(), site.blind());
    let folder = site.folder.borrow().clone();
    let Calendar { lines, more } = site.engine.calendar();
    let (calendar, later) = (lines.into_iter().map(due).collect(), (more > 0).then_some(more));
    let (refused, waits) = (folder.refused.map(|refused| site.refused(refused)), folder.waits);
    let stopped = board.stopped;
    let desk =
        Desk { open, calendar, later, recent, erased, playbooks, stopped, if_asked, blind, quiet, refused, waits };
    site.page("desk", &site.frame("Desk", Some(&visitor)), &desk)
}

fn due(line: Dated) -> Due {
    let Dated { at, when, late, what, who, incident, title, part } = line;
    Due { instant: at.to_string(), when, late, what, who, incident, title, part }
}

/// What may be said of an incident to whoever asks.
fn ready_to_say(found: &Found) -> Vec<IfAsked> {
    let statements = found.incident.statements.iter();
    let ready = statements.filter_map(|(id, statement)| match &statement.phase {
        StatementPhase::Ready(ready) => Some((id, ready.ballot.approved(&found.incident.roster)?)),
        StatementPhase::Waiting
        | StatementPhase::Drafting(_)
        | StatementPhase::Asking(_)
        | StatementPhase::Posting(_)
        | StatementPhase::Posted(_)
        | StatementPhase::Skipped(_)
        | StatementPhase::Withdrawn => None,
    });
    let shown = ready.map(|(id, approved)| IfAsked {
        incident: found.incident.id,
        title: found.incident.title.clone(),
        id: id.to_string(),
        name: Shown::statement_name(id),
        digest: approved.digest().to_string(),
        texts: texts(approved.package()),
    });
    shown.collect()
}

pub(super) async fn open(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let playbook = PlaybookName::from(field(&fields, "playbook"));
    let reason = field(&fields, "reason").to_owned();
    let id = site.engine.open(&playbook, &visitor.person, reason).await?;
    Ok(Redirect::to(&format!("/incident/{id}")).into_response())
}

/// The kill switch: anybody who is signed in may stop all posting; whoever every open incident knows may start it again.
pub(super) async fn posting(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let by = site.engine.standing().roster.name_of(&visitor.person).to_owned();
    match field(&fields, "press") {
        "stop" => drop(site.engine.stop_posting(by, field(&fields, "reason").to_owned()).await?),
        "resume" => site.engine.speaking(&visitor.proved).resume_posting(by).await?,
        _ => return Err(Problem::input("Say whether posting is to be stopped or resumed.")),
    }
    Ok(Redirect::to("/").into_response())
}

impl Site {
    fn refused(&self, refused: RefusedFolder) -> Refused {
        let RefusedFolder { at, problems, more } = refused;
        let at = clock_time(at, &self.engine.standing().organisation.zone(), "en");
        Refused { at, problems, more: (more > 0).then_some(more) }
    }

    fn erased(&self, id: u32, erased: &Erased) -> String {
        let standing = self.engine.standing();
        let at = erased.at.to_zoned(standing.organisation.zone()).strftime("%-d %B %Y").to_string();
        let by = standing.roster.person(&erased.by).map_or(erased.by.as_str(), |person| person.name.as_str());
        format!("Incident {id}: erased on {at} by {by}. {}", erased.reason)
    }

    fn line(&self, found: &Found) -> Line {
        let shown = self.shown(found);
        let incident = &found.incident;
        Line {
            id: incident.id,
            title: incident.title.clone(),
            severity: incident.severity.to_string(),
            class: incident.severity.to_string().to_lowercase(),
            opened: shown.time(incident.opened_at),
            state: shown.incident_state(),
            duty: match &incident.duty {
                Some(duty) => format!("{} has it.", shown.name(duty)),
                None if incident.is_running() => "Nobody has claimed it.".to_owned(),
                None => String::new(),
            },
        }
    }

    pub(super) fn choices(&self) -> Vec<Choice> {
        let playbooks = self.engine.playbooks().into_iter();
        playbooks.map(|(name, title)| Choice { name: name.to_string(), title }).collect()
    }
}
