//! Looking after what was posted: a lost outcome is looked up, an address is looked at, a post is taken down.

use std::time::Duration;

use jiff::SignedDuration;

use super::outbox::Shell;
use super::post::{PostJob, later};
use super::work::{LEASE, Work};
use super::{Engine, RecordError};
use crate::channel::{Channel, Found, Intent, Outcome, Reason, look_at};
use crate::core::incident::{Event, Incident, PostPhase, SETTLE, Settlement};
use crate::core::statement::{Package, Seen, Unseen};
use crate::crash::{self, Point};
use crate::store::{Claimed, Settled};

/// How often a channel's own posts are read before "nothing" is believed.
pub const READS_MAX: u32 = 3;
/// Between two reads: lists of posts are caches.
const BETWEEN_READS: SignedDuration = SignedDuration::from_secs(10);
/// One read of a channel's posts, or one call to take a post down.
const READ_TIMEOUT: Duration = Duration::from_secs(8);
/// One look at an address, redirects included.
const LOOK_TIMEOUT: Duration = Duration::from_secs(20);
/// How often a channel is asked to take a post down before a person is told.
const TAKE_DOWN_TRIES_MAX: u32 = 20;

/// What to do about a claimed look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookUpStep {
    Look(Box<Package>, Intent),
    Nothing,
}

impl Work<'_, '_> {
    /// Says what is looked for, where the outcome of this attempt is still not known.
    pub fn begin_look_up(&mut self, row: &Claimed, job: &PostJob) -> Result<LookUpStep, RecordError> {
        if !self.batch.renew(row, self.now(), LEASE)? {
            return Ok(LookUpStep::Nothing);
        }
        let incident = self.entry(job.incident)?.incident;
        let at = match incident.post(&job.statement, &job.channel) {
            Some(PostPhase::Unknown { attempt, at, .. }) if *attempt == job.attempt => *at,
            Some(_) | None => {
                self.settle(row, &Settled::Done("moot".to_owned()), None)?;
                return Ok(LookUpStep::Nothing);
            }
        };
        // Looked for are the words that were sent, also where somebody has left since who had approved them.
        if let Some(sent) = incident.sent(&job.statement) {
            return Ok(LookUpStep::Look(Box::new(sent.clone()), job.intent(at, sent.digest())));
        }
        self.end_look_up(row, job, Found::CannotTell(Reason::OtherBytes))?;
        Ok(LookUpStep::Nothing)
    }

    /// Writes down what the look-up showed. What does not show may still come, so a person is asked.
    pub fn end_look_up(&mut self, row: &Claimed, job: &PostJob, found: Found) -> Result<(), RecordError> {
        let event = match found {
            Found::There { url } => job.event(|statement, channel| Event::PostConfirmed { statement, channel, url }),
            Found::Nothing => not_found(job, Reason::NotShown),
            Found::CannotTell(why) => not_found(job, why),
        };
        self.settle(row, &Settled::Done(event.kind().to_owned()), Some(event))
    }
}

impl Work<'_, '_> {
    /// Whether somebody says "not there" while a call of it may still arrive: a clock that is set forward makes no call come
    /// sooner, and after a start nobody knows how long ago the intent really was.
    pub(super) fn may_still_arrive(&self, incident: &Incident, event: &Event) -> bool {
        let Event::PostSettled { statement, channel, found: Settlement::NotThere, .. } = event else { return false };
        let intended = incident.post(statement, channel).and_then(PostPhase::perhaps_public_since);
        intended.is_some_and(|at| self.now < SETTLE.after(at.max(self.state.steady_since)))
    }
}

fn not_found(job: &PostJob, why: Reason) -> Event {
    let why = why.to_string();
    job.event(|statement, channel| Event::PostNotFound { statement, channel, why })
}

impl Engine {
    /// Carries out one claimed look-up.
    pub(super) async fn look_up(&self, shell: &Shell, row: &Claimed, job: PostJob) -> Result<(), RecordError> {
        let (claimed, wanted) = (row.clone(), job.clone());
        let step = self.call(move |work| work.begin_look_up(&claimed, &wanted)).await?;
        let LookUpStep::Look(sent, intent) = step else { return Ok(()) };
        let found = match self.channel_of(shell, &job) {
            Some(channel) => self.read(channel.as_ref(), &sent, &intent).await,
            None => Found::CannotTell(Reason::NotConfigured),
        };
        let row = row.clone();
        self.call(move |work| work.end_look_up(&row, &job, found)).await
    }

    /// Reads the channel's own posts until one shows.
    async fn read(&self, channel: &dyn Channel, sent: &Package, intent: &Intent) -> Found {
        let mut found = Found::Nothing;
        for nth in 1..=READS_MAX {
            crash::pass(Point::LookingUp);
            let read = tokio::time::timeout(READ_TIMEOUT, channel.find(sent, intent)).await;
            crash::pass(Point::LookedUp);
            found = read.unwrap_or(Found::CannotTell(Reason::TimedOut));
            match &found {
                Found::There { .. } | Found::CannotTell(Reason::Several) => return found,
                Found::Nothing | Found::CannotTell(_) if nth == READS_MAX => {}
                Found::Nothing | Found::CannotTell(_) => {
                    let next = self.now().checked_add(BETWEEN_READS).unwrap_or(self.now());
                    self.clock().until(next).await;
                }
            }
        }
        found
    }

    /// Looks at the address that a person gave.
    pub(super) async fn look_at(
        &self,
        shell: &Shell,
        row: &Claimed,
        job: PostJob,
        url: String,
    ) -> Result<(), RecordError> {
        let board = self.board();
        let sent = board.incidents.get(&job.incident).and_then(|entry| entry.incident.sent(&job.statement));
        let texts: Vec<_> = sent.into_iter().flat_map(|sent| sent.variants_for(&job.channel)).collect();
        let seen = match shell.hands.outside().and_then(|outside| outside.http.as_ref()) {
            Some(http) => {
                let looked = tokio::time::timeout(LOOK_TIMEOUT, look_at(http, &url, &texts)).await;
                looked.unwrap_or(Seen::CouldNotBeSeen { why: Unseen::TooSlow })
            }
            None => Seen::CouldNotBeSeen { why: Unseen::NothingLeaves },
        };
        let event = job.event(|statement, channel| Event::PostSeen { statement, channel, url, seen });
        self.end(row, Settled::Done(event.kind().to_owned()), Some(event)).await
    }

    /// Takes a post down; a call that may not have arrived is repeated, since a repeat does no harm.
    pub(super) async fn take_down(
        &self,
        shell: &Shell,
        row: &Claimed,
        job: PostJob,
        url: String,
    ) -> Result<(), RecordError> {
        let key = row.id.to_string();
        let outcome = match self.channel_of(shell, &job) {
            Some(channel) => {
                let called = tokio::time::timeout(READ_TIMEOUT, channel.take_down(&url, &key)).await;
                called.unwrap_or(Outcome::Unknown(Reason::TimedOut))
            }
            None => Outcome::Never(Reason::NotConfigured),
        };
        let (why, after) = match outcome {
            Outcome::Done { .. } => {
                let event = job.event(|statement, channel| Event::TakenDown { statement, channel, by: None });
                return self.end(row, Settled::Done(event.kind().to_owned()), Some(event)).await;
            }
            Outcome::Later { why, after } if row.attempts < TAKE_DOWN_TRIES_MAX => (why, after),
            Outcome::Unknown(why) if row.attempts < TAKE_DOWN_TRIES_MAX => (why, Duration::ZERO),
            Outcome::Later { why, .. } | Outcome::Unknown(why) | Outcome::Never(why) => {
                let why = why.to_string();
                let event = job.event(|statement, channel| Event::TakeDownFailed { statement, channel, why });
                return self.end(row, Settled::Done(event.kind().to_owned()), Some(event)).await;
            }
        };
        tracing::warn!(%why, attempts = row.attempts, "a post was not taken down yet; it is tried again");
        let not_before = later(self.time(), after).max(self.retry_at(row.attempts));
        self.end(row, Settled::NotBefore(not_before), None).await
    }
}
