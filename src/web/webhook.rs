//! Takes deliveries of mentions: signed, fresh, once, and stored before the answer says so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::sync::watch;

use super::Site;
use super::problem::RETRY_AFTER_SECONDS;
use crate::core::mention::Mention;
use crate::core::name::FeedName;
use crate::engine::RecordError;
use crate::feed::Webhook;
use crate::feed::webhook::{Delivery, DeliveryError, Gate, SIGNATURE_HEADER, TIMESTAMP_HEADER, parse};

/// The feeds that others post to, by path, as in `/in/listening`.
pub type Webhooks = BTreeMap<String, (FeedName, Arc<Webhook>)>;

/// The webhooks of now, and what each path remembers between deliveries, whatever becomes of its settings.
pub(super) struct Hooks {
    webhooks: watch::Receiver<Webhooks>,
    gates: Mutex<BTreeMap<String, Arc<Mutex<Gate>>>>,
}

/// A webhook feed and its path's memory.
struct Hook {
    feed: FeedName,
    webhook: Arc<Webhook>,
    gate: Arc<Mutex<Gate>>,
}

impl Hooks {
    pub(super) fn new(webhooks: watch::Receiver<Webhooks>) -> Self {
        Self { webhooks, gates: Mutex::default() }
    }

    fn find(&self, path: &str) -> Option<Hook> {
        let webhooks = self.webhooks.borrow();
        let (feed, webhook) = webhooks.get(path)?;
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.retain(|path, _| webhooks.contains_key(path));
        let gate = Arc::clone(gates.entry(path.to_owned()).or_default());
        Some(Hook { feed: feed.clone(), webhook: Arc::clone(webhook), gate })
    }
}

#[derive(Serialize)]
struct Taken {
    new: usize,
    known: usize,
}

#[derive(Serialize)]
struct Refused {
    error: String,
}

impl Hook {
    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: jiff::Timestamp,
    ) -> Result<(Delivery, Vec<Mention>), DeliveryError> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let delivery = self.webhook.verify(text(TIMESTAMP_HEADER), text(SIGNATURE_HEADER), body, now)?;
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        self.gate().admit(&delivery, self.webhook.per_minute(), now)?;
        match parse(body, content_type) {
            Ok(mentions) => Ok((delivery, mentions)),
            Err(error) => {
                self.gate().withdraw(&delivery);
                Err(error)
            }
        }
    }
}

pub(super) async fn deliver(
    State(site): State<Arc<Site>>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(hook) = site.hooks.find(&format!("/in/{path}")) else {
        return refused(StatusCode::NOT_FOUND, "no feed listens here".to_owned());
    };
    let (delivery, mentions) = match hook.admit(&headers, &body, site.engine.now()) {
        Ok(admitted) => admitted,
        Err(error) => return undelivered(&hook.feed, &error),
    };
    match site.engine.take_in(&hook.feed, mentions).await {
        Ok(taken) => Json(Taken { new: taken.new, known: taken.known }).into_response(),
        Err(error) => {
            hook.gate().withdraw(&delivery);
            not_stored(&hook.feed, &error)
        }
    }
}

fn undelivered(feed: &FeedName, error: &DeliveryError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    // Why is told to the sender alone: it may quote what was sent.
    tracing::info!(%feed, status = status.as_u16(), "a delivery was not taken");
    let mut response = refused(status, error.to_string());
    if let Some(seconds) = error.retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn not_stored(feed: &FeedName, error: &RecordError) -> Response {
    tracing::error!(%feed, %error, "a delivery was not stored");
    let words = "nothing of this delivery was stored; send it again in a few seconds".to_owned();
    let mut response = refused(StatusCode::SERVICE_UNAVAILABLE, words);
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(RETRY_AFTER_SECONDS));
    response
}

fn refused(status: StatusCode, error: String) -> Response {
    (status, Json(Refused { error })).into_response()
}
