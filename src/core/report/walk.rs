//! The walk through the log: each event is folded once, and what it changed is noted.

use std::sync::Arc;

use jiff::Timestamp;

use super::Logged;
use super::decided::{Decided, Lifted, decided, lifted};
use super::said::Said;
use super::step::Starts;
use super::wait::Waits;
use crate::core::incident::{Event, Incident, IncidentId, IncidentPhase, Spike, open, try_advance};
use crate::core::name::WatchName;
use crate::core::rules::Rules;

/// What was seen on the way.
pub(super) struct Walked {
    pub(super) incident: Incident,
    pub(super) rules: Arc<Rules>,
    pub(super) gap: Option<u32>,
    pub(super) claimed_at: Option<Timestamp>,
    pub(super) stood_down_at: Option<Timestamp>,
    pub(super) starts: Starts,
    pub(super) waits: Waits,
    pub(super) decided: Vec<Decided>,
    pub(super) lifted: Vec<Lifted>,
    pub(super) said: Vec<Said>,
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
    let (incident, _) = open(id, opening, first.at, rules);
    let mut walked = Walked {
        counts: opening.spike.iter().map(|spike| (first.at, spike.count)).collect(),
        spike: opening.spike.clone(),
        starts: Starts::default(),
        waits: Waits::default(),
        said: Vec::new(),
        decided: Vec::new(),
        lifted: Vec::new(),
        claimed_at: None,
        stood_down_at: None,
        gap: None,
        rules: Arc::clone(rules),
        incident,
    };
    walked.starts.see(&walked.incident, &walked.rules, first.at);
    for entry in rest {
        let (Some(event), Some(rules)) = (&entry.event, &entry.rules) else {
            walked.gap = Some(entry.number);
            break;
        };
        walked.rules = Arc::clone(rules);
        // What the record refuses today it took by the rules of an older version, and it changed nothing since.
        let Ok((after, _)) = try_advance(&walked.incident, event, entry.at, rules) else { continue };
        walked.see(after, event, entry.at);
    }
    Some(walked)
}

impl Walked {
    fn see(&mut self, after: Incident, event: &Event, at: Timestamp) {
        let turned = Turned { before: &self.incident, after: &after, event, at };
        self.starts.see(&after, &self.rules, at);
        self.waits.see(turned);
        self.decided.extend(decided(turned, &self.waits));
        self.lifted.extend(lifted(turned));
        super::said::see(&mut self.said, turned, &self.rules);
        if let (Event::Claimed { .. }, None) = (event, self.claimed_at) {
            self.claimed_at = Some(at);
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
        self.incident = after;
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
