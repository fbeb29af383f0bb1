//! Alarms that are held back: each is in the record when it happens, and told once what kept the watch quiet is over.

use jiff::Timestamp;

use super::counting::WatchIndex;
use super::error::RecordError;
use super::work::Work;
use crate::core::count::minute_of;
use crate::core::detect::{Verdict, Why};
use crate::core::incident::{Incident, IncidentId, IncidentPhase, Spike, Verification};
use crate::core::name::{PersonId, WatchName, role};
use crate::core::quiet::{BreakThrough, FLAP, Held, Hush, QuietBy, holding, is_clearly_above};
use crate::core::severity::Severity;
use crate::store::{InstallationEffect, InstallationEvent};

impl Work<'_, '_> {
    /// What holds an alarm of this severity back now.
    pub(super) fn hush(&self, spike: &Spike, severity: Severity) -> Option<Hush> {
        let hushes = self.standing.quiet.hushes(&spike.watch, &self.state.quiet.silences, self.now);
        holding(hushes.into_iter().chain(self.just_over(spike)), severity)
    }

    /// An incident of this watch ended a moment ago, and this is no more than it was.
    fn just_over(&self, spike: &Spike) -> Option<Hush> {
        let over = self.state.incidents.values().rev().filter_map(|entry| {
            let incident = entry.incident.as_ref();
            let mut wave = *incident.waves.get(&spike.watch)?;
            wave.lead_by(spike.window, self.now, |ago| spike.counted_ago(ago));
            let until = ended_at(incident)?.checked_add(FLAP).unwrap_or(Timestamp::MAX);
            let flaps = self.now < until && !is_clearly_above(spike.count, wave.peak);
            flaps.then_some(Hush {
                by: QuietBy::JustOver(incident.id),
                until,
                break_through: BreakThrough::From(match incident.severity {
                    Severity::Elevated => Severity::Serious,
                    Severity::Serious | Severity::Critical => Severity::Critical,
                }),
            })
        });
        over.max_by_key(|hush| hush.until)
    }

    /// Writes down that an alarm is held back; not again for every time that the count dips and comes back.
    pub(super) fn hold(
        &mut self,
        index: WatchIndex,
        spike: &Spike,
        severity: Severity,
        hush: Hush,
    ) -> Result<(), RecordError> {
        let Hush { by, until, .. } = hush;
        let why = Why::HeldBack { by: by.clone(), severity };
        self.state.counting.note_quiet(index, why, self.now);
        let now = self.now;
        let before = self.state.quiet.held.get(&spike.watch).cloned();
        let again = before.as_ref().is_none_or(|held| !held.above && now.duration_since(held.latest) >= FLAP);
        let held = Held {
            by: by.clone(),
            since: before.as_ref().map_or(now, |held| held.since),
            latest: before.as_ref().filter(|_| !again).map_or(now, |held| held.latest),
            until,
            severity: before.as_ref().map_or(severity, |held| held.severity.max(severity)),
            window: spike.window,
            count: before.as_ref().map_or(spike.count, |held| held.count.max(spike.count)),
            times: before.as_ref().map_or(0, |held| held.times) + u32::from(again),
            above: true,
        };
        if again {
            let watch = spike.watch.clone();
            tracing::info!(%watch, %by, %severity, "an alarm is held back");
            let Spike { count, voices, window, more_than, .. } = *spike;
            self.installation(&InstallationEvent::HeldBack {
                watch,
                by,
                until,
                severity,
                count,
                voices,
                window,
                more_than,
            })?;
        }
        if before.as_ref() != Some(&held) {
            self.state.change_quiet(|quiet| drop(quiet.held.insert(spike.watch.clone(), held)));
        }
        Ok(())
    }

    /// Looks at every watch of which something is held back: whether it is still quiet, and whether its spike still stands.
    pub(super) fn deliver_held(&mut self) -> Result<(), RecordError> {
        let watches: Vec<WatchName> = self.state.quiet.held.keys().cloned().collect();
        for watch in watches {
            let Some(index) = self.state.counting.find(&watch) else {
                self.end_held(&watch, None)?;
                continue;
            };
            match self.state.counting.judge(index, self.now, self.now, self.open_incident(index)) {
                Verdict::Spike(spike) => {
                    let severity = self.severity_of(index, &spike)?;
                    match self.hush(&spike, severity) {
                        Some(hush) => self.hold(index, &spike, severity, hush)?,
                        None => self.let_through(index, spike)?,
                    }
                }
                Verdict::Quiet | Verdict::Suppressed(_) => {
                    let spike = self.state.counting.spike(index, self.now);
                    match self.hush(&spike, Severity::Elevated) {
                        Some(hush) => self.fall_below(&watch, &hush),
                        None => self.end_held(&watch, None)?,
                    }
                }
            }
        }
        Ok(())
    }

    fn fall_below(&mut self, watch: &WatchName, hush: &Hush) {
        let Some(held) = self.state.quiet.held.get(watch) else { return };
        let fallen = Held { above: false, until: hush.until, by: hush.by.clone(), ..held.clone() };
        if fallen != *held {
            self.state.change_quiet(|quiet| drop(quiet.held.insert(watch.clone(), fallen)));
        }
    }

    /// Tells what was held back, once: to those whom the alert would have woken first.
    pub(super) fn end_held(&mut self, watch: &WatchName, incident: Option<IncidentId>) -> Result<(), RecordError> {
        let Some(held) = self.state.quiet.held.get(watch).cloned() else { return Ok(()) };
        let minutes = self.batch.counts_between(watch, held.first_minute(), minute_of(self.now))?;
        let (mentions, highest) = held.meanwhile(&minutes);
        let Held { by, since, times, window, .. } = held;
        let broke_through = !self.standing.quiet.hushes(watch, &self.state.quiet.silences, self.now).is_empty();
        let over = InstallationEvent::HeldOver { watch: watch.clone(), since, times, mentions, highest, incident };
        let number = self.installation(&over)?;
        for (place, person) in (0..).zip(self.woken_first(watch)) {
            let (watch, by) = (watch.clone(), by.clone());
            let told = InstallationEffect::TellHeld {
                person,
                watch,
                by,
                since,
                times,
                mentions,
                highest,
                window,
                incident,
                broke_through,
            };
            self.owe_installation(number, place, &told)?;
        }
        self.state.change_quiet(|quiet| drop(quiet.held.remove(watch)));
        Ok(())
    }

    /// The first of each role that the watch's playbook alerts.
    fn woken_first(&self, watch: &WatchName) -> Vec<PersonId> {
        let playbook = self.state.counting.find(watch).map(|index| self.playbook_of(index));
        let rules = playbook.and_then(|playbook| self.standing.rules.get(&playbook));
        let first = rules.and_then(|rules| rules.playbook.alerts().next()).map(|(_, alert)| alert.to.clone());
        let alerted = first.unwrap_or_else(|| vec![role::COMMS_LEAD.into()]);
        let day = self.now.to_zoned(self.standing.organisation.zone()).date();
        let mut people: Vec<PersonId> = Vec::new();
        for role in &alerted {
            let seat = self.standing.roster.seats(role.as_str(), day).into_iter().next();
            people.extend(seat.map(|seat| seat.person).filter(|person| !people.contains(person)));
        }
        people
    }
}

/// When an incident ended by people's word that talk is over. One that is closed after it stood down ended before.
fn ended_at(incident: &Incident) -> Option<Timestamp> {
    match &incident.phase {
        IncidentPhase::StoodDown { at }
        | IncidentPhase::Closed { at, verdict: Verification::NotOurs | Verification::FalseAlarm, .. } => Some(*at),
        IncidentPhase::Closed { verdict: Verification::Real, .. }
        | IncidentPhase::Open
        | IncidentPhase::StandingDown(_) => None,
    }
}
