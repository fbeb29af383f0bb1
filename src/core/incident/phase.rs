//! The phases of an incident as a whole.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::event::{Asker, Verification};
use crate::core::approval::Ballot;
use crate::core::name::PersonId;
use crate::core::statement::Digest;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncidentPhase {
    Open,
    /// Work goes on while people are asked whether it is over.
    StandingDown(Ballot<StandDownAsked>),
    StoodDown {
        at: Timestamp,
    },
    Closed {
        by: PersonId,
        at: Timestamp,
        verdict: Verification,
        reason: String,
    },
}

/// What is voted on when an incident is to stand down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandDownAsked {
    pub by: Asker,
    pub reason: String,
    pub at: Timestamp,
}

impl StandDownAsked {
    pub fn digest(&self, incident: u32) -> Digest {
        let mut hasher = Sha256::new();
        hasher.update(b"holdline stand-down 1\n");
        hasher.update(format!("{incident}\n{}\n{}", self.at, self.reason));
        Digest::from_bytes(hasher.finalize().into())
    }
}
