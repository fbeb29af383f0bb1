//! The walk through the log: each event is folded once, and what it changed is noted.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Logged;
use super::calls::Calls;
use super::decided::{Decided, Lifted, decided, lifted};
use super::duty::Duty;
use super::said::Said;
use super::step::Starts;
use super::wait::Waits;
use crate::core::incident::{
    Effect, Event, Incident, IncidentId, IncidentPhase, Opening, Spike, StatementPhase, open, try_advance,
};
use crate::core::name::{PersonId, StepId, WatchName};
use crate::core::playbook::{StepKind, Usage};
use crate::core::rules::Rules;

/// What was seen on the way.
#[derive(Clone, Debug)]
pub(in crate::core) struct Walked {
    /// As it is after the last event that was walked.
    pub(in crate::core) incident: Incident,
    pub(in crate::core) rules: Arc<Rules>,
    pub(super) gap: Option<u32>,
    /// Who claimed it first, and when.
    pub(in crate::core) claimed: Option<(PersonId, Timestamp)>,
    pub(super) stood_down_at: Option<Timestamp>,
    pub(super) starts: Starts,
    pub(in crate::core) waits: Waits,
    pub(in crate::core) calls: Calls,
    pub(super) duty: Duty,
    /// Since when words that are said if asked were first ready.
    pub(in crate::core) ready: BTreeMap<StepId, Timestamp>,
    pub(super) decided: Vec<Decided>,
    pub(super) lifted: Vec<Lifted>,
    pub(in crate::core) said: Vec<Said>,
    /// Why a rehearsal was broken off, where it was.
    pub(in crate::core) broken_off: Option<String>,
    /// The spike that it opened with.
    pub(super) spike: Option<Spike>,
    /// What the watch that opened it counted, as often as its count was written down.
    pub(super) counts: Vec<(Timestamp, u32)>,
}

/// One event and what it did.
#[derive(Clone, Copy)]
pub(super) struct Turned<'a> {
    pub(super) before: &'a Incident,
    pub(super) after: &'a Incident,
    pub(super) event: &'a Event,
    pub(super) at: Timestamp,
}

/// Folds as far as the log can be read without a gap; none where not even the opening can.
pub(super) fn walk(id: IncidentId, log: &[Logged]) -> Option<Walked> {
    let (first, rest) = log.split_first()?;
    let (Some(Event::Opened(opening)), Some(rules)) = (&first.event, &first.rules) else { return None };
    let (mut walked, _) = Walked::begin(id, opening, first.at, rules);
    for entry in rest {
        let (Some(event), Some(rules)) = (&entry.event, &entry.rules) else {
            walked.gap = Some(entry.number);
            break;
        };
        walked.turn(event, entry.at, rules);
    }
    Some(walked)
}

impl Walked {
    /// At the opening, with what is owed for it.
    pub(in crate::core) fn begin(
        id: IncidentId,
        opening: &Opening,
        at: Timestamp,
        rules: &Arc<Rules>,
    ) -> (Self, Vec<Effect>) {
        let (incident, owed) = open(id, opening, at, rules);
        let mut walked = Self {
            counts: opening.spike.iter().map(|spike| (at, spike.count)).collect(),
            spike: opening.spike.clone(),
            starts: Starts::default(),
            waits: Waits::default(),
            calls: Calls::begin(opening),
            duty: Duty::default(),
            ready: BTreeMap::new(),
            said: Vec::new(),
            decided: Vec::new(),
            lifted: Vec::new(),
            claimed: None,
            stood_down_at: None,
            broken_off: None,
            gap: None,
            rules: Arc::clone(rules),
            incident,
        };
        walked.starts.see(&walked.incident, &walked.rules, at);
        walked.calls.owed(&owed, at);
        (walked, owed)
    }

    /// Folds one event, and gives what is owed for it; nothing where it did nothing.
    pub(in crate::core) fn turn(&mut self, event: &Event, at: Timestamp, rules: &Arc<Rules>) -> Option<Vec<Effect>> {
        self.rules = Arc::clone(rules);
        // What the record refuses today it took by the rules of an older version, and it changed nothing since.
        let (after, owed) = try_advance(&self.incident, event, at, rules).ok()?;
        self.see(after, event, at);
        self.calls.owed(&owed, at);
        Some(owed)
    }

    fn see(&mut self, after: Incident, event: &Event, at: Timestamp) {
        let turned = Turned { before: &self.incident, after: &after, event, at };
        self.calls.see(event);
        self.duty.see(turned);
        self.starts.see(&after, &self.rules, at);
        self.waits.see(turned);
        self.decided.extend(decided(turned, &self.waits));
        self.lifted.extend(lifted(turned));
        super::said::see(&mut self.said, turned, &self.rules);
        if let Event::Claimed { by } = event {
            self.claimed.get_or_insert_with(|| (by.clone(), at));
        }
        if let Event::BrokenOff { why } = event {
            self.broken_off = Some(why.clone());
        }
        if let Event::DecisionWithdrawn { request, .. } = event {
            self.take_back(*request, at);
        }
        if let Event::SpikeChanged { spike } = event
            && self.opening_watch() == Some(&spike.watch)
        {
            self.counts.push((at, spike.count));
        }
        if let IncidentPhase::StoodDown { at } = after.phase {
            self.stood_down_at = Some(at);
        }
        self.note_ready(&after);
        self.incident = after;
    }

    fn note_ready(&mut self, after: &Incident) {
        for (id, statement) in &after.statements {
            let usage = match self.rules.playbook.step(id).map(|step| &step.kind) {
                Some(StepKind::Statement(step)) => step.usage,
                Some(StepKind::Alert(_) | StepKind::Task(_)) | None => continue,
            };
            if let (Usage::IfAsked, StatementPhase::Ready(ready)) = (usage, &statement.phase) {
                self.ready.entry(id.clone()).or_insert(ready.since);
            }
        }
    }

    fn opening_watch(&self) -> Option<&WatchName> {
        self.spike.as_ref().map(|spike| &spike.watch)
    }

    fn take_back(&mut self, request: u32, at: Timestamp) {
        let given = self.decided.iter_mut().rev().find(|decided| decided.request == request);
        if let Some(decided) = given {
            decided.taken_back = Some(at);
        }
    }
}
