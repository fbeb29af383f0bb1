//! The life of an alert: it rings for the first of each role, climbs while nobody claims, and ends with a claim.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::advance::Turn;
use super::event::Deadline;
use super::{Effect, Refusal};
use crate::core::name::{PersonId, StepId};
use crate::core::playbook::{AlertStep, Way};

/// How often an alert rings before it waits for a claim in silence: the first, everyone of its roles, `else`, and thrice all.
const RUNGS_MAX: u32 = 6;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertPhase {
    Waiting,
    Ringing { rung: u32, told: BTreeSet<PersonId> },
    Claimed { by: PersonId, at: Timestamp },
}

impl Turn<'_> {
    pub(super) fn ring_first(&mut self, alert: &StepId) {
        if let Some(duty) = &self.incident.duty {
            let claimed = AlertPhase::Claimed { by: duty.clone(), at: self.at };
            self.incident.alerts.insert(alert.clone(), claimed);
            return;
        }
        let told = self.end_alerts_of_before();
        self.ring(alert, 0, told);
    }

    /// The first alert of another playbook takes the place of those that still rang: nobody is woken twice for one incident.
    fn end_alerts_of_before(&mut self) -> BTreeSet<PersonId> {
        let playbook = &self.rules.playbook;
        let mut told = BTreeSet::new();
        self.incident.alerts.retain(|id, phase| match phase {
            AlertPhase::Ringing { told: before, .. } if !playbook.runs(id) => {
                told.append(before);
                false
            }
            AlertPhase::Waiting | AlertPhase::Ringing { .. } | AlertPhase::Claimed { .. } => true,
        });
        told
    }

    /// Nobody claimed within the time of this rung.
    pub(super) fn ring_on(&mut self, alert: &StepId, rung: u32) -> Result<(), Refusal> {
        match self.incident.alerts.get(alert) {
            Some(AlertPhase::Ringing { rung: now, told }) if *now == rung => {
                let told = told.clone();
                self.ring(alert, rung + 1, told);
                Ok(())
            }
            Some(AlertPhase::Waiting | AlertPhase::Ringing { .. } | AlertPhase::Claimed { .. }) | None => {
                Err(Refusal::NothingChanged)
            }
        }
    }

    fn ring(&mut self, alert: &StepId, rung: u32, mut told: BTreeSet<PersonId>) {
        let Some(step) = self.rules.playbook.alert(alert).cloned() else { return };
        let people = self.people_of_rung(&step, rung, &told);
        let all_awake = rung == 0 && people.is_empty() && !told.is_empty();
        for person in people {
            told.insert(person.clone());
            if step.by.contains(&Way::Mail) {
                self.owe(Effect::Alert { alert: alert.clone(), person, rung });
            }
        }
        if step.by.contains(&Way::Page) && !all_awake {
            self.owe(Effect::Page { alert: alert.clone(), rung });
        }
        if rung + 1 < RUNGS_MAX {
            let due = step.acknowledge_within.after(self.at);
            self.wake(Deadline::Acknowledge { alert: alert.clone(), rung }, due);
        }
        self.incident.alerts.insert(alert.clone(), AlertPhase::Ringing { rung, told });
    }

    /// Whom the running playbook's alerts wake first.
    pub(super) fn first_of_the_alerts(&self) -> Vec<PersonId> {
        let first = self.rules.playbook.alerts();
        first.flat_map(|(_, alert)| self.people_of_rung(alert, 0, &BTreeSet::new())).collect()
    }

    /// Rung 0: the first of each role. 1: the rest of them and the first of `else`. 2: the rest of `else`. Then everyone again.
    fn people_of_rung(&self, step: &AlertStep, rung: u32, told: &BTreeSet<PersonId>) -> Vec<PersonId> {
        let day = self.day();
        let seats = |role: &str| self.incident.roster.seats(role, day).into_iter().map(|seat| seat.person);
        let otherwise: Vec<PersonId> = step.otherwise.iter().flat_map(|role| seats(role.as_str())).collect();
        let mut people: Vec<PersonId> = match rung {
            0 => step.to.iter().filter_map(|role| seats(role.as_str()).next()).collect(),
            1 => step.to.iter().flat_map(|role| seats(role.as_str())).chain(otherwise.first().cloned()).collect(),
            2 => otherwise,
            _ => return told.iter().cloned().collect(),
        };
        people.retain(|person| !told.contains(person));
        let mut seen = BTreeSet::new();
        people.retain(|person| seen.insert(person.clone()));
        people
    }

    /// Whoever claims an incident has the duty, and every alert of it rests.
    pub(super) fn claim(&mut self, by: &PersonId) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        match &self.incident.duty {
            Some(duty) if duty == by => return Err(Refusal::NothingChanged),
            Some(duty) => return Err(Refusal::ClaimedBy(self.incident.roster.name_of(duty).to_owned())),
            None => {}
        }
        self.incident.duty = Some(by.clone());
        let at = self.at;
        for phase in self.incident.alerts.values_mut() {
            if matches!(phase, AlertPhase::Ringing { .. }) {
                *phase = AlertPhase::Claimed { by: by.clone(), at };
            }
        }
        Ok(())
    }

    /// Everybody who was woken, and whoever claimed.
    pub(super) fn alerted(&self) -> BTreeSet<PersonId> {
        let mut people: BTreeSet<PersonId> = self.duty().into_iter().collect();
        for phase in self.incident.alerts.values() {
            match phase {
                AlertPhase::Ringing { told, .. } => people.extend(told.iter().cloned()),
                AlertPhase::Claimed { by, .. } => {
                    people.insert(by.clone());
                }
                AlertPhase::Waiting => {}
            }
        }
        people
    }
}
