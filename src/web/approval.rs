//! The approval page: everything that the mail shows except the code. Looking changes nothing; a decision needs the code.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Serialize;

use super::Site;
use super::board::{Fields, Found, drawing, field};
use super::problem::Problem;
use crate::core::approval::{Ballot, Decision};
use crate::core::incident::{Hold, IncidentPhase, Refusal, Request, Statement, StatementPhase, Subject};
use crate::core::shown::{Asked, Changes, Quote, Shown, sentence};
use crate::engine::AnswerError;

/// The longest reason or wish, in characters.
const WORDS_CHARS_MAX: usize = 2_000;

#[derive(Serialize)]
struct Page {
    token: String,
    /// Whether the person who was asked is signed in here.
    signed_in: bool,
    class: String,
    asked: Asked,
    drawing: Option<String>,
    quotes: Vec<Quote>,
    /// Why nothing can be decided here now; none while it can.
    closed: Option<Closed>,
    receipt: Option<Receipt>,
    /// What the last press did not do, and why.
    error: Option<String>,
    /// What was typed with it.
    words: String,
}

#[derive(Serialize)]
struct Closed {
    words: String,
    /// Where the statement stands now.
    state: String,
    changes: Option<Changes>,
}

/// What this person has decided.
#[derive(Serialize)]
struct Receipt {
    words: String,
    /// Where the statement stands now.
    state: String,
    can_take_back: bool,
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    site.approval_page(&token, &headers, None, "")
}

pub(super) async fn answer(
    State(site): State<Arc<Site>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let code = field(&fields, "code");
    let words = field(&fields, "words");
    let refuse = |error: String, status: StatusCode| {
        let page = site.approval_page(&token, &headers, Some(error), words)?;
        Ok((status, page).into_response())
    };
    if code.is_empty() {
        let error = "Type the six characters from the mail. Nothing was decided.".to_owned();
        return refuse(error, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let signed_in = site.visitor(&headers).map(|visitor| visitor.person);
    let outcome = match decision(field(&fields, "press"), words) {
        Ok(Some(decision)) => site.engine.answer_signed_in(&token, code, decision, signed_in).await,
        Ok(None) => site.engine.take_back(&token, code).await,
        Err(error) => return refuse(error.to_owned(), StatusCode::UNPROCESSABLE_ENTITY),
    };
    match outcome {
        Ok(()) => Ok(Redirect::to(&format!("/a/{token}")).into_response()),
        Err(AnswerError::Record(error)) => Err(error.into()),
        Err(error @ AnswerError::Refused(_)) => refuse(sentence(&error.to_string()), StatusCode::CONFLICT),
        Err(error @ (AnswerError::WrongCode { .. } | AnswerError::Locked | AnswerError::NoSuchLink)) => {
            let said = format!("{} Nothing was decided.", sentence(&error.to_string()));
            refuse(said, StatusCode::FORBIDDEN)
        }
    }
}

/// The decision of a press; none where a yes is taken back.
fn decision(press: &str, words: &str) -> Result<Option<Decision>, &'static str> {
    if words.chars().count() > WORDS_CHARS_MAX {
        return Err("Your words are longer than 2,000 characters; shorten them. Nothing was decided.");
    }
    match (press, words) {
        ("approve", _) => Ok(Some(Decision::Approve)),
        ("changes", "") => Err("Write what should change, then press the button again. Nothing was decided."),
        ("changes", wanted) => Ok(Some(Decision::Changes { wanted: wanted.to_owned() })),
        ("refuse", "") => Err("Write why you refuse, then press the button again. Nothing was decided."),
        ("refuse", reason) => Ok(Some(Decision::Reject { reason: reason.to_owned() })),
        ("take-back", _) => Ok(None),
        _ => Err("Press one of the buttons. Nothing was decided."),
    }
}

impl Site {
    fn approval_page(
        &self,
        token: &str,
        headers: &HeaderMap,
        error: Option<String>,
        words: &str,
    ) -> Result<Response, Problem> {
        let gone = || {
            Problem::not_found("This link is not one of ours, or it was cut short. Open it from the mail once more.")
        };
        let (id, number) = self.engine.request_of(token).ok_or_else(gone)?;
        let found = self.find(id)?;
        let request = found.incident.request(number).ok_or_else(gone)?;
        let shown = self.shown(&found);
        let asked = shown.asked(request).ok_or_else(gone)?;
        let receipt = receipt(&shown, request);
        let closed = match found.incident.awaits(request, shown.now) {
            Ok(()) => None,
            Err(_) if receipt.is_some() => None,
            Err(refusal) => Some(closed(&shown, request, &refusal)),
        };
        let frame = self.approval_frame(&found, &asked);
        let signed_in = self.visitor(headers).is_some_and(|visitor| visitor.person == request.person);
        let (token, words) = (token.to_owned(), words.to_owned());
        let quotes = self.quotes(&found);
        let class = asked.severity.to_lowercase();
        let drawing = drawing(&shown);
        Ok(self.page(
            "approval",
            &frame,
            &Page { token, signed_in, class, asked, drawing, quotes, closed, receipt, error, words },
        ))
    }

    fn approval_frame(&self, found: &Found, asked: &Asked) -> super::pages::Frame {
        let frame = self.frame(&format!("{}: {}", asked.title, asked.what), None);
        frame.stamped(found.incident.setting, &found.rules.organisation)
    }
}

fn closed(shown: &Shown<'_>, request: &Request, refusal: &Refusal) -> Closed {
    let statement = statement_of(shown, request);
    Closed {
        words: sentence(&refusal.to_string()),
        state: standing(shown, statement),
        changes: statement.and_then(|statement| shown.changes_after(request, statement)),
    }
}

fn statement_of<'a>(shown: &Shown<'a>, request: &Request) -> Option<&'a Statement> {
    match &request.of {
        Subject::Statement(id) => shown.incident.statements.get(id),
        Subject::StandDown => None,
    }
}

/// Where what was asked about stands now.
fn standing(shown: &Shown<'_>, statement: Option<&Statement>) -> String {
    statement.map_or_else(|| shown.incident_state(), |statement| shown.statement_state(statement))
}

/// None where this person's answer does not stand.
fn receipt(shown: &Shown<'_>, request: &Request) -> Option<Receipt> {
    match &request.of {
        Subject::StandDown => match &shown.incident.phase {
            IncidentPhase::StandingDown(ballot) => approved(shown, ballot, request, true),
            IncidentPhase::Open | IncidentPhase::StoodDown { .. } | IncidentPhase::Closed { .. } => None,
        },
        Subject::Statement(id) => match &shown.incident.statements.get(id)?.phase {
            StatementPhase::Asking(ballot) => approved(shown, ballot, request, shown.incident.is_running()),
            StatementPhase::Posting(posting) => approved(shown, &posting.ballot, request, !posting.has_begun()),
            StatementPhase::Posted(posting) => approved(shown, &posting.ballot, request, false),
            StatementPhase::Drafting(Hold::Refused { by, wanted }) if *by == request.person => {
                let current = shown.incident.statements.get(id)?.current()?;
                let words = format!("Your answer is recorded: not approved. You wrote: {wanted}");
                let state = "Nothing is posted. Everyone who was asked reads your words.".to_owned();
                (current.digest == request.digest).then_some(Receipt { words, state, can_take_back: false })
            }
            StatementPhase::Ready(ready) => approved(shown, &ready.ballot, request, shown.incident.is_running()),
            StatementPhase::Waiting
            | StatementPhase::Drafting(_)
            | StatementPhase::Skipped(_)
            | StatementPhase::Withdrawn => None,
        },
    }
}

fn approved<S>(shown: &Shown<'_>, ballot: &Ballot<S>, request: &Request, can_take_back: bool) -> Option<Receipt> {
    if ballot.round() != request.round || ballot.digest() != request.digest {
        return None;
    }
    let vote = ballot.stage(request.stage)?;
    let yes = vote.counted().find(|yes| yes.person == request.person)?;
    let state = standing(shown, statement_of(shown, request));
    Some(Receipt { words: format!("You approved this at {}.", shown.time(yes.at)), state, can_take_back })
}
