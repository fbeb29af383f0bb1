//! What people do to an incident from its page: each a form, one event, and back to the page.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};

use super::Site;
use super::board::{Fields, field};
use super::problem::Problem;
use super::session::Visitor;
use crate::core::incident::{Asker, Event, IncidentId, Teller, Verification};
use crate::core::name::{FactName, PersonId, PlaybookName, StepId};
use crate::core::playbook::{FactKind, FactValue};
use crate::core::severity::Severity;
use crate::core::shown::sentence;

/// How the fields begin that name tasks to be dropped.
const DROPPED: &str = "drop-";

type Answer = Result<Response, Problem>;

impl Site {
    /// Records one event and goes back to the part of the page that it is about.
    pub(super) async fn act(&self, id: IncidentId, event: Event, part: &str) -> Answer {
        self.engine.record(id, event).await.map_err(|error| Problem::from(error).at_incident(id))?;
        Ok(Redirect::to(&format!("/incident/{id}#{part}")).into_response())
    }
}

pub(super) async fn verify(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
    Form(fields): Form<Fields>,
) -> Answer {
    let verdict = match field(&fields, "verdict") {
        "real" => Verification::Real,
        "not-ours" => Verification::NotOurs,
        "false-alarm" => Verification::FalseAlarm,
        _ => return Err(Problem::input("Say whether it is real, not yours, or a false alarm.").at_incident(id)),
    };
    let reason = field(&fields, "reason").to_owned();
    site.act(id, Event::Verified { verdict, by: visitor.person, reason }, "top").await
}

pub(super) async fn claim(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
) -> Answer {
    site.act(id, Event::Claimed { by: visitor.person }, "top").await
}

pub(super) async fn severity(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
    Form(fields): Form<Fields>,
) -> Answer {
    let to = match field(&fields, "to") {
        "serious" => Severity::Serious,
        "critical" => Severity::Critical,
        _ => return Err(Problem::input("Pick the severity that it is raised to.").at_incident(id)),
    };
    let reason = field(&fields, "reason").to_owned();
    site.act(id, Event::SeverityRaised { to, by: visitor.person, reason }, "top").await
}

pub(super) async fn stand_down(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
    Form(fields): Form<Fields>,
) -> Answer {
    let reason = field(&fields, "reason").to_owned();
    site.act(id, Event::StandDownAsked { by: Asker::Person(visitor.person), reason }, "end").await
}

pub(super) async fn close(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
    Form(fields): Form<Fields>,
) -> Answer {
    let reason = field(&fields, "reason").to_owned();
    site.act(id, Event::Closed { by: visitor.person, reason }, "top").await
}

pub(super) async fn playbook(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
    Form(fields): Form<Fields>,
) -> Answer {
    let name = PlaybookName::from(field(&fields, "playbook"));
    let rules = site.engine.standing().rules.get(&name).map(|rules| rules.hash());
    let rules = rules.ok_or_else(|| Problem::input("Pick a playbook from the list.").at_incident(id))?;
    site.act(id, Event::PlaybookPicked { rules, by: visitor.person, switch: None }, "top").await
}

/// Goes on by another playbook; each open task that is dropped is ticked.
pub(super) async fn switch(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
    Form(fields): Form<Fields>,
) -> Answer {
    let playbook = PlaybookName::from(field(&fields, "playbook"));
    let drop = fields.keys().filter_map(|name| name.strip_prefix(DROPPED)).map(StepId::from).collect();
    let reason = field(&fields, "reason").to_owned();
    let instead_of = Some(PlaybookName::from(field(&fields, "instead-of")));
    let switched = site.engine.switch_playbook(id, &playbook, instead_of, &visitor.person, reason, drop).await;
    switched.map_err(|error| Problem::from(error).at_incident(id))?;
    Ok(Redirect::to(&format!("/incident/{id}#now")).into_response())
}

/// Links with another incident, or takes a link away.
pub(super) async fn link(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
    Form(fields): Form<Fields>,
) -> Answer {
    let (other, reason) = (other(&fields, id)?, field(&fields, "reason").to_owned());
    let engine = site.engine.speaking(&visitor.proved);
    let done = match field(&fields, "press") {
        "link" => engine.link(id, other, &visitor.person, reason).await,
        "unlink" => engine.unlink(id, other, &visitor.person, reason).await,
        _ => return Err(Problem::input("Say whether to link them or to take the link away.").at_incident(id)),
    };
    done.map_err(|error| Problem::from(error).at_incident(id))?;
    Ok(Redirect::to(&format!("/incident/{id}#others")).into_response())
}

/// Stands this incident down into another.
pub(super) async fn merge(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
    Form(fields): Form<Fields>,
) -> Answer {
    let (into, reason) = (other(&fields, id)?, field(&fields, "reason").to_owned());
    let merged = site.engine.speaking(&visitor.proved).merge(id, into, &visitor.person, reason).await;
    merged.map_err(|error| Problem::from(error).at_incident(id))?;
    Ok(Redirect::to(&format!("/incident/{into}#others")).into_response())
}

fn other(fields: &Fields, id: IncidentId) -> Result<IncidentId, Problem> {
    let other = field(fields, "other").parse();
    other.map_err(|_| Problem::input("Pick the other incident from the list.").at_incident(id))
}

/// Agrees to a change of the incident's people that the folder asks for.
pub(super) async fn change(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, change)): Path<(IncidentId, u32)>,
) -> Answer {
    site.act(id, Event::ChangeAgreed { change, by: visitor.person }, "people").await
}

pub(super) async fn task(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, step)): Path<(IncidentId, String)>,
    Form(fields): Form<Fields>,
) -> Answer {
    let note = field(&fields, "note").to_owned();
    site.act(id, Event::TaskDone { task: StepId::from(step), by: visitor.person, note }, "tasks").await
}

/// Offers the duty to the next shift.
pub(super) async fn hand_over(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
    Form(fields): Form<Fields>,
) -> Answer {
    let to = PersonId::from(field(&fields, "to"));
    let note = field(&fields, "note").to_owned();
    site.act(id, Event::HandOverOffered { to, by: visitor.person, note }, "top").await
}

pub(super) async fn accept(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
) -> Answer {
    site.act(id, Event::HandOverAccepted { by: visitor.person }, "top").await
}

/// Begins a step before its time, or takes one up again.
pub(super) async fn begin(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
    Form(fields): Form<Fields>,
) -> Answer {
    let step = StepId::from(field(&fields, "step"));
    site.act(id, Event::BegunEarly { step, by: visitor.person }, "now").await
}

pub(super) async fn skip(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
    Form(fields): Form<Fields>,
) -> Answer {
    let step = StepId::from(field(&fields, "step"));
    let reason = field(&fields, "reason").to_owned();
    site.act(id, Event::StepSkipped { step, by: visitor.person, reason }, "now").await
}

/// A task by hand; its time is in the organisation's zone.
pub(super) async fn add_task(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
    Form(fields): Form<Fields>,
) -> Answer {
    let due = match field(&fields, "due") {
        "" => None,
        typed => {
            let zone = site.find(id)?.rules.organisation.zone();
            let parsed = FactKind::Datetime.parse(typed, &zone);
            match parsed.map_err(|error| Problem::input(sentence(&error.to_string())).at_incident(id))? {
                FactValue::Datetime(due) => Some(due),
                FactValue::Text(_) | FactValue::Number(_) | FactValue::Phone(_) | FactValue::Link(_) => None,
            }
        }
    };
    let todo = field(&fields, "todo").to_owned();
    let who = PersonId::from(field(&fields, "who"));
    site.act(id, Event::TaskAdded { todo, who, due, by: visitor.person }, "tasks").await
}

pub(super) async fn story(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<IncidentId>,
    Form(fields): Form<Fields>,
) -> Answer {
    let teller = match field(&fields, "teller") {
        "us" => Teller::Us,
        "media" => Teller::Media,
        "third-party" => Teller::ThirdParty,
        _ => return Err(Problem::input("Say who told the story first.").at_incident(id)),
    };
    site.act(id, Event::StoryBroken { teller, by: visitor.person }, "story").await
}

pub(super) async fn fact(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, fact)): Path<(IncidentId, String)>,
    Form(fields): Form<Fields>,
) -> Answer {
    let fact = FactName::from(fact);
    let by = visitor.person;
    let part = format!("fact-{fact}");
    if field(&fields, "press") == "unknown" {
        return site.act(id, Event::FactLeftUnknown { fact, by }, &part).await;
    }
    let found = site.find(id)?;
    let no_fact = || Problem::not_found("This playbook has no such fact.").at_incident(id);
    let spec = found.rules.playbook.fact(&fact).ok_or_else(no_fact)?;
    let parsed = spec.kind.parse(field(&fields, "value"), &found.rules.organisation.zone());
    let value = parsed.map_err(|error| Problem::input(sentence(&error.to_string())).at_incident(id))?;
    let event = match field(&fields, "press") {
        "confirm" => Event::FactConfirmed { fact, value, by },
        _ => Event::FactProposed { fact, value, by },
    };
    site.act(id, event, &part).await
}
