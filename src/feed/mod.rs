//! Feeds: where mentions come from. A feed is one file and one line in the table.

pub mod bluesky;
pub mod file;
pub mod form;
pub mod mastodon;
pub mod rss;
pub mod streamed;
pub mod webhook;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub use webhook::{Delivery, DeliveryError, Webhook};

use jiff::Timestamp;

use crate::core::mention::Mention;
use crate::core::period::Period;
use crate::net::{Http, HttpSetupError};
use streamed::Streamed;

/// The kinds of feed that `holdline.yaml` can name.
pub const KINDS: &[FeedKind] = &[bluesky::KIND, file::KIND, mastodon::KIND, rss::KIND, webhook::KIND];

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
    /// How what it brings names authors, where that is not the name that people read and write after `from:`.
    fn authors(&self) -> Option<&'static str> {
        None
    }
}

/// How mentions get in.
pub enum Door<'a> {
    /// Others post to us.
    Webhook(&'a Webhook),
    /// We look from time to time, in a loop of its own.
    Polled(&'a dyn Polled),
    /// We fetch it every so often; one scheduler does so for all of them.
    Fetched(&'a dyn Fetched),
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

/// A source that is fetched over the network, on a schedule that is kept for it.
pub trait Fetched: Send + Sync {
    /// What is read, as its settings name it: another one begins anew.
    fn source(&self) -> &str;
    /// How often.
    fn every(&self) -> Period;
    /// Whose server it is: one request at a time goes there.
    fn host(&self) -> &str;
    /// One look. `cursor` is what the last look that gave one gave.
    fn fetch<'a>(&'a self, outside: &'a Outside, cursor: Option<String>, now: Timestamp) -> Fetching<'a>;
}

/// What feeds reach the world with. Handed over where the program is put together, and nowhere else.
#[derive(Clone)]
pub struct Outside {
    pub http: Http,
}

impl Outside {
    /// The guarded way out, with names looked up as this machine does.
    pub fn new() -> Result<Self, HttpSetupError> {
        Ok(Self { http: Http::new()? })
    }
}

pub type Fetching<'a> = Pin<Box<dyn Future<Output = Look> + Send + 'a>>;

/// One look at a source that is fetched.
#[derive(Debug)]
pub struct Look {
    pub came: Came,
    pub cost: Cost,
}

/// What a look came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Came {
    /// Mentions that are new or were changed, and the cursor that goes with them. There may be none.
    Brought(Batch),
    /// The same of a document that came cut off, or cannot be read to its end: what is whole in it. The next look asks anew.
    Cut {
        batch: Batch,
        why: String,
    },
    /// It asks to be left alone; for how long, where it says so.
    Later {
        why: String,
        after: Option<Duration>,
    },
    Failed {
        why: String,
    },
    /// It is gone for good, and says so.
    Gone {
        why: String,
    },
}

/// What a look cost the other server and us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub requests: u32,
    /// As they came over the network, packed.
    pub bytes: u64,
}
