//! A mention: one thing that somebody said in public, as a feed handed it over.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest text kept of one mention, in bytes; longer texts are refused at the door.
pub const MENTION_TEXT_BYTES_MAX: usize = 64 * 1024;
/// The largest reach; a larger number is a mistake of the source.
pub const REACH_MAX: u32 = 2_000_000_000;

/// What a feed hands over. Text from outside: never rendered into a statement, always escaped where shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// The feed's own name for it; unique within the feed, so that a repeat is recognised.
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub text: String,
    /// Who said it, in the source's own form. Distinct authors are voices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// BCP 47 tag, where the source says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
    /// How many people follow or read whoever said it, where the source says; at most [`REACH_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<u32>,
}
