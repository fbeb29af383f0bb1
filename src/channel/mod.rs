//! Channels: where statements go. A channel is one file and one line in the table.

mod answer;
mod bluesky;
mod by_hand;
mod email_list;
mod file;
mod mastodon;
mod newsroom;
mod room;
mod server;
mod stage;
mod webhook;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::core::approval::ApprovedStatement;
use crate::core::name::ChannelName;
use crate::core::rules::ChannelRules;
use crate::core::statement::Package;
use crate::net::Http;

pub use by_hand::{look_at, seen_in};
pub use stage::{STAGED_MAX, Stage, Staged};

/// The kinds of channel that `holdline.yaml` can name.
pub const KINDS: &[ChannelKind] =
    &[bluesky::KIND, by_hand::KIND, email_list::KIND, file::KIND, mastodon::KIND, newsroom::KIND, webhook::KIND];

/// A kind of channel: how its settings are written and read.
pub struct ChannelKind {
    /// The key under the channel's name.
    pub name: &'static str,
    pub docs: &'static str,
    pub example: &'static str,
    /// Settings that name a secret; `parse` gets the secret itself.
    pub secrets: &'static [&'static str],
    /// Settings that name a file in the folder; `parse` gets an absolute path.
    pub paths: &'static [&'static str],
    /// Reads the settings; beside them the one language that the channel speaks, where it is said.
    pub parse: fn(Settings<'_, '_>, Option<String>) -> Parsed,
}

/// A kind's settings, for [`erased_serde::deserialize`].
pub type Settings<'a, 'de> = &'a mut dyn erased_serde::Deserializer<'de>;
pub use erased_serde::Error as SettingsError;
pub type Parsed = Result<Box<dyn ChannelSettings>, SettingsError>;

/// A channel as it is configured. Holds no connection: a rehearsal can read it and still reach nobody.
pub trait ChannelSettings: fmt::Debug + Send + Sync {
    /// What the core knows of it.
    fn rules(&self) -> ChannelRules;
    /// The live channel; none where it reaches people without a call of ours, or where `outside` holds nothing to reach it with.
    fn connect(&self, name: &ChannelName, outside: &Outside) -> Option<Arc<dyn Channel>>;
}

/// What live channels reach the world with. Handed over where the program is put together, and nowhere else.
#[derive(Clone, Default)]
pub struct Outside {
    pub http: Option<Http>,
    pub post_office: Option<PostOffice>,
}

/// Hands a letter to the mail server; the outcome is the server's, or what its silence means.
pub type PostOffice = Arc<dyn Fn(Circular) -> Calling<'static, Outcome> + Send + Sync>;

/// One letter to many addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circular {
    /// The effect's, for the letter's Message-ID.
    pub key: String,
    pub from_name: Option<String>,
    pub reply_to: Option<String>,
    pub to: Vec<String>,
    pub subject: String,
    pub text: String,
}

/// An intent to post, as it was recorded before the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The effect's, for channels that can recognise a repeat.
    pub key: String,
    pub at: Timestamp,
}

/// A live channel that is called over a network or a file system.
pub trait Channel: Send + Sync {
    /// One call, no retry of its own.
    fn post<'a>(&'a self, statement: &'a ApprovedStatement, intent: &'a Intent) -> Calling<'a, Outcome>;
    /// Looks whether an earlier attempt of this statement arrived after all.
    fn find<'a>(&'a self, sent: &'a Package, intent: &'a Intent) -> Calling<'a, Found>;
    /// Takes the post at `url` down. `key` is the effect's.
    fn take_down<'a>(&'a self, _url: &'a str, _key: &'a str) -> Calling<'a, Outcome> {
        Box::pin(async { Outcome::Never(Reason::CannotTakeDown) })
    }
}

pub type Calling<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a call to a channel came to, and so what is done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done {
        url: String,
    },
    /// Certainly not taken; may be tried again.
    Later {
        why: Reason,
        after: Duration,
    },
    /// Certainly not taken, and never will be.
    Never(Reason),
    /// May have been taken.
    Unknown(Reason),
}

/// What a look-up showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Exactly one match.
    There {
        url: String,
    },
    Nothing,
    /// Several matches, or the channel could not be asked.
    CannotTell(Reason),
}

/// Why, as a closed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    Unreachable,
    Refused,
    TimedOut,
    /// What was to be sent is not what was approved.
    OtherBytes,
    Several,
    /// Its own posts do not show it.
    NotShown,
    /// Holdline stopped between the intent and the answer.
    Interrupted,
    /// Posting was stopped before anything was sent.
    Stopped,
    /// No live channel of this name is handed to this run.
    NotConfigured,
    /// Its name leads into a private network, and its settings do not say that it may.
    NotPublic,
    /// It sends the caller elsewhere.
    Moved,
    /// It does not take our credentials.
    SignIn,
    /// They are those of another account than the settings name.
    OtherAccount,
    Busy,
    /// Its answer cannot be read.
    Garbled,
    /// It cannot be asked what it holds.
    CannotLook,
    /// It holds more than can be looked through.
    TooMany,
    /// The post is not among the latest.
    NotThere,
    /// What it has posted it cannot take back.
    CannotTakeDown,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "it could not be reached",
            Self::Refused => "it refused",
            Self::TimedOut => "it did not answer in time",
            Self::OtherBytes => "the text is not the approved one",
            Self::Several => "more than one post matches",
            Self::NotShown => "it does not show there",
            Self::Interrupted => "Holdline stopped before the answer came",
            Self::Stopped => "posting was stopped before anything was sent",
            Self::NotConfigured => "no live channel of this name is configured",
            Self::NotPublic => "its name leads to a private address; say `private: true` if that is meant",
            Self::Moved => "it points elsewhere, and a post is not sent on: correct its address",
            Self::SignIn => "it did not take our credentials: check them",
            Self::OtherAccount => "the credentials are another account's",
            Self::Busy => "it asked to be tried again later",
            Self::Garbled => "its answer cannot be read",
            Self::CannotLook => "it cannot be asked what it holds",
            Self::TooMany => "it holds more posts since then than can be looked through",
            Self::NotThere => "the post is not among the latest of its account",
            Self::CannotTakeDown => "a post there cannot be taken down from here; a person must do it",
        })
    }
}
