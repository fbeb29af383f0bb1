//! Who is speaking: the session's cookie, and the gate that every page without a public name stands behind.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

use super::Site;
use super::problem::Problem;
use crate::core::incident::IncidentId;
use crate::core::name::PersonId;
use crate::core::setting::Setting;
use crate::engine::SessionToken;

/// The prefix makes browsers refuse it without Secure, from another path or for a domain.
const COOKIE_HTTPS: &str = "__Host-holdline";
const COOKIE_HTTP: &str = "holdline";
/// Of a rehearsal beneath the live site: whoever signs in there stays signed in here.
const COOKIE_REHEARSAL_HTTPS: &str = "__Host-holdline-rehearsal";
const COOKIE_REHEARSAL_HTTP: &str = "holdline-rehearsal";

/// The person of a live session, known to the configuration of now.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) person: PersonId,
    pub(super) name: String,
    /// Whether they hold any role: without one they look and change nothing.
    pub(super) acts: bool,
}

impl Site {
    pub(super) fn cookie_name(&self) -> &'static str {
        match (self.engine.standing().setting, self.is_https()) {
            (Setting::Live, true) => COOKIE_HTTPS,
            (Setting::Live, false) => COOKIE_HTTP,
            (Setting::Rehearsal, true) => COOKIE_REHEARSAL_HTTPS,
            (Setting::Rehearsal, false) => COOKIE_REHEARSAL_HTTP,
        }
    }

    pub(super) fn cookie(&self, token: &SessionToken) -> Cookie<'static> {
        Cookie::build((self.cookie_name(), token.as_str().to_owned()))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_https())
            .build()
    }

    pub(super) fn visitor(&self, headers: &HeaderMap) -> Option<Visitor> {
        let jar = CookieJar::from_headers(headers);
        let session = self.engine.session(jar.get(self.cookie_name())?.value())?;
        let standing = self.engine.standing();
        let people = &standing.roster;
        let person = people.person(&session.person).filter(|person| !person.shared)?;
        let acts = people.roles.values().any(|holders| holders.contains(&session.person));
        Some(Visitor { name: person.name.clone(), person: session.person, acts })
    }
}

impl Site {
    /// Whether the page is of an incident that knows the visitor by another address than the one they proved: that is the
    /// folder's of now, and an open incident keeps its own until two others agree.
    fn has_another_address(&self, path: &str, visitor: &Visitor) -> bool {
        let id = path.strip_prefix("/incident/").and_then(number_of);
        let board = self.engine.board();
        let Some(entry) = id.and_then(|id: IncidentId| board.incidents.get(&id)) else { return false };
        let standing = self.engine.standing();
        match (entry.incident.roster.person(&visitor.person), standing.roster.person(&visitor.person)) {
            (Some(then), Some(now)) => !then.email.eq_ignore_ascii_case(&now.email),
            (Some(_) | None, None) | (None, Some(_)) => false,
        }
    }
}

/// The incident's number, where it is written as a number is: routes would take `%31` for `1`, and this would not.
fn number_of(rest: &str) -> Option<IncidentId> {
    let number = rest.split('/').next()?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
}

fn another_address() -> Problem {
    let words = "Your address was changed in the folder after this incident opened. You can change nothing here before two \
                 other people of the incident agree to the new address on its page.";
    Problem::new(StatusCode::FORBIDDEN, "Not from this address", words)
}

/// Lets only people with a session on, and only those with a role change anything.
pub(super) async fn required(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    if request.uri().path().strip_prefix("/incident/").is_some_and(|rest| number_of(rest).is_none()) {
        return Problem::not_found("There is no incident of this number.").into_response();
    }
    let Some(visitor) = site.visitor(request.headers()) else {
        if looks {
            return Redirect::to("/sign-in").into_response();
        }
        let words = "You are not signed in any more, so nothing was changed. Sign in and send it again.";
        return Problem::new(StatusCode::UNAUTHORIZED, "Sign in first", words).at("/sign-in").into_response();
    };
    if !looks && !visitor.acts && request.uri().path() != "/sign-out" {
        let words =
            "You hold no role here, so you can look and change nothing. The configuration says who holds which role.";
        return Problem::new(StatusCode::FORBIDDEN, "Not yours to change", words).into_response();
    }
    if !looks && site.has_another_address(request.uri().path(), &visitor) {
        return another_address().into_response();
    }
    let jar = CookieJar::from_headers(request.headers());
    if let Some(cookie) = jar.get(site.cookie_name())
        && let Err(error) = site.engine.touch(cookie.value()).await
    {
        // The session only ends a little sooner.
        tracing::warn!(%error, "a session's last use was not written down");
    }
    request.extensions_mut().insert(visitor);
    next.run(request).await
}
