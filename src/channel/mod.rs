//! Channels: where statements go. A channel is one file and one line in the table.

mod by_hand;
mod file;
mod newsroom;
mod room;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::core::approval::ApprovedStatement;
use crate::core::name::ChannelName;
use crate::core::rules::ChannelRules;

/// The kinds of channel that `holdline.yaml` can name.
pub const KINDS: &[ChannelKind] = &[by_hand::KIND, file::KIND, newsroom::KIND];

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
    /// The live channel; none where it reaches people without a call of ours.
    fn connect(&self, name: &ChannelName) -> Option<Arc<dyn Channel>>;
}

/// A live channel that is called over a network or a file system.
pub trait Channel: Send + Sync {
    /// One call, no retry of its own. `key` is the effect's, for channels that can recognise a repeat.
    fn post<'a>(&'a self, statement: &'a ApprovedStatement, key: &'a str) -> Calling<'a, Outcome>;
    /// Looks whether an earlier attempt of this statement arrived after all.
    fn find<'a>(&'a self, statement: &'a ApprovedStatement, key: &'a str) -> Calling<'a, Found>;
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
    /// No live channel of this name is handed to this run.
    NotConfigured,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "it could not be reached",
            Self::Refused => "it refused",
            Self::TimedOut => "it did not answer in time",
            Self::OtherBytes => "the text is not the approved one",
            Self::Several => "more than one post matches",
            Self::NotConfigured => "no live channel of this name is configured",
        })
    }
}
