//! Signing in: an address, then the mailed link and its code. Says the same whether an address is known or not.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use serde::Serialize;

use super::Site;
use super::board::{Fields, field};
use super::problem::Problem;
use crate::core::proved::Reach;
use crate::core::shown::sentence;
use crate::engine::AnswerError;

/// The longest address that is looked at, in bytes (RFC 5321, 4.5.3.1).
const ADDRESS_BYTES_MAX: usize = 254;

#[derive(Serialize)]
struct Page {
    sent: bool,
    demo: bool,
}

#[derive(Serialize)]
struct CodePage {
    token: String,
    error: Option<String>,
}

pub(super) async fn page(State(site): State<Arc<Site>>) -> Response {
    site.page("sign_in", &site.frame("Sign in", None), &Page { sent: false, demo: site.mailbox.is_some() })
}

pub(super) async fn ask(State(site): State<Arc<Site>>, Form(fields): Form<Fields>) -> Result<Response, Problem> {
    let email = field(&fields, "email");
    if email.is_empty() || email.len() > ADDRESS_BYTES_MAX {
        return Err(Problem::input("Write your e-mail address.").at("/sign-in"));
    }
    site.engine.ask_sign_in(email).await?;
    let page = Page { sent: true, demo: site.mailbox.is_some() };
    Ok(site.page("sign_in", &site.frame("Look at your mail", None), &page))
}

pub(super) async fn code_page(State(site): State<Arc<Site>>, Path(token): Path<String>) -> Response {
    site.page("sign_in_code", &site.frame("Sign in", None), &CodePage { token, error: None })
}

pub(super) async fn enter(
    State(site): State<Arc<Site>>,
    Path(token): Path<String>,
    jar: CookieJar,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    match site.engine.sign_in(&token, field(&fields, "code")).await {
        Ok(session) => {
            let to = match site.visitor_of(session.as_str()).map(|visitor| visitor.reach) {
                Some(Reach::Within(incidents)) => incidents.first().map(|id| format!("/incident/{id}")),
                Some(Reach::Everywhere) | None => None,
            };
            let to = Redirect::to(to.as_deref().unwrap_or("/"));
            Ok((jar.add(site.cookie(&session)), to).into_response())
        }
        Err(AnswerError::Record(error)) => Err(error.into()),
        Err(error) => {
            let page = CodePage { token, error: Some(sentence(&error.to_string())) };
            let page = site.page("sign_in_code", &site.frame("Sign in", None), &page);
            Ok((StatusCode::FORBIDDEN, page).into_response())
        }
    }
}

pub(super) async fn out(State(site): State<Arc<Site>>, headers: HeaderMap) -> Result<Response, Problem> {
    let jar = CookieJar::from_headers(&headers);
    if let Some(cookie) = jar.get(site.cookie_name()) {
        site.engine.sign_out(cookie.value()).await?;
    }
    let gone = Cookie::build(site.cookie_name()).path("/").secure(site.is_https());
    Ok((jar.remove(gone), Redirect::to("/sign-in")).into_response())
}
