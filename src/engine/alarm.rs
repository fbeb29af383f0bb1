//! From a counted mention to an incident: the verdict, what an open incident takes as its own, and what opens another.

use std::sync::Arc;

use jiff::Timestamp;

use super::board::Entry;
use super::counting::{Counting, WatchIndex};
use super::error::RecordError;
use super::recorder::NO_PLAYBOOK;
use super::state::State;
use super::work::{Tally, Work};
use crate::core::count::minute_of;
use crate::core::detect::{Verdict, Why};
use crate::core::incident::{Cause, Event, Incident, IncidentId, Opening, Spike, severity_at_opening, try_advance};
use crate::core::mention::Mention;
use crate::core::name::{FeedName, PlaybookName, WatchName};
use crate::core::quiet::Group;
use crate::core::severity::Severity;
use crate::crash::{self, Point};

impl Work<'_, '_> {
    /// Counts a mention for these watches, and opens what that opens.
    pub(super) fn count_for(
        &mut self,
        matching: &[WatchIndex],
        feed: &FeedName,
        mention: &Mention,
        counted: Timestamp,
        tally: &mut Tally,
    ) -> Result<(), RecordError> {
        if matching.is_empty() {
            return Ok(());
        }
        let backlog = self.state.quiet.is_backlog(feed, counted);
        let said = Counting::said(feed, mention);
        for &index in matching {
            self.state.counted();
            *tally.entry((index, minute_of(counted))).or_default() += 1;
            if backlog {
                self.state.counting.note_quiet(index, Why::Backlog(feed.clone()), self.now);
                continue;
            }
            let is_over = self.open_incident(index).is_none();
            self.state.counting.set_story_over(index, is_over);
            self.state.counting.add(index, &said, counted, self.now);
            match self.state.counting.judge(index, counted, self.now, self.open_incident(index)) {
                Verdict::Quiet => {}
                Verdict::Suppressed(why) => self.stay_quiet(index, why)?,
                Verdict::Spike(spike) => self.alarm(index, spike)?,
            }
        }
        Ok(())
    }

    /// Judges the watches that no mention brings to alarm.
    pub(super) fn listen_for_silence(&mut self) -> Result<(), RecordError> {
        for index in self.state.counting.listening_for_silence() {
            match self.state.counting.judge(index, self.now, self.now, self.open_incident(index)) {
                Verdict::Quiet | Verdict::Suppressed(_) => {}
                Verdict::Spike(spike) => self.alarm(index, spike)?,
            }
        }
        Ok(())
    }

    /// What a watch counts now; none where there is no such watch.
    pub fn counted(&self, watch: &WatchName) -> Option<Spike> {
        let index = self.state.counting.find(watch)?;
        Some(self.state.counting.spike(index, self.now))
    }

    /// The running incident that holds a spike of this watch.
    pub(super) fn open_incident(&self, index: WatchIndex) -> Option<IncidentId> {
        self.state.open_incident(index)
    }

    /// Above the line, and no alarm: the reason is kept, and an incident hears at once of a clear step.
    fn stay_quiet(&mut self, index: WatchIndex, why: Why) -> Result<(), RecordError> {
        let watch = self.state.counting.watch(index).name.clone();
        tracing::debug!(%watch, ?why, "above the line, and no alarm");
        let open = if let Why::AlreadyOpen(id) = &why { Some(*id) } else { None };
        let count = self.state.counting.note_quiet(index, why, self.now);
        if let Some(id) = open
            && let Some(entry) = self.state.incidents.get(&id)
            && entry.incident.waves.get(&watch).is_some_and(|wave| wave.is_step(count, self.now))
        {
            let spike = self.state.counting.spike(index, self.now);
            self.record_if_wanted(id, Event::SpikeChanged { spike })?;
        }
        Ok(())
    }

    /// A spike that nothing of its own watch explains: held back where something keeps the watch quiet.
    fn alarm(&mut self, index: WatchIndex, spike: Spike) -> Result<(), RecordError> {
        let held = self.state.quiet.held.get(&spike.watch);
        if let Some(held) = held.filter(|held| held.covers(spike.count, self.now)) {
            let why = Why::HeldBack { by: held.by.clone(), severity: held.severity };
            self.state.counting.note_quiet(index, why, self.now);
            return Ok(());
        }
        let severity = self.severity_of(index, &spike)?;
        match self.hush(&spike, severity) {
            Some(hush) => self.hold(index, &spike, severity, hush),
            None => self.let_through(index, spike),
        }
    }

    /// Gives the spike to the open incident of its group, or opens one for it.
    pub(super) fn let_through(&mut self, index: WatchIndex, spike: Spike) -> Result<(), RecordError> {
        let watch = spike.watch.clone();
        self.state.counting.alarmed(index, self.now);
        let id = if let Some(id) = self.related_incident(index) {
            self.record_if_wanted(id, Event::SpikeJoined { spike })?;
            id
        } else {
            crash::pass(Point::SpikeSeen);
            self.begin(&self.playbook_of(index), Cause::Spike, Some(spike))?
        };
        self.end_held(&watch, Some(id))
    }

    /// The running incident that this watch's spikes belong to, though it has had none of them yet.
    fn related_incident(&self, index: WatchIndex) -> Option<IncidentId> {
        let watch = self.state.counting.watch(index);
        let group = self.standing.quiet.group_of(&watch.name, watch.opens.as_ref())?;
        let related = |id: &&IncidentId| {
            self.state.incidents.get(id).is_some_and(|entry| {
                entry.incident.setting == self.standing.setting && self.group_of(entry).as_ref() == Some(&group)
            })
        };
        self.state.running.iter().rev().find(related).copied()
    }

    /// Of the watch that opened it, by the configuration of now; else of the playbook that it runs.
    fn group_of(&self, entry: &Entry) -> Option<Group> {
        let playbook = &entry.rules.playbook.name;
        let opens = (playbook.as_str() != NO_PLAYBOOK).then_some(playbook);
        match &entry.incident.spike {
            Some(spike) => self.standing.quiet.group_of(&spike.watch, opens),
            None => opens.map(|playbook| Group::Playbook(playbook.clone())),
        }
    }

    pub(super) fn playbook_of(&self, index: WatchIndex) -> PlaybookName {
        let none = || PlaybookName::from(NO_PLAYBOOK);
        self.state.counting.watch(index).opens.clone().unwrap_or_else(none)
    }

    /// The severity that an incident of this spike would open with.
    pub(super) fn severity_of(&self, index: WatchIndex, spike: &Spike) -> Result<Severity, RecordError> {
        let rules = self.standing.rules.get(&self.playbook_of(index)).ok_or(RecordError::NoSuchPlaybook)?;
        let opening = Opening {
            setting: self.standing.setting,
            rules: rules.hash(),
            cause: Cause::Spike,
            roster: (*self.standing.roster).clone(),
            spike: Some(spike.clone()),
            pause: None,
        };
        Ok(severity_at_opening(&opening, self.now, rules))
    }

    /// Tells open incidents what their watches count, where it matters.
    pub(super) fn tell_open_incidents(&mut self) -> Result<(), RecordError> {
        let watches: Vec<WatchIndex> = self.state.counting.watches().map(|(index, _)| index).collect();
        for index in watches {
            let Some(id) = self.open_incident(index) else { continue };
            let entry = self.entry(id)?;
            let spike = self.state.counting.spike(index, self.now);
            if matters(&entry, &spike, self.now) {
                self.record_if_wanted(id, Event::SpikeChanged { spike })?;
            }
        }
        Ok(())
    }
}

impl State {
    fn open_incident(&self, index: WatchIndex) -> Option<IncidentId> {
        let watch = &self.counting.watch(index).name;
        let holds =
            |id: &&IncidentId| self.incidents.get(id).is_some_and(|entry| entry.incident.spike_of(watch).is_some());
        self.running.iter().rev().find(holds).copied()
    }

    /// Watches whose count has fallen back below their line may alarm again.
    pub(super) fn rearm(&mut self, now: Timestamp) {
        let watches: Vec<WatchIndex> = self.counting.watches().map(|(index, _)| index).collect();
        for index in watches {
            let is_open = self.open_incident(index).is_some();
            self.counting.follow_spent(index, is_open, now);
        }
    }

    /// A watch whose latest incident was still counted within its present window has spent its alarm.
    pub(super) fn mark_spent(&mut self, now: Timestamp) {
        let incidents: Vec<Arc<Incident>> = self.incidents.values().map(|entry| Arc::clone(&entry.incident)).collect();
        for incident in &incidents {
            for spike in incident.spikes().filter(|spike| spike.window.after(spike.at) >= now) {
                if let Some(index) = self.counting.find(&spike.watch) {
                    self.counting.recall_spent(index, spike.at, now);
                }
            }
        }
        self.rearm(now);
    }
}

/// Whether a new count is worth an event: it doubled or halved, or a condition reads it differently.
fn matters(entry: &Entry, spike: &Spike, now: Timestamp) -> bool {
    let Some(before) = entry.incident.spike_of(&spike.watch) else { return true };
    if before.count.checked_ilog2() != spike.count.checked_ilog2() {
        return true;
    }
    let event = Event::SpikeChanged { spike: spike.clone() };
    try_advance(&entry.incident, &event, now, &entry.rules).is_ok_and(|(after, effects)| {
        !effects.is_empty()
            || after.severity != entry.incident.severity
            || after.quiet_since.is_some() != entry.incident.quiet_since.is_some()
    })
}
