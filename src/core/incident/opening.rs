//! The state an incident opens with: every step of its playbook waiting.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::event::Opening;
use super::{AlertPhase, Incident, IncidentId, IncidentPhase, Refusal, Statement, TaskPhase};
use crate::core::name::PersonId;
use crate::core::playbook::{Playbook, StepKind};
use crate::core::quiet::Wave;
use crate::core::rules::Rules;
use crate::core::severity::Severity;
use crate::core::statement::Digest;

pub(super) fn blank(id: IncidentId, opening: &Opening, at: Timestamp, rules: &Rules) -> Incident {
    let mut incident = Incident {
        id,
        setting: opening.setting,
        rules: opening.rules,
        title: rules.playbook.title.clone(),
        cause: opening.cause.clone(),
        opened_at: at,
        steps_from: at,
        switched: None,
        severity: Severity::Elevated,
        spike: opening.spike.clone(),
        first_spike: opening.spike.clone(),
        joined: BTreeMap::new(),
        waves: opening
            .spike
            .iter()
            .map(|spike| (spike.watch.clone(), Wave::begun(spike.count, spike.window, at)))
            .collect(),
        verified: None,
        duty: None,
        hand_over: None,
        roster: opening.roster.clone(),
        changes: Vec::new(),
        facts: BTreeMap::new(),
        alerts: BTreeMap::new(),
        tasks: BTreeMap::new(),
        added: BTreeMap::new(),
        pause: None,
        paused_in: opening.pause,
        links: BTreeMap::new(),
        merged_into: None,
        taken_over: BTreeMap::new(),
        statements: BTreeMap::new(),
        requests: Vec::new(),
        lessons: Vec::new(),
        phase: IncidentPhase::Open,
        broken_by: None,
        stopped: None,
        quiet_since: None,
        outages: Vec::new(),
        reminders: BTreeMap::new(),
        injects: 0,
        events: 0,
    };
    lay_out(&mut incident, &rules.playbook);
    incident.severity = incident.severity_of_spikes(rules).unwrap_or(Severity::Elevated);
    incident
}

/// The severity that an incident of this opening begins with.
pub fn severity_at_opening(opening: &Opening, at: Timestamp, rules: &Rules) -> Severity {
    blank(0, opening, at, rules).severity
}

/// Every step of the playbook that is not there yet, waiting.
pub(super) fn lay_out(incident: &mut Incident, playbook: &Playbook) {
    for step in &playbook.timeline {
        let id = step.id.clone();
        match &step.kind {
            StepKind::Alert(_) => {
                incident.alerts.entry(id).or_insert(AlertPhase::Waiting);
            }
            StepKind::Task(_) => {
                incident.tasks.entry(id).or_insert(TaskPhase::Waiting);
            }
            StepKind::Statement(_) => {
                incident.statements.entry(id).or_insert_with(Statement::waiting);
            }
        }
    }
}

impl super::advance::Turn<'_> {
    /// Gives an incident that opened without a playbook the one a person picked. `self.rules` are already the new ones.
    pub(super) fn pick_playbook(&mut self, rules: Digest, by: &PersonId) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        let begun = self.incident.statements.values().next().is_some() || self.incident.rules == rules;
        if begun || self.rules.hash() != rules {
            return Err(Refusal::NothingChanged);
        }
        self.incident.rules = rules;
        self.incident.title = self.rules.playbook.title.clone();
        self.claimed_alerts_stand();
        lay_out(&mut self.incident, &self.rules.playbook);
        self.wake_steps();
        Ok(())
    }

    /// Alerts of the old timeline are over once somebody works on the incident.
    pub(super) fn claimed_alerts_stand(&mut self) {
        let (at, duty) = (self.at, self.incident.duty.clone());
        for phase in self.incident.alerts.values_mut() {
            if let Some(by) = &duty {
                *phase = AlertPhase::Claimed { by: by.clone(), at };
            }
        }
    }
}
