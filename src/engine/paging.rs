//! Pages: a second way to wake people. Owed by alerts whose playbook says so, and sent in place of mail that is not taken.

use jiff::{SignedDuration, Timestamp};

use super::board::Entry;
use super::measured::Ended;
use super::outbox::Shell;
use super::work::{LEASE, SECONDS_PER_HOUR, Work};
use super::{Engine, RecordError};
use crate::core::name::{PersonId, StepId};
use crate::mail::compose::{ComposeError, Scene, page};
use crate::pager::{Page, PageReason, Paged, Pager};
use crate::store::{Claimed, Settled};

/// Pages in an hour; what is over waits for the next, so that no flood wears out whoever carries the pager.
pub const PAGES_PER_HOUR_MAX: u32 = 30;
/// What the notes begin with that count pages, and those that say what was paged in place of mail.
pub(super) const PAGES: &str = "pages:";
pub(super) const PAGED: &str = "paged:";
const DONE: &str = "paged";
/// The note of since when no mail was taken: what waits for a page does not begin to wait anew with each start.
pub(super) const MAIL_FAILING: &str = "mail failing";

impl Work<'_, '_> {
    /// Counts a page before it is sent; where the hour's are used up, says when the next begins.
    fn take_page(&mut self) -> Result<Option<Timestamp>, RecordError> {
        let hour = self.now().as_second().div_euclid(SECONDS_PER_HOUR);
        let note = format!("{PAGES}{hour}");
        let taken: u32 = self.batch.note(&note)?.and_then(|count| count.parse().ok()).unwrap_or(0);
        if taken >= PAGES_PER_HOUR_MAX {
            let next = (hour + 1) * SECONDS_PER_HOUR;
            return Ok(Some(Timestamp::from_second(next).unwrap_or(Timestamp::MAX)));
        }
        self.batch.count_up(&note, self.now())?;
        Ok(None)
    }

    /// Takes it upon itself to page this, where nobody has done it or is at it: several mails of one alert fail at once.
    fn begin_paging(&mut self, note: &str) -> Result<bool, RecordError> {
        let begun = self.batch.note(note)?;
        let begun = begun.as_deref().map(str::parse::<Timestamp>);
        let is_free = match begun {
            None => true,
            Some(Ok(begun)) => self.now().duration_since(begun) >= LEASE,
            // It says that it was paged.
            Some(Err(_)) => false,
        };
        if is_free {
            let now = self.now();
            self.batch.put_note(note, &now.to_string(), now)?;
        }
        Ok(is_free)
    }

    /// Writes down since when no mail was taken, once; what is written goes with the first that is.
    pub(super) fn note_mail(&mut self, failing_since: Option<Timestamp>) -> Result<(), RecordError> {
        let noted = self.batch.note(MAIL_FAILING)?.is_some();
        match failing_since {
            Some(since) if !noted => Ok(self.batch.put_note(MAIL_FAILING, &since.to_string(), self.now())?),
            None if noted => Ok(self.batch.drop_note(MAIL_FAILING)?),
            Some(_) | None => Ok(()),
        }
    }

    fn end_paging(&mut self, note: &str, was_paged: bool) -> Result<(), RecordError> {
        let now = self.now();
        if was_paged {
            return Ok(self.batch.put_note(note, DONE, now)?);
        }
        Ok(self.batch.drop_note(note)?)
    }
}

impl Engine {
    /// Carries out one page that an alert owes. Nobody is woken for an incident that somebody has claimed meanwhile.
    pub(super) async fn page(
        &self,
        shell: &Shell,
        row: &Claimed,
        alert: &StepId,
        rung: u32,
    ) -> Result<(), RecordError> {
        let done = |word: &str| Settled::Done(word.to_owned());
        let board = self.board();
        let Some(entry) = board.incidents.get(&row.id.incident).filter(|entry| entry.incident.duty.is_none()) else {
            return self.end(row, done("moot"), None).await;
        };
        let Some(pager) = shell.hands.pager(entry.incident.setting) else {
            tracing::warn!("an alert is to be paged, and there is no pager");
            return self.end(row, done("no pager"), None).await;
        };
        let page = match self.page_of(entry, &row.key(), alert, rung) {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, "a page could not be written");
                return self.end(row, done("not written"), None).await;
            }
        };
        if let Some(later) = self.call(|work| work.take_page()).await? {
            return self.end(row, Settled::NotBefore(later), None).await;
        }
        let how = match self.send_page(pager, &page).await {
            Paged::Done => done("paged"),
            Paged::Later { after, .. } => {
                let asked = self.time().checked_add(after).unwrap_or(Timestamp::MAX);
                Settled::NotBefore(self.retry_at(row.attempts).max(asked))
            }
            Paged::Never(_) => done("refused"),
        };
        self.end(row, how, None).await
    }

    /// Pages an alert whose mail was not taken, once for each time that it rings, where no mail has been taken for as long
    /// as the pager's settings say.
    pub(super) async fn page_in_place_of_mail(
        &self,
        shell: &Shell,
        entry: &Entry,
        alert: &StepId,
        rung: u32,
    ) -> Result<(), RecordError> {
        let Some(pager) = shell.hands.pager(entry.incident.setting) else { return Ok(()) };
        let patience = SignedDuration::try_from(pager.when_mail_fails_for()).unwrap_or(SignedDuration::MAX);
        let failing = self.measures().mail_failing_since();
        if failing.is_none_or(|since| self.time().duration_since(since) < patience) {
            return Ok(());
        }
        self.page_once(shell, entry, alert, rung).await
    }

    /// Pages an alert that does not get through by mail, once for each time that it rings, where nobody has claimed the
    /// incident.
    pub(super) async fn page_once(
        &self,
        shell: &Shell,
        entry: &Entry,
        alert: &StepId,
        rung: u32,
    ) -> Result<(), RecordError> {
        let Some(pager) = shell.hands.pager(entry.incident.setting).filter(|_| entry.incident.duty.is_none()) else {
            return Ok(());
        };
        let note = format!("{PAGED}{}:{alert}:{rung}", entry.incident.id);
        let page = match self.page_of(entry, &note.replace(':', "."), alert, rung) {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, "a page could not be written");
                return Ok(());
            }
        };
        let asked = note.clone();
        if !self.call(move |work| work.begin_paging(&asked)).await? {
            return Ok(());
        }
        let was_paged = match self.call(|work| work.take_page()).await? {
            // The mail is tried again, and with it the page.
            Some(_) => false,
            None => matches!(self.send_page(pager, &page).await, Paged::Done),
        };
        self.call(move |work| work.end_paging(&note, was_paged)).await
    }

    async fn send_page(&self, pager: &Pager, page: &Page) -> Paged {
        let outcome = pager.page(page, self.machine_time()).await;
        let (ended, why): (Ended, Option<PageReason>) = match outcome {
            Paged::Done => (Ended::Done, None),
            Paged::Later { why, .. } => (Ended::Later, Some(why)),
            Paged::Never(why) => (Ended::Never, Some(why)),
        };
        match why {
            None => tracing::info!("a page was taken"),
            Some(why) => tracing::error!(%why, "a page was not taken"),
        }
        self.measures().count(|counters| *counters.pages.entry((ended, why)).or_default() += 1);
        outcome
    }

    fn page_of(
        &self,
        Entry { incident, rules }: &Entry,
        key: &str,
        alert: &StepId,
        rung: u32,
    ) -> Result<Page, ComposeError> {
        let standing = self.standing();
        let (now, url) = (self.machine_time(), standing.url.as_str());
        // A page is to nobody by name.
        let to = PersonId::from("");
        let scene = Scene { incident, rules, url, now, quotes: &[], to: &to, message_id: key, thread: None };
        let words = page(&scene, alert, rung)?;
        Ok(Page {
            key: key.to_owned(),
            organisation: rules.organisation.name.clone(),
            incident: Some(incident.id),
            severity: Some(incident.severity.to_string().to_lowercase()),
            title: words.title,
            text: words.text,
            url: words.url,
        })
    }
}
