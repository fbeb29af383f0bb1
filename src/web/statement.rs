//! What people do to one statement from the incident's page.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};

use super::Site;
use super::board::{Fields, field};
use super::problem::Problem;
use super::session::Visitor;
use crate::core::incident::{Event, IncidentId, Settlement, Version};
use crate::core::name::{ChannelName, StepId};
use crate::core::shown::sentence;
use crate::core::statement::{Digest, Says};
use crate::engine::{TextEdit, WrittenOver};

/// The longest address of a post, in bytes.
const POST_URL_BYTES_MAX: usize = 2048;

type Answer = Result<Response, Problem>;
type Place = Path<(IncidentId, String)>;

fn part(step: &StepId) -> String {
    format!("statement-{step}")
}

/// Saves the texts of the form over the version that it was opened with.
pub(super) async fn edit(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, step)): Place,
    Form(fields): Form<Fields>,
) -> Answer {
    let step = StepId::from(step);
    let problem = |words: &str| Problem::input(words).at_incident(id);
    let number = |name| field(&fields, name).parse().map_err(|_| problem("Load the page again and edit there."));
    let written_over = WrittenOver { version: number("version")?, events: number("events")? };
    let found = site.find(id)?;
    let current = found.incident.statements.get(&step).and_then(|statement| statement.current());
    let current = current.ok_or_else(|| problem("There is no text to edit yet."))?;
    let texts = texts_of(&fields, current);
    match site.engine.edit(id, &step, written_over, &visitor.person, &texts).await {
        Ok(Ok(())) => Ok(Redirect::to(&format!("/incident/{id}#{}", part(&step))).into_response()),
        Ok(Err(error)) => Err(problem(&sentence(&error.to_string()))),
        Err(error) => Err(Problem::from(error).at_incident(id)),
    }
}

fn texts_of(fields: &Fields, current: &Version) -> Vec<TextEdit> {
    let variants = current.package.variants.iter().enumerate();
    let edits = variants.filter_map(|(variant, before)| {
        let body = fields.get(&format!("body.{variant}"))?.clone();
        let title = before.title.as_ref().and_then(|_| fields.get(&format!("title.{variant}")).cloned());
        Some(TextEdit { variant, title, body })
    });
    edits.collect()
}

pub(super) async fn redraft(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, step)): Place,
) -> Answer {
    let step = StepId::from(step);
    let part = part(&step);
    site.act(id, Event::RedraftAsked { statement: step, by: visitor.person }, &part).await
}

/// Approved words were said to somebody who asked. The form names the hash of what was read.
pub(super) async fn used(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, step)): Place,
    Form(fields): Form<Fields>,
) -> Answer {
    let statement = StepId::from(step);
    let (digest, to) = (read(&site, id, &statement, &fields)?, field(&fields, "to").to_owned());
    let part = part(&statement);
    site.act(id, Event::Used { statement, digest, by: visitor.person, to }, &part).await
}

/// A named person's word on what is held ready. The form names the hash of what was read.
pub(super) async fn say_now(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, step)): Place,
    Form(fields): Form<Fields>,
) -> Answer {
    let statement = StepId::from(step);
    let digest = read(&site, id, &statement, &fields)?;
    let part = part(&statement);
    site.act(id, Event::SaidNow { statement, digest, by: visitor.person }, &part).await
}

/// The hash of the current words, where they are those that the form was shown with.
fn read(site: &Site, id: IncidentId, statement: &StepId, fields: &Fields) -> Result<Digest, Problem> {
    let found = site.find(id)?;
    let current = found.incident.statements.get(statement).and_then(|statement| statement.current());
    let read = current.map(|version| version.digest).filter(|digest| digest.to_string() == field(fields, "digest"));
    read.ok_or_else(|| Problem::input("Load the page again: the text has changed.").at_incident(id))
}

/// Which of its texts a round says.
pub(super) async fn says(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, step)): Place,
    Form(fields): Form<Fields>,
) -> Answer {
    let statement = StepId::from(step);
    let part = part(&statement);
    let says = match field(&fields, "says") {
        "nothing-new" => Says::NothingNew,
        "own" => Says::Own,
        _ => return Err(Problem::input("Say which of the texts it is to be.").at_incident(id)),
    };
    site.act(id, Event::TextPicked { statement, says, by: visitor.person }, &part).await
}

pub(super) async fn ask_again(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, step)): Place,
    Form(fields): Form<Fields>,
) -> Answer {
    let step = StepId::from(step);
    let part = part(&step);
    let reason = field(&fields, "reason").to_owned();
    site.act(id, Event::AskedAgain { statement: step, by: visitor.person, reason }, &part).await
}

/// The form names the hash of what was read: a lift never holds for bytes that came later.
pub(super) async fn lift(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, step)): Place,
    Form(fields): Form<Fields>,
) -> Answer {
    let step = StepId::from(step);
    let found = site.find(id)?;
    let versions = found.incident.statements.get(&step).map_or(&[][..], |statement| &statement.versions[..]);
    let read = versions.iter().find(|version| version.digest.to_string() == field(&fields, "digest"));
    let read = read.ok_or_else(|| Problem::input("Load the page again: the text has changed.").at_incident(id))?;
    let (rule, reason) = (field(&fields, "rule").to_owned(), field(&fields, "reason").to_owned());
    let part = part(&step);
    let event = Event::BlockLifted { statement: step, digest: read.digest, rule, by: visitor.person, reason };
    site.act(id, event, &part).await
}

pub(super) async fn posted_by_hand(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, step)): Place,
    Form(fields): Form<Fields>,
) -> Answer {
    let step = StepId::from(step);
    let url = address(&fields, id)?;
    let channel = ChannelName::from(field(&fields, "channel"));
    let part = part(&step);
    site.act(id, Event::PostedByHand { statement: step, channel, by: visitor.person, url }, &part).await
}

pub(super) async fn settle(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, step)): Place,
    Form(fields): Form<Fields>,
) -> Answer {
    let step = StepId::from(step);
    let found = match field(&fields, "found") {
        "there" => Settlement::There { url: address(&fields, id)? },
        "not-there" => Settlement::NotThere,
        _ => return Err(Problem::input("Say whether the post is there.").at_incident(id)),
    };
    let channel = ChannelName::from(field(&fields, "channel"));
    let part = part(&step);
    site.act(id, Event::PostSettled { statement: step, channel, by: visitor.person, found }, &part).await
}

/// Asks for a post to be taken down, or says that it is.
pub(super) async fn take_down(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, step)): Place,
    Form(fields): Form<Fields>,
) -> Answer {
    let statement = StepId::from(step);
    let channel = ChannelName::from(field(&fields, "channel"));
    let part = part(&statement);
    let by = visitor.person;
    let event = match field(&fields, "press") {
        "ask" => {
            let reason = field(&fields, "reason").to_owned();
            Event::TakeDownAsked { statement, channel, by, reason }
        }
        "is-down" => Event::TakenDown { statement, channel, by: Some(by) },
        _ => return Err(Problem::input("Say whether it is to be taken down, or is down.").at_incident(id)),
    };
    site.act(id, event, &part).await
}

/// Begins a correction of what is public.
pub(super) async fn correct(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, step)): Place,
    Form(fields): Form<Fields>,
) -> Answer {
    let reason = field(&fields, "reason").to_owned();
    site.act(id, Event::CorrectionBegun { of: StepId::from(step), by: visitor.person, reason }, "statements").await
}

/// The address of a post, as a browser shows it.
fn address(fields: &Fields, id: IncidentId) -> Result<String, Problem> {
    let url = field(fields, "url");
    let web = url.starts_with("https://") || url.starts_with("http://");
    if web && url.len() <= POST_URL_BYTES_MAX && url.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(url.to_owned());
    }
    Err(Problem::input("Give the post's whole address as your browser shows it, beginning with https://.")
        .at_incident(id))
}
