//! What happens to the installation rather than to one incident; in the same chain, under number zero.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::chain::SignedHead;
use crate::core::name::PersonId;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum InstallationEvent {
    Started { version: String },
    SignInAsked { person: PersonId, until: Timestamp },
    SignedIn { person: PersonId },
    SignedOut { person: PersonId },
    HeadSigned { head: SignedHead },
    PostingStopped { by: String, reason: String },
    PostingResumed { by: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum InstallationEffect {
    /// Mail a link and a code to `person`; both come from the event's number.
    SendSignIn {
        person: PersonId,
        until: Timestamp,
    },
    SendHead {
        to: String,
        head: SignedHead,
    },
}

impl InstallationEvent {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::SignInAsked { .. } => "sign_in_asked",
            Self::SignedIn { .. } => "signed_in",
            Self::SignedOut { .. } => "signed_out",
            Self::HeadSigned { .. } => "head_signed",
            Self::PostingStopped { .. } => "posting_stopped",
            Self::PostingResumed { .. } => "posting_resumed",
        }
    }
}
