//! Answers by link and code: honest ones, and every way that we know to send a dishonest one.

use holdline::core::approval::{Decision, Proof};
use holdline::core::incident::{Event, IncidentId, Subject};
use holdline::core::setting::Setting;
use holdline::core::statement::Digest;
use holdline::engine::{Answer, AnswerError, Audience, Links};
use rand::RngExt as _;

use super::house::PEOPLE;
use super::mail::Letter;
use super::process::{Called, KEY};
use super::world::World;
use crate::hospital::person;

/// More than these wrong codes lock a request, by the promise.
const TRIES_MAX: u32 = 5;

type Answered = Result<(), AnswerError>;

impl World {
    /// Somebody opens a mail and answers; mostly one that still waits for it.
    pub(super) fn answer(&mut self) {
        let Some(letter) = self.some_letter() else { return };
        let answer = match self.rng.random_range(0..100) {
            91..93 if !self.calm => Answer::Decide(Decision::Reject { reason: "no".to_owned() }),
            93..95 if !self.calm => Answer::Decide(Decision::Changes { wanted: "shorter".to_owned() }),
            95.. if !self.calm => Answer::TakeBack,
            _ => Answer::Decide(Decision::Approve),
        };
        self.answer_honestly(&letter, &answer);
    }

    fn some_letter(&mut self) -> Option<Letter> {
        let board = self.board();
        let now = self.clocks.engine;
        let ends = self.calm || self.chance(3);
        let waits = |letter: &Letter| {
            if letter.of == Subject::StandDown && !ends {
                return None;
            }
            let incident = &board.incidents.get(&letter.incident)?.incident;
            incident.awaits(incident.request(letter.request)?, now).ok()
        };
        let inbox = &self.post_office.inbox;
        let mut places: Vec<usize> = (0..inbox.len()).rev().filter(|&place| waits(&inbox[place]).is_some()).collect();
        let any = inbox.len();
        if (places.is_empty() || self.mishap(10)) && any > 0 {
            places = vec![self.rng.random_range(0..any)];
        }
        if places.is_empty() {
            return None;
        }
        let place = places[self.rng.random_range(0..places.len())];
        Some(self.post_office.inbox[place].clone())
    }

    fn answer_honestly(&mut self, letter: &Letter, answer: &Answer) {
        // Written down first: should the process die within, it may have been counted.
        self.ledger.said(letter, answer);
        let latest = self.clocks.engine.max(self.clocks.machine());
        // Half of them have a session in the same browser, now and then somebody else's.
        let session = if self.mishap(10) { person(self.pick(PEOPLE)) } else { letter.person.clone() };
        let session = Some(session).filter(|_| self.chance(50));
        let called = self.work("answer", |work| {
            match work.answer_signed_in(&letter.token, &letter.code, answer, session.as_ref()) {
                Err(AnswerError::Record(error)) => Err(error),
                other => Ok(other),
            }
        });
        if let Called::Made(answered) = called {
            self.coverage.answered("answer", &answered);
            if answered.is_ok() {
                let late = letter.until.is_some_and(|until| latest > until);
                assert!(!late || *answer == Answer::TakeBack, "request {} was answered after its time", letter.request);
            }
        }
    }

    fn call_answer(&mut self, what: &str, token: &str, code: &str, answer: &Answer) -> Called<Answered> {
        // A store error undoes the whole transaction; every other answer is an answer.
        self.work(what, |work| match work.answer(token, code, answer) {
            Err(AnswerError::Record(error)) => Err(error),
            other => Ok(other),
        })
    }

    /// Takes back a yes whose post may be on its way.
    pub(super) fn take_back(&mut self, id: IncidentId) {
        let theirs = self.post_office.inbox.iter().rev().filter(|letter| letter.incident == id);
        let theirs: Vec<Letter> = theirs.take(6).cloned().collect();
        if !theirs.is_empty() {
            let letter = theirs[self.rng.random_range(0..theirs.len())].clone();
            self.answer_honestly(&letter, &Answer::TakeBack);
        }
    }

    /// Somebody who is not entitled tries each door. None of them may decide anything.
    pub(super) fn attack(&mut self) {
        let inbox = self.post_office.inbox.len();
        let Some(letter) = self.some_letter() else { return };
        let other = self.post_office.inbox[self.rng.random_range(0..inbox)].clone();
        match self.rng.random_range(0..9) {
            0 | 6 | 7 => self.guess_codes(&letter),
            1 | 8 if other.token != letter.token => drop(self.forge("another's code", &letter.token, &other.code)),
            2 => {
                let token = self.link_of(&letter, &Links::new(b"another installation"), false);
                self.forge("another installation's link", &token, &letter.code);
            }
            3 => {
                let token = self.link_of(&letter, &Links::new(KEY), true);
                self.forge("a link of the other setting", &token, &letter.code);
            }
            4 => self.knock_at_the_lower_door(&letter),
            _ => {
                let mut bent = letter.token.clone();
                bent.replace_range(20..21, if &bent[20..21] == "A" { "B" } else { "A" });
                self.forge("a bent link", &bent, &letter.code);
            }
        }
    }

    /// As many wrong codes as it takes; a request that they lock decides nothing any more.
    fn guess_codes(&mut self, letter: &Letter) {
        let tries = self.rng.random_range(1..8);
        let mut wrong = 0;
        for _ in 0..tries {
            wrong += u32::from(self.forge("a wrong code", &letter.token, "000000"));
        }
        if wrong >= TRIES_MAX {
            self.forge("the right code after too many wrong ones", &letter.token, &letter.code);
        }
    }

    /// Says whether the try was written down.
    fn forge(&mut self, what: &str, token: &str, code: &str) -> bool {
        let answer = Answer::Decide(Decision::Approve);
        let Called::Made(answered) = self.call_answer(what, token, code, &answer) else { return false };
        assert!(answered.is_err(), "{what} decided something");
        self.coverage.answered(what, &answered);
        true
    }

    fn link_of(&self, letter: &Letter, links: &Links, other_setting: bool) -> String {
        let board = self.board();
        let Some(entry) = board.incidents.get(&letter.incident) else { return letter.token.clone() };
        let mut incident = (*entry.incident).clone();
        if other_setting {
            incident.setting = match incident.setting {
                Setting::Live => Setting::Rehearsal,
                Setting::Rehearsal => Setting::Live,
            };
        }
        let request = incident.request(letter.request).unwrap();
        links.token(Audience::Approval { incident: &incident, request })
    }

    /// A decision as an event: of other bytes, or by somebody who was not asked.
    fn knock_at_the_lower_door(&mut self, letter: &Letter) {
        let board = self.board();
        let Some(entry) = board.incidents.get(&letter.incident) else { return };
        let digest = entry.incident.request(letter.request).unwrap().digest;
        let stranger = person(self.pick(PEOPLE));
        let stranger = if stranger == letter.person { person("mallory") } else { stranger };
        let (by, digest) =
            if self.chance(50) { (letter.person.clone(), Digest::from_bytes([7; 32])) } else { (stranger, digest) };
        let (request, decision, proof) = (letter.request, Decision::Approve, Proof::Mail);
        let event = Event::DecisionTaken { request, person: by, digest, decision, proof };
        assert!(!self.record(letter.incident, event), "a decision of other bytes, or of a stranger, was counted");
    }
}
