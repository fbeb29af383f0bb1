//! Plays every part of the demo over HTTP, as people would in a browser, and prints the timeline as it happens.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::out;
use crate::core::incident::{IncidentId, IncidentPhase, StatementPhase};
use crate::core::name::{PersonId, StepId};
use crate::engine::Engine;
use crate::mail::{Captured, Mailbox};

/// How long each part may take before the demo counts as failed.
const PATIENCE: Duration = Duration::from_secs(40);
const LEAD: &str = "ana";
const PRIVACY: &str = "chi";
/// The public statement of the sample's playbook.
const HOLDING: &str = "holding";

type Played<T> = Result<T, String>;

pub(super) struct Player<'a> {
    engine: &'a Engine,
    base: String,
    mailbox: Mailbox,
    told: usize,
    answered: BTreeSet<u64>,
}

/// Somebody with a session of their own.
struct SignedIn {
    client: reqwest::Client,
    base: String,
}

impl<'a> Player<'a> {
    pub(super) fn new(engine: &'a Engine, address: SocketAddr, mailbox: Mailbox) -> Self {
        Self { engine, base: format!("http://{address}"), mailbox, told: 0, answered: BTreeSet::new() }
    }

    pub(super) async fn play(mut self) -> Played<()> {
        out::line("Waiting for people to talk.");
        let id = self.until("no spike opened an incident", |player| player.opened()).await?;
        let ana = self.sign_in(LEAD).await?;
        ana.post(&format!("/incident/{id}/verify"), &[("verdict", "real")]).await?;
        ana.post(&format!("/incident/{id}/claim"), &[]).await?;
        self.tell(id)?;
        self.fill_facts(id, &ana).await?;
        self.answer_until(id, "the holding statement was not posted", |player| player.posted(id)).await?;
        self.read_newsroom(id).await?;
        ana.post(&format!("/incident/{id}/stand-down"), &[("reason", "the talk has calmed down")]).await?;
        self.answer_until(id, "the incident did not stand down", |player| player.stood_down(id)).await?;
        out::line("A statement was drafted, linted, approved by mail and posted. Nothing left this machine.");
        Ok(())
    }

    async fn fill_facts(&mut self, id: IncidentId, ana: &SignedIn) -> Played<()> {
        let chi = self.sign_in(PRIVACY).await?;
        let zone = self.engine.standing().organisation.zone();
        let learned =
            self.engine.machine_time().checked_sub(SignedDuration::from_mins(25)).unwrap_or(self.engine.machine_time());
        let learned = learned.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string();
        let hotline = self.engine.standing().organisation.hotline.clone();
        chi.confirm(id, "discovered_at", &learned).await?;
        ana.confirm(id, "help_line", &hotline).await?;
        self.tell(id)
    }

    fn opened(&self) -> Option<IncidentId> {
        self.engine.board().incidents.keys().next().copied()
    }

    fn posted(&self, id: IncidentId) -> Option<()> {
        let board = self.engine.board();
        let holding = board.incidents.get(&id)?.incident.statements.get(&StepId::from(HOLDING))?;
        matches!(holding.phase, StatementPhase::Posted(_)).then_some(())
    }

    fn stood_down(&self, id: IncidentId) -> Option<()> {
        let board = self.engine.board();
        matches!(board.incidents.get(&id)?.incident.phase, IncidentPhase::StoodDown { .. }).then_some(())
    }

    /// Waits for commits until `found` finds something.
    async fn until<T>(&self, otherwise: &str, found: impl Fn(&Self) -> Option<T>) -> Played<T> {
        let mut changes = self.engine.changes();
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                changes.mark_unchanged();
                if let Some(value) = found(self) {
                    return Ok(value);
                }
                changes.changed().await.map_err(|_| "Holdline stopped".to_owned())?;
            }
        });
        waited.await.unwrap_or_else(|_| Err(otherwise.to_owned()))
    }

    /// Approves whatever is asked by mail, as the person whom it is asked of, until `done`.
    async fn answer_until(
        &mut self,
        id: IncidentId,
        otherwise: &str,
        done: impl Fn(&Self) -> Option<()>,
    ) -> Played<()> {
        let started = tokio::time::Instant::now();
        let mut changes = self.engine.changes();
        while done(self).is_none() {
            changes.mark_unchanged();
            for letter in self.mailbox.all() {
                self.answer(&letter).await?;
            }
            self.tell(id)?;
            let left = PATIENCE.saturating_sub(started.elapsed());
            if done(self).is_none() && tokio::time::timeout(left, changes.changed()).await.is_err() {
                return Err(otherwise.to_owned());
            }
        }
        self.tell(id)
    }

    /// Opens the link of a mail, and presses Approve with its code where it still waits for an answer.
    async fn answer(&mut self, letter: &Captured) -> Played<()> {
        let Some((path, code)) = link_and_code(letter, &self.base, "/a/") else { return Ok(()) };
        if !self.answered.insert(letter.number) || !self.waits(&path) {
            return Ok(());
        }
        let visitor = SignedIn::anonymous(&self.base)?;
        visitor.get(&path).await?;
        visitor.post(&path, &[("code", &code), ("press", "approve"), ("words", "")]).await
    }

    fn waits(&self, path: &str) -> bool {
        let token = path.trim_start_matches("/a/");
        let Some((id, number)) = self.engine.request_of(token) else { return false };
        let board = self.engine.board();
        let incident = board.incidents.get(&id).map(|entry| &entry.incident);
        incident.is_some_and(|incident| {
            incident.request(number).is_some_and(|request| incident.awaits(request, self.engine.machine_time()).is_ok())
        })
    }

    /// Signs in as anybody does: the address, the mailed link, its code.
    async fn sign_in(&self, who: &str) -> Played<SignedIn> {
        let standing = self.engine.standing();
        let roster = &standing.roster;
        let person = roster.person(&PersonId::from(who)).ok_or_else(|| format!("the sample has no {who}"))?;
        let visitor = SignedIn::anonymous(&self.base)?;
        visitor.post("/sign-in", &[("email", &person.email)]).await?;
        let base = self.base.clone();
        let ours =
            |letter: &Captured| letter.letter.to == person.email && link_and_code(letter, &base, "/sign-in/").is_some();
        let letter = self.mailbox.wait_for(ours, PATIENCE).await.ok_or("no sign-in mail came")?;
        let (path, code) = link_and_code(&letter, &self.base, "/sign-in/").ok_or("the sign-in mail has no link")?;
        visitor.post(&path, &[("code", &code)]).await?;
        Ok(visitor)
    }

    async fn read_newsroom(&self, id: IncidentId) -> Played<()> {
        let page = SignedIn::anonymous(&self.base)?.get(&format!("/newsroom/{id}/{HOLDING}")).await?;
        let name = &self.engine.standing().organisation.name;
        if !page.contains(name.as_str()) {
            return Err("the newsroom does not show the statement".to_owned());
        }
        out::line(format_args!("          The newsroom shows it: {}/newsroom/{id}/{HOLDING}", self.base));
        Ok(())
    }

    /// Prints what happened since the last time.
    fn tell(&mut self, id: IncidentId) -> Played<()> {
        let zone = TimeZone::get(&self.engine.standing().organisation.timezone).unwrap_or(TimeZone::UTC);
        let timeline = self.engine.timeline(id).map_err(|error| error.to_string())?;
        for (at, sentence) in timeline.iter().skip(self.told) {
            out::line(format_args!("{}  {sentence}", at.to_zoned(zone.clone()).strftime("%H:%M:%S")));
        }
        self.told = timeline.len();
        Ok(())
    }
}

impl SignedIn {
    fn anonymous(base: &str) -> Played<Self> {
        let client = reqwest::Client::builder().cookie_store(true).timeout(PATIENCE).build();
        Ok(Self { client: client.map_err(|error| error.to_string())?, base: base.to_owned() })
    }

    async fn get(&self, path: &str) -> Played<String> {
        let answered = self.client.get(format!("{}{path}", self.base)).send().await;
        let answered = answered.and_then(reqwest::Response::error_for_status).map_err(|error| error.to_string())?;
        answered.text().await.map_err(|error| error.to_string())
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Played<()> {
        let sent = self.client.post(format!("{}{path}", self.base)).form(form).send().await;
        sent.and_then(reqwest::Response::error_for_status).map(drop).map_err(|error| error.to_string())
    }

    async fn confirm(&self, id: IncidentId, fact: &str, value: &str) -> Played<()> {
        self.post(&format!("/incident/{id}/fact/{fact}"), &[("value", value), ("press", "confirm")]).await
    }
}

/// The path of a mail's link that begins so, and the code printed in the mail.
fn link_and_code(letter: &Captured, base: &str, path: &str) -> Option<(String, String)> {
    let text = &letter.letter.text;
    let after = |mark: &str| text.split(mark).nth(1)?.split_whitespace().next();
    let link = after(&format!("Open {base}{path}"))?;
    let code = after("Type this code there: ")?;
    Some((format!("{path}{link}"), code.to_owned()))
}
