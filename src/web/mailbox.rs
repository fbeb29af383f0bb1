//! The built-in mailbox's pages: what would have been sent, to whom, as text and as HTML.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::Site;
use super::board::{Fields, field};
use super::problem::Problem;
use crate::core::statement::clock_time;
use crate::mail::{Captured, Letter, Mailbox, Picture};

/// The page that frames a letter's HTML may frame our own pages.
const FRAMING: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; frame-src 'self'";
/// A letter's HTML has its styles in its tags; it runs nothing, loads nothing and leads nowhere.
const FRAMED: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'self'; sandbox";

#[derive(Serialize)]
struct Shelf {
    to: String,
    letters: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    number: u64,
    to_name: String,
    to: String,
    subject: String,
    at: String,
}

#[derive(Serialize)]
struct LetterPage {
    number: u64,
    to_name: String,
    to: String,
    subject: String,
    at: String,
    pieces: Vec<Piece>,
}

/// A piece of a letter's text; a link of ours where it has an address.
#[derive(Serialize)]
struct Piece {
    text: String,
    href: Option<String>,
}

pub(super) async fn page(State(site): State<Arc<Site>>, Query(query): Query<Fields>) -> Result<Response, Problem> {
    let to = field(&query, "to").to_owned();
    let mailbox = site.mailbox()?;
    let letters = if to.is_empty() { mailbox.all() } else { mailbox.to(&to) };
    let letters = letters.iter().rev().map(|kept| site.mail_line(kept)).collect();
    Ok(site.page("mailbox", &site.frame("Mailbox", None), &Shelf { to, letters }))
}

pub(super) async fn letter(State(site): State<Arc<Site>>, Path(number): Path<u64>) -> Result<Response, Problem> {
    let kept = site.kept(number)?;
    let Line { number, to_name, to, subject, at } = site.mail_line(&kept);
    let pieces = pieces(&kept.letter.text, &site.url);
    let page = LetterPage { number, to_name, to, subject, at, pieces };
    let mut response = site.page("letter", &site.frame(&page.subject, None), &page);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(FRAMING));
    Ok(response)
}

pub(super) async fn html(State(site): State<Arc<Site>>, Path(number): Path<u64>) -> Result<Response, Problem> {
    let kept = site.kept(number)?;
    let headers = [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(FRAMED))];
    Ok((headers, Html(with_picture(&kept.letter))).into_response())
}

/// The letter's HTML with its picture put in the place that names it, as a mail program does.
fn with_picture(letter: &Letter) -> String {
    let Some(Picture { content_id, png }) = &letter.picture else { return letter.html.clone() };
    letter.html.replace(&format!("cid:{content_id}"), &format!("data:image/png;base64,{}", STANDARD.encode(png)))
}

impl Site {
    fn mailbox(&self) -> Result<&Mailbox, Problem> {
        self.mailbox.as_ref().ok_or_else(|| Problem::not_found("There is no built-in mailbox here."))
    }

    fn kept(&self, number: u64) -> Result<Arc<Captured>, Problem> {
        let gone = || Problem::not_found("There is no such mail; older ones are dropped.").at("/mailbox");
        self.mailbox()?.get(number).ok_or_else(gone)
    }

    fn mail_line(&self, kept: &Captured) -> Line {
        Line {
            number: kept.number,
            to_name: kept.letter.to_name.clone(),
            to: kept.letter.to.clone(),
            subject: kept.letter.subject.clone(),
            at: clock_time(kept.at, &self.engine.standing().organisation.zone(), "en"),
        }
    }
}

/// The text with our own addresses set apart, so that they can be followed.
fn pieces(text: &str, url: &str) -> Vec<Piece> {
    let own = format!("{url}/");
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(&own) {
        let link = &rest[at..];
        let end = link.find(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | ')')).unwrap_or(link.len());
        let (link, after) = link.split_at(end);
        pieces.push(Piece { text: rest[..at].to_owned(), href: None });
        pieces.push(Piece { text: link.to_owned(), href: link.strip_prefix(url).map(str::to_owned) });
        rest = after;
    }
    pieces.push(Piece { text: rest.to_owned(), href: None });
    pieces
}
