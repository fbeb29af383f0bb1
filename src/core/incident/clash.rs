//! Changes that two agreed to, as far as no two people of an incident come to have one address: whoever reads it would
//! speak for both. Of two who swap theirs each waits for the other, and both are made at once.

use super::advance::Turn;
use super::roster_change::{AGREE, ChangePhase, OfferedChange};
use super::{Incident, RosterChange};
use crate::core::name::PersonId;
use crate::core::roster::Roster;

/// A change that enough people agreed to, by its number.
type Agreed = (u32, Vec<PersonId>);

impl Incident {
    /// Whom a change waits for that enough people agreed to: they still have the address.
    pub fn waits_for(&self, offered: &OfferedChange) -> Option<PersonId> {
        let enough = self.counted(offered).is_some_and(|counted| counted.len() >= AGREE);
        if enough { clash(&self.roster, &offered.change) } else { None }
    }

    /// Whoever agreed and holds a role still; none of a change that does not wait.
    fn counted(&self, offered: &OfferedChange) -> Option<Vec<PersonId>> {
        let ChangePhase::Waiting { agreed } = &offered.phase else { return None };
        let holds_any = |person: &&PersonId| self.roster.roles.values().any(|holders| holders.contains(*person));
        Some(agreed.iter().filter(holds_any).cloned().collect())
    }

    /// What can be made together: whoever would share an address with somebody who keeps it is left out.
    fn without_clash(&self) -> Vec<Agreed> {
        let waiting = self.waiting_changes().filter_map(|(number, offered)| Some((number, self.counted(offered)?)));
        let mut agreed: Vec<Agreed> = waiting.filter(|(_, by)| by.len() >= AGREE).collect();
        loop {
            let made = || agreed.iter().filter_map(|(number, _)| self.change(*number)).map(|offered| &offered.change);
            let mut after = self.roster.clone();
            made().for_each(|change| change.make_in(&mut after));
            let Some(place) = made().position(|change| clash(&after, change).is_some()) else { return agreed };
            agreed.remove(place);
        }
    }
}

/// Somebody else with a part in it who has the address that the change gives.
fn clash(roster: &Roster, change: &RosterChange) -> Option<PersonId> {
    let mut others = roster.people.iter().filter(|(id, _)| **id != change.person);
    let other = others.find(|(id, other)| roster.has_part(id) && other.has_address(&change.to.email))?;
    Some(other.0.clone())
}

impl Turn<'_> {
    /// Called after every event: also somebody who leaves may be what a change waited for.
    pub(super) fn make_agreed_changes(&mut self) {
        if self.incident.waiting_changes().next().is_none() {
            return;
        }
        // Whoever gains a role again by one change may be the second who agreed to another.
        loop {
            let agreed = self.incident.without_clash();
            if agreed.is_empty() {
                return;
            }
            for (number, by) in agreed {
                self.make_change(number, by);
            }
        }
    }
}
