//! Sessions: a mailed link and its code, the same mechanism as an approval's. Only the hash of a session's token is stored.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::answer::Tried;
use super::error::{AnswerError, RecordError};
use super::links::{Audience, Links};
use super::work::Work;
use super::{Engine, keep_store_errors};
use crate::core::incident::Incident;
use crate::core::name::PersonId;
use crate::core::proved::{Proved, Reach};
use crate::core::roster::Person;
use crate::store::{INSTALLATION, InstallationEffect, InstallationEvent, StoreError, StoredSession};

/// A session nobody uses ends after this (OWASP ASVS 5.0, 7.3.1).
pub const SESSION_IDLE: SignedDuration = SignedDuration::from_mins(30);
/// Every session ends after this (OWASP ASVS 5.0, 7.3.2).
pub const SESSION_LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// How long a mailed sign-in link can be used.
pub(super) const SIGN_IN_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// Sign-in mails to one person while one of them can still be used; further requests are ignored, so that a stranger who
/// asks for somebody fills no mailbox and keeps nobody out.
pub const SIGN_INS_AT_ONCE_MAX: u32 = 5;
/// A session's last use is written down no more often than this.
const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(60);
const TOKEN_BYTES: usize = 32;

/// What the cookie holds. Shown once, stored nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

/// Who is speaking, and how far their session reaches by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub proved: Proved,
    pub reach: Reach,
    pub expires: Timestamp,
}

impl SessionToken {
    pub fn new(random: [u8; TOKEN_BYTES]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn hash(cookie: &str) -> String {
    hex::encode(Sha256::digest(cookie))
}

/// When a session ends by itself; none where that is over.
fn expires(stored: &StoredSession, now: Timestamp) -> Option<Timestamp> {
    let idle = stored.seen.checked_add(SESSION_IDLE).unwrap_or(Timestamp::MAX);
    Some(idle.min(stored.expires)).filter(|expires| now < *expires)
}

impl Work<'_, '_> {
    /// Mails a link and a code where the address is a person's of ours, now or in a running incident, and says nothing either
    /// way. After a change of addresses it may be one person's now and another's there: then each gets a link of their own.
    pub fn ask_sign_in(&mut self, email: &str) -> Result<(), RecordError> {
        for proved in self.whose(email.trim()) {
            self.mail_sign_in(proved)?;
        }
        Ok(())
    }

    fn whose(&self, email: &str) -> Vec<Proved> {
        let running = self.state.running.iter().filter_map(|id| self.state.incidents.get(id));
        let rosters = running.map(|entry| &entry.incident.roster).chain([&*self.standing.roster]);
        let people = rosters.flat_map(|roster| &roster.people).filter(|(_, person)| person.has_address(email));
        let people: BTreeSet<&PersonId> = people.map(|(id, _)| id).collect();
        let proved = people.into_iter().map(|person| Proved::new(person, email));
        proved.filter(|proved| self.reach(proved).is_some()).collect()
    }

    fn reach(&self, proved: &Proved) -> Option<Reach> {
        let incidents = self.state.running.iter().filter_map(|id| self.state.incidents.get(id));
        let ours = incidents.map(|entry| &*entry.incident).filter(|incident| incident.setting == self.standing.setting);
        proved.reach(&self.standing.roster, ours)
    }

    fn mail_sign_in(&mut self, proved: Proved) -> Result<(), RecordError> {
        let window = self.now.as_second().div_euclid(SIGN_IN_WITHIN.as_secs());
        // By address as well: who asks for one of somebody's addresses keeps them out of no other.
        let asked = format!("sign-ins:{}:{}:{window}", proved.person, proved.address.short());
        if self.batch.count_up(&asked, self.now)? > SIGN_INS_AT_ONCE_MAX {
            return Ok(());
        }
        let until = self.now.checked_add(SIGN_IN_WITHIN).unwrap_or(self.now);
        let number = self.installation(&InstallationEvent::SignInAsked { person: proved.person.clone(), until })?;
        let note = serde_json::to_string(&SignInAsked { proved: proved.clone(), until }).map_err(StoreError::from)?;
        self.batch.put_note(&sign_in_note(number), &note, self.now)?;
        self.owe_installation(number, 0, &InstallationEffect::SendSignIn { proved, until })
    }

    /// Begins a session for whoever has both the link and its code. A link begins one session, of the address that it was
    /// mailed to.
    pub fn sign_in(&mut self, token: &str, code: &str, fresh: &SessionToken) -> Result<(), AnswerError> {
        let (number, SignInAsked { proved, until }) = self.sign_in_of(token)?.ok_or(AnswerError::NoSuchLink)?;
        if self.now > until || self.reach(&proved).is_none() {
            return Err(AnswerError::NoSuchLink);
        }
        let audience = Audience::SignIn { setting: self.standing.setting, number, proved: &proved, until };
        let right = self.links.is_code(code, audience);
        match self.try_code(&format!("tries:{INSTALLATION}.{number}"), right)? {
            Tried::Right => {}
            Tried::Wrong { left: 0 } | Tried::Locked => return Err(AnswerError::Locked),
            Tried::Wrong { left } => return Err(AnswerError::WrongCode { left }),
        }
        self.batch.drop_note(&sign_in_note(number)).map_err(RecordError::from)?;
        Ok(self.begin_session(proved, fresh)?)
    }

    /// Whether a sign-in link is genuine and unused; `None` where it is not.
    fn sign_in_of(&mut self, token: &str) -> Result<Option<(u32, SignInAsked)>, AnswerError> {
        let Some((INSTALLATION, number)) = Links::claimed(token) else { return Ok(None) };
        let Some(note) = self.batch.note(&sign_in_note(number)).map_err(RecordError::from)? else { return Ok(None) };
        let Ok(asked) = serde_json::from_str::<SignInAsked>(&note) else { return Ok(None) };
        let SignInAsked { proved, until } = &asked;
        let audience = Audience::SignIn { setting: self.standing.setting, number, proved, until: *until };
        Ok(self.links.is_token(token, audience).then_some((number, asked)))
    }

    /// A session without proof, as of somebody's address of now; of nobody where the folder does not know them.
    fn begin_session_of(&mut self, person: &PersonId, fresh: &SessionToken) -> Result<(), RecordError> {
        let known = self.standing.roster.person(person).map(|known| Proved::new(person, &known.email));
        known.map_or(Ok(()), |proved| self.begin_session(proved, fresh))
    }

    fn begin_session(&mut self, proved: Proved, fresh: &SessionToken) -> Result<(), RecordError> {
        self.installation(&InstallationEvent::SignedIn { person: proved.person.clone() })?;
        let session = StoredSession {
            proved,
            begun: self.now,
            seen: self.now,
            expires: self.now.checked_add(SESSION_LONGEST).unwrap_or(self.now),
        };
        Ok(self.batch.begin_session(&hash(fresh.as_str()), &session)?)
    }

    pub fn touch(&mut self, cookie: &str) -> Result<(), RecordError> {
        let hash = hash(cookie);
        let Some(stored) = self.batch.session(&hash)? else { return Ok(()) };
        if expires(&stored, self.now).is_some() && self.now.duration_since(stored.seen) >= SEEN_EVERY {
            self.batch.see_session(&hash, self.now)?;
        }
        Ok(())
    }

    pub fn sign_out(&mut self, cookie: &str) -> Result<(), RecordError> {
        let hash = hash(cookie);
        let Some(stored) = self.batch.session(&hash)? else { return Ok(()) };
        self.batch.end_session(&hash, self.now)?;
        self.installation(&InstallationEvent::SignedOut { person: stored.proved.person })?;
        Ok(())
    }

    /// Whether whoever speaks, where somebody does by a session, proved the address by which this incident knows them.
    pub(super) fn must_act_in(&self, incident: &Incident) -> Result<(), RecordError> {
        match &self.speaker {
            Some(speaker) if !speaker.acts_in(incident, &self.standing.roster) => {
                Err(RecordError::AnotherAddress(incident.id))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The same of every running incident, for what changes all of them; whom one does not know at all is refused as well.
    pub(super) fn must_act_in_all(&self) -> Result<(), RecordError> {
        let Some(speaker) = &self.speaker else { return Ok(()) };
        for entry in self.state.running.iter().filter_map(|id| self.state.incidents.get(id)) {
            self.must_act_in(&entry.incident)?;
            if entry.incident.roster.person(&speaker.person).is_none() {
                return Err(RecordError::AnotherAddress(entry.incident.id));
            }
        }
        Ok(())
    }
}

impl Engine {
    /// The same engine for what somebody does by a session: each incident that they change must know them by the address
    /// that they proved.
    #[must_use]
    pub fn speaking(&self, proved: &Proved) -> Self {
        Self { speaker: Some(proved.clone()), ..self.clone() }
    }

    pub async fn ask_sign_in(&self, email: &str) -> Result<(), RecordError> {
        let email = email.to_owned();
        self.call(move |work| work.ask_sign_in(&email)).await
    }

    pub async fn sign_in(&self, token: &str, code: &str) -> Result<SessionToken, AnswerError> {
        let fresh = SessionToken::new(rand::random());
        let (token, code, given) = (token.to_owned(), code.to_owned(), fresh.clone());
        self.call(move |work| keep_store_errors(work.sign_in(&token, &code, &given))).await??;
        Ok(fresh)
    }

    /// A session without proof, for the demo's visitor who may be anybody.
    pub async fn begin_session(&self, person: &PersonId) -> Result<SessionToken, RecordError> {
        let fresh = SessionToken::new(rand::random());
        let (person, given) = (person.clone(), fresh.clone());
        self.call(move |work| work.begin_session_of(&person, &given)).await?;
        Ok(fresh)
    }

    /// Who is speaking, if the cookie is of a live session whose address is still somebody's.
    pub fn session(&self, cookie: &str) -> Option<Session> {
        let stored = self.reader.session(&hash(cookie)).ok()??;
        let expires = expires(&stored, self.time())?;
        let reach = self.reach(&stored.proved)?;
        Some(Session { proved: stored.proved, reach, expires })
    }

    fn reach(&self, proved: &Proved) -> Option<Reach> {
        let (board, standing) = (self.board(), self.standing());
        let incidents = board.incidents.values().map(|entry| &*entry.incident);
        proved.reach(&standing.roster, incidents.filter(|incident| incident.setting == standing.setting))
    }

    /// Somebody as they are known by a proved address, and how far it reaches; none where it is theirs no more.
    pub(super) fn addressee(&self, proved: &Proved) -> Option<(Person, Reach)> {
        let reach = self.reach(proved)?;
        let person = match &reach {
            Reach::Everywhere => proved.known_to(&self.standing().roster).cloned(),
            Reach::Within(incidents) => {
                let board = self.board();
                let entry = board.incidents.get(incidents.first()?)?;
                proved.known_to(&entry.incident.roster).cloned()
            }
        };
        Some((person?, reach))
    }

    pub async fn touch(&self, cookie: &str) -> Result<(), RecordError> {
        let cookie = cookie.to_owned();
        self.call(move |work| work.touch(&cookie)).await
    }

    pub async fn sign_out(&self, cookie: &str) -> Result<(), RecordError> {
        let cookie = cookie.to_owned();
        self.call(move |work| work.sign_out(&cookie)).await
    }
}

/// What is noted of a link until it is used.
#[derive(serde::Serialize, serde::Deserialize)]
struct SignInAsked {
    proved: Proved,
    until: Timestamp,
}

fn sign_in_note(number: u32) -> String {
    format!("sign-in:{number}")
}
