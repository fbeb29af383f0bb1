//! Feeds: where mentions come from. A feed is one file and one line in the table.

pub mod bluesky;
pub mod file;
pub mod form;
pub mod mastodon;
pub mod streamed;
pub mod webhook;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub use webhook::{Delivery, DeliveryError, Webhook};

use crate::core::mention::Mention;
use streamed::Streamed;

/// The kinds of feed that `holdline.yaml` can name.
pub const KINDS: &[FeedKind] = &[bluesky::KIND, file::KIND, mastodon::KIND, webhook::KIND];

/// A kind of feed: how its settings are written and read.
pub struct FeedKind {
    /// The key under the feed's name.
    pub name: &'static str,
    pub docs: &'static str,
    pub example: &'static str,
    /// Settings that name a secret; `parse` gets the secret itself.
    pub secrets: &'static [&'static str],
    /// Settings that name a file in the folder; `parse` gets an absolute path.
    pub paths: &'static [&'static str],
    pub parse: fn(Settings<'_, '_>) -> Result<Box<dyn Feed>, SettingsError>,
}

/// A kind's settings, for [`erased_serde::deserialize`].
pub type Settings<'a, 'de> = &'a mut dyn erased_serde::Deserializer<'de>;
pub use erased_serde::Error as SettingsError;

/// A feed with its settings. Takes and returns values; the engine stores them.
pub trait Feed: fmt::Debug + Send + Sync {
    fn door(&self) -> Door<'_>;
}

/// How mentions get in.
pub enum Door<'a> {
    /// Others post to us.
    Webhook(&'a Webhook),
    /// We look from time to time.
    Polled(&'a dyn Polled),
    /// We stay connected.
    Streamed(&'a dyn Streamed),
}

/// A source that is asked: from a cursor of its own making to mentions and the next cursor.
pub trait Polled: Send + Sync {
    /// `cursor` is what the last call gave, none at the first. Returns when there is something new or after a short while without.
    fn poll(&self, cursor: Option<String>) -> Polling<'_>;
}

pub type Polling<'a> = Pin<Box<dyn Future<Output = Result<Batch, PollError>> + Send + 'a>>;

/// What one look brought. Mentions are stored before the cursor moves.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub mentions: Vec<Mention>,
    /// Lines that are no mention, each with its number and the reason. They are passed over, never silently.
    pub refused: Vec<String>,
    pub cursor: Option<String>,
    /// Nothing will ever come any more.
    pub ended: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PollError(pub String);
