//! Waits: how long each person let others wait between a request and their answer, by role, and the slowest link.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::said::first_public_word;
use super::walk::{Turned, Walked};
use crate::core::approval::{Right, StageVote};
use crate::core::incident::{Deadline, Event, Incident, IncidentPhase, Request, Subject};
use crate::core::name::{PersonId, RoleName};
use crate::core::playbook::Quorum;
use crate::core::statement::Digest;

/// One person asked in one stage of one vote, from the first request to the answer.
#[derive(Clone, Debug)]
pub struct Wait {
    pub person: PersonId,
    /// The roles that their yes fills, and by which right.
    pub fills: BTreeMap<RoleName, Right>,
    pub of: Subject,
    pub digest: Digest,
    pub round: u32,
    pub stage: usize,
    pub stage_name: String,
    pub asked_at: Timestamp,
    pub waited: Waited,
    /// The stage's time went by while their role was still to be filled.
    pub missed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    Open,
    Answered(Timestamp),
    /// Others decided, or the vote ended: nobody waited for them any more.
    Over(Timestamp),
}

/// A wait that others had to sit through: it was answered, or its time went by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub person: PersonId,
    pub roles: Vec<RoleName>,
    pub of: Subject,
    pub stage: String,
    pub digest: Digest,
    pub asked_at: Timestamp,
    pub lasted: SignedDuration,
    pub answered: bool,
}

/// What one role let others wait.
#[derive(Clone, Debug)]
pub struct RoleWaits {
    pub role: RoleName,
    pub answers: usize,
    /// Answers by somebody who stood in for a holder, or for the role itself.
    pub stood_in: usize,
    pub missed: usize,
    /// Of the answers; none where nobody answered.
    pub median: Option<SignedDuration>,
    pub longest: Option<Link>,
    /// How much of the time from the alert to the first public word somebody of this role was waited for, and that time.
    pub share: Option<(SignedDuration, SignedDuration)>,
}

#[derive(Clone, Debug, Default)]
pub(in crate::core) struct Waits(Vec<Wait>);

impl Wait {
    fn is_of(&self, of: &Subject, round: u32, stage: usize) -> bool {
        self.of == *of && self.round == round && self.stage == stage
    }

    fn ended_at(&self, as_of: Timestamp) -> Timestamp {
        match self.waited {
            Waited::Open => as_of,
            Waited::Answered(at) | Waited::Over(at) => at,
        }
    }

    fn link(&self, as_of: Timestamp) -> Option<Link> {
        let answered = matches!(self.waited, Waited::Answered(_));
        (answered || self.missed).then(|| Link {
            person: self.person.clone(),
            roles: self.fills.keys().cloned().collect(),
            of: self.of.clone(),
            stage: self.stage_name.clone(),
            digest: self.digest,
            asked_at: self.asked_at,
            lasted: self.ended_at(as_of).duration_since(self.asked_at),
            answered,
        })
    }
}

impl Waits {
    pub(super) fn see(&mut self, turned: Turned<'_>) {
        let Turned { before, after, event, at } = turned;
        if let Event::DeadlinePassed { of: Deadline::Stage { of, round, stage, .. } } = event {
            self.miss(before, after, of, *round, *stage);
        }
        if let Event::DecisionTaken { request, .. } = event
            && let Some(asked) = before.request(*request)
            && let Some(wait) = self.find(asked)
            && wait.waited == Waited::Open
        {
            wait.waited = Waited::Answered(at);
        }
        for wait in self.0.iter_mut().filter(|wait| wait.waited == Waited::Open) {
            if !is_awaited(after, wait) {
                wait.waited = Waited::Over(at);
            }
        }
        for request in after.requests.iter().skip(before.requests.len()) {
            self.ask(after, request, at);
        }
    }

    /// A second request of the same stage goes on with the first one's wait.
    fn ask(&mut self, incident: &Incident, request: &Request, at: Timestamp) {
        if let Some(wait) = self.find(request) {
            if matches!(wait.waited, Waited::Over(_)) {
                wait.waited = Waited::Open;
            }
            return;
        }
        let vote = vote(incident, &request.of, request.round, request.stage);
        let asked = vote.and_then(|vote| vote.asked().iter().find(|ask| ask.person == request.person));
        self.0.push(Wait {
            person: request.person.clone(),
            fills: asked.map(|ask| ask.fills.clone()).unwrap_or_default(),
            of: request.of.clone(),
            digest: request.digest,
            round: request.round,
            stage: request.stage,
            stage_name: vote.map(|vote| vote.stage().name.clone()).unwrap_or_default(),
            asked_at: at,
            waited: Waited::Open,
            missed: false,
        });
    }

    fn find(&mut self, request: &Request) -> Option<&mut Wait> {
        let mine =
            |wait: &&mut Wait| wait.person == request.person && wait.is_of(&request.of, request.round, request.stage);
        self.0.iter_mut().rev().find(mine)
    }

    /// Notes who was still silent when a stage climbed, and whose role nobody had filled.
    fn miss(&mut self, before: &Incident, after: &Incident, of: &Subject, round: u32, stage: usize) {
        let (Some(was), Some(is)) = (vote(before, of, round, stage), vote(after, of, round, stage)) else { return };
        if was.rung() == is.rung() {
            return;
        }
        let said_yes: BTreeSet<&PersonId> = was.counted().map(|yes| &yes.person).collect();
        let filling = was.asked().iter().filter(|ask| said_yes.contains(&ask.person));
        let filled: BTreeSet<&RoleName> = filling.flat_map(|ask| ask.fills.keys()).collect();
        for wait in self.0.iter_mut().filter(|wait| wait.waited == Waited::Open && wait.is_of(of, round, stage)) {
            let needed = match &was.stage().quorum {
                Quorum::AllOf(_) => !wait.fills.keys().all(|role| filled.contains(role)),
                Quorum::AnyOf(_) | Quorum::Of { .. } => true,
            };
            wait.missed |= needed;
        }
    }

    /// The wait that a decision by this request ended.
    pub(super) fn of_request(&self, request: &Request) -> Option<&Wait> {
        let mine =
            |wait: &&Wait| wait.person == request.person && wait.is_of(&request.of, request.round, request.stage);
        self.0.iter().rev().find(mine)
    }

    /// Every wait that others had to sit through.
    pub(in crate::core) fn links(&self, as_of: Timestamp) -> impl Iterator<Item = Link> {
        self.0.iter().filter_map(move |wait| wait.link(as_of))
    }

    /// Waits whose time went by while somebody's role was still to be filled.
    pub(in crate::core) fn missed(&self) -> impl Iterator<Item = &Wait> {
        self.0.iter().filter(|wait| wait.missed)
    }

    /// The longest; of as long ones the first.
    pub(super) fn slowest(&self, as_of: Timestamp) -> Option<Link> {
        longest(self.links(as_of))
    }

    pub(super) fn by_role(&self, walked: &Walked, as_of: Timestamp) -> Vec<RoleWaits> {
        let roles: BTreeSet<&RoleName> = self.0.iter().flat_map(|wait| wait.fills.keys()).collect();
        let span = walked.alert_at().zip(first_public_word(&walked.said)).filter(|(alert, word)| alert < word);
        roles.into_iter().map(|role| self.of_role(role, span, as_of)).collect()
    }

    fn of_role(&self, role: &RoleName, span: Option<(Timestamp, Timestamp)>, as_of: Timestamp) -> RoleWaits {
        let waits: Vec<&Wait> = self.0.iter().filter(|wait| wait.fills.contains_key(role)).collect();
        let links: Vec<Link> = waits.iter().filter_map(|wait| wait.link(as_of)).collect();
        let answered = || waits.iter().filter(|wait| matches!(wait.waited, Waited::Answered(_)));
        let stood_in =
            |wait: &&&Wait| matches!(wait.fills.get(role), Some(Right::StandingInFor(_) | Right::InsteadOf(_)));
        let mut lasted: Vec<SignedDuration> =
            links.iter().filter(|link| link.answered).map(|link| link.lasted).collect();
        let counted = waits.iter().filter(|wait| wait.link(as_of).is_some());
        let spans = counted.map(|wait| (wait.asked_at, wait.ended_at(as_of))).collect();
        RoleWaits {
            role: role.clone(),
            answers: answered().count(),
            stood_in: answered().filter(stood_in).count(),
            missed: waits.iter().filter(|wait| wait.missed).count(),
            median: median(&mut lasted),
            share: span.map(|(from, to)| (covered(spans, from, to), to.duration_since(from))),
            longest: longest(links.into_iter()),
        }
    }
}

fn longest(links: impl Iterator<Item = Link>) -> Option<Link> {
    links.reduce(|longest, link| if link.lasted > longest.lasted { link } else { longest })
}

/// The middle one, or the mean of the two in the middle.
fn median(lasted: &mut [SignedDuration]) -> Option<SignedDuration> {
    lasted.sort_unstable();
    let half = lasted.len() / 2;
    let upper = *lasted.get(half)?;
    if lasted.len() % 2 == 1 {
        return Some(upper);
    }
    lasted.get(half.checked_sub(1)?).map(|lower| (*lower + upper) / 2)
}

/// How much of `from` to `to` lies in any of the spans.
fn covered(mut spans: Vec<(Timestamp, Timestamp)>, from: Timestamp, to: Timestamp) -> SignedDuration {
    spans.sort_unstable();
    let (mut covered, mut reached) = (SignedDuration::ZERO, from);
    for (begins, ends) in spans {
        let (begins, ends) = (begins.max(reached), ends.min(to));
        if begins < ends {
            covered += ends.duration_since(begins);
            reached = ends;
        }
    }
    covered
}

/// One stage of the vote of this round on `of`, where that is the one of now.
fn vote<'a>(incident: &'a Incident, of: &Subject, round: u32, stage: usize) -> Option<&'a StageVote> {
    match of {
        Subject::Statement(id) => {
            let ballot = incident.statements.get(id)?.ballot()?;
            ballot.stage(stage).filter(|_| ballot.round() == round)
        }
        Subject::StandDown => match &incident.phase {
            IncidentPhase::StandingDown(ballot) => ballot.stage(stage).filter(|_| ballot.round() == round),
            IncidentPhase::Open | IncidentPhase::StoodDown { .. } | IncidentPhase::Closed { .. } => None,
        },
    }
}

/// Whether anything still waits for this person's answer.
fn is_awaited(incident: &Incident, wait: &Wait) -> bool {
    vote(incident, &wait.of, wait.round, wait.stage).is_some_and(|vote| vote.is_open() && !vote.has_quorum())
}
