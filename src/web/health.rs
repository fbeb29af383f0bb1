//! Whether Holdline works, for a load balancer or a monitor.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::Site;

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
            (StatusCode::SERVICE_UNAVAILABLE, Json(Health { ok: false, store: "does not answer" }))
        }
    }
}
