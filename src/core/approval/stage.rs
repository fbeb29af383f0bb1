//! One stage of a vote: whom it asks, whose yes counts, and how its asking climbs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Ask, Asking, Electorate, Right, Rung, StageVote, Yes};
use crate::core::name::{PersonId, RoleName, role};
use crate::core::playbook::{Quorum, Stage};
use crate::core::roster::{Roster, Seat};

impl StageVote {
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    pub fn rung(&self) -> Rung {
        self.rung
    }

    pub fn is_open(&self) -> bool {
        self.open
    }

    pub fn asked(&self) -> &[Ask] {
        &self.asked
    }

    /// The yes votes that count: proven as the stage asks, and given by somebody who still has a right to answer.
    pub fn counted(&self) -> impl Iterator<Item = &Yes> {
        let proven = self.yes.iter().filter(|yes| yes.proof >= self.stage.proof);
        proven.filter(|yes| self.ask(&yes.person).is_some_and(|ask| !ask.fills.is_empty()))
    }

    pub fn has_yes(&self, person: &PersonId) -> bool {
        self.counted().any(|yes| yes.person == *person)
    }

    /// Whether the votes counted so far meet the quorum.
    pub fn has_quorum(&self) -> bool {
        let people: BTreeSet<&PersonId> = self.counted().map(|yes| &yes.person).collect();
        match &self.stage.quorum {
            Quorum::AnyOf(_) => !people.is_empty(),
            Quorum::Of { count, .. } => *count > 0 && people.len() >= *count,
            Quorum::AllOf(roles) => !roles.is_empty() && self.each_role_has_its_own(roles, &people),
        }
    }

    /// A different person for each role: a bipartite matching by augmenting paths (Kuhn 1955); a handful of roles.
    fn each_role_has_its_own(&self, roles: &[RoleName], people: &BTreeSet<&PersonId>) -> bool {
        let mut taken: BTreeMap<&PersonId, usize> = BTreeMap::new();
        (0..roles.len()).all(|role| self.give_person(role, roles, people, &mut taken, &mut BTreeSet::new()))
    }

    fn give_person<'a>(
        &self,
        role: usize,
        roles: &[RoleName],
        people: &BTreeSet<&'a PersonId>,
        taken: &mut BTreeMap<&'a PersonId, usize>,
        tried: &mut BTreeSet<&'a PersonId>,
    ) -> bool {
        for &person in people {
            let fits = self.ask(person).is_some_and(|ask| ask.fills.contains_key(&roles[role]));
            if !fits || !tried.insert(person) {
                continue;
            }
            let holder = taken.get(person).copied();
            if holder.is_none_or(|other| self.give_person(other, roles, people, taken, tried)) {
                taken.insert(person, role);
                return true;
            }
        }
        false
    }

    /// Whether anybody was asked who may still answer. Whoever is locked out is asked afresh at the deadline, where there is one.
    pub(super) fn has_anyone_left(&self) -> bool {
        let locked_out = |ask: &Ask| ask.locked && self.until.is_none();
        self.asked.iter().any(|ask| !ask.fills.is_empty() && !self.has_yes(&ask.person) && !locked_out(ask))
    }

    /// One rung up: first `else` is asked as well, then everyone afresh and without a deadline.
    pub(super) fn climb(
        &mut self,
        stage: usize,
        authors: &BTreeSet<PersonId>,
        electorate: Electorate<'_>,
    ) -> Vec<Asking> {
        self.rung = match self.rung {
            Rung::First if !self.stage.otherwise.is_empty() => Rung::Escalated,
            Rung::First | Rung::Escalated => Rung::Paged,
            Rung::Paged => return Vec::new(),
        };
        if self.rung == Rung::Escalated {
            self.add_otherwise(authors, electorate);
        }
        self.ask_the_silent(stage, electorate.at)
    }

    pub(super) fn ask(&self, person: &PersonId) -> Option<&Ask> {
        self.asked.iter().find(|ask| ask.person == *person)
    }

    /// Everyone of the stage's roles; where one yes passes the stage not an author, but their delegate if nobody is left.
    pub(super) fn ask_first(&mut self, authors: &BTreeSet<PersonId>, electorate: Electorate<'_>) {
        let authors_count = !self.stage.quorum.one_passes();
        for role in self.stage.quorum.roles().to_vec() {
            let seats = electorate.roster.seats(role.as_str(), electorate.day);
            for seat in seats.iter().filter(|seat| authors_count || !authors.contains(&seat.person)) {
                self.add(seat, &role);
            }
        }
        if self.asked.is_empty() {
            for role in self.stage.quorum.roles().to_vec() {
                let seats = electorate.roster.seats(role.as_str(), electorate.day).into_iter();
                // Who stands in already hands on no further.
                for seat in seats.filter(|seat| seat.standing_in_for.is_none()) {
                    self.add_delegate(&seat.person, &role, authors, electorate.roster);
                }
            }
        }
    }

    fn add_delegate(&mut self, author: &PersonId, role: &RoleName, authors: &BTreeSet<PersonId>, roster: &Roster) {
        if let Some(delegate) = roster.delegate_of(author).filter(|delegate| !authors.contains(delegate)) {
            self.add(&Seat { person: delegate, standing_in_for: Some(author.clone()) }, role);
        }
    }

    /// Asks the `else` of each role that nobody has answered for. Only a privacy deputy stands in for the privacy officer.
    fn add_otherwise(&mut self, authors: &BTreeSet<PersonId>, electorate: Electorate<'_>) {
        let authors_count = !self.stage.quorum.one_passes();
        for (silent, instead) in self.stage.otherwise.clone() {
            // A yes that could also fill another role may be needed there.
            let answered = self.counted().any(|yes| {
                self.ask(&yes.person).is_some_and(|ask| ask.fills.len() == 1 && ask.fills.contains_key(&silent))
            });
            let barred = silent.as_str() == role::PRIVACY_OFFICER && instead.as_str() != role::PRIVACY_DEPUTY;
            let refused =
                self.asked.iter().any(|ask| ask.fills.contains_key(&silent) && self.refused.contains(&ask.person));
            if answered || barred || refused {
                continue;
            }
            for seat in electorate.roster.seats(instead.as_str(), electorate.day) {
                if authors_count || !authors.contains(&seat.person) {
                    self.fill(&seat.person, &silent, Right::InsteadOf(instead.clone()));
                }
            }
        }
    }

    fn add(&mut self, seat: &Seat, role: &RoleName) {
        let right = seat.standing_in_for.clone().map_or(Right::Holder, Right::StandingInFor);
        self.fill(&seat.person, role, right);
    }

    fn fill(&mut self, person: &PersonId, role: &RoleName, right: Right) {
        if let Some(ask) = self.asked.iter_mut().find(|ask| ask.person == *person) {
            ask.fills.entry(role.clone()).or_insert(right);
        } else {
            let fills = BTreeMap::from([(role.clone(), right)]);
            self.asked.push(Ask { person: person.clone(), fills, rung: self.rung, locked: false });
        }
    }

    /// Everyone who has not said yes, each with a fresh request of this rung.
    pub(super) fn ask_the_silent(&mut self, stage: usize, at: Timestamp) -> Vec<Asking> {
        let rung = self.rung;
        let within = self.stage.within.filter(|_| rung != Rung::Paged);
        let until = within.map(|within| within.after(at));
        let said_yes: BTreeSet<PersonId> = self.counted().map(|yes| yes.person.clone()).collect();
        let silent = self.asked.iter_mut().filter(|ask| !said_yes.contains(&ask.person) && !ask.fills.is_empty());
        let asking: Vec<Asking> = silent
            .map(|ask| {
                ask.rung = rung;
                ask.locked = false;
                Asking { stage, rung, person: ask.person.clone(), until }
            })
            .collect();
        // Where nobody is asked there is no new deadline, and the one that runs must still count.
        if !asking.is_empty() || rung == Rung::Paged {
            self.until = until;
        }
        asking
    }

    /// Who took a yes back after the stage climbed: their request belongs to an earlier rung.
    pub(super) fn ask_from_earlier_rungs(&mut self, stage: usize) -> Vec<Asking> {
        let (rung, until) = (self.rung, self.until);
        let said_yes: BTreeSet<PersonId> = self.counted().map(|yes| yes.person.clone()).collect();
        let silent = self.asked.iter_mut().filter(|ask| !said_yes.contains(&ask.person) && !ask.fills.is_empty());
        silent
            .filter(|ask| ask.rung != rung)
            .map(|ask| {
                ask.rung = rung;
                Asking { stage, rung, person: ask.person.clone(), until }
            })
            .collect()
    }

    /// Asks whoever holds a right by now and held none before.
    pub(super) fn admit(
        &mut self,
        stage: usize,
        authors: &BTreeSet<PersonId>,
        electorate: Electorate<'_>,
    ) -> Vec<Asking> {
        let entitled = self.asked.iter().filter(|ask| !ask.fills.is_empty());
        let before: BTreeSet<PersonId> = entitled.map(|ask| ask.person.clone()).collect();
        self.ask_first(authors, electorate);
        let (rung, until) = (self.rung, self.until);
        let new = self.asked.iter_mut().filter(|ask| !ask.fills.is_empty() && !before.contains(&ask.person));
        new.map(|ask| {
            ask.rung = rung;
            Asking { stage, rung, person: ask.person.clone(), until }
        })
        .collect()
    }

    pub(super) fn revise(&mut self, electorate: Electorate<'_>) {
        let roster = electorate.roster;
        for ask in &mut self.asked {
            let person = ask.person.clone();
            ask.fills.retain(|role, right| match right {
                Right::Holder => roster.holds(&person, role.as_str()),
                Right::StandingInFor(holder) => {
                    roster.holds(holder, role.as_str()) && roster.delegate_of(holder).as_ref() == Some(&person)
                }
                Right::InsteadOf(instead) => roster.may_answer_for(&person, instead.as_str(), electorate.day),
            });
        }
    }
}
