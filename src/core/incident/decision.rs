//! Requests and decisions: who is asked, what an answer does, and how the asking climbs while nobody answers.

use jiff::Timestamp;

use super::advance::Turn;
use super::event::Deadline;
use super::request::{Request, Subject};
use super::statement::{Hold, Statement, StatementPhase};
use super::{Effect, Incident, IncidentPhase, Notice, Refusal};
use crate::core::approval::{Asking, Ballot, Decision, Electorate, Proof, Rung, Yes};
use crate::core::name::{PersonId, StepId};
use crate::core::statement::{Digest, Package};

/// Whether `request` can still decide something, else why not.
pub(super) fn awaits(incident: &Incident, request: &Request, at: Timestamp) -> Result<(), Refusal> {
    if incident.is_running() && incident.went_to_an_old_address(request) {
        return Err(Refusal::OldAddress);
    }
    awaits_at_any_address(incident, request, at)
}

/// The same of a request to an address that may not be its person's any more.
pub(super) fn awaits_at_any_address(incident: &Incident, request: &Request, at: Timestamp) -> Result<(), Refusal> {
    if !incident.is_running() {
        return Err(Refusal::Over);
    }
    match &request.of {
        Subject::StandDown => match &incident.phase {
            IncidentPhase::StandingDown(ballot) => awaits_in(ballot, request, at),
            IncidentPhase::Open | IncidentPhase::StoodDown { .. } | IncidentPhase::Closed { .. } => {
                Err(Refusal::Superseded)
            }
        },
        Subject::Statement(id) => match incident.statements.get(id).map(|statement| &statement.phase) {
            Some(StatementPhase::Asking(ballot)) => awaits_in(ballot, request, at),
            Some(StatementPhase::Posting(posting) | StatementPhase::Posted(posting))
                if posting.ballot.round() == request.round =>
            {
                if posting.ballot.has_yes(request.stage, &request.person) {
                    Err(Refusal::AlreadyDecided)
                } else {
                    Err(Refusal::Enough)
                }
            }
            Some(StatementPhase::Ready(ready)) if ready.ballot.round() == request.round => {
                if ready.ballot.has_yes(request.stage, &request.person) {
                    Err(Refusal::AlreadyDecided)
                } else {
                    Err(Refusal::Enough)
                }
            }
            Some(_) | None => Err(Refusal::Superseded),
        },
    }
}

fn awaits_in<S>(ballot: &Ballot<S>, request: &Request, at: Timestamp) -> Result<(), Refusal> {
    if ballot.round() != request.round || ballot.digest() != request.digest {
        return Err(Refusal::Superseded);
    }
    if ballot.has_yes(request.stage, &request.person) {
        return Err(Refusal::AlreadyDecided);
    }
    if request.until.is_some_and(|until| at > until) {
        return Err(Refusal::Late);
    }
    if ballot.awaits(request.stage, request.rung, &request.person) {
        return Ok(());
    }
    let Some(vote) = ballot.stage(request.stage) else { return Err(Refusal::Superseded) };
    match vote.asked().iter().find(|ask| ask.person == request.person) {
        Some(ask) if ask.locked => Err(Refusal::Locked),
        Some(ask) if ask.rung != request.rung => Err(Refusal::Late),
        Some(_) | None => Err(Refusal::NotAsked),
    }
}

impl Incident {
    /// Whether a stage of the vote on this has its quorum.
    pub fn stage_is_met(&self, of: &Subject, stage: usize) -> bool {
        match (of, &self.phase) {
            (Subject::StandDown, IncidentPhase::StandingDown(ballot)) => ballot.stage_is_met(stage, &self.roster),
            (Subject::StandDown, _) => false,
            (Subject::Statement(id), _) => {
                let ballot = self.statements.get(id).and_then(Statement::ballot);
                ballot.is_some_and(|ballot| ballot.stage_is_met(stage, &self.roster))
            }
        }
    }
}

impl Turn<'_> {
    /// Makes a request of each, with its reminders, and one deadline for the stage.
    pub(super) fn ask(&mut self, of: &Subject, digest: Digest, round: u32, asking: &[Asking]) {
        let mut deadlines: Vec<(usize, Rung, Timestamp)> = Vec::new();
        for ask in asking {
            let number = u32::try_from(self.incident.requests.len()).unwrap_or(u32::MAX);
            self.incident.requests.push(Request {
                number,
                of: of.clone(),
                digest,
                round,
                stage: ask.stage,
                rung: ask.rung,
                person: ask.person.clone(),
                asked_at: self.at,
                until: ask.until,
            });
            self.owe(Effect::AskApproval { request: number });
            let Some(until) = ask.until else { continue };
            self.wake_reminders(number, until);
            let deadline = (ask.stage, ask.rung, until);
            if !deadlines.contains(&deadline) {
                deadlines.push(deadline);
            }
        }
        for (stage, rung, until) in deadlines {
            self.wake(Deadline::Stage { of: of.clone(), digest, round, stage, rung }, until);
        }
    }

    /// Counts an answer. Every condition is checked here again, whatever the door that it came through has checked.
    pub(super) fn decide(
        &mut self,
        number: u32,
        person: &PersonId,
        digest: Digest,
        decision: &Decision,
        proof: Proof,
    ) -> Result<(), Refusal> {
        let request = self.incident.request(number).cloned().ok_or(Refusal::Unknown)?;
        if request.person != *person {
            return Err(Refusal::NotAsked);
        }
        if request.digest != digest {
            return Err(Refusal::OtherBytes);
        }
        awaits(&self.incident, &request, self.at)?;
        self.must_be_proven(&request, decision, proof)?;
        self.send_receipts(&request, decision);
        match decision {
            Decision::Approve => self.count_yes(&request, proof),
            Decision::Reject { reason } => self.end_round(&request, reason),
            Decision::Changes { wanted } => self.end_round(&request, wanted),
        }
        Ok(())
    }

    fn count_yes(&mut self, request: &Request, proof: Proof) {
        let yes = Yes { person: request.person.clone(), proof, at: self.at };
        let roster = self.incident.roster.clone();
        let electorate = self.electorate(&roster);
        let asking = match (&request.of, &mut self.incident.phase) {
            (Subject::StandDown, IncidentPhase::StandingDown(ballot)) => {
                ballot.count_yes(request.stage, yes, electorate)
            }
            (Subject::StandDown, _) => return,
            (Subject::Statement(id), _) => match self.incident.statements.get_mut(id).map(|found| &mut found.phase) {
                Some(StatementPhase::Asking(ballot)) => ballot.count_yes(request.stage, yes, electorate),
                Some(_) | None => return,
            },
        };
        self.ask(&request.of, request.digest, request.round, &asking);
        self.act_if_met(&request.of);
        self.tell_if_stuck(&request.of);
    }

    /// Tells the duty officer of each stage that nobody who was asked can bring to its quorum any more.
    pub(super) fn tell_if_stuck(&mut self, of: &Subject) {
        let roster = &self.incident.roster;
        let stuck = match (of, &self.incident.phase) {
            (Subject::StandDown, IncidentPhase::StandingDown(ballot)) => ballot.stuck(roster),
            (Subject::StandDown, _) => return,
            (Subject::Statement(id), _) => match self.incident.statements.get(id).map(|found| &found.phase) {
                Some(StatementPhase::Asking(ballot)) => ballot.stuck(roster),
                Some(_) | None => return,
            },
        };
        for stage in stuck {
            for person in self.duty() {
                self.tell(&person, Notice::LadderEnded { of: of.clone(), stage: stage.clone() });
            }
        }
    }

    /// Acts on a vote whose quorum stands.
    fn act_if_met(&mut self, of: &Subject) {
        match of {
            Subject::Statement(id) => self.begin_posting(id),
            Subject::StandDown => self.stand_down_if_met(),
        }
    }

    /// One refusal ends the round: everyone asked is told, nothing is asked again by itself.
    fn end_round(&mut self, request: &Request, wanted: &str) {
        match &request.of {
            Subject::Statement(id) => {
                let refused = Hold::Refused { by: request.person.clone(), wanted: wanted.to_owned() };
                self.hold(id, refused);
                if let Some(statement) = self.incident.statements.get_mut(id) {
                    statement.refusals.push((request.digest, request.person.clone()));
                }
            }
            Subject::StandDown => {
                // The condition is watched anew, so that it can propose again.
                self.incident.quiet_since = None;
                self.incident.phase = IncidentPhase::Open;
            }
        }
    }

    fn send_receipts(&mut self, request: &Request, decision: &Decision) {
        let notice =
            Notice::Receipt { request: request.number, by: request.person.clone(), decision: decision.clone() };
        let mut people = self.asked_in(&request.of);
        people.extend(self.duty());
        for person in people {
            self.tell(&person, notice.clone());
        }
    }

    fn asked_in(&self, of: &Subject) -> Vec<PersonId> {
        let asked = match of {
            Subject::StandDown => match &self.incident.phase {
                IncidentPhase::StandingDown(ballot) => ballot.everyone_asked(),
                IncidentPhase::Open | IncidentPhase::StoodDown { .. } | IncidentPhase::Closed { .. } => {
                    return Vec::new();
                }
            },
            Subject::Statement(id) => match self.ballot_of(id) {
                Some(ballot) => ballot.everyone_asked(),
                None => return Vec::new(),
            },
        };
        asked.into_iter().collect()
    }

    pub(super) fn ballot_of(&self, id: &StepId) -> Option<&Ballot<Package>> {
        self.incident.statements.get(id)?.ballot()
    }

    /// The decider takes a yes back, as long as no intent to post is recorded.
    pub(super) fn take_back(&mut self, number: u32, person: &PersonId, digest: Digest) -> Result<(), Refusal> {
        let request = self.incident.request(number).cloned().ok_or(Refusal::Unknown)?;
        if request.person != *person {
            return Err(Refusal::NotAsked);
        }
        if request.digest != digest {
            return Err(Refusal::OtherBytes);
        }
        let of = request.of.clone();
        let roster = self.incident.roster.clone();
        let electorate = self.electorate(&roster);
        let mut people = self.asked_in(&of);
        let mut asking = match &of {
            Subject::StandDown => match &mut self.incident.phase {
                IncidentPhase::StandingDown(ballot)
                    if ballot.round() == request.round && ballot.has_yes(request.stage, person) =>
                {
                    ballot.take_back(request.stage, person, electorate)
                }
                IncidentPhase::StandingDown(_)
                | IncidentPhase::Open
                | IncidentPhase::StoodDown { .. }
                | IncidentPhase::Closed { .. } => return Err(Refusal::NothingChanged),
            },
            Subject::Statement(id) => self.take_back_yes(id, &request, electorate)?,
        };
        let anew = asking.iter().any(|ask| ask.person == *person);
        if self.incident.went_to_an_old_address(&request) && !anew {
            // That request decides nothing any more: a change of mind goes by one to the address of now.
            let Request { stage, rung, until, .. } = request;
            asking.push(Asking { stage, rung, person: person.clone(), until });
        }
        people.extend(self.duty());
        for other in people {
            self.tell(&other, Notice::TakenBack { request: number, by: person.clone() });
        }
        self.ask(&of, digest, request.round, &asking);
        Ok(())
    }

    fn take_back_yes(
        &mut self,
        id: &StepId,
        request: &Request,
        electorate: Electorate<'_>,
    ) -> Result<Vec<Asking>, Refusal> {
        let statement = self.incident.statements.get(id).ok_or(Refusal::Unknown)?;
        let mut ballot = match &statement.phase {
            StatementPhase::Asking(ballot) => ballot.clone(),
            StatementPhase::Posting(posting) if !posting.has_begun() => posting.ballot.clone(),
            StatementPhase::Ready(ready) => ready.ballot.clone(),
            StatementPhase::Posting(_) | StatementPhase::Posted(_) => return Err(Refusal::PostingBegan),
            StatementPhase::Waiting
            | StatementPhase::Drafting(_)
            | StatementPhase::Skipped(_)
            | StatementPhase::Withdrawn => {
                return Err(Refusal::Superseded);
            }
        };
        if ballot.round() != request.round || !ballot.has_yes(request.stage, &request.person) {
            return Err(Refusal::NothingChanged);
        }
        let asking = ballot.take_back(request.stage, &request.person, electorate);
        if ballot.approved(electorate.roster).is_some() {
            self.keep_ballot(id, ballot);
        } else {
            self.back_to_asking(id, ballot);
        }
        Ok(asking)
    }

    /// The quorum stands without what fell away: the statement stays where it is, and nobody is waited for.
    fn keep_ballot(&mut self, id: &StepId, ballot: Ballot<Package>) {
        match self.incident.statements.get_mut(id).map(|statement| &mut statement.phase) {
            // Met and not begun: posting is stopped, and what fell away must not count when it is resumed.
            Some(StatementPhase::Asking(kept)) => *kept = ballot,
            Some(StatementPhase::Posting(posting)) => posting.ballot = ballot,
            Some(StatementPhase::Ready(ready)) => ready.ballot = ballot,
            Some(
                StatementPhase::Waiting
                | StatementPhase::Drafting(_)
                | StatementPhase::Posted(_)
                | StatementPhase::Skipped(_)
                | StatementPhase::Withdrawn,
            )
            | None => {}
        }
    }

    /// Nothing was posted yet, and the vote does not stand any more: whoever was asked to post it by hand must not.
    fn back_to_asking(&mut self, id: &StepId, ballot: Ballot<Package>) {
        self.stop_posting_by_hand(id);
        self.say_no_more(id);
        if let Some(statement) = self.incident.statements.get_mut(id) {
            statement.phase = StatementPhase::Asking(ballot);
        }
    }

    /// Too many wrong codes: the request decides nothing any more, and the duty officer hears of it.
    pub(super) fn lock_request(&mut self, number: u32) -> Result<(), Refusal> {
        let request = self.incident.request(number).cloned().ok_or(Refusal::Unknown)?;
        awaits(&self.incident, &request, self.at)?;
        match &request.of {
            Subject::StandDown => {
                if let IncidentPhase::StandingDown(ballot) = &mut self.incident.phase {
                    ballot.lock(request.stage, &request.person);
                }
            }
            Subject::Statement(id) => {
                if let Some(StatementPhase::Asking(ballot)) =
                    self.incident.statements.get_mut(id).map(|statement| &mut statement.phase)
                {
                    ballot.lock(request.stage, &request.person);
                }
            }
        }
        for person in self.duty() {
            self.tell(&person, Notice::Locked { request: number, person: request.person.clone() });
        }
        self.tell_if_stuck(&request.of);
        Ok(())
    }

    /// A stage's deadline passed: asks whoever stands in as well, and at the ladder's end everyone afresh.
    pub(super) fn climb(
        &mut self,
        of: &Subject,
        digest: Digest,
        round: u32,
        stage: usize,
        rung: Rung,
    ) -> Result<(), Refusal> {
        let roster = self.incident.roster.clone();
        let electorate = self.electorate(&roster);
        let climbed = match of {
            Subject::StandDown => match &mut self.incident.phase {
                IncidentPhase::StandingDown(ballot) if ballot.round() == round => {
                    let asking = ballot.climb(stage, rung, electorate);
                    (asking, ballot.stage(stage).map(|vote| (vote.rung(), vote.stage().name.clone())))
                }
                IncidentPhase::StandingDown(_)
                | IncidentPhase::Open
                | IncidentPhase::StoodDown { .. }
                | IncidentPhase::Closed { .. } => return Err(Refusal::NothingChanged),
            },
            Subject::Statement(id) => match self.incident.statements.get_mut(id).map(|found| &mut found.phase) {
                Some(StatementPhase::Asking(ballot)) if ballot.round() == round && ballot.digest() == digest => {
                    let asking = ballot.climb(stage, rung, electorate);
                    (asking, ballot.stage(stage).map(|vote| (vote.rung(), vote.stage().name.clone())))
                }
                Some(_) | None => return Err(Refusal::NothingChanged),
            },
        };
        let (asking, vote) = climbed;
        let Some((now, stage)) = vote.filter(|(now, _)| *now != rung) else { return Err(Refusal::NothingChanged) };
        self.ask(of, digest, round, &asking);
        if now == Rung::Paged || asking.is_empty() {
            for person in self.duty() {
                self.tell(&person, Notice::LadderEnded { of: of.clone(), stage: stage.clone() });
            }
        }
        Ok(())
    }

    /// Somebody lost a role: votes that stood on it count no more, also where posting is still only owed.
    pub(super) fn revise_ballots(&mut self) {
        let roster = self.incident.roster.clone();
        let electorate = self.electorate(&roster);
        if let IncidentPhase::StandingDown(ballot) = &self.incident.phase {
            let mut ballot = ballot.clone();
            let asking = ballot.revise(electorate);
            let (digest, round) = (ballot.digest(), ballot.round());
            self.incident.phase = IncidentPhase::StandingDown(ballot);
            self.ask(&Subject::StandDown, digest, round, &asking);
            self.tell_if_stuck(&Subject::StandDown);
        }
        let ids: Vec<StepId> = self.incident.statements.keys().cloned().collect();
        for id in ids {
            self.revise_ballot_of(&id, electorate);
        }
    }

    /// Somebody gained a role: whoever may answer now is asked in what is open.
    pub(super) fn admit_to_ballots(&mut self) {
        self.revise_ballots();
        let roster = self.incident.roster.clone();
        let electorate = self.electorate(&roster);
        let mut asked = Vec::new();
        if let IncidentPhase::StandingDown(ballot) = &mut self.incident.phase {
            asked.push((Subject::StandDown, ballot.digest(), ballot.round(), ballot.admit(electorate)));
        }
        for (id, statement) in &mut self.incident.statements {
            if let StatementPhase::Asking(ballot) = &mut statement.phase {
                asked.push((Subject::Statement(id.clone()), ballot.digest(), ballot.round(), ballot.admit(electorate)));
            }
        }
        for (of, digest, round, asking) in asked {
            self.ask(&of, digest, round, &asking);
            // A yes of before may count again, and be the last that was missing.
            self.act_if_met(&of);
        }
    }

    fn revise_ballot_of(&mut self, id: &StepId, electorate: Electorate<'_>) {
        let mut ballot = match self.incident.statements.get_mut(id).map(|statement| &mut statement.phase) {
            Some(StatementPhase::Asking(ballot)) => ballot.clone(),
            Some(StatementPhase::Posting(posting)) if !posting.has_begun() => posting.ballot.clone(),
            Some(StatementPhase::Ready(ready)) => ready.ballot.clone(),
            Some(StatementPhase::Posting(posting)) => {
                // What is public stands on the votes of its time; nothing more goes out on fewer.
                let mut revised = posting.ballot.clone();
                revised.revise(electorate);
                if revised.approved(electorate.roster).is_none() {
                    // Kept, so that what is in doubt now is not posted again either.
                    posting.ballot = revised;
                    self.stop_owed_posts(id);
                }
                return;
            }
            Some(
                StatementPhase::Waiting
                | StatementPhase::Drafting(_)
                | StatementPhase::Posted(_)
                | StatementPhase::Skipped(_)
                | StatementPhase::Withdrawn,
            )
            | None => return,
        };
        let asking = ballot.revise(electorate);
        if ballot.approved(electorate.roster).is_some() {
            self.keep_ballot(id, ballot);
            return;
        }
        let (of, digest, round) = (Subject::Statement(id.clone()), ballot.digest(), ballot.round());
        self.back_to_asking(id, ballot);
        self.ask(&of, digest, round, &asking);
        self.tell_if_stuck(&of);
    }
}
