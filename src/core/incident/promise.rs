//! What a public statement promises of the next word: kept by the next statement to the same audience, else told as missed.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::advance::Turn;
use super::correction::first_confirmed;
use super::event::Deadline;
use super::statement::StatementPhase;
use super::{Notice, Refusal};
use crate::core::approval::Ballot;
use crate::core::name::{PersonId, StepId};
use crate::core::period::Period;

/// How long after a missed promise everybody is told, not only those who had it in hand.
pub const PAGE_AFTER: Period = Period::minutes(5);

/// The time that readers were told to come back at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    pub by: Timestamp,
    /// When the text that promises became public.
    pub since: Timestamp,
    pub phase: PromisePhase,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromisePhase {
    Open,
    /// The duty officer was told.
    Missed,
    /// Everybody was told.
    Paged,
    /// By this statement; late where `at` is after the promised time.
    Kept {
        with: StepId,
        at: Timestamp,
    },
}

impl PromisePhase {
    pub fn is_kept(&self) -> bool {
        match self {
            Self::Kept { .. } => true,
            Self::Open | Self::Missed | Self::Paged => false,
        }
    }
}

impl Turn<'_> {
    /// A statement that became public keeps what was promised to its audience before, and what it promises itself begins.
    pub(super) fn follow_promises(&mut self) {
        let mut public: Vec<(Timestamp, Timestamp, StepId)> = Vec::new();
        for (id, statement) in &self.incident.statements {
            let Some(posting) = statement.posting().filter(|_| statement.promise.is_none()) else { continue };
            let promised = posting.ballot.subject().next_update;
            let Some((at, by)) = first_confirmed(posting).zip(promised) else { continue };
            public.push((at, by, id.clone()));
        }
        for (at, by, id) in public {
            self.wake(Deadline::Promise { statement: id.clone() }, by);
            if let Some(statement) = self.incident.statements.get_mut(&id) {
                statement.promise = Some(Promise { by, since: at, phase: PromisePhase::Open });
            }
        }
        self.keep_promises();
    }

    fn keep_promises(&mut self) {
        let words: Vec<(Timestamp, StepId, String)> = self
            .incident
            .statements
            .iter()
            .filter_map(|(id, statement)| {
                let posting = statement.posting()?;
                Some((first_confirmed(posting)?, id.clone(), posting.ballot.subject().audience.clone()))
            })
            .collect();
        for (id, statement) in &mut self.incident.statements {
            let audience = statement.posting().map(|posting| posting.ballot.subject().audience.clone());
            let Some(promise) = statement.promise.as_mut().filter(|promise| !promise.phase.is_kept()) else { continue };
            let later = words
                .iter()
                .filter(|(at, other, to)| *at > promise.since && other != id && Some(to) == audience.as_ref());
            if let Some((at, with, _)) = later.min() {
                promise.phase = PromisePhase::Kept { with: with.clone(), at: *at };
            }
        }
    }

    /// The earliest time that this audience waits for.
    pub(super) fn open_promise(&self, audience: &str) -> Option<Timestamp> {
        let statements = self.incident.statements.values();
        let open = statements.filter_map(|statement| {
            let promise = statement.promise.as_ref().filter(|promise| !promise.phase.is_kept())?;
            (statement.posting()?.ballot.subject().audience == audience).then_some(promise.by)
        });
        open.min()
    }

    /// The promised time came: whoever has it in hand is told, and everybody five minutes later.
    pub(super) fn promise_due(&mut self, id: &StepId) -> Result<(), Refusal> {
        let statement = self.incident.statements.get_mut(id).ok_or(Refusal::Unknown)?;
        let audience = statement.posting().map(|posting| posting.ballot.subject().audience.clone());
        let promise = statement.promise.as_mut().ok_or(Refusal::NothingChanged)?;
        let by = promise.by;
        let paged = match promise.phase {
            PromisePhase::Open => false,
            PromisePhase::Missed => true,
            PromisePhase::Paged | PromisePhase::Kept { .. } => return Err(Refusal::NothingChanged),
        };
        promise.phase = if paged { PromisePhase::Paged } else { PromisePhase::Missed };
        let mut people: BTreeSet<PersonId> = self.duty().into_iter().collect();
        people.extend(self.asked_for(audience.as_deref().unwrap_or_default()));
        if paged {
            people.extend(self.alerted());
            people.extend(self.everyone_of_the_alerts());
        } else {
            self.wake(Deadline::Promise { statement: id.clone() }, PAGE_AFTER.after(self.at));
        }
        for person in people {
            self.tell(&person, Notice::PromiseMissed { statement: id.clone(), by, paged });
        }
        Ok(())
    }

    /// Who is asked about a statement to this audience now.
    fn asked_for(&self, audience: &str) -> Vec<PersonId> {
        let statements = self.incident.statements.values();
        let asked = statements.filter_map(|statement| match &statement.phase {
            StatementPhase::Asking(ballot) if ballot.subject().audience == audience => Some(ballot),
            StatementPhase::Waiting
            | StatementPhase::Drafting(_)
            | StatementPhase::Asking(_)
            | StatementPhase::Posting(_)
            | StatementPhase::Posted(_)
            | StatementPhase::Withdrawn => None,
        });
        asked.flat_map(Ballot::everyone_asked).collect()
    }

    /// All whom the playbook's alerts reach at any rung.
    fn everyone_of_the_alerts(&self) -> Vec<PersonId> {
        let roles = self.rules.playbook.alerts().flat_map(|(_, alert)| alert.to.iter().chain(&alert.otherwise));
        let seats = roles.flat_map(|role| self.incident.roster.seats(role.as_str(), self.day()));
        seats.map(|seat| seat.person).collect()
    }
}
