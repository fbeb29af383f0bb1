//! Answers by link and code: the one way by which mail decides anything. Tries are counted before they are compared.

use super::board::Entry;
use super::error::{AnswerError, RecordError};
use super::links::{Audience, Links};
use super::work::Work;
use crate::core::approval::{Decision, Proof};
use crate::core::incident::{Event, IncidentId, Refusal, Request};
use crate::core::name::PersonId;

/// Wrong codes after which a link decides nothing any more.
pub const TRIES_MAX: u32 = 5;

/// What an answer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Decide(Decision),
    TakeBack,
}

/// How far a try got. The count of it is kept either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tried {
    Right,
    Wrong { left: u32 },
    Locked,
}

impl Work<'_, '_> {
    /// Which request a genuine link is about. One of another setting is void here.
    pub fn request_of(&self, token: &str) -> Option<(IncidentId, u32)> {
        let (id, number) = Links::claimed(token)?;
        let ours = |entry: &&Entry| entry.incident.setting == self.standing.setting;
        let entry = self.state.incidents.get(&id).filter(ours)?;
        let request = entry.incident.request(number)?;
        let audience = Audience::Approval { incident: &entry.incident, request };
        self.links.is_token(token, audience).then_some((id, number))
    }

    pub fn answer(&mut self, token: &str, code: &str, answer: &Answer) -> Result<(), AnswerError> {
        self.answer_signed_in(token, code, answer, None)
    }

    /// The same of somebody who has a session besides.
    pub fn answer_signed_in(
        &mut self,
        token: &str,
        code: &str,
        answer: &Answer,
        signed_in: Option<&PersonId>,
    ) -> Result<(), AnswerError> {
        let (id, number) = self.request_of(token).ok_or(AnswerError::NoSuchLink)?;
        let entry = self.entry(id)?;
        let request = entry.incident.request(number).cloned().ok_or(AnswerError::NoSuchLink)?;
        if let Answer::Decide(_) = answer {
            entry.incident.awaits(&request, self.now).map_err(AnswerError::Refused)?;
        }
        let proof = self.proof_of(&entry, &request, signed_in);
        let right = self.links.is_code(code, Audience::Approval { incident: &entry.incident, request: &request });
        let note = format!("tries:{id}.{number}");
        match self.try_code(&note, right)? {
            Tried::Right => {}
            Tried::Wrong { left: 0 } => {
                self.record_if_wanted(id, Event::RequestLocked { request: number })?;
                return Err(AnswerError::Locked);
            }
            Tried::Wrong { left } => return Err(AnswerError::WrongCode { left }),
            Tried::Locked => return Err(AnswerError::Locked),
        }
        let (person, digest) = (request.person, request.digest);
        let event = match answer {
            Answer::Decide(decision) => {
                let decision = decision.clone();
                Event::DecisionTaken { request: number, person, digest, decision, proof }
            }
            Answer::TakeBack => Event::DecisionWithdrawn { request: number, person, digest },
        };
        Ok(self.record(id, event)?)
    }

    /// A session proves something where it is of the person who was asked, at the address that the incident knows.
    fn proof_of(&self, entry: &Entry, request: &Request, signed_in: Option<&PersonId>) -> Proof {
        let person = &request.person;
        let now = self.standing.roster.person(person);
        let then = entry.incident.roster.person(person);
        let same = now.zip(then).is_some_and(|(now, then)| now.email.eq_ignore_ascii_case(&then.email));
        if same && signed_in == Some(person) { Proof::SignedIn } else { Proof::Mail }
    }

    /// Counts a try first, so that no number of parallel tries is worth more than five.
    pub(super) fn try_code(&mut self, note: &str, right: bool) -> Result<Tried, RecordError> {
        let tries = self.batch.count_up(note, self.now)?;
        if tries > TRIES_MAX {
            return Ok(Tried::Locked);
        }
        if !right {
            return Ok(Tried::Wrong { left: TRIES_MAX - tries });
        }
        self.batch.drop_note(note)?;
        Ok(Tried::Right)
    }
}

impl From<Refusal> for AnswerError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
