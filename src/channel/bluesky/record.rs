//! A post as a record of the lexicon app.bsky.feed.post, and the name that an intent gives it.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Digest, Intent};
use crate::core::hash;
use crate::core::statement::whole_links;

/// The collection that posts are in.
pub(super) const POSTS: &str = "app.bsky.feed.post";
/// The digits of a TID, in order.
const DIGITS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
const TID_CHARS: usize = 13;

/// The record; a function of what was approved and when it was meant, so that put again it is the same.
pub(super) fn post(text: &str, language: &str, at: Timestamp) -> Value {
    let mut record = json!({ "$type": POSTS, "text": text, "createdAt": at.to_string(), "langs": [language] });
    let facets: Vec<Value> = whole_links(text)
        .into_iter()
        .map(|link| {
            json!({
                "index": { "byteStart": link.start, "byteEnd": link.end },
                "features": [{ "$type": "app.bsky.richtext.facet#link", "uri": &text[link] }],
            })
        })
        .collect();
    if !facets.is_empty() {
        record["facets"] = facets.into();
    }
    record
}

/// The post's name: a TID of the AT protocol, 53 bits of microseconds and 10 of a clock's number. The time is the intent's
/// to the millisecond; what is left is of the intent's key and of the version's hash, so that no other intent has it.
pub(super) fn key(intent: &Intent, version: Digest) -> String {
    let own = Sha256::new().chain_update(&intent.key).chain_update(version.as_bytes()).finalize();
    let own = hash::number(&own);
    let millisecond = u64::try_from(intent.at.as_millisecond()).unwrap_or_default();
    let microsecond = (millisecond * 1000 + own % 1000) & ((1 << 53) - 1);
    let clock = (own / 1000) & 0x3ff;
    let number = microsecond << 10 | clock;
    let digit = |place: usize| char::from(DIGITS[usize::try_from(number >> (5 * place) & 0x1f).unwrap_or_default()]);
    (0..TID_CHARS).rev().map(digit).collect()
}
