//! Mail that is owed: written from the state as it is now, with links and codes made on the spot, and settled by what the server said.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::board::Entry;
use super::links::Audience;
use super::measured::Ended;
use super::outbox::Shell;
use super::work::{MailCounted, MailTaken, Work};
use super::{Engine, RecordError};
use crate::core::health::Health;
use crate::core::incident::{Effect, Event, IncidentId, MailKind, MailTurn, PostPhase};
use crate::core::name::{FeedName, PersonId};
use crate::core::roster::Roster;
use crate::crash::{self, Point};
use crate::mail::compose::{ComposeError, Head, HeldBack, House, Key, OfARehearsal, Scene};
use crate::mail::{Letter, MailReason, Sent};
use crate::store::{Claimed, InstallationEffect, RehearsalNews, Settled};

/// Mails of one kind to one person in an hour; what is over waits for the next, so that no flood fills a mailbox.
pub const MAILS_PER_HOUR_MAX: u32 = 60;
/// Waits after a mail server that could not take it, doubling from the first to the last.
const RETRY_FIRST: SignedDuration = SignedDuration::from_secs(5);
const RETRY_LAST: SignedDuration = SignedDuration::from_mins(5);
/// Doublings after which the wait stays the same.
const RETRY_DOUBLINGS_MAX: u32 = 6;

/// A letter, or why there is none to send.
enum Written {
    Letter(Box<Letter>),
    /// Nobody waits for it any more.
    Moot,
}

impl Engine {
    /// Carries out one mail of an incident.
    pub(super) async fn mail(&self, shell: &Shell, row: &Claimed, effect: &Effect) -> Result<(), RecordError> {
        let board = self.board();
        let Some(entry) = board.incidents.get(&row.id.incident) else {
            return self.end(row, Settled::Done("moot".to_owned()), None).await;
        };
        if entry.incident.setting != self.standing().setting {
            // A live run says nothing of a rehearsal, and the other way round.
            return self.end(row, Settled::Done("of another setting".to_owned()), None).await;
        }
        if self.gives_way(shell, row).await? {
            return Ok(());
        }
        let Some(person) = recipient(entry, effect) else {
            return self.end(row, Settled::Done("nobody".to_owned()), None).await;
        };
        let letter = match self.write(shell, entry, row, effect, &person) {
            Ok(Written::Letter(letter)) => letter,
            Ok(Written::Moot) => return self.end(row, Settled::Done("moot".to_owned()), None).await,
            Err(error) => {
                tracing::error!(%error, "a mail could not be written");
                let event = Event::MailRefused { person, why: error.to_string() };
                return self.end(row, Settled::Done("not written".to_owned()), Some(event)).await;
            }
        };
        let kind = effect.mail_kind().unwrap_or(MailKind::Notice);
        let counted = match self.take_mail(&person, kind).await? {
            MailTaken::Counted(counted) => counted,
            MailTaken::Later(later) => {
                self.measures().count(|counters| counters.mails_put_off += 1);
                tracing::error!(kind = kind.name(), %later, "a mail is put off: its reader had the most of this kind in an hour");
                if let Effect::Alert { alert, rung, .. } = effect {
                    self.page_once(shell, entry, alert, *rung).await?;
                }
                return self.end(row, Settled::NotBefore(later), None).await;
            }
        };
        self.send(shell, row, &letter, Some((person, counted))).await?;
        if let Effect::Alert { alert, rung, .. } = effect {
            self.page_in_place_of_mail(shell, entry, alert, *rung).await?;
        }
        Ok(())
    }

    /// Carries out one mail of the installation.
    pub(super) async fn mail_installation(
        &self,
        shell: &Shell,
        row: &Claimed,
        effect: &InstallationEffect,
    ) -> Result<(), RecordError> {
        if self.gives_way(shell, row).await? {
            return Ok(());
        }
        match self.write_installation(shell, row, effect) {
            Ok(Written::Letter(letter)) => self.send(shell, row, &letter, None).await,
            Ok(Written::Moot) => self.end(row, Settled::Done("moot".to_owned()), None).await,
            Err(error) => {
                tracing::error!(%error, "a mail could not be written");
                self.end(row, Settled::Done("not written".to_owned()), None).await
            }
        }
    }

    fn write(
        &self,
        shell: &Shell,
        entry: &Entry,
        row: &Claimed,
        effect: &Effect,
        person: &PersonId,
    ) -> Result<Written, ComposeError> {
        let (incident, standing) = (&entry.incident, self.standing());
        let zone = entry.rules.organisation.zone();
        let quotes = incident.spike.as_ref().map(|spike| self.quotes(spike, &zone)).unwrap_or_default();
        let (message_id, thread) = (self.message_id(&row.key()), self.message_id(&format!("incident-{}", incident.id)));
        let scene = Scene {
            incident,
            rules: &entry.rules,
            url: &standing.url,
            now: self.machine_time(),
            quotes: &quotes,
            to: person,
            message_id: &message_id,
            thread: Some(&thread),
        };
        let composer = &shell.composer;
        let letter = match effect {
            Effect::Alert { alert, rung, .. } => composer.alert(&scene, alert, *rung)?,
            Effect::AskTask { task, .. } => composer.task(&scene, task)?,
            Effect::Tell { notice, .. } => composer.notice(&scene, notice)?,
            Effect::TellAddress { change, which, notice } => {
                let Some(person) = incident.change(*change).and_then(|offered| offered.address(*which)) else {
                    return Ok(Written::Moot);
                };
                composer.notice_to(&scene, notice, person)?
            }
            Effect::AskToPost { statement, channel, .. } => {
                if incident.approved(statement).is_none() || incident.stopped.is_some() {
                    return Ok(Written::Moot);
                }
                composer.by_hand(&scene, statement, channel)?
            }
            Effect::AskApproval { request } | Effect::Remind { request, .. } => {
                let Some(asked) = incident.request(*request) else { return Ok(Written::Moot) };
                if incident.awaits(asked, self.time()).is_err() {
                    return Ok(Written::Moot);
                }
                let audience = Audience::Approval { incident, request: asked };
                let link = format!("{}/a/{}", standing.url, self.links().token(audience));
                let code = self.links().code(audience);
                let key = Key { link: &link, code: &code };
                if let Effect::AskApproval { .. } = effect {
                    composer.approval(&scene, *request, key)?
                } else {
                    composer.reminder(&scene, *request, key)?
                }
            }
            Effect::AskToTakeDown { statement, channel, url, .. } => {
                if !matches!(incident.post(statement, channel), Some(PostPhase::TakingDown { .. })) {
                    return Ok(Written::Moot);
                }
                composer.take_down(&scene, statement, channel, url)?
            }
            Effect::Draft { .. }
            | Effect::Page { .. }
            | Effect::Post { .. }
            | Effect::LookUp { .. }
            | Effect::LookAt { .. }
            | Effect::TakeDown { .. }
            | Effect::WakeAt { .. } => return Ok(Written::Moot),
        };
        Ok(Written::Letter(Box::new(letter)))
    }

    fn write_installation(
        &self,
        shell: &Shell,
        row: &Claimed,
        effect: &InstallationEffect,
    ) -> Result<Written, ComposeError> {
        let standing = self.standing();
        let message_id = self.message_id(&row.key());
        let house = |to_name, to| House {
            organisation: &standing.organisation,
            setting: standing.setting,
            message_id: &message_id,
            to_name,
            to,
        };
        let letter = match effect {
            InstallationEffect::SendSignIn { proved, until } => {
                let Some((found, reach)) = self.addressee(proved).filter(|_| self.time() <= *until) else {
                    return Ok(Written::Moot);
                };
                let (setting, number, until) = (standing.setting, row.id.number, *until);
                let audience = Audience::SignIn { setting, number, proved, until };
                let link = format!("{}/sign-in/{}", standing.url, self.links().token(audience));
                let code = self.links().code(audience);
                let key = Key { link: &link, code: &code };
                shell.composer.sign_in(&house(&found.name, &found.email), key, until, &reach)?
            }
            InstallationEffect::SendHead { to, head } => {
                let at = Timestamp::from_millisecond(head.at).unwrap_or(Timestamp::UNIX_EPOCH);
                let (mac, signature, public_key) = (&head.mac, &head.signature, &head.public_key);
                shell.composer.head(&house("", to), &Head { seq: head.seq, at, mac, signature, public_key })?
            }
            InstallationEffect::RemindSilence { silence, person } => {
                let board = self.board();
                let found =
                    board.quiet.silences.get(silence).filter(|silence| silence.is_in_force(self.machine_time()));
                let (Some(asked), Some(found_person)) = (found, standing.roster.person(person)) else {
                    return Ok(Written::Moot);
                };
                let page = format!("{}/watches", standing.url);
                shell.composer.silence_ends(&house(&found_person.name, &found_person.email), *silence, asked, &page)?
            }
            InstallationEffect::TellHeld { person, .. } => {
                let found = standing.roster.person(person).zip(held_back(effect, &standing.url));
                let Some((found, held)) = found else { return Ok(Written::Moot) };
                shell.composer.held_back(&house(&found.name, &found.email), &held)?
            }
            InstallationEffect::TellFolderRefused { to, problems, more } => {
                shell.composer.folder_refused(&house("", to), problems, *more)?
            }
            InstallationEffect::TellRestored { to, copied_at, entry } => {
                shell.composer.restored(&house("", to), *copied_at, *entry)?
            }
            InstallationEffect::TellBlind { to } => {
                let Some(feeds) = self.blind_by_now() else { return Ok(Written::Moot) };
                shell.composer.blind_spots(&house("", to), &feeds, &standing.url)?
            }
            InstallationEffect::TellRehearsal { person, news } => {
                let Some(found) = standing.roster.person(person) else { return Ok(Written::Moot) };
                let told = of_a_rehearsal(news, &standing.roster);
                shell.composer.rehearsal(&house(&found.name, &found.email), told, &standing.url)?
            }
        };
        Ok(Written::Letter(Box::new(letter)))
    }

    /// The blind spots there are, where there are any left to tell of.
    fn blind_by_now(&self) -> Option<BTreeMap<FeedName, Health>> {
        let found =
            self.blind_feeds().inspect_err(|error| tracing::error!(%error, "the blind spots could not be read"));
        found.ok().filter(|feeds| !feeds.is_empty())
    }

    async fn send(
        &self,
        shell: &Shell,
        row: &Claimed,
        letter: &Letter,
        to: Option<(PersonId, MailCounted)>,
    ) -> Result<(), RecordError> {
        crash::pass(Point::MailWritten);
        let sent = shell.post.send(letter, self.machine_time()).await;
        crash::pass(Point::MailSent);
        let (ended, reason) = measured(&sent);
        self.measures().mailed(ended, reason, self.time());
        let turn = to.as_ref().and_then(|_| turned(ended, reason));
        let (how, went_out, why) = match sent {
            Sent::Accepted { .. } => (Settled::Done("sent".to_owned()), true, None),
            Sent::Unknown { why } => (self.again(row, &why.to_string()), true, None),
            Sent::Later { why } => (self.again(row, &why.to_string()), false, None),
            Sent::Never { why, said } => {
                tracing::error!(%why, %said, "a mail was refused for good");
                (Settled::Done("refused".to_owned()), false, Some(why.to_string()))
            }
        };
        let (row, failing_since) = (row.clone(), self.measures().mail_failing_since());
        self.call(move |work| {
            work.note_mail(failing_since)?;
            if let Some((_, counted)) = to.as_ref().filter(|_| !went_out) {
                work.give_mail_back(counted)?;
            }
            let event = to.zip(why).map(|((person, _), why)| Event::MailRefused { person, why });
            work.settle(&row, &how, event)?;
            work.mail_turned(row.id.incident, turn)
        })
        .await
    }

    fn again(&self, row: &Claimed, why: &str) -> Settled {
        tracing::warn!(why, attempts = row.attempts, "a mail was not taken; it is sent again");
        Settled::NotBefore(self.retry_at(row.attempts))
    }

    pub(super) fn retry_at(&self, attempts: u32) -> Timestamp {
        let wait = (RETRY_FIRST * 2_i32.pow(attempts.min(RETRY_DOUBLINGS_MAX))).min(RETRY_LAST);
        self.time().checked_add(wait).unwrap_or(Timestamp::MAX)
    }

    async fn take_mail(&self, person: &PersonId, kind: MailKind) -> Result<MailTaken, RecordError> {
        let person = person.clone();
        self.call(move |work| work.take_mail(&person, kind, MAILS_PER_HOUR_MAX)).await
    }

    /// The same at every attempt, so that a repeat can be told for one.
    pub fn message_id(&self, local: &str) -> String {
        let standing = self.standing();
        let host = standing.url.split("://").last().and_then(|rest| rest.split([':', '/']).next());
        format!("{local}.{}{}@{}", standing.setting.mark(), self.links().installation(), host.unwrap_or("holdline"))
    }
}

/// The news of a rehearsal as its mail is written from.
fn of_a_rehearsal<'a>(news: &'a RehearsalNews, roster: &'a Roster) -> OfARehearsal<'a> {
    match news {
        RehearsalNews::Announced { title, at, by } => {
            OfARehearsal::Announced { title, at: *at, opens: roster.name_of(by) }
        }
        RehearsalNews::CalledOff { title, why, live } => OfARehearsal::CalledOff { title, why, live: live.as_deref() },
        RehearsalNews::Over { title, incident, why, live } => {
            OfARehearsal::Over { title, incident: *incident, why, live: live.as_deref() }
        }
        RehearsalNews::Scored { title, incident, lines } => OfARehearsal::Scored { title, incident: *incident, lines },
    }
}

/// What a letter that went or did not go says of every other.
fn turned(ended: Ended, why: Option<MailReason>) -> Option<MailTurn> {
    match ended {
        Ended::Done => Some(MailTurn::Back),
        Ended::Later => why.is_some_and(MailReason::is_of_the_server).then_some(MailTurn::Down),
        Ended::Never | Ended::Unknown => None,
    }
}

impl Work<'_, '_> {
    /// Tells an incident that mail is down, or back, where that is news to it.
    fn mail_turned(&mut self, id: IncidentId, turn: Option<MailTurn>) -> Result<(), RecordError> {
        let (Some(turn), Ok(entry)) = (turn, self.entry(id)) else { return Ok(()) };
        let news = match turn {
            MailTurn::Down => entry.incident.mail_down().is_none(),
            MailTurn::Back => entry.incident.mail_down().is_some(),
        };
        if news && entry.incident.is_running() {
            self.record_if_wanted(id, Event::Mail(turn))?;
        }
        Ok(())
    }
}

fn measured(sent: &Sent) -> (Ended, Option<MailReason>) {
    match sent {
        Sent::Accepted { .. } => (Ended::Done, None),
        Sent::Later { why } => (Ended::Later, Some(*why)),
        Sent::Never { why, .. } => (Ended::Never, Some(*why)),
        Sent::Unknown { why } => (Ended::Unknown, Some(*why)),
    }
}

/// Who a mail of an incident goes to.
fn recipient(entry: &Entry, effect: &Effect) -> Option<PersonId> {
    match effect {
        Effect::Alert { person, .. }
        | Effect::AskTask { person, .. }
        | Effect::Tell { person, .. }
        | Effect::AskToPost { person, .. }
        | Effect::AskToTakeDown { person, .. } => Some(person.clone()),
        Effect::TellAddress { change, .. } => {
            entry.incident.change(*change).map(|offered| offered.change.person.clone())
        }
        Effect::AskApproval { request } | Effect::Remind { request, .. } => {
            entry.incident.request(*request).map(|request| request.person.clone())
        }
        Effect::Draft { .. }
        | Effect::Page { .. }
        | Effect::Post { .. }
        | Effect::LookUp { .. }
        | Effect::LookAt { .. }
        | Effect::TakeDown { .. }
        | Effect::WakeAt { .. } => None,
    }
}

/// What is told of a watch that was kept quiet; none of any other effect.
fn held_back<'e>(effect: &'e InstallationEffect, url: &str) -> Option<HeldBack<'e>> {
    let InstallationEffect::TellHeld {
        watch,
        by,
        since,
        times,
        mentions,
        highest,
        window,
        incident,
        broke_through,
        ..
    } = effect
    else {
        return None;
    };
    let page = match incident {
        Some(id) => format!("{url}/incident/{id}"),
        None => format!("{url}/watches"),
    };
    let (since, times, mentions, highest) = (*since, *times, *mentions, *highest);
    let (window, incident, broke_through) = (*window, *incident, *broke_through);
    Some(HeldBack { watch, by, since, times, mentions, highest, window, incident, broke_through, page })
}
