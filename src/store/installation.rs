//! What happens to the installation rather than to one incident; in the same chain, under number zero.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::signed::{KeyChange, SignedHead};
use crate::core::health::Blind;
use crate::core::incident::IncidentId;
use crate::core::name::{FeedName, PersonId, WatchName};
use crate::core::period::Period;
use crate::core::proved::Proved;
use crate::core::quiet::{QuietBy, Silence};
use crate::core::severity::Severity;
use crate::core::statement::Digest;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum InstallationEvent {
    Started {
        version: String,
    },
    SignInAsked {
        person: PersonId,
        until: Timestamp,
    },
    SignedIn {
        person: PersonId,
    },
    SignedOut {
        person: PersonId,
    },
    HeadSigned {
        head: SignedHead,
    },
    PostingStopped {
        by: String,
        reason: String,
    },
    PostingResumed {
        by: String,
    },
    /// From the next entry on the chain is under another key.
    KeyChanged {
        change: KeyChange,
    },
    /// The bodies of these entries were taken away for good, as a law or a person's right asks.
    Erased {
        entries: Vec<Span>,
        by: PersonId,
        reason: String,
        mentions: u32,
    },
    /// The event's number is the silence's.
    SilenceBegun {
        silence: Silence,
    },
    /// Before its time.
    SilenceEnded {
        silence: u32,
        by: PersonId,
    },
    /// An alarm that would have opened an incident of this severity, and what kept it back.
    HeldBack {
        watch: WatchName,
        by: QuietBy,
        until: Timestamp,
        severity: Severity,
        count: u32,
        voices: u32,
        window: Period,
        more_than: u32,
    },
    /// The end of it: how many alarms were held back since then, how many mentions came, and the highest count. Where the
    /// spike still stands, or broke through, there is an incident.
    HeldOver {
        watch: WatchName,
        since: Timestamp,
        times: u32,
        mentions: u64,
        highest: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        incident: Option<IncidentId>,
    },
    /// The folder was changed, and new incidents open with what it says by now.
    FolderTaken {
        /// What of it waits for a restart.
        waits: Vec<String>,
        /// By the hash of its files as they are kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        folder: Option<Digest>,
    },
    /// The folder was changed and cannot be used: what was taken last goes on.
    FolderRefused {
        problems: u32,
    },
    /// Begun from a backup: what happened since `copied_at` is not in this record.
    Restored {
        copied_at: Timestamp,
        entry: u64,
    },
    /// Nothing is heard of a feed where something should be; people were told.
    FeedWentBlind {
        feed: FeedName,
        blind: Blind,
        why: Option<String>,
    },
    FeedHeardAgain {
        feed: FeedName,
    },
    /// A legal hold: nothing of this incident is erased before it is lifted.
    HoldPlaced {
        incident: IncidentId,
        by: PersonId,
        reason: String,
    },
    HoldLifted {
        incident: IncidentId,
        by: PersonId,
        reason: String,
    },
    /// Of a rehearsal with the team; people are told. Stands in the rehearsals' own record.
    Rehearsal {
        news: RehearsalNews,
    },
}

/// What happens to a rehearsal with the team beside what is in its incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RehearsalNews {
    Announced {
        title: String,
        at: Timestamp,
        by: PersonId,
    },
    CalledOff {
        title: String,
        why: String,
        /// Where the live incident is that called it off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        live: Option<String>,
    },
    /// It was ended before its people ended it.
    Over {
        title: String,
        incident: IncidentId,
        why: String,
        /// Where the live incident is that ended it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        live: Option<String>,
    },
    /// How it went, each a line.
    Scored {
        title: String,
        incident: IncidentId,
        lines: Vec<String>,
    },
}

/// Entries from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    pub first: u64,
    pub last: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum InstallationEffect {
    /// Mail a link and a code to the address of this hash, if it is still the person's; both come from the event's number.
    SendSignIn {
        proved: Proved,
        until: Timestamp,
    },
    SendHead {
        to: String,
        head: SignedHead,
    },
    /// Remind whoever made a silence that it ends soon.
    RemindSilence {
        silence: u32,
        person: PersonId,
    },
    /// Tell what was held back of a watch while it was kept quiet.
    TellHeld {
        person: PersonId,
        watch: WatchName,
        by: QuietBy,
        since: Timestamp,
        times: u32,
        mentions: u64,
        highest: u32,
        window: Period,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        incident: Option<IncidentId>,
        /// It grew too big to be held back any longer; else what kept the watch quiet is over.
        #[serde(default)]
        broke_through: bool,
    },
    /// Tell the operator that the folder cannot be used, each problem a line.
    TellFolderRefused {
        to: String,
        problems: Vec<String>,
        more: u32,
    },
    /// Tell those who keep the heads that a backup was begun from.
    TellRestored {
        to: String,
        copied_at: Timestamp,
        entry: u64,
    },
    /// Tell the operator of every feed that is a blind spot by then.
    TellBlind {
        to: String,
    },
    TellRehearsal {
        person: PersonId,
        news: RehearsalNews,
    },
}

impl InstallationEvent {
    pub const STARTED: &str = "started";
    pub const KEY_CHANGED: &str = "key_changed";
    pub const ERASED: &str = "erased";
    pub const RESTORED: &str = "restored";
    pub const HEAD_SIGNED: &str = "head_signed";
    pub const HOLD_PLACED: &str = "hold_placed";
    pub const HOLD_LIFTED: &str = "hold_lifted";
    pub const FOLDER_TAKEN: &str = "folder_taken";
    /// Kinds that say how the record was kept; their bodies are never erased.
    pub const KEEPS_THE_RECORD: [&str; 8] = [
        Self::STARTED,
        Self::KEY_CHANGED,
        Self::ERASED,
        Self::RESTORED,
        Self::HEAD_SIGNED,
        Self::HOLD_PLACED,
        Self::HOLD_LIFTED,
        Self::FOLDER_TAKEN,
    ];

    pub fn kind(&self) -> &'static str {
        match self {
            Self::Started { .. } => Self::STARTED,
            Self::SignInAsked { .. } => "sign_in_asked",
            Self::SignedIn { .. } => "signed_in",
            Self::SignedOut { .. } => "signed_out",
            Self::PostingStopped { .. } => "posting_stopped",
            Self::PostingResumed { .. } => "posting_resumed",
            Self::HeadSigned { .. } => Self::HEAD_SIGNED,
            Self::SilenceBegun { .. } => "silence_begun",
            Self::SilenceEnded { .. } => "silence_ended",
            Self::HeldBack { .. } => "held_back",
            Self::HeldOver { .. } => "held_over",
            Self::KeyChanged { .. } => Self::KEY_CHANGED,
            Self::Erased { .. } => Self::ERASED,
            Self::FolderTaken { .. } => Self::FOLDER_TAKEN,
            Self::FolderRefused { .. } => "folder_refused",
            Self::Restored { .. } => Self::RESTORED,
            Self::FeedWentBlind { .. } => "feed_went_blind",
            Self::FeedHeardAgain { .. } => "feed_heard_again",
            Self::HoldPlaced { .. } => Self::HOLD_PLACED,
            Self::HoldLifted { .. } => Self::HOLD_LIFTED,
            Self::Rehearsal { .. } => "rehearsal",
        }
    }
}
