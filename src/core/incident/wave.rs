//! Further spikes of an open incident: they raise what is open, and people hear of clear steps, never of each mention.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::advance::Turn;
use super::{Incident, IncidentPhase, Notice, Refusal, Spike};
use crate::core::name::{PersonId, WatchName};
use crate::core::quiet::{Wave, is_clearly_above};
use crate::core::severity::Severity;

/// The spike of another watch of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    pub spike: Spike,
    pub at: Timestamp,
    /// It would open an elevated incident of its own, and this one was critical: nobody was told of it.
    pub inhibited: bool,
}

impl Incident {
    /// Every spike that it holds, the one it opened with first.
    pub fn spikes(&self) -> impl Iterator<Item = &Spike> {
        self.spike.iter().chain(self.joined.values().map(|joined| &joined.spike))
    }

    /// When a spike of this watch opened the incident or joined it.
    pub fn alarmed_by(&self, watch: &WatchName) -> Option<Timestamp> {
        let opened = self.spike.as_ref().filter(|spike| spike.watch == *watch).map(|_| self.opened_at);
        self.joined.get(watch).map(|joined| joined.at).or(opened)
    }

    /// What a watch of this incident counted last.
    pub fn spike_of(&self, watch: &WatchName) -> Option<&Spike> {
        self.spikes().find(|spike| spike.watch == *watch)
    }
}

impl Turn<'_> {
    pub(super) fn spike_changed(&mut self, spike: &Spike) -> Result<(), Refusal> {
        let own = self.incident.spike.as_ref().is_none_or(|own| own.watch == spike.watch);
        let before = if own {
            self.incident.spike.replace(spike.clone())
        } else {
            let joined = self.incident.joined.get_mut(&spike.watch).ok_or(Refusal::NothingChanged)?;
            Some(std::mem::replace(&mut joined.spike, spike.clone()))
        };
        if !self.outgrows(spike) {
            self.follow_wave(spike);
        }
        if before.as_ref() == Some(spike) && self.owed.is_empty() { Err(Refusal::NothingChanged) } else { Ok(()) }
    }

    /// Takes the spike of another watch as its own. A small one beside something critical wakes nobody.
    pub(super) fn spike_joined(&mut self, spike: &Spike) -> Result<(), Refusal> {
        if self.incident.spike_of(&spike.watch).is_some() {
            return Err(Refusal::NothingChanged);
        }
        let small = self.incident.severity_alone(spike, self.rules) == Severity::Elevated;
        let inhibited = small && self.incident.severity == Severity::Critical;
        self.incident.waves.insert(spike.watch.clone(), Wave::begun(spike.count, spike.window, self.at));
        if self.incident.spike.is_none() {
            self.incident.spike = Some(spike.clone());
            self.incident.first_spike = Some(spike.clone());
        } else {
            let joined = Joined { spike: spike.clone(), at: self.at, inhibited };
            self.incident.joined.insert(spike.watch.clone(), joined);
        }
        if inhibited {
            return Ok(());
        }
        let (watch, count) = (spike.watch.clone(), spike.count);
        // A new watch is a new wave: what people were voting on is not so any more.
        if let Some(asked) = self.reopen() {
            self.tell_each(asked, &Notice::StandDownVoid { watch, count, before: 0 });
        } else {
            self.tell_each(self.alerted(), &Notice::SpikeJoined { watch, count });
        }
        Ok(())
    }

    /// One that nobody was told of is not small any more: it is told as one that has just come.
    fn outgrows(&mut self, spike: &Spike) -> bool {
        if self.incident.severity_alone(spike, self.rules) == Severity::Elevated {
            return false;
        }
        let inhibited = self.incident.joined.get_mut(&spike.watch).filter(|joined| joined.inhibited);
        let Some(joined) = inhibited else { return false };
        joined.inhibited = false;
        self.incident.waves.insert(spike.watch.clone(), Wave::begun(spike.count, spike.window, self.at));
        self.tell_each(self.alerted(), &Notice::SpikeJoined { watch: spike.watch.clone(), count: spike.count });
        true
    }

    fn follow_wave(&mut self, spike: &Spike) {
        let (watch, count, at) = (spike.watch.clone(), spike.count, self.at);
        let wave = self.incident.waves.entry(watch.clone()).or_insert_with(|| Wave::begun(count, spike.window, at));
        wave.lead_by(spike.window, at, |ago| spike.counted_ago(ago));
        let Some(before) = wave.follow(count, at) else { return };
        let peak = wave.peak;
        let rises = is_clearly_above(count, before);
        if rises && let Some(asked) = self.reopen() {
            self.tell_each(asked, &Notice::StandDownVoid { watch, count, before });
        } else if self.incident.joined.get(&watch).is_none_or(|joined| !joined.inhibited) {
            self.tell_each(self.alerted(), &Notice::SpikeRose { watch, count: peak, before });
        }
    }

    /// Where people are asked whether it is over, it is not: gives everybody who must hear that.
    pub(super) fn reopen(&mut self) -> Option<BTreeSet<PersonId>> {
        let IncidentPhase::StandingDown(ballot) = &self.incident.phase else { return None };
        let mut asked = ballot.everyone_asked();
        self.incident.phase = IncidentPhase::Open;
        asked.extend(self.alerted());
        Some(asked)
    }

    fn tell_each(&mut self, people: BTreeSet<PersonId>, notice: &Notice) {
        for person in people {
            self.tell(&person, notice.clone());
        }
    }
}
