//! Why a delivery is not taken, for the person who set up the sender.

use super::{BODY_BYTES_MAX, CONTENT_TYPES, MENTIONS_MAX, SIGNATURES_MAX, SKEW_SECONDS_MAX};
use crate::feed::form::FormError;

/// Never holds a secret or a signature; of the body at most a short, escaped excerpt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    #[error("the body is {0} bytes long; at most {BODY_BYTES_MAX} are taken, send it in several deliveries")]
    BodyTooLong(usize),
    #[error("line {line}: a delivery takes at most {MENTIONS_MAX} mentions; send the rest in another")]
    TooManyMentions { line: usize },
    #[error(
        "the header Holdline-Timestamp is missing; send the current time in whole seconds since 1970, as in 1795183500"
    )]
    TimestampMissing,
    #[error(
        "the header Holdline-Timestamp is not a time; send whole seconds since 1970 in digits alone, as in 1795183500"
    )]
    TimestampMalformed,
    #[error(
        "Holdline-Timestamp is {0} seconds in the past; at most {SKEW_SECONDS_MAX} are allowed: sign at the moment of sending and set the sender's clock"
    )]
    TooOld(i64),
    #[error(
        "Holdline-Timestamp is {0} seconds in the future; at most {SKEW_SECONDS_MAX} are allowed: set the sender's clock"
    )]
    TooNew(i64),
    #[error(
        "the header Holdline-Signature is missing; send v1= and the HMAC-SHA256 in hex of the timestamp, a full stop and the raw body"
    )]
    SignatureMissing,
    #[error(
        "the header Holdline-Signature is not readable; write v1= and 64 hex digits, at most {SIGNATURES_MAX} of them separated by commas"
    )]
    SignatureMalformed,
    #[error(
        "the signature does not match; sign the timestamp, a full stop and the exact bytes of the body with this feed's secret, and send the same timestamp in Holdline-Timestamp"
    )]
    SignatureWrong,
    #[error(
        "this exact delivery was received already; if its answer did not say that it was taken, send it again with a new timestamp and signature, which repeats no mention"
    )]
    Replayed,
    #[error(
        "this feed takes at most {per_minute} deliveries a minute; try again in {retry_after_seconds} seconds, or put more mentions into each delivery"
    )]
    TooMany { per_minute: u32, retry_after_seconds: u64 },
    #[error("the Content-Type is \"{found}\"; send UTF-8 text as one of {known}", known = CONTENT_TYPES.join(", "))]
    ContentType { found: String },
    #[error("the body begins with a byte order mark; send plain UTF-8 without it")]
    ByteOrderMark,
    #[error("the body holds no mention; send one JSON object, or one a line")]
    Empty,
    #[error("line {line}: {why}. Nothing of this delivery was taken")]
    Line { line: usize, why: FormError },
}

impl DeliveryError {
    /// The HTTP status that says the same.
    pub fn status(&self) -> u16 {
        match self {
            Self::TimestampMissing
            | Self::TimestampMalformed
            | Self::TooOld(_)
            | Self::TooNew(_)
            | Self::SignatureMissing
            | Self::SignatureMalformed
            | Self::SignatureWrong => 401,
            Self::Replayed => 409,
            Self::BodyTooLong(_) | Self::TooManyMentions { .. } => 413,
            Self::TooMany { .. } => 429,
            Self::ContentType { .. } | Self::ByteOrderMark | Self::Empty | Self::Line { .. } => 400,
        }
    }

    /// What the header Retry-After should say, where waiting helps.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        if let Self::TooMany { retry_after_seconds, .. } = self { Some(*retry_after_seconds) } else { None }
    }
}
