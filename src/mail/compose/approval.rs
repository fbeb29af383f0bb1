//! The request for approval and its reminders: everything that a decision needs, in the mail itself.

use serde::Serialize;

use super::press::Kind;
use super::{ComposeError, Composer, Draft, Key, Letter, Scene};
use crate::core::shown::{Asked, Quote};

#[derive(Serialize)]
struct Approval<'a> {
    asked: Asked,
    /// What a reminder says first.
    reminder: Option<String>,
    link: &'a str,
    /// Where a session is begun.
    sign_in: String,
    code: &'a str,
    /// The Content-ID of the chart.
    picture: Option<&'a str>,
    quotes: &'a [Quote],
}

impl Composer {
    /// Asks for a decision on a statement or on standing down.
    pub fn approval(&self, scene: &Scene<'_>, request: u32, key: Key<'_>) -> Result<Letter, ComposeError> {
        self.ask(scene, request, key, false)
    }

    /// The same request once more, with the same link and code.
    pub fn reminder(&self, scene: &Scene<'_>, request: u32, key: Key<'_>) -> Result<Letter, ComposeError> {
        self.ask(scene, request, key, true)
    }

    fn ask(&self, scene: &Scene<'_>, number: u32, key: Key<'_>, reminds: bool) -> Result<Letter, ComposeError> {
        let request = scene.incident.request(number).ok_or(ComposeError::Request(number))?;
        let shown = scene.shown();
        let asked = shown.asked(request).ok_or(ComposeError::Request(number))?;
        let what = format!("{}, {}", asked.title, asked.what);
        let by = asked.deadline_hour.as_ref().map_or_else(|| "now".to_owned(), |hour| format!("by {hour}"));
        let subject = match &asked.word_until {
            Some(until) => format!("Ready for your word until {until}: {what}"),
            None if reminds => format!("Reminder, approve {by}: {what}"),
            None => format!("Approve {by}: {what}"),
        };
        let reminder = reminds.then(|| {
            let asked_at = shown.hour(request.asked_at);
            format!("You were asked at {asked_at} and have not answered yet. The link and the code are the same.")
        });
        let drawn = self.picture(scene);
        let picture = drawn.as_ref().map(|picture| picture.content_id.as_str());
        let sign_in = format!("{}/sign-in", scene.url);
        let data = Approval { asked, reminder, sign_in, link: key.link, code: key.code, picture, quotes: scene.quotes };
        let letter = self.letter(scene, &Draft { kind: Kind::Approval, subject, data })?;
        Ok(Letter { picture: drawn, ..letter })
    }
}
