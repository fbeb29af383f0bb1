//! The webhook feed: others post mentions, signed with a shared secret. Pure logic of a request; the web shell calls it.
//!
//! A delivery is a POST with two headers and a body:
//!
//! ```text
//! Holdline-Timestamp: 1795183500
//! Holdline-Signature: v1=<hex of HMAC-SHA256(secret, timestamp + "." + raw body)>
//!
//! {"id": "a1", "text": "…", "author": "…", "url": "https://…", "language": "en", "title": "…", "published": "2026-11-20T14:05:00Z"}
//! ```
//!
//! While a secret is changed the header may hold several signatures, separated by commas, and the feed may hold two secrets.

pub mod body;
pub mod error;
pub mod gate;

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::Error as _;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

pub use body::parse;
pub use error::DeliveryError;
pub use gate::{Gate, REPLAY_KEPT, REPLAY_KEYS_MAX, RateLimit, ReplayGuard};

use super::{Door, Feed, FeedKind, Settings, SettingsError};
pub use crate::feed::form::FormError;

/// The headers that carry the proof.
pub const TIMESTAMP_HEADER: &str = "Holdline-Timestamp";
pub const SIGNATURE_HEADER: &str = "Holdline-Signature";
/// How far the sender's clock may be off, either way.
pub const SKEW_SECONDS_MAX: i64 = 300;
pub const SIGNATURES_MAX: usize = 4;
pub const SIGNATURE_HEADER_BYTES_MAX: usize = 512;
/// Ten digits until the year 2286; twelve leave room.
pub const TIMESTAMP_DIGITS_MAX: usize = 12;
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
pub const MENTIONS_MAX: usize = 1000;
pub const PATH_BYTES_MAX: usize = 200;
/// Half the length of the hash, the least that RFC 2104 makes sense of.
pub const SECRET_BYTES_MIN: usize = 16;
pub const SECRET_BYTES_MAX: usize = 1024;
pub const PER_MINUTE_DEFAULT: u32 = 600;
pub const PER_MINUTE_MAX: u32 = 1_000_000;
/// No Content-Type at all is taken too.
pub const CONTENT_TYPES: &[&str] = &[
    "application/json",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "text/plain",
];

pub const NAME: &str = "webhook";
pub const DOCS: &str = "\
Others post mentions to Holdline: one JSON object, or one a line, signed with a shared secret.

  path        where they post to; begins with /in/
  secret      { env: NAME } or { file: PATH }, 16 bytes or more; `openssl rand -hex 32` makes a good one
  old_secret  the secret before, still taken while senders change over
  per_minute  deliveries taken a minute, 600 unless said (a delivery holds up to 1,000 mentions)";
pub const EXAMPLE: &str = "\
listening: { webhook: { path: /in/listening, secret: { env: HOLDLINE_WEBHOOK_SECRET } } }";

pub(super) const KIND: FeedKind =
    FeedKind { name: NAME, docs: DOCS, example: EXAMPLE, secrets: &["secret", "old_secret"], paths: &[], parse: read };

fn read(settings: Settings<'_, '_>) -> Result<Box<dyn Feed>, SettingsError> {
    let settings: WebhookSettings<SecretString> = erased_serde::deserialize(settings)?;
    Ok(Box::new(Webhook::new(settings).map_err(SettingsError::custom)?))
}

/// The feed as written in the configuration. `S` is how configuration writes a secret.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings<S> {
    pub path: String,
    pub secret: S,
    pub old_secret: Option<S>,
    pub per_minute: Option<u32>,
}

/// Why settings make no webhook.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookSettingsError {
    #[error(
        "`path` must begin with /in/ and go on with letters, digits, - or _, at most {PATH_BYTES_MAX} bytes, as in /in/listening"
    )]
    Path,
    #[error("`{0}` must hold {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes; `openssl rand -hex 32` makes a good one")]
    Secret(&'static str),
    #[error("`secret` and `old_secret` are the same; leave `old_secret` out, or give `secret` the new one")]
    SameSecret,
    #[error("`per_minute` must be 1 to {PER_MINUTE_MAX}; leave it out for {PER_MINUTE_DEFAULT}")]
    PerMinute,
}

/// A checked webhook. Holds nothing that changes: what is remembered between deliveries is a `Gate`.
#[derive(Clone, Debug)]
pub struct Webhook {
    path: String,
    secrets: Vec<SecretString>,
    per_minute: u32,
}

/// What a delivery is known by when it comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReplayKey([u8; 32]);

/// A delivery whose sender knows the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub sent_at: Timestamp,
    /// Over path, timestamp and body alone: the same bytes under a rewritten signature header are the same delivery.
    pub replay_key: ReplayKey,
}

impl Feed for Webhook {
    fn door(&self) -> Door<'_> {
        Door::Webhook(self)
    }
}

impl Webhook {
    /// The settings with their secrets looked up.
    pub fn new(settings: WebhookSettings<SecretString>) -> Result<Self, WebhookSettingsError> {
        let WebhookSettings { path, secret, old_secret, per_minute } = settings;
        if !is_path(&path) {
            return Err(WebhookSettingsError::Path);
        }
        check_secret("secret", &secret)?;
        let mut secrets = vec![secret];
        if let Some(old) = old_secret {
            check_secret("old_secret", &old)?;
            if secrets[0].expose_secret() == old.expose_secret() {
                return Err(WebhookSettingsError::SameSecret);
            }
            secrets.push(old);
        }
        let per_minute = per_minute.unwrap_or(PER_MINUTE_DEFAULT);
        if !(1..=PER_MINUTE_MAX).contains(&per_minute) {
            return Err(WebhookSettingsError::PerMinute);
        }
        Ok(Self { path, secrets, per_minute })
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// What `Gate::admit` is told.
    pub fn per_minute(&self) -> u32 {
        self.per_minute
    }

    /// Proves that the sender knows the secret and signed these bytes just now. A missing header is an empty one.
    pub fn verify(
        &self,
        timestamp: &str,
        signature: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Delivery, DeliveryError> {
        if body.len() > BODY_BYTES_MAX {
            return Err(DeliveryError::BodyTooLong(body.len()));
        }
        let sent_at = sent_at(timestamp, now)?;
        let given = signatures(signature)?;
        // Every secret is tried on every signature, so that the time taken says nothing.
        let mut matched = Choice::from(0);
        for secret in &self.secrets {
            let Some(expected) = mac(secret, timestamp, body) else { continue };
            for signature in &given {
                matched |= expected.ct_eq(signature);
            }
        }
        if !bool::from(matched) {
            return Err(DeliveryError::SignatureWrong);
        }
        Ok(Delivery { sent_at, replay_key: self.replay_key(timestamp, body) })
    }

    fn replay_key(&self, timestamp: &str, body: &[u8]) -> ReplayKey {
        let hash = Sha256::new()
            .chain_update(&self.path)
            .chain_update(b"\n")
            .chain_update(timestamp)
            .chain_update(b".")
            .chain_update(body)
            .finalize();
        ReplayKey(hash.into())
    }
}

fn check_secret(name: &'static str, secret: &SecretString) -> Result<(), WebhookSettingsError> {
    let bytes = secret.expose_secret().len();
    let fits = (SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&bytes);
    if fits { Ok(()) } else { Err(WebhookSettingsError::Secret(name)) }
}

fn is_path(path: &str) -> bool {
    let Some(rest) = path.strip_prefix("/in/") else { return false };
    path.len() <= PATH_BYTES_MAX
        && rest
            .split('/')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'))
}

fn sent_at(timestamp: &str, now: Timestamp) -> Result<Timestamp, DeliveryError> {
    if timestamp.is_empty() {
        return Err(DeliveryError::TimestampMissing);
    }
    let digits = timestamp.len() <= TIMESTAMP_DIGITS_MAX && timestamp.bytes().all(|b| b.is_ascii_digit());
    let seconds = if digits { timestamp.parse::<i64>().ok() } else { None };
    let sent_at =
        seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or(DeliveryError::TimestampMalformed)?;
    let age = now.duration_since(sent_at);
    let limit = SignedDuration::from_secs(SKEW_SECONDS_MAX);
    if age > limit {
        return Err(DeliveryError::TooOld(age.as_secs()));
    }
    if age < -limit {
        return Err(DeliveryError::TooNew(age.as_secs().saturating_neg()));
    }
    Ok(sent_at)
}

fn signatures(header: &str) -> Result<Vec<[u8; 32]>, DeliveryError> {
    if header.trim().is_empty() {
        return Err(DeliveryError::SignatureMissing);
    }
    if header.len() > SIGNATURE_HEADER_BYTES_MAX || header.split(',').count() > SIGNATURES_MAX {
        return Err(DeliveryError::SignatureMalformed);
    }
    header
        .split(',')
        .map(|one| {
            let hex = one.trim().strip_prefix("v1=").ok_or(DeliveryError::SignatureMalformed)?;
            let mut bytes = [0; 32];
            hex::decode_to_slice(hex, &mut bytes).map_err(|_| DeliveryError::SignatureMalformed)?;
            Ok(bytes)
        })
        .collect()
}

/// None never comes: HMAC takes a key of any length.
fn mac(secret: &SecretString, timestamp: &str, body: &[u8]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac.finalize().into_bytes().into())
}
