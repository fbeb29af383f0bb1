//! Changes of an open incident's people that a changed folder asks for. What it takes away goes at once; nobody gains
//! anything before two others, who are on the roster already, agree.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::advance::Turn;
use super::decision::awaits_at_any_address;
use super::request::Request;
use super::{Effect, Event, Incident, Notice, Refusal};
use crate::core::approval::Asking;
use crate::core::name::{PersonId, RoleName, role};
use crate::core::roster::{Person, Roster};

/// How many people must agree to a change.
pub const AGREE: usize = 2;
/// The most changes that are offered to one incident. What is beyond waits for the next incident.
pub const CHANGES_MAX: usize = 200;

/// What one person would gain: another record (an address, languages, a delegate, days away), roles, or both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterChange {
    pub person: PersonId,
    pub to: Person,
    pub roles: BTreeSet<RoleName>,
}

/// A change that was offered, and what became of it. Its number is its place among the incident's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedChange {
    pub change: RosterChange,
    /// The person as the incident knew them then; none for somebody new.
    pub before: Option<Person>,
    pub phase: ChangePhase,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangePhase {
    Waiting {
        agreed: Vec<PersonId>,
    },
    Made {
        by: Vec<PersonId>,
        /// How many requests were made before it: those to another address of this person are void.
        requests: usize,
    },
    /// The folder does not ask for it any more.
    Dropped,
}

/// Which of a changed person's addresses a mail about the change goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhichAddress {
    Old,
    New,
}

impl RosterChange {
    pub(super) fn make_in(&self, roster: &mut Roster) {
        roster.people.insert(self.person.clone(), self.to.clone());
        for role in &self.roles {
            let holders = roster.roles.entry(role.clone()).or_default();
            if !holders.contains(&self.person) {
                holders.push(self.person.clone());
            }
        }
    }
}

impl OfferedChange {
    pub fn waits(&self) -> bool {
        matches!(self.phase, ChangePhase::Waiting { .. })
    }

    /// Where a mail about it goes; none where there is no such address of its own.
    pub fn address(&self, which: WhichAddress) -> Option<&Person> {
        match which {
            WhichAddress::New => Some(&self.change.to),
            WhichAddress::Old => self.before.as_ref().filter(|before| before.email != self.change.to.email),
        }
    }

    fn moves_mail(&self) -> bool {
        self.address(WhichAddress::Old).is_some()
    }

    /// Whether `person` would have more to say by it.
    fn gains(&self, person: &PersonId) -> bool {
        self.change.person == *person || self.change.to.delegate.as_ref() == Some(person)
    }
}

/// What the people of now take from an incident that knows those of then, and what they would give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    pub lost: Vec<Event>,
    pub gained: Vec<RosterChange>,
}

pub fn differences(then: &Roster, now: &Roster) -> Differences {
    let mut kept = then.clone();
    let mut lost = Vec::new();
    let may_hold = |person: &PersonId, role: &RoleName| {
        now.holds(person, role.as_str()) && now.person(person).is_some_and(|person| !person.shared)
    };
    for (role, people) in &then.roles {
        for person in people.iter().filter(|person| !may_hold(person, role)) {
            kept.leave(person, role.as_str());
            lost.push(Event::LeftRole { person: person.clone(), role: role.clone() });
        }
    }
    for of in then.people.keys() {
        let delegate = then.delegate_of(of);
        if delegate.is_some() && delegate != now.delegate_of(of) {
            if let Some(person) = kept.people.get_mut(of) {
                person.delegate = None;
            }
            lost.push(Event::DelegationEnded { of: of.clone() });
        }
    }
    Differences { lost, gained: gained(&kept, now) }
}

fn gained(kept: &Roster, now: &Roster) -> Vec<RosterChange> {
    let mut gained = Vec::new();
    for (id, person) in now.people.iter().filter(|(_, person)| !person.shared) {
        let new_to = |role: &&RoleName| now.holds(id, role.as_str()) && !kept.holds(id, role.as_str());
        let roles: BTreeSet<RoleName> = now.roles.keys().filter(new_to).cloned().collect();
        let differs = match kept.person(id) {
            Some(known) => known != person,
            None => now.people.values().any(|other| other.delegate.as_ref() == Some(id)),
        };
        if differs || !roles.is_empty() {
            gained.push(RosterChange { person: id.clone(), to: person.clone(), roles });
        }
    }
    gained
}

impl Incident {
    pub fn change(&self, number: u32) -> Option<&OfferedChange> {
        self.changes.get(usize::try_from(number).ok()?)
    }

    /// Changes that wait for people to agree, with their numbers.
    pub fn waiting_changes(&self) -> impl Iterator<Item = (u32, &OfferedChange)> {
        (0..).zip(&self.changes).filter(|(_, change)| change.waits())
    }

    /// Whether a request went to an address that is not its person's any more.
    pub(super) fn went_to_an_old_address(&self, request: &Request) -> bool {
        let number = usize::try_from(request.number).unwrap_or(usize::MAX);
        self.changes.iter().any(|offered| match &offered.phase {
            ChangePhase::Made { requests, .. } => {
                offered.change.person == request.person && offered.moves_mail() && number < *requests
            }
            ChangePhase::Waiting { .. } | ChangePhase::Dropped => false,
        })
    }

    /// Whether `person` may agree to changes at all: somebody with a role here, not a shared mailbox.
    fn may_agree(&self, person: &PersonId) -> bool {
        let known = self.roster.person(person).is_some_and(|person| !person.shared);
        known && self.roster.roles.values().any(|holders| holders.contains(person))
    }
}

impl Turn<'_> {
    pub(super) fn offer_change(&mut self, change: &RosterChange) -> Result<(), Refusal> {
        if self.incident.waiting_changes().any(|(_, offered)| offered.change == *change) {
            return Err(Refusal::NothingChanged);
        }
        if self.incident.changes.len() >= CHANGES_MAX {
            return Err(Refusal::TooManyChanges(CHANGES_MAX));
        }
        // The folder says one thing of a person: what it said before is not asked for any more.
        for offered in &mut self.incident.changes {
            if offered.waits() && offered.change.person == change.person {
                offered.phase = ChangePhase::Dropped;
            }
        }
        let before = self.incident.roster.person(&change.person).cloned();
        let phase = ChangePhase::Waiting { agreed: Vec::new() };
        self.incident.changes.push(OfferedChange { change: change.clone(), before, phase });
        let number = u32::try_from(self.incident.changes.len() - 1).unwrap_or(u32::MAX);
        self.tell_of_change(number, &Notice::ChangeOffered { change: number });
        Ok(())
    }

    pub(super) fn drop_change(&mut self, number: u32) -> Result<(), Refusal> {
        self.waiting_change(number)?.phase = ChangePhase::Dropped;
        Ok(())
    }

    pub(super) fn agree_to_change(&mut self, number: u32, by: &PersonId) -> Result<(), Refusal> {
        if !self.incident.may_agree(by) {
            return Err(Refusal::NotEntitled("somebody with a role in this incident".to_owned()));
        }
        let offered = self.waiting_change(number)?;
        if offered.gains(by) {
            return Err(Refusal::NotEntitled("somebody who gains nothing by this change".to_owned()));
        }
        let ChangePhase::Waiting { agreed } = &mut offered.phase else { return Err(Refusal::NothingChanged) };
        if agreed.contains(by) {
            return Err(Refusal::AlreadyDecided);
        }
        agreed.push(by.clone());
        Ok(())
    }

    fn waiting_change(&mut self, number: u32) -> Result<&mut OfferedChange, Refusal> {
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        let offered = self.incident.changes.get_mut(place).ok_or(Refusal::Unknown)?;
        if offered.waits() { Ok(offered) } else { Err(Refusal::NothingChanged) }
    }

    pub(super) fn make_change(&mut self, number: u32, by: Vec<PersonId>) {
        let Some(offered) = self.incident.change(number).cloned() else { return };
        offered.change.make_in(&mut self.incident.roster);
        let requests = self.incident.requests.len();
        if let Ok(offered) = self.waiting_change(number) {
            offered.phase = ChangePhase::Made { by, requests };
        }
        self.admit_to_ballots();
        self.tell_of_change(number, &Notice::ChangeMade { change: number });
    }

    /// Whoever is waited for, and was last asked at an address that is theirs no more, is asked at that of now: at once, or
    /// when a vote opens again that had its yeses without them.
    pub(super) fn ask_at_new_addresses(&mut self) {
        let incident = &self.incident;
        let is_void = |request: &&Request| {
            incident.went_to_an_old_address(request)
                && awaits_at_any_address(incident, request, self.at).is_ok()
                && !incident.requests.iter().any(|later| later.number > request.number && later.asks_the_same(request))
        };
        let void: Vec<Request> = incident.requests.iter().filter(is_void).cloned().collect();
        for Request { of, digest, round, stage, rung, person, until, .. } in void {
            self.ask(&of, digest, round, &[Asking { stage, rung, person, until }]);
        }
    }

    /// Tells both addresses, and those who answer for the incident.
    fn tell_of_change(&mut self, number: u32, notice: &Notice) {
        let Some(offered) = self.incident.change(number) else { return };
        let person = offered.change.person.clone();
        let addresses = [WhichAddress::Old, WhichAddress::New].into_iter();
        let addresses: Vec<WhichAddress> = addresses.filter(|which| offered.address(*which).is_some()).collect();
        for which in addresses {
            self.owe(Effect::TellAddress { change: number, which, notice: notice.clone() });
        }
        let leads = self.incident.roster.seats(role::COMMS_LEAD, self.day()).into_iter().map(|seat| seat.person);
        let people: BTreeSet<PersonId> = leads.chain(self.duty()).filter(|other| *other != person).collect();
        for other in people {
            self.tell(&other, notice.clone());
        }
    }
}
