//! Who is speaking: the session's cookie, and the gate that every page without a public name stands behind.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

use super::Site;
use super::problem::Problem;
use crate::core::incident::{Incident, IncidentId};
use crate::core::name::PersonId;
use crate::core::proved::{Proved, Reach};
use crate::core::setting::Setting;
use crate::core::shown::incidents;
use crate::engine::{RecordError, Session, SessionToken};

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
    pub(super) proved: Proved,
    pub(super) reach: Reach,
    /// Whether they hold any role: without one they look and change nothing.
    acts: bool,
}

impl Visitor {
    /// Whether anything of the incident is shown to them.
    pub(super) fn sees(&self, incident: IncidentId) -> bool {
        match &self.reach {
            Reach::Everywhere => true,
            Reach::Within(incidents) => incidents.contains(&incident),
        }
    }
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
        self.visitor_of(jar.get(self.cookie_name())?.value())
    }

    pub(super) fn visitor_of(&self, cookie: &str) -> Option<Visitor> {
        let Session { proved, reach, .. } = self.engine.session(cookie)?;
        let standing = self.engine.standing();
        let name = standing.roster.person(&proved.person)?.name.clone();
        let acts = standing.roster.roles.values().any(|holders| holders.contains(&proved.person));
        Some(Visitor { person: proved.person.clone(), name, proved, reach, acts })
    }

    /// Whether the incident takes anything from the visitor: it may know them by another address than the one they proved.
    pub(super) fn takes_from(&self, visitor: &Visitor, incident: &Incident) -> bool {
        visitor.proved.acts_in(incident, &self.engine.standing().roster)
    }

    /// Why a request is not for the visitor.
    fn refusal(&self, visitor: &Visitor, path: &str, looks: bool) -> Option<Problem> {
        let id = path.strip_prefix("/incident/").and_then(number_of);
        if path == "/sign-out" {
            return None;
        }
        if let Reach::Within(incidents) = &visitor.reach
            && id.is_none_or(|id| !incidents.contains(&id))
        {
            return Some(not_within(incidents));
        }
        if looks {
            return None;
        }
        if !visitor.acts {
            let words = "You hold no role here, so you can look and change nothing. The configuration says who holds \
                         which role.";
            return Some(Problem::new(StatusCode::FORBIDDEN, "Not yours to change", words));
        }
        let board = self.engine.board();
        let incident = &board.incidents.get(&id?)?.incident;
        let refused = !self.takes_from(visitor, incident);
        refused.then(|| RecordError::AnotherAddress(incident.id).into())
    }
}

/// The incident's number, where it is written as a number is: routes would take `%31` for `1`, and this would not.
fn number_of(rest: &str) -> Option<IncidentId> {
    let number = rest.split('/').next()?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
}

/// What an earlier address opens, in words.
pub(super) fn within_words(within: &[IncidentId]) -> String {
    format!("You are signed in by an earlier address, which opens {} and nothing else.", incidents(within))
}

fn not_within(within: &[IncidentId]) -> Problem {
    let words = format!("{} For all the rest sign out, and in by your address of now.", within_words(within));
    Problem::new(StatusCode::FORBIDDEN, "Not by this address", words).beside(within)
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
    if let Some(problem) = site.refusal(&visitor, request.uri().path(), looks) {
        return problem.into_response();
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
