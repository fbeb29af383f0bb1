//! Who may say yes to what: three people of two roles, both of which must say yes, then one of two who release.

use super::bug::Bug;
use super::state::State;

/// Ana is privacy; Ben is privacy and legal; Cara is legal and may release; Dan may release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Person {
    Ana,
    Ben,
    Cara,
    Dan,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Privacy,
    Legal,
    Release,
}

/// Who sits where; a seat's place here is its bit in `State::lost`.
pub(crate) const SEATS: [(Person, Role); 6] = [
    (Person::Ana, Role::Privacy),
    (Person::Ben, Role::Privacy),
    (Person::Ben, Role::Legal),
    (Person::Cara, Role::Legal),
    (Person::Cara, Role::Release),
    (Person::Dan, Role::Release),
];

pub(crate) const SLOTS: usize = 5;
/// A person's yes in one stage; Cara is asked in both. The place here is the one in `State::yes`.
pub(crate) const ASKED: [(Person, Stage); SLOTS] = [
    (Person::Ana, Stage::Accuracy),
    (Person::Ben, Stage::Accuracy),
    (Person::Cara, Stage::Accuracy),
    (Person::Cara, Stage::Release),
    (Person::Dan, Stage::Release),
];

/// Ana's and Ben's yes; whoever releases it freezes it.
pub(crate) const ALL_BUT_ONE: [u8; SLOTS] = [1, 1, 0, 0, 0];
/// Ana, Ben and Dan: who votes where the vote is not what is explored.
pub(crate) const AGREED_VOTERS: [u8; 3] = [0, 1, 4];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Privacy and legal, different people.
    Accuracy,
    /// Anybody who may release.
    Release,
}

/// How yeses are counted; a bug counts otherwise.
#[derive(Clone, Copy)]
pub(crate) struct Count {
    of_any_version: bool,
    of_the_removed: bool,
    one_for_two: bool,
}

impl Count {
    pub(crate) const RIGHT: Self = Self { of_any_version: false, of_the_removed: false, one_for_two: false };

    pub(crate) fn with(bug: Option<Bug>) -> Self {
        Self {
            of_any_version: bug == Some(Bug::NotBoundToTheVersion),
            of_the_removed: bug == Some(Bug::RemovedStillCounts),
            one_for_two: bug == Some(Bug::OneYesForTwoRoles),
        }
    }

    fn has_seat(self, state: &State, person: Person, role: Role) -> bool {
        let seat = SEATS.iter().position(|seat| *seat == (person, role));
        seat.is_some_and(|seat| self.of_the_removed || state.lost & (1 << seat) == 0)
    }

    fn said_yes(self, state: &State, person: Person, asked_in: Stage) -> bool {
        let slot = ASKED.iter().position(|asked| *asked == (person, asked_in));
        let version = slot.map_or(0, |slot| state.yes[slot]);
        version == state.version || self.of_any_version && version > 0
    }

    /// Whether this yes is given and its person still has a right to it.
    pub(crate) fn counts(self, state: &State, slot: usize) -> bool {
        let (person, asked_in) = ASKED[slot];
        self.said_yes(state, person, asked_in) && self.may_answer(state, slot)
    }

    pub(crate) fn may_answer(self, state: &State, slot: usize) -> bool {
        let (person, asked_in) = ASKED[slot];
        match asked_in {
            Stage::Accuracy => self.has_seat(state, person, Role::Privacy) || self.has_seat(state, person, Role::Legal),
            Stage::Release => self.has_seat(state, person, Role::Release),
        }
    }

    pub(crate) fn accuracy(self, state: &State) -> bool {
        let fills = |role| {
            move |person: &Person| self.said_yes(state, *person, Stage::Accuracy) && self.has_seat(state, *person, role)
        };
        let people = [Person::Ana, Person::Ben, Person::Cara];
        people.into_iter().filter(fills(Role::Privacy)).any(|privacy| {
            people.into_iter().filter(fills(Role::Legal)).any(|legal| self.one_for_two || privacy != legal)
        })
    }

    pub(crate) fn quorum(self, state: &State) -> bool {
        let releases = |person: &Person| {
            self.said_yes(state, *person, Stage::Release) && self.has_seat(state, *person, Role::Release)
        };
        [Person::Cara, Person::Dan].iter().any(releases) && self.accuracy(state)
    }
}

/// How many different people said yes in the first stage to the current version, whatever became of them since.
pub(crate) fn people_behind(state: &State) -> usize {
    ASKED
        .iter()
        .zip(state.yes)
        .filter(|((_, asked_in), yes)| *asked_in == Stage::Accuracy && *yes == state.version)
        .count()
}
