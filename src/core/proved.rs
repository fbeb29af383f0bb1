//! What a session stands for: an address that somebody proved to read. It acts where that address is the person's.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::incident::{Incident, IncidentId};
use super::name::PersonId;
use super::roster::{Person, Roster};
use super::statement::Digest;

/// Separates an address's hash from any other use of SHA-256 here.
const DOMAIN: &[u8] = b"holdline address 1\n";

/// A person, and the hash of an address of theirs: the address itself is kept in no session and no link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proved {
    pub person: PersonId,
    pub address: Digest,
}

/// How far a session reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// By the folder's address of now.
    Everywhere,
    /// By an earlier one: into the running incidents that know the person by it, and nowhere else.
    Within(Vec<IncidentId>),
}

impl Proved {
    /// Letters' case makes no other address, as in the folder.
    pub fn new(person: &PersonId, email: &str) -> Self {
        Self { person: person.clone(), address: hashed(email) }
    }

    /// The person as this roster has them, where it has them by the proved address. A shared mailbox proves nobody.
    pub fn known_to<'r>(&self, roster: &'r Roster) -> Option<&'r Person> {
        let person = roster.person(&self.person).filter(|person| !person.shared)?;
        (hashed(&person.email) == self.address).then_some(person)
    }

    /// None where the address is nobody's any more, or its person is not in the folder.
    pub fn reach<'i>(&self, now: &Roster, running: impl Iterator<Item = &'i Incident>) -> Option<Reach> {
        now.person(&self.person).filter(|person| !person.shared)?;
        if self.known_to(now).is_some() {
            return Some(Reach::Everywhere);
        }
        let within = running.filter(|incident| self.has_part_in(incident)).map(|incident| incident.id);
        let within: Vec<IncidentId> = within.collect();
        if within.is_empty() { None } else { Some(Reach::Within(within)) }
    }

    /// Whether a running incident knows the person by it and asks them for something. Whoever was taken out of the folder
    /// lost their roles there; another person under the same name brings no earlier address back.
    fn has_part_in(&self, incident: &Incident) -> bool {
        incident.is_running() && incident.roster.has_part(&self.person) && self.is_theirs_in(&incident.roster)
    }

    /// Whether the person may change something in an incident. While it runs it goes by its own addresses, and of whom it
    /// does not know it takes nothing anyway; what is over waits for nobody's agreement, and goes by the folder's of now.
    pub fn acts_in(&self, incident: &Incident, now: &Roster) -> bool {
        let is_of_now = self.known_to(now).is_some();
        if !incident.is_running() || incident.roster.person(&self.person).is_none() {
            return is_of_now;
        }
        if is_of_now { self.is_theirs_in(&incident.roster) } else { self.has_part_in(incident) }
    }

    /// Two people with one address there would be one who speaks for two.
    fn is_theirs_in(&self, roster: &Roster) -> bool {
        let Some(known) = self.known_to(roster) else { return false };
        let mut others = roster.people.iter().filter(|(id, _)| **id != self.person && roster.has_part(id));
        others.all(|(_, other)| !other.has_address(&known.email))
    }
}

fn hashed(email: &str) -> Digest {
    Digest::from_bytes(Sha256::new().chain_update(DOMAIN).chain_update(email.to_lowercase()).finalize().into())
}
