//! Promise 6 told once more, from the log's events alone: who is on an incident's roster, at which address, and who agreed.

use std::collections::{BTreeMap, BTreeSet};

use holdline::core::incident::{Opening, RosterChange};
use holdline::core::roster::Roster;

/// So many others must agree before anybody gains anything.
const AGREE: usize = 2;

/// The people of one incident.
#[derive(Default)]
pub(super) struct Roll {
    pub(super) roles: BTreeMap<String, BTreeSet<String>>,
    pub(super) delegates: BTreeMap<String, String>,
    pub(super) away: BTreeSet<String>,
    addresses: BTreeMap<String, String>,
    offered: Vec<Offered>,
    /// Addresses that each request was mailed to.
    mailed: BTreeMap<u32, BTreeSet<String>>,
}

struct Offered {
    change: RosterChange,
    agreed: Vec<String>,
    waits: bool,
}

impl Roll {
    pub(super) fn open(&mut self, opening: &Opening) {
        for (role, people) in &opening.roster.roles {
            self.roles.insert(role.to_string(), people.iter().map(ToString::to_string).collect());
        }
        for (name, person) in &opening.roster.people {
            self.addresses.insert(name.to_string(), person.email.clone());
            if let Some(delegate) = &person.delegate {
                self.delegates.insert(name.to_string(), delegate.to_string());
            }
            if person.away.is_some() {
                self.away.insert(name.to_string());
            }
        }
    }

    fn holds_any(&self, name: &str) -> bool {
        self.roles.values().any(|holders| holders.contains(name))
    }

    /// The files say one thing of a person: what they asked for before is not asked for any more.
    pub(super) fn offer(&mut self, change: &RosterChange) {
        for offered in self.offered.iter_mut().filter(|offered| offered.change.person == change.person) {
            offered.waits = false;
        }
        self.offered.push(Offered { change: change.clone(), agreed: Vec::new(), waits: true });
    }

    pub(super) fn drop_change(&mut self, number: u32) {
        self.offered[number as usize].waits = false;
    }

    /// Says whether the change is made with this.
    pub(super) fn agree(&mut self, number: u32, by: &str) -> bool {
        assert!(self.holds_any(by), "{by} has no role, and agreed to a change");
        let offered = &mut self.offered[number as usize];
        let change = offered.change.clone();
        assert!(offered.waits, "{by} agreed to what is not asked for");
        assert!(change.person.as_str() != by, "{by} agreed to a change of their own");
        assert!(change.to.delegate.is_none_or(|delegate| delegate.as_str() != by), "{by} would stand in by it");
        assert!(!offered.agreed.iter().any(|agreed| agreed == by), "{by} agreed twice");
        offered.agreed.push(by.to_owned());
        // Whoever gains a role again by one change may be the second who agreed to another.
        while let Some(place) = self.offered.iter().position(|offered| offered.waits && self.agreed(offered)) {
            self.offered[place].waits = false;
            self.make(&self.offered[place].change.clone());
        }
        !self.offered[number as usize].waits
    }

    fn agreed(&self, offered: &Offered) -> bool {
        offered.agreed.iter().filter(|who| self.holds_any(who)).count() >= AGREE
    }

    fn make(&mut self, RosterChange { person, to, roles }: &RosterChange) {
        let name = person.to_string();
        self.addresses.insert(name.clone(), to.email.clone());
        match &to.delegate {
            Some(delegate) => drop(self.delegates.insert(name.clone(), delegate.to_string())),
            None => drop(self.delegates.remove(&name)),
        }
        if to.away.is_some() {
            self.away.insert(name.clone());
        } else {
            self.away.remove(&name);
        }
        for role in roles {
            self.roles.entry(role.to_string()).or_default().insert(name.clone());
        }
    }

    /// The engine's roster is the one that it opened with, less whoever left, and what two others agreed to.
    pub(super) fn check(&self, roster: &Roster) {
        for (role, holders) in &roster.roles {
            let told = self.roles.get(role.as_str()).map_or(0, BTreeSet::len);
            let all = holders.iter().all(|holder| self.roles[role.as_str()].contains(holder.as_str()));
            assert!(all && told == holders.len(), "{role} is held by {holders:?}, by the log {:?}", self.roles);
        }
        for (name, person) in &roster.people {
            assert_eq!(Some(&person.email), self.addresses.get(name.as_str()), "{name} has another address by the log");
            let delegate = self.delegates.get(name.as_str()).map(String::as_str);
            assert_eq!(
                person.delegate.as_ref().map(|to| to.as_str()),
                delegate,
                "{name} has another delegate by the log"
            );
        }
    }

    /// A request lies at this address by now, or will soon.
    pub(super) fn mail(&mut self, request: u32, address: &str) {
        self.mailed.entry(request).or_default().insert(address.to_owned());
    }

    /// Whoever reads an address that is not this person's any more must not be able to decide.
    pub(super) fn check_address(&self, request: u32, name: &str) {
        let now = &self.addresses[name];
        let mailed = self.mailed.get(&request).into_iter().flatten();
        for address in mailed {
            assert_eq!(address, now, "request {request} lies at an old address of {name}, and decided");
        }
    }
}
