//! What is said when something was not done: in words, on a page, with a way back.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Site;
use crate::core::incident::IncidentId;
use crate::core::quiet::SilenceError;
use crate::core::shown::sentence;
use crate::engine::RecordError;
use crate::store::StoreError;

/// What a client waits before it tries again, in seconds.
pub(super) const RETRY_AFTER_SECONDS: &str = "5";
/// How many incidents a problem leads to.
const INCIDENTS_MAX: usize = 20;

/// Why a request was not carried out. Rendered by [`shown`], which knows the templates.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Problem {
    #[serde(skip)]
    status: StatusCode,
    heading: &'static str,
    words: String,
    back: String,
    /// Incidents that lead on.
    incidents: Vec<IncidentId>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, heading: &'static str, words: impl Into<String>) -> Self {
        Self { status, heading, words: words.into(), back: "/".to_owned(), incidents: Vec::new() }
    }

    pub(super) fn not_found(words: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found", words)
    }

    /// What was typed cannot be used.
    pub(super) fn input(words: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Nothing was saved", words)
    }

    pub(super) fn at_incident(self, id: IncidentId) -> Self {
        Self { back: format!("/incident/{id}"), ..self }
    }

    /// With the way to these incidents in place of the way back.
    pub(super) fn beside(self, incidents: &[IncidentId]) -> Self {
        Self { incidents: incidents.iter().take(INCIDENTS_MAX).copied().collect(), ..self }
    }

    pub(super) fn at(self, back: impl Into<String>) -> Self {
        Self { back: back.into(), ..self }
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        let words = sentence(&error.to_string());
        match error {
            RecordError::Refused(_) => Self::new(StatusCode::CONFLICT, "Nothing was changed", words),
            RecordError::NoSuchIncident
            | RecordError::NoSuchPlaybook
            | RecordError::Silence(SilenceError::NotInForce) => Self::not_found(&words),
            RecordError::Silence(_) => Self::input(words),
            RecordError::AnotherAddress(id) => {
                Self::new(StatusCode::FORBIDDEN, "Not by this address", words).at_incident(id)
            }
            RecordError::Busy | RecordError::Stopping => Self::new(StatusCode::SERVICE_UNAVAILABLE, "Not now", words),
            RecordError::Store(why) => {
                tracing::error!(%why, "the store refused");
                let words = match why {
                    StoreError::Full => {
                        "The disk is full, so this could not be written down and nothing was changed. Tell your operator: \
                         once there is space again, Holdline goes on by itself."
                    }
                    StoreError::Disk(_)
                    | StoreError::InUse
                    | StoreError::OpenedMeanwhile
                    | StoreError::KeyMissing { .. }
                    | StoreError::Lock { .. }
                    | StoreError::Setting(_)
                    | StoreError::Chain(_)
                    | StoreError::Unreadable(_) => {
                        "Holdline could not write this down, so nothing was changed. Try again, and tell your operator."
                    }
                };
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "Nothing was changed", words)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts a problem's words on a page.
pub(super) async fn shown(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let page = site.page("problem", &site.frame(problem.heading, None), &problem);
    let (parts, _) = response.into_parts();
    let (page_parts, body) = page.into_parts();
    let mut response = Response::from_parts(parts, body);
    response.headers_mut().extend(page_parts.headers);
    response
}

pub(super) fn panicked() -> Response {
    let words = "Something went wrong inside Holdline. Load the page again to see what was saved.";
    (StatusCode::INTERNAL_SERVER_ERROR, words).into_response()
}
