//! A request: one person asked for one decision on one hash. Its number is what links and codes are made from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::core::approval::Rung;
use crate::core::name::{PersonId, StepId};
use crate::core::statement::Digest;

/// What a decision is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    Statement(StepId),
    StandDown,
}

/// Never changed after it is made: a fresh rung or round makes a fresh request, and the old one decides nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    pub number: u32,
    pub of: Subject,
    pub digest: Digest,
    /// Which asking of this subject; a new version or "ask again" begins a new one.
    pub round: u32,
    pub stage: usize,
    pub rung: Rung,
    pub person: PersonId,
    pub asked_at: Timestamp,
    pub until: Option<Timestamp>,
}

impl Request {
    /// Whether it asks the same person for the same, at whatever address.
    pub(super) fn asks_the_same(&self, other: &Self) -> bool {
        let key = |request: &Self| (request.of.clone(), request.digest, request.round, request.stage, request.rung);
        self.person == other.person && key(self) == key(other)
    }
}
