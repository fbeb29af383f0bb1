//! Links between incidents: see also. Recorded in both, with who and why, and undone likewise.

use jiff::Timestamp;

use super::advance::Turn;
use super::{IncidentId, Refusal};
use crate::core::name::PersonId;

/// How many other incidents one is linked with.
pub const LINKS_MAX: usize = 50;

/// That another incident is to be seen beside this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub by: PersonId,
    pub at: Timestamp,
    pub reason: String,
}

impl Turn<'_> {
    pub(super) fn link(&mut self, with: IncidentId, by: &PersonId, reason: &str) -> Result<(), Refusal> {
        self.may_join(with, by, reason)?;
        if self.incident.links.contains_key(&with) {
            return Err(Refusal::NothingChanged);
        }
        if self.incident.links.len() >= LINKS_MAX {
            return Err(Refusal::TooManyLinks(LINKS_MAX));
        }
        let link = Link { by: by.clone(), at: self.at, reason: reason.trim().to_owned() };
        self.incident.links.insert(with, link);
        Ok(())
    }

    pub(super) fn unlink(&mut self, with: IncidentId, by: &PersonId, reason: &str) -> Result<(), Refusal> {
        self.may_join(with, by, reason)?;
        self.incident.links.remove(&with).map(drop).ok_or(Refusal::NothingChanged)
    }

    /// A person of this incident says why it has to do with another.
    pub(super) fn may_join(&self, other: IncidentId, by: &PersonId, reason: &str) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        if reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing);
        }
        if other == self.incident.id { Err(Refusal::ItselfNamed) } else { Ok(()) }
    }
}
