//! The people of an incident, as they stood when it opened: who they are, which roles they hold, who stands in.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::name::{PersonId, RoleName};

/// A person or a shared mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    pub email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Asked in this person's place while they are away, or where they wrote the text themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegate: Option<PersonId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<Away>,
    /// Languages this person can judge a text in.
    pub reads: Vec<String>,
    /// A shared mailbox may be told, never asked: its yes would be nobody's.
    pub shared: bool,
}

/// The days on which a person is away, both included, by the organisation's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    pub from: Date,
    pub to: Date,
}

/// Who holds which role. The first of a role is alerted first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    pub people: BTreeMap<PersonId, Person>,
    pub roles: BTreeMap<RoleName, Vec<PersonId>>,
}

/// One person who may answer for a role: its holder, or the delegate of a holder who is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    pub person: PersonId,
    /// The holder that `person` stands in for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing_in_for: Option<PersonId>,
}

impl Person {
    /// Whether mail to `email` is mail to them; the case of letters makes no other address.
    pub fn has_address(&self, email: &str) -> bool {
        self.email.eq_ignore_ascii_case(email)
    }
}

impl Roster {
    pub fn person(&self, id: &PersonId) -> Option<&Person> {
        self.people.get(id)
    }

    /// The name to show for a person; the key where the roster does not know them.
    pub fn name_of<'a>(&'a self, id: &'a PersonId) -> &'a str {
        self.people.get(id).map_or(id.as_str(), |person| person.name.as_str())
    }

    pub fn holds(&self, person: &PersonId, role: &str) -> bool {
        self.roles.get(role).is_some_and(|people| people.contains(person))
    }

    /// Whether they may ever be asked: they hold a role, or stand in for somebody.
    pub fn has_part(&self, person: &PersonId) -> bool {
        self.roles.values().any(|holders| holders.contains(person))
            || self.people.values().any(|other| other.delegate.as_ref() == Some(person))
    }

    /// Whether `person` holds the role, or stands in on `day` for a holder who is away.
    pub fn may_answer_for(&self, person: &PersonId, role: &str, day: Date) -> bool {
        self.holds(person, role) || self.seats(role, day).iter().any(|seat| seat.person == *person)
    }

    /// Everybody who can answer for `role` on `day`, in the role's order, each once: a holder who is away is
    /// replaced by the delegate, a shared mailbox is passed over. Who holds the role needs no delegation.
    pub fn seats(&self, role: &str, day: Date) -> Vec<Seat> {
        let mut seats: Vec<Seat> = Vec::new();
        for holder in self.roles.get(role).into_iter().flatten() {
            let Some(seat) = self.seat_of(holder, day) else { continue };
            match seats.iter_mut().find(|known| known.person == seat.person) {
                Some(known) if seat.standing_in_for.is_none() => *known = seat,
                Some(_) => {}
                None => seats.push(seat),
            }
        }
        seats
    }

    /// `holder`, or the delegate on a day when the holder is away. Delegates do not hand on further.
    fn seat_of(&self, holder: &PersonId, day: Date) -> Option<Seat> {
        let person = self.people.get(holder).filter(|person| !person.shared)?;
        if !person.away.is_some_and(|away| away.from <= day && day <= away.to) {
            return Some(Seat { person: holder.clone(), standing_in_for: None });
        }
        let delegate = self.delegate_of(holder)?;
        Some(Seat { person: delegate, standing_in_for: Some(holder.clone()) })
    }

    pub fn delegate_of(&self, holder: &PersonId) -> Option<PersonId> {
        let delegate = self.people.get(holder)?.delegate.as_ref()?;
        self.people.get(delegate).filter(|person| !person.shared).map(|_| delegate.clone())
    }

    /// Takes `person` out of `role`; their delegate loses the seat with them.
    pub fn leave(&mut self, person: &PersonId, role: &str) {
        if let Some(people) = self.roles.get_mut(role) {
            people.retain(|holder| holder != person);
        }
    }
}
