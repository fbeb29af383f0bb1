//! Whether Holdline works, for a load balancer or a monitor.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::Site;
use super::problem::RETRY_AFTER_SECONDS;
use crate::engine::RecordError;
use crate::store::StoreError;

#[derive(Serialize)]
pub(super) struct Health {
    ok: bool,
    store: &'static str,
}

pub(super) async fn health(State(site): State<Arc<Site>>) -> Response {
    match site.engine.check().await {
        Ok(()) => Json(Health { ok: true, store: "answers" }).into_response(),
        Err(error) => {
            tracing::error!(%error, "the store does not answer");
            let store = match error {
                RecordError::Store(StoreError::Full) => "cannot be written: the disk is full",
                RecordError::Busy => "is busy",
                RecordError::Store(_)
                | RecordError::Stopping
                | RecordError::Refused(_)
                | RecordError::NoSuchIncident
                | RecordError::NoSuchPlaybook
                | RecordError::Silence(_) => "does not answer",
            };
            let later = [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)];
            (StatusCode::SERVICE_UNAVAILABLE, later, Json(Health { ok: false, store })).into_response()
        }
    }
}
