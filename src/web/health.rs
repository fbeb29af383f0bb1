//! Whether Holdline works, for a load balancer or a monitor: whether it lives, whether it can be relied on, and how each
//! part does. The parts are for the operator alone, since they tell strangers where Holdline cannot hear or speak.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Serialize;

use super::Operating;
use super::metrics::reason;
use super::problem::RETRY_AFTER_SECONDS;
use crate::engine::{Called, Engine, FeedHealth, Measured, RecordError};
use crate::store::StoreError;

#[derive(Serialize)]
struct Health {
    ok: bool,
    store: &'static str,
}

/// The whole, for the operator.
#[derive(Serialize)]
struct Parts {
    ok: bool,
    store: &'static str,
    posting: &'static str,
    folder: &'static str,
    mail: Part,
    feeds: BTreeMap<String, Part>,
    channels: BTreeMap<String, Part>,
}

#[derive(Serialize)]
struct Part {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

#[derive(Serialize)]
struct Live {
    live: bool,
}

/// That the process answers, and no more: whoever starts it anew because the disk is full helps nobody.
pub(super) async fn live() -> Response {
    Json(Live { live: true }).into_response()
}

/// Whether what is brought now would be kept.
pub(super) async fn ready(State(operating): State<Operating>) -> Response {
    match store(&operating.engine).await {
        Ok(store) => Json(Health { ok: true, store }).into_response(),
        Err(store) => unavailable(Health { ok: false, store }),
    }
}

pub(super) async fn parts(State(operating): State<Operating>) -> Response {
    let store = store(&operating.engine).await;
    let measured = match (store, operating.engine.measured().await) {
        (Err(store), _) => return unavailable(Health { ok: false, store }),
        (Ok(_), Err(_)) => return unavailable(Health { ok: false, store: "does not answer" }),
        (Ok(_), Ok(measured)) => measured,
    };
    let refused = operating.folder.borrow().refused.is_some();
    Json(parts_of(&measured, refused)).into_response()
}

async fn store(engine: &Engine) -> Result<&'static str, &'static str> {
    engine.check().await.map(|()| "answers").map_err(|error| {
        tracing::error!(%error, "the store does not answer");
        match error {
            RecordError::Store(StoreError::Full) => "cannot be written: the disk is full",
            RecordError::Busy => "is busy",
            RecordError::Store(_)
            | RecordError::Stopping
            | RecordError::Refused(_)
            | RecordError::NoSuchIncident
            | RecordError::NoSuchPlaybook
            | RecordError::Silence(_)
            | RecordError::AnotherAddress(_) => "does not answer",
        }
    })
}

fn unavailable(health: Health) -> Response {
    let later = [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)];
    (StatusCode::SERVICE_UNAVAILABLE, later, Json(health)).into_response()
}

fn parts_of(measured: &Measured, folder_refused: bool) -> Parts {
    Parts {
        ok: true,
        store: "answers",
        posting: if measured.posting_stopped { "stopped" } else { "allowed" },
        folder: if folder_refused { "refused; an earlier one goes on" } else { "taken" },
        mail: called(measured.counters.mail),
        feeds: measured.feeds.iter().map(|(name, feed)| (name.to_string(), heard(feed))).collect(),
        channels: measured.channels.iter().map(|(name, last)| (name.to_string(), called(*last))).collect(),
    }
}

fn called<R: std::fmt::Debug>(last: Option<Called<R>>) -> Part {
    match last {
        None => Part { state: "not called since the start", since: None, why: None },
        Some(Called { at, failing: None }) => Part { state: "answers", since: Some(at), why: None },
        Some(Called { failing: Some((since, why)), .. }) => {
            Part { state: "fails", since: Some(since), why: Some(reason(Some(why))) }
        }
    }
}

/// What the feed itself says went wrong stays on the page of the feeds: it may hold words from outside.
fn heard(FeedHealth { health, .. }: &FeedHealth) -> Part {
    match (health.blind, health.failures) {
        (Some((since, why)), _) => Part { state: "blind", since: Some(since), why: Some(reason(Some(why))) },
        (None, 0) if health.succeeded.is_none() => Part { state: "not heard yet", since: None, why: None },
        (None, 0) => Part { state: "heard", since: health.succeeded, why: None },
        (None, _) => Part { state: "fails", since: health.succeeded, why: None },
    }
}
