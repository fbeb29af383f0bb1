//! Takes deliveries of mentions: signed, fresh, once, and stored before the answer says so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
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
    memories: Mutex<BTreeMap<String, Arc<Mutex<Memory>>>>,
}

/// What a path remembers.
#[derive(Default)]
struct Memory {
    gate: Gate,
    turned_away: Option<TurnedAway>,
}

/// Deliveries in a row that were not taken. Anybody can make one, so they are told on the page and to nobody.
#[derive(Clone)]
pub(super) struct TurnedAway {
    pub(super) count: u32,
    pub(super) at: Timestamp,
    /// Of the latest.
    pub(super) why: String,
}

/// A webhook feed and its path's memory.
struct Hook {
    feed: FeedName,
    webhook: Arc<Webhook>,
    memory: Arc<Mutex<Memory>>,
}

impl Hooks {
    pub(super) fn new(webhooks: watch::Receiver<Webhooks>) -> Self {
        Self { webhooks, memories: Mutex::default() }
    }

    fn find(&self, path: &str) -> Option<Hook> {
        let webhooks = self.webhooks.borrow();
        let (feed, webhook) = webhooks.get(path)?;
        let mut memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        memories.retain(|path, _| webhooks.contains_key(path));
        let memory = Arc::clone(memories.entry(path.to_owned()).or_default());
        Some(Hook { feed: feed.clone(), webhook: Arc::clone(webhook), memory })
    }

    /// The feeds whose latest delivery was not taken.
    pub(super) fn turned_away(&self) -> BTreeMap<FeedName, TurnedAway> {
        let webhooks = self.webhooks.borrow();
        let memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |(path, (feed, _)): (&String, &(FeedName, Arc<Webhook>))| {
            let memory = memories.get(path)?.lock().unwrap_or_else(PoisonError::into_inner);
            Some((feed.clone(), memory.turned_away.clone()?))
        };
        webhooks.iter().filter_map(of).collect()
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
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn_away(&self, error: &DeliveryError, at: Timestamp) {
        let turned_away = &mut self.memory().turned_away;
        let count = turned_away.as_ref().map_or(0, |before| before.count).saturating_add(1);
        *turned_away = Some(TurnedAway { count, at, why: error.to_string() });
    }

    fn admit(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(Delivery, Vec<Mention>), DeliveryError> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let delivery = self.webhook.verify(text(TIMESTAMP_HEADER), text(SIGNATURE_HEADER), body, now)?;
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        self.memory().gate.admit(&delivery, self.webhook.per_minute(), now)?;
        match parse(body, content_type) {
            Ok(mentions) => Ok((delivery, mentions)),
            Err(error) => {
                self.memory().gate.withdraw(&delivery);
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
    let (delivery, mentions) = match hook.admit(&headers, &body, site.engine.machine_time()) {
        Ok(admitted) => admitted,
        Err(error) => {
            hook.turn_away(&error, site.engine.time());
            return undelivered(&hook.feed, &error);
        }
    };
    match site.engine.take_delivery(&hook.feed, mentions, body.len() as u64).await {
        Ok(taken) => {
            hook.memory().turned_away = None;
            Json(Taken { new: taken.new, known: taken.known }).into_response()
        }
        Err(error) => {
            hook.memory().gate.withdraw(&delivery);
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
