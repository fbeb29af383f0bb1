//! The words of every mail: pure functions from an incident's state to a [`Letter`], as plain text and as HTML.

mod alert;
mod approval;
mod by_hand;
mod change_notice;
mod desk;
mod hand_over_notice;
mod held_notice;
mod merge_notice;
mod notice;
mod page;
mod pause_notice;
mod picture;
mod post_notice;
mod press;
mod promise_notice;
mod quiet;
mod rehearsal;
mod rehearsal_notice;
mod switch_notice;
mod task;
mod wave_notice;

use jiff::Timestamp;
use serde::Serialize;

pub use self::desk::{BLIND_NAMED_MAX, Head, House};
pub use self::page::{PageWords, page};
pub use self::press::{ComposeError, Composer};
use self::press::{Frame, Kind};
pub use self::quiet::HeldBack;
pub use self::rehearsal::OfARehearsal;
use super::Letter;
use crate::core::incident::Incident;
use crate::core::name::PersonId;
use crate::core::roster::Person;
use crate::core::rules::{Organisation, Rules};
use crate::core::setting::Setting;
use crate::core::shown::{Quote, Shown};

/// What a letter about an incident is written from.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    pub incident: &'a Incident,
    pub rules: &'a Rules,
    /// What mails link to, without a slash at its end.
    pub url: &'a str,
    pub now: Timestamp,
    /// Mentions that drove the spike, already masked.
    pub quotes: &'a [Quote],
    pub to: &'a PersonId,
    pub message_id: &'a str,
    /// The Message-ID of the incident's first letter.
    pub thread: Option<&'a str>,
}

/// A link that shows a page, and the code that decides on it. The code never stands in a link.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    /// The whole address.
    pub link: &'a str,
    pub code: &'a str,
}

/// A letter's words before they are put in their frame.
struct Draft<T> {
    kind: Kind,
    /// Without severity and `[EXERCISE]`.
    subject: String,
    data: T,
}

impl<'a> Scene<'a> {
    fn shown(&self) -> Shown<'a> {
        Shown { incident: self.incident, rules: self.rules, now: self.now }
    }

    fn page(&self) -> String {
        format!("{}/incident/{}", self.url, self.incident.id)
    }
}

impl Composer {
    fn letter<T: Serialize>(&self, scene: &Scene<'_>, draft: &Draft<T>) -> Result<Letter, ComposeError> {
        let person = scene.incident.roster.person(scene.to).ok_or_else(|| ComposeError::Person(scene.to.clone()))?;
        self.letter_to(scene, person, draft)
    }

    /// The same to somebody who need not be on the roster.
    fn letter_to<T: Serialize>(
        &self,
        scene: &Scene<'_>,
        person: &Person,
        draft: &Draft<T>,
    ) -> Result<Letter, ComposeError> {
        let frame = Frame {
            stamp: stamp(scene.incident.setting, &scene.rules.organisation),
            organisation: scene.rules.organisation.name.clone(),
            incident: Some(scene.incident.id),
        };
        let (text, html) = self.render(draft.kind, &frame, &draft.data)?;
        let severity = scene.incident.severity;
        Ok(Letter {
            message_id: scene.message_id.to_owned(),
            thread: scene.thread.map(str::to_owned),
            to_name: person.name.clone(),
            to: person.email.clone(),
            subject: subject(scene.incident.setting, &format!("[{severity}] {}", draft.subject)),
            text,
            html,
            picture: None,
        })
    }
}

fn stamp(setting: Setting, organisation: &Organisation) -> Option<String> {
    setting.stamp(&organisation.stamp)
}

fn subject(setting: Setting, subject: &str) -> String {
    match setting {
        Setting::Live => subject.to_owned(),
        Setting::Rehearsal => format!("[EXERCISE] {subject}"),
    }
}
