//! The one function that holds the behaviour: an incident, an event and a time in; the next incident and what is owed out.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::event::{Asker, Cause, Deadline, Event, Opening, Teller, Verification};
use super::{Effect, Incident, IncidentId, IncidentPhase, Notice, Refusal};
use crate::core::approval::Electorate;
use crate::core::name::{PersonId, StepId, role};
use crate::core::rules::Rules;
use crate::core::severity::Severity;

/// Begins an incident.
#[must_use]
pub fn open(id: IncidentId, opening: &Opening, at: Timestamp, rules: &Rules) -> (Incident, Vec<Effect>) {
    let mut turn = Turn { incident: super::opening::blank(id, opening, at, rules), at, rules, owed: Vec::new() };
    turn.begin();
    turn.settle();
    turn.end()
}

/// Advances one incident by one event. Total: an event that no longer matters changes nothing.
#[must_use]
pub fn advance(incident: Incident, event: &Event, at: Timestamp, rules: &Rules) -> (Incident, Vec<Effect>) {
    match try_advance(&incident, event, at, rules) {
        Ok(next) => next,
        Err(_) => (incident, Vec::new()),
    }
}

/// The same, saying why an event changes nothing.
pub fn try_advance(
    incident: &Incident,
    event: &Event,
    at: Timestamp,
    rules: &Rules,
) -> Result<(Incident, Vec<Effect>), Refusal> {
    let mut turn = Turn { incident: incident.clone(), at, rules, owed: Vec::new() };
    turn.take(event)?;
    turn.settle();
    turn.ask_at_new_addresses();
    if turn.incident == *incident && turn.owed.is_empty() {
        return Err(Refusal::NothingChanged);
    }
    Ok(turn.end())
}

/// An incident from its events, given the rules that each needs.
pub fn fold<'a>(
    id: IncidentId,
    events: impl IntoIterator<Item = (Timestamp, &'a Event, &'a Rules)>,
) -> Option<Incident> {
    let mut events = events.into_iter();
    let (at, first, rules) = events.next()?;
    let Event::Opened(opening) = first else { return None };
    let (incident, _) = open(id, opening, at, rules);
    Some(events.fold(incident, |incident, (at, event, rules)| advance(incident, event, at, rules).0))
}

/// One event's work on a copy of the incident, which is dropped where the event is refused.
pub(super) struct Turn<'a> {
    pub(super) incident: Incident,
    pub(super) at: Timestamp,
    pub(super) rules: &'a Rules,
    pub(super) owed: Vec<Effect>,
}

impl Turn<'_> {
    #[expect(clippy::too_many_lines, reason = "a table: what each event is to the incident")]
    fn take(&mut self, event: &Event) -> Result<(), Refusal> {
        match event {
            Event::Opened(_) => Err(Refusal::AlreadyOpen),
            Event::SpikeChanged { spike } => self.running()?.spike_changed(spike),
            Event::SpikeJoined { spike } => self.running()?.spike_joined(spike),
            Event::SeverityRaised { to, by, reason } => self.running()?.raise_by_hand(*to, by, reason),
            Event::Verified { verdict, by, reason } => self.running()?.verify(*verdict, by, reason),
            Event::Claimed { by } => self.running()?.claim(by),
            Event::HandOverOffered { to, by, note } => self.running()?.offer_duty(to, by, note),
            Event::HandOverAccepted { by } => self.running()?.accept_duty(by),
            Event::PlaybookPicked { rules, by, switch: None } => self.running()?.pick_playbook(*rules, by),
            Event::PlaybookPicked { rules, by, switch: Some(switch) } => {
                self.running()?.switch_playbook(*rules, by, switch)
            }
            Event::TaskDone { task, by, .. } => self.running_or_resuming(task)?.finish_task(task, by),
            Event::BegunEarly { step, by } => self.running()?.begin_early(step, by),
            Event::StepSkipped { step, by, reason } => self.running()?.skip_step(step, by, reason),
            Event::TaskAdded { todo, who, due, by } => self.running()?.add_task(todo, who, *due, by),
            Event::StoryBroken { teller, by } => self.tell_of_story(*teller, by),
            Event::Used { statement, digest, by, to } => self.running()?.use_words(statement, *digest, by, to),
            Event::SaidNow { statement, digest, by } => self.running()?.say_now(statement, *digest, by),
            Event::FactProposed { fact, value, by } => self.running()?.propose_fact(fact, value, by),
            Event::FactConfirmed { fact, value, by } => self.running()?.confirm_fact(fact, value, by),
            Event::FactLeftUnknown { fact, by } => self.running()?.leave_unknown(fact, by),
            Event::Saved { statement, by, replaces, basis, package } => {
                self.running()?.save(statement, by, *replaces, *basis, package)
            }
            Event::DraftFailed { statement, why } => self.running()?.draft_failed(statement, why),
            Event::RedraftAsked { statement, by } => self.running()?.redraft(statement, by),
            Event::BlockLifted { statement, digest, rule, by, reason } => {
                self.running()?.lift(statement, *digest, rule, by, reason)
            }
            Event::TextPicked { statement, says, by } => self.running()?.pick_text(statement, *says, by),
            Event::AskedAgain { statement, by, reason } => self.running()?.ask_again(statement, by, reason),
            Event::DecisionTaken { request, person, digest, decision, proof } => {
                self.decide(*request, person, *digest, decision, *proof)
            }
            Event::DecisionWithdrawn { request, person, digest } => self.take_back(*request, person, *digest),
            Event::RequestLocked { request } => self.lock_request(*request),
            Event::DeadlinePassed { of } => self.in_time_for(of)?.deadline_passed(of),
            Event::PostIntended { statement, channel, attempt } => self.post_intended(statement, channel, *attempt),
            Event::PostConfirmed { statement, channel, url } => self.post_confirmed(statement, channel, url),
            Event::PostPutOff { statement, channel, why, not_before } => {
                self.post_put_off(statement, channel, why, *not_before)
            }
            Event::PostRefused { statement, channel, why } => self.post_refused(statement, channel, why),
            Event::PostUnknown { statement, channel, why } => self.post_unknown(statement, channel, why),
            Event::PostNotFound { statement, channel, why } => self.post_not_found(statement, channel, why),
            Event::PostSettled { statement, channel, by, found } => self.settle_post(statement, channel, by, found),
            Event::PostedByHand { statement, channel, by, url } => self.posted_by_hand(statement, channel, by, url),
            Event::PostSeen { statement, channel, url, seen } => self.post_seen(statement, channel, url, *seen),
            Event::TakeDownAsked { statement, channel, by, reason } => {
                self.ask_take_down(statement, channel, by, reason)
            }
            Event::TakenDown { statement, channel, by } => self.taken_down(statement, channel, by.as_ref()),
            Event::TakeDownFailed { statement, channel, why } => self.take_down_failed(statement, channel, why),
            Event::CorrectionBegun { of, by, reason } => self.running()?.begin_correction(of, by, reason),
            Event::PostingStopped { by, reason } => self.running()?.stop_posting(by, reason),
            Event::PostingResumed { by } => self.running()?.resume_posting(by),
            Event::MailRefused { person, why } => {
                self.mail_refused(person, why);
                Ok(())
            }
            Event::LeftRole { person, role } => self.leave_role(person, role.as_str()),
            Event::DelegationEnded { of } => self.end_delegation(of),
            Event::ChangeOffered { change } => self.running()?.offer_change(change),
            Event::ChangeAgreed { change, by } => self.running()?.agree_to_change(*change, by),
            Event::ChangeDropped { change } => self.running()?.drop_change(*change),
            Event::StandDownAsked { by, reason } => self.running()?.ask_stand_down(by, reason),
            Event::Closed { by, reason } => self.close(by, reason),
            Event::Injected { words, for_duty } => self.running()?.injected(words, *for_duty),
            Event::BrokenOff { .. } => self.running()?.break_off(),
            Event::LessonAdded { lesson, by } => self.add_lesson(lesson, by),
            Event::FollowUpDone { lesson, by, note } => self.follow_up(*lesson, by, note),
            Event::Between(between) => self.between(between),
            Event::Mail(turn) => {
                self.running()?.mail_turned(*turn);
                Ok(())
            }
        }
    }

    /// Refuses where the incident is over.
    pub(super) fn running(&mut self) -> Result<&mut Self, Refusal> {
        if self.incident.is_running() { Ok(self) } else { Err(Refusal::Over) }
    }

    /// What follows from the new state whatever the event was: severity, the stand-down condition, due steps.
    fn settle(&mut self) {
        if !self.incident.is_running() {
            return;
        }
        self.make_agreed_changes();
        self.raise_severity();
        self.follow_rounds();
        self.watch_quiet();
        self.start_steps();
        self.follow_last_lines();
    }

    fn end(mut self) -> (Incident, Vec<Effect>) {
        self.incident.events += 1;
        (self.incident, self.owed)
    }

    fn verify(&mut self, verdict: Verification, by: &PersonId, reason: &str) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        match (self.incident.verified.is_some(), verdict) {
            (true, Verification::Real) => return Err(Refusal::NothingChanged),
            (true, Verification::NotOurs | Verification::FalseAlarm) => return Err(Refusal::IsReal),
            (false, Verification::Real | Verification::NotOurs | Verification::FalseAlarm) => {}
        }
        match verdict {
            Verification::Real => {
                self.incident.verified = Some((by.clone(), self.at));
                self.ask_what_waited();
            }
            Verification::NotOurs | Verification::FalseAlarm => {
                if reason.trim().is_empty() {
                    return Err(Refusal::ReasonMissing);
                }
                let mut people = self.alerted();
                people.extend(self.withdraw_statements());
                people.remove(by);
                self.incident.phase =
                    IncidentPhase::Closed { by: by.clone(), at: self.at, verdict, reason: reason.to_owned() };
                for person in people {
                    self.tell(&person, Notice::StoodDown);
                }
            }
        }
        Ok(())
    }

    /// Also after the end: it is a fact for the report.
    fn tell_of_story(&mut self, teller: Teller, by: &PersonId) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        self.incident.broken_by = Some(teller);
        Ok(())
    }

    fn raise_by_hand(&mut self, to: Severity, by: &PersonId, reason: &str) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        if reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing);
        }
        self.raise_to(to);
        Ok(())
    }

    fn raise_severity(&mut self) {
        if let Some(found) = self.incident.severity_of_spikes(self.rules) {
            self.raise_to(found);
        }
    }

    /// Severity only rises; who was alerted hears of it.
    pub(super) fn raise_to(&mut self, to: Severity) {
        if to > self.incident.severity {
            self.incident.severity = to;
            for person in self.alerted() {
                self.tell(&person, Notice::SeverityRaised);
            }
        }
    }

    fn deadline_passed(&mut self, of: &Deadline) -> Result<(), Refusal> {
        match of {
            Deadline::Start { step } => self.start_due(step),
            Deadline::Acknowledge { alert, rung } => self.ring_on(alert, *rung),
            Deadline::Task { task } => self.task_overdue(task),
            Deadline::Statement { statement } => self.statement_overdue(statement),
            Deadline::Lapse { statement, since } => self.lapse(statement, *since),
            Deadline::HandOver { since } => self.hand_over_due(*since),
            Deadline::Round { statement } => self.round_due(statement),
            Deadline::Promise { statement } => self.promise_due(statement),
            Deadline::Reminder { request, nth } => self.remind(*request, *nth),
            Deadline::Stage { of, digest, round, stage, rung } => self.climb(of, *digest, *round, *stage, *rung),
            Deadline::StandDown { since } => self.quiet_lasted(*since),
        }
    }

    fn quiet_lasted(&mut self, since: Timestamp) -> Result<(), Refusal> {
        if self.incident.quiet_since != Some(since) {
            return Err(Refusal::NothingChanged);
        }
        self.ask_stand_down(&Asker::Playbook, "the playbook's condition for standing down has lasted")
    }

    fn leave_role(&mut self, person: &PersonId, role: &str) -> Result<(), Refusal> {
        if !self.incident.roster.holds(person, role) {
            return Err(Refusal::NothingChanged);
        }
        self.incident.roster.leave(person, role);
        self.revise_ballots();
        self.ring_for_lost_duty(person);
        Ok(())
    }

    fn end_delegation(&mut self, of: &PersonId) -> Result<(), Refusal> {
        let person = self.incident.roster.people.get_mut(of).ok_or(Refusal::Unknown)?;
        if person.delegate.take().is_none() {
            return Err(Refusal::NothingChanged);
        }
        self.revise_ballots();
        Ok(())
    }

    /// Whoever had the duty holds no role any more: the alerts ring again until somebody claims.
    fn ring_for_lost_duty(&mut self, person: &PersonId) {
        let holds_any = self.incident.roster.roles.values().any(|people| people.contains(person));
        if holds_any || self.incident.duty.as_ref() != Some(person) || !self.incident.is_running() {
            return;
        }
        self.incident.duty = None;
        for phase in self.incident.alerts.values_mut() {
            *phase = super::AlertPhase::Waiting;
        }
    }

    fn mail_refused(&mut self, person: &PersonId, why: &str) {
        let mut people: BTreeSet<PersonId> = self.duty().into_iter().collect();
        if people.contains(person) {
            let leads = self.incident.roster.seats(role::COMMS_LEAD, self.day());
            people.extend(leads.into_iter().map(|seat| seat.person).chain(self.alerted()));
            people.remove(person);
        }
        for other in people {
            self.tell(&other, Notice::MailRefused { person: person.clone(), why: why.to_owned() });
        }
    }

    fn close(&mut self, by: &PersonId, reason: &str) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        match self.incident.phase {
            IncidentPhase::StoodDown { .. } => {}
            IncidentPhase::Open | IncidentPhase::StandingDown(_) => {
                return Err(Refusal::NotStoodDown);
            }
            IncidentPhase::Closed { .. } => return Err(Refusal::NothingChanged),
        }
        self.incident.phase = IncidentPhase::Closed {
            by: by.clone(),
            at: self.at,
            verdict: Verification::Real,
            reason: reason.to_owned(),
        };
        Ok(())
    }

    pub(super) fn must_be_known(&self, by: &PersonId) -> Result<(), Refusal> {
        match self.incident.roster.person(by) {
            Some(person) if !person.shared => Ok(()),
            Some(_) | None => Err(Refusal::NotEntitled("a person named in this incident".to_owned())),
        }
    }

    /// The day by the organisation's calendar, for absences.
    pub(super) fn day(&self) -> Date {
        self.at.to_zoned(self.rules.organisation.zone()).date()
    }

    pub(super) fn electorate<'r>(&self, roster: &'r crate::core::roster::Roster) -> Electorate<'r> {
        Electorate { roster, day: self.day(), at: self.at }
    }

    pub(super) fn owe(&mut self, effect: Effect) {
        self.owed.push(effect);
    }

    pub(super) fn tell(&mut self, person: &PersonId, notice: Notice) {
        let effect = Effect::Tell { person: person.clone(), notice };
        if !self.owed.contains(&effect) {
            self.owe(effect);
        }
    }

    pub(super) fn wake(&mut self, of: Deadline, at: Timestamp) {
        self.owe(Effect::WakeAt { of, at });
    }

    /// Who answers for the incident now: its claimer, or the first of those alerted.
    pub(super) fn duty(&self) -> Vec<PersonId> {
        if let Some(duty) = &self.incident.duty {
            return vec![duty.clone()];
        }
        let first_role = self.rules.playbook.alerts().find_map(|(_, alert)| alert.to.first());
        let role = first_role.map_or(role::COMMS_LEAD, crate::core::name::RoleName::as_str);
        self.incident.roster.seats(role, self.day()).into_iter().take(1).map(|seat| seat.person).collect()
    }

    pub(super) fn statement_step(&self, id: &StepId) -> Result<crate::core::playbook::StatementStep, Refusal> {
        self.incident.statement_step(id, self.rules).cloned().ok_or(Refusal::Unknown)
    }

    /// Who opened an incident by hand needs no verification by another.
    pub(super) fn begin(&mut self) {
        if let Cause::Person { by, .. } = self.incident.cause.clone() {
            self.incident.verified = Some((by, self.at));
        }
        self.wake_steps();
    }
}
