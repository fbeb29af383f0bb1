//! Sessions: a mailed link and its code, the same mechanism as an approval's. Only the hash of a session's token is stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::answer::Tried;
use super::error::{AnswerError, RecordError};
use super::links::{Audience, Links};
use super::work::Work;
use crate::core::name::PersonId;
use crate::store::{INSTALLATION, InstallationEffect, InstallationEvent, StoredSession};

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

/// Who is speaking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub person: PersonId,
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

pub(super) fn hash(cookie: &str) -> String {
    hex::encode(Sha256::digest(cookie))
}

/// The session of a stored row, where it has not ended by itself.
pub(super) fn live(stored: &StoredSession, now: Timestamp) -> Option<Session> {
    let idle = stored.seen.checked_add(SESSION_IDLE).unwrap_or(Timestamp::MAX);
    let expires = idle.min(stored.expires);
    (now < expires).then(|| Session { person: stored.person.clone(), expires })
}

impl Work<'_, '_> {
    /// Mails a link and a code where the address is a person's of ours, and says nothing either way.
    pub fn ask_sign_in(&mut self, email: &str) -> Result<(), RecordError> {
        let people = self.standing.roster.people.iter();
        let mut found = people.filter(|(_, person)| !person.shared && person.email.eq_ignore_ascii_case(email.trim()));
        let Some(person) = found.next().map(|(id, _)| id.clone()) else { return Ok(()) };
        let window = self.now.as_second().div_euclid(SIGN_IN_WITHIN.as_secs());
        if self.batch.count_up(&format!("sign-ins:{person}:{window}"), self.now)? > SIGN_INS_AT_ONCE_MAX {
            return Ok(());
        }
        let until = self.now.checked_add(SIGN_IN_WITHIN).unwrap_or(self.now);
        let number = self.installation(&InstallationEvent::SignInAsked { person: person.clone(), until })?;
        let note = serde_json::json!({ "person": person, "until": until }).to_string();
        self.batch.put_note(&sign_in_note(number), &note, self.now)?;
        self.owe_installation(number, 0, &InstallationEffect::SendSignIn { person, until })
    }

    /// Begins a session for whoever has both the link and its code. A link begins one session.
    pub fn sign_in(&mut self, token: &str, code: &str, fresh: &SessionToken) -> Result<(), AnswerError> {
        let (number, person, until) = self.sign_in_of(token)?.ok_or(AnswerError::NoSuchLink)?;
        if self.now > until {
            return Err(AnswerError::NoSuchLink);
        }
        let audience = Audience::SignIn { setting: self.standing.setting, number, person: &person, until };
        let right = self.links.is_code(code, audience);
        match self.try_code(&format!("tries:{INSTALLATION}.{number}"), right)? {
            Tried::Right => {}
            Tried::Wrong { left: 0 } | Tried::Locked => return Err(AnswerError::Locked),
            Tried::Wrong { left } => return Err(AnswerError::WrongCode { left }),
        }
        self.batch.drop_note(&sign_in_note(number)).map_err(RecordError::from)?;
        Ok(self.begin_session(&person, fresh)?)
    }

    /// Whether a sign-in link is genuine and unused; `None` where it is not.
    fn sign_in_of(&mut self, token: &str) -> Result<Option<(u32, PersonId, Timestamp)>, AnswerError> {
        let Some((INSTALLATION, number)) = Links::claimed(token) else { return Ok(None) };
        let Some(note) = self.batch.note(&sign_in_note(number)).map_err(RecordError::from)? else { return Ok(None) };
        let Ok(asked) = serde_json::from_str::<SignInAsked>(&note) else { return Ok(None) };
        let SignInAsked { person, until } = asked;
        let audience = Audience::SignIn { setting: self.standing.setting, number, person: &person, until };
        Ok(self.links.is_token(token, audience).then_some((number, person, until)))
    }

    pub(super) fn begin_session(&mut self, person: &PersonId, fresh: &SessionToken) -> Result<(), RecordError> {
        self.installation(&InstallationEvent::SignedIn { person: person.clone() })?;
        let session = StoredSession {
            person: person.clone(),
            begun: self.now,
            seen: self.now,
            expires: self.now.checked_add(SESSION_LONGEST).unwrap_or(self.now),
        };
        Ok(self.batch.begin_session(&hash(fresh.as_str()), &session)?)
    }

    pub fn touch(&mut self, cookie: &str) -> Result<(), RecordError> {
        let hash = hash(cookie);
        let Some(stored) = self.batch.session(&hash)? else { return Ok(()) };
        if live(&stored, self.now).is_some() && self.now.duration_since(stored.seen) >= SEEN_EVERY {
            self.batch.see_session(&hash, self.now)?;
        }
        Ok(())
    }

    pub fn sign_out(&mut self, cookie: &str) -> Result<(), RecordError> {
        let hash = hash(cookie);
        let Some(stored) = self.batch.session(&hash)? else { return Ok(()) };
        self.batch.end_session(&hash, self.now)?;
        self.installation(&InstallationEvent::SignedOut { person: stored.person })?;
        Ok(())
    }
}

#[derive(serde::Deserialize)]
struct SignInAsked {
    person: PersonId,
    until: Timestamp,
}

fn sign_in_note(number: u32) -> String {
    format!("sign-in:{number}")
}
