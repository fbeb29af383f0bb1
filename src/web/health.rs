//! Whether Holdline works, for a load balancer or a monitor.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::Site;
use crate::engine::RecordError;
use crate::store::StoreError;

#[derive(Serialize)]
pub(super) struct Health {
    ok: bool,
    store: &'static str,
}

pub(super) async fn health(State(site): State<Arc<Site>>) -> (StatusCode, Json<Health>) {
    match site.engine.check().await {
        Ok(()) => (StatusCode::OK, Json(Health { ok: true, store: "answers" })),
        Err(error) => {
            tracing::error!(%error, "the store does not answer");
            let store = match error {
                RecordError::Store(StoreError::Full) => "cannot be written: the disk is full",
                RecordError::Busy => "is busy",
                RecordError::Store(_)
                | RecordError::Stopping
                | RecordError::Refused(_)
                | RecordError::NoSuchIncident
                | RecordError::NoSuchPlaybook => "does not answer",
            };
            (StatusCode::SERVICE_UNAVAILABLE, Json(Health { ok: false, store }))
        }
    }
}
