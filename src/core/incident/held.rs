//! What is approved ahead and held: it goes out on a named person's word, or lapses. Nothing posts it by itself.

use jiff::Timestamp;

use super::advance::Turn;
use super::event::Deadline;
use super::last_line::last_stage;
use super::ready::Ready;
use super::statement::{Hold, StatementPhase};
use super::{Incident, Notice, Refusal};
use crate::core::approval::Ballot;
use crate::core::lint::{self, Checked};
use crate::core::name::{PersonId, RoleName, StepId};
use crate::core::playbook::{StatementStep, Usage};
use crate::core::rules::Rules;
use crate::core::statement::{Digest, Package};

impl Incident {
    /// How long the words of this statement are still held for somebody's word; none where they are not held.
    pub fn held_until(&self, id: &StepId) -> Option<Timestamp> {
        match &self.statements.get(id)?.phase {
            StatementPhase::Ready(ready) => ready.lapses,
            StatementPhase::Waiting
            | StatementPhase::Drafting(_)
            | StatementPhase::Asking(_)
            | StatementPhase::Posting(_)
            | StatementPhase::Posted(_)
            | StatementPhase::Skipped(_)
            | StatementPhase::Withdrawn => None,
        }
    }

    /// When words that were approved ahead lapse, whether somebody is asked for the last yes or not.
    pub fn lapses_at(&self, id: &StepId) -> Option<Timestamp> {
        let is_asked = matches!(self.statements.get(id)?.phase, StatementPhase::Asking(_));
        self.held_until(id).or_else(|| self.offered(id).filter(|_| is_asked).map(|offer| offer.lapses))
    }

    /// How long they are held where a person's word sends them.
    pub fn waits_for_a_word(&self, id: &StepId, rules: &Rules) -> Option<Timestamp> {
        let step = self.statement_step(id, rules)?;
        self.held_until(id).filter(|_| last_stage(step).is_none())
    }
}

impl Turn<'_> {
    /// Holds approved words until they lapse, or lint would stop them; whether nothing more is to be done with them now. A
    /// correction is not held: wrong words are public while it waits.
    pub(super) fn keep_held(&mut self, id: &StepId, step: &StatementStep, ballot: &Ballot<Package>) -> bool {
        if self.incident.statements.get(id).is_some_and(|statement| statement.corrects().is_some()) {
            return false;
        }
        if let Some(lapses) = self.incident.offered(id).map(|offer| offer.lapses) {
            return self.stop_offered(id, step, ballot, lapses);
        }
        if self.sent_back_by_time(id, ballot, ballot.subject()) {
            return true;
        }
        let since = self.at;
        let lapses = step.lapses.map_or(since, |period| period.after(since));
        let until = lint::stops_from(ballot.subject()).map_or(lapses, |stops| stops.min(lapses));
        self.wake(Deadline::Lapse { statement: id.clone(), since }, until);
        if let Some(statement) = self.incident.statements.get_mut(id) {
            let ready = Ready { ballot: ballot.clone(), since, lapses: Some(until) };
            statement.phase = StatementPhase::Ready(ready);
        }
        if step.usage == Usage::Hold {
            self.tell_speakers(id, &Notice::HeldReady { statement: id.clone(), until });
        }
        true
    }

    /// Whether the line that an executive said yes to must not go out: its time is over, people answered after all while
    /// posting was stopped, or lint stops it by now.
    fn stop_offered(&mut self, id: &StepId, step: &StatementStep, ballot: &Ballot<Package>, lapses: Timestamp) -> bool {
        if !self.incident.is_to_be_offered(step) {
            self.take_offer_back(id, ballot.clone());
            return true;
        }
        if self.at >= lapses {
            self.end_holding(id);
            return true;
        }
        let stopping = self.stopped_by_lint(id, ballot.subject());
        if !stopping.is_empty() {
            self.send_back(id, ballot, &stopping);
        }
        !stopping.is_empty()
    }

    /// A named person's word. Everything is asked once more: the quorum among those who are still entitled, the bytes, lint.
    pub(super) fn say_now(&mut self, id: &StepId, digest: Digest, by: &PersonId) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        let step = self.statement_step(id)?;
        let statement = self.incident.statements.get(id).ok_or(Refusal::Unknown)?;
        let (ballot, lapses) = match &statement.phase {
            StatementPhase::Ready(Ready { ballot, lapses: Some(lapses), .. }) => (ballot.clone(), *lapses),
            StatementPhase::Posting(_) | StatementPhase::Posted(_) => return Err(Refusal::NothingChanged),
            StatementPhase::Drafting(Hold::Lapsed) => return Err(Refusal::Lapsed),
            StatementPhase::Ready(_)
            | StatementPhase::Waiting
            | StatementPhase::Drafting(_)
            | StatementPhase::Asking(_)
            | StatementPhase::Skipped(_)
            | StatementPhase::Withdrawn => return Err(Refusal::NotReady),
        };
        if last_stage(&step).is_some() {
            return Err(Refusal::NotReady);
        }
        self.must_have_the_word(&step, by)?;
        if self.at >= lapses {
            return Err(Refusal::Lapsed);
        }
        if self.incident.stopped.is_some() {
            return Err(Refusal::PostingStopped);
        }
        let approved = ballot.approved(&self.incident.roster).ok_or(Refusal::NotReady)?;
        if approved.digest() != digest {
            return Err(Refusal::OtherBytes);
        }
        let stopping = self.stopped_by_lint(id, approved.package());
        if stopping.is_empty() {
            self.hand_to_channels(id, ballot, &approved);
        } else {
            self.send_back(id, &ballot, &stopping);
        }
        Ok(())
    }

    fn must_have_the_word(&self, step: &StatementStep, by: &PersonId) -> Result<(), Refusal> {
        let day = self.day();
        let roster = &self.incident.roster;
        if step.on_word_of.iter().any(|role| roster.may_answer_for(by, role.as_str(), day)) {
            return Ok(());
        }
        let roles: Vec<&str> = step.on_word_of.iter().map(RoleName::as_str).collect();
        Err(Refusal::NotEntitled(format!("somebody of {}", roles.join(" or "))))
    }

    /// Every rule, as saved and as asked now: time went by, and who lifted a block may have left.
    fn stopped_by_lint(&self, id: &StepId, package: &Package) -> Vec<String> {
        let checked = Checked { package, rules: self.rules, setting: self.incident.setting, at: self.at };
        let mut findings = package.findings.clone();
        findings.extend(lint::check(&checked));
        self.unlifted(id, &findings)
    }

    /// Nobody gave the word in time: the approvals are void, and people decide what becomes of the text.
    pub(super) fn lapse(&mut self, id: &StepId, since: Timestamp) -> Result<(), Refusal> {
        let statement = self.incident.statements.get(id).ok_or(Refusal::Unknown)?;
        match &statement.phase {
            StatementPhase::Ready(Ready { since: held, lapses: Some(lapses), .. })
                if *held == since && *lapses <= self.at => {}
            StatementPhase::Asking(_)
                if self.incident.offered(id).is_some_and(|offer| offer.since == since && offer.lapses <= self.at) => {}
            StatementPhase::Ready(_)
            | StatementPhase::Waiting
            | StatementPhase::Drafting(_)
            | StatementPhase::Asking(_)
            | StatementPhase::Posting(_)
            | StatementPhase::Posted(_)
            | StatementPhase::Skipped(_)
            | StatementPhase::Withdrawn => return Err(Refusal::NothingChanged),
        }
        self.end_holding(id);
        Ok(())
    }

    fn end_holding(&mut self, id: &StepId) {
        if let Some(StatementPhase::Asking(_)) = self.incident.statements.get(id).map(|statement| &statement.phase) {
            self.void_ballot(id);
        }
        self.hold(id, Hold::Lapsed);
        self.tell_speakers(id, &Notice::HeldLapsed { statement: id.clone() });
    }
}
