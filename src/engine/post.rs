//! Posting by protocol: the intent is committed, then one call with a hard deadline, then its outcome. Nothing is sent twice on a guess.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::board::Entry;
use super::measured::Ended;
use super::outbox::Shell;
use super::work::{INTENDED, LEASE, Work};
use super::{Engine, RecordError};
use crate::channel::{Channel, Intent, Outcome, Reason};
use crate::core::approval::ApprovedStatement;
use crate::core::incident::{Event, IncidentId, PostPhase};
use crate::core::name::{ChannelName, StepId};
use crate::core::statement::{Digest, Package};
use crate::crash::{self, Point};
use crate::store::{Claimed, Reader, Settled, StoreError};

/// From a post's claim to the last byte of its call: nothing is sent later, so that a late worker cannot overlap a look
/// or a person's word. Shorter than the lease.
pub const POST_TIMEOUT: Duration = Duration::from_secs(20);

/// A post to carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostJob {
    pub incident: IncidentId,
    pub statement: StepId,
    pub channel: ChannelName,
    pub attempt: u32,
}

/// What to do about a claimed post, decided and written down in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostStep {
    /// The intent is recorded: call the channel once, with these bytes.
    Call(Box<ApprovedStatement>, Intent),
    /// Nothing to do outside.
    Nothing,
}

impl PostJob {
    pub(super) fn event(&self, make: impl FnOnce(StepId, ChannelName) -> Event) -> Event {
        make(self.statement.clone(), self.channel.clone())
    }

    /// What this attempt is known by, at the channel as well. With the words' hash: after a restore the same attempt may
    /// be of other words.
    pub(super) fn intent(&self, at: Timestamp, words: Digest) -> Intent {
        let Self { incident, statement, channel, attempt } = self;
        Intent { key: format!("{incident}.{statement}.{channel}.{attempt}.{}", words.short()), at }
    }

    /// The event that tells how a call ended.
    fn ended(&self, outcome: Outcome, now: Timestamp) -> Event {
        match outcome {
            Outcome::Done { url } => self.event(|statement, channel| Event::PostConfirmed { statement, channel, url }),
            Outcome::Later { why, after } => {
                let (why, not_before) = (why.to_string(), later(now, after));
                self.event(|statement, channel| Event::PostPutOff { statement, channel, why, not_before })
            }
            Outcome::Never(why) => {
                let why = why.to_string();
                self.event(|statement, channel| Event::PostRefused { statement, channel, why })
            }
            Outcome::Unknown(why) => self.unknown(why),
        }
    }

    fn unknown(&self, why: Reason) -> Event {
        let why = why.to_string();
        self.event(|statement, channel| Event::PostUnknown { statement, channel, why })
    }
}

impl Work<'_, '_> {
    /// Records the intent of a claimed post, or that an earlier intent's outcome was lost.
    pub fn begin_post(&mut self, row: &Claimed, job: &PostJob) -> Result<PostStep, RecordError> {
        if !self.batch.renew(row, self.now(), LEASE)? {
            // Another worker has it by now.
            return Ok(PostStep::Nothing);
        }
        let incident = self.entry(job.incident)?.incident;
        match incident.post(&job.statement, &job.channel) {
            Some(PostPhase::Owed { attempt }) if *attempt == job.attempt => self.intend(row, job),
            // Only the row that was intended: a yes taken back and given again leaves another of the same attempt behind.
            Some(PostPhase::Intended { attempt, .. }) if *attempt == job.attempt && row.kind == INTENDED => {
                let event = job.unknown(Reason::Interrupted);
                self.settle(row, &Settled::Done(event.kind().to_owned()), Some(event))?;
                Ok(PostStep::Nothing)
            }
            Some(_) | None => self.nothing(row, &Settled::Done("moot".to_owned())),
        }
    }

    fn intend(&mut self, row: &Claimed, job: &PostJob) -> Result<PostStep, RecordError> {
        let attempt = job.attempt;
        if self.is_stopped() {
            // It stays owed; while posting is stopped no such row is claimed.
            return self.nothing(row, &Settled::NotBefore(self.now()));
        }
        if self.entry(job.incident)?.incident.setting != self.standing.setting {
            // The store of a rehearsal was opened live, or the other way round: nothing of it leaves.
            self.end_post(row, job, Outcome::Never(Reason::NotConfigured))?;
            return Ok(PostStep::Nothing);
        }
        let intended = job.event(|statement, channel| Event::PostIntended { statement, channel, attempt });
        match self.record(job.incident, intended) {
            Ok(()) => {}
            Err(RecordError::Refused(refusal)) => {
                return self.nothing(row, &Settled::Done(format!("not posted: {refusal}")));
            }
            Err(error) => return Err(error),
        }
        let incident = self.entry(job.incident)?.incident;
        let Some(PostPhase::Intended { at, .. }) = incident.post(&job.statement, &job.channel) else {
            return self.nothing(row, &Settled::Done("stopped".to_owned()));
        };
        match incident.approved(&job.statement) {
            Some(approved) => {
                self.batch.becomes(row, INTENDED)?;
                let intent = job.intent(*at, approved.digest());
                Ok(PostStep::Call(Box::new(approved), intent))
            }
            None => self.nothing(row, &Settled::Done("stopped".to_owned())),
        }
    }

    pub(super) fn nothing(&mut self, row: &Claimed, how: &Settled) -> Result<PostStep, RecordError> {
        self.settle(row, how, None)?;
        Ok(PostStep::Nothing)
    }

    /// Writes down how a call ended.
    pub fn end_post(&mut self, row: &Claimed, job: &PostJob, outcome: Outcome) -> Result<(), RecordError> {
        let event = job.ended(outcome, self.now());
        self.settle(row, &Settled::Done(event.kind().to_owned()), Some(event))
    }
}

impl Engine {
    /// Carries out one claimed post.
    pub(super) async fn post(&self, shell: &Shell, row: &Claimed, job: PostJob) -> Result<(), RecordError> {
        let by = Instant::now() + POST_TIMEOUT;
        let (claimed, wanted) = (row.clone(), job.clone());
        let step = self.call(move |work| work.begin_post(&claimed, &wanted)).await?;
        let PostStep::Call(approved, intent) = step else { return Ok(()) };
        // Asked only now: an intent of before whose outcome was lost may be public, whatever is configured by now.
        let Some(channel) = self.channel_of(shell, &job) else {
            return self.end_post(row, job, Outcome::Never(Reason::NotConfigured)).await;
        };
        let outcome = if Instant::now() >= by {
            // Nothing was sent yet, and nothing is sent late.
            Outcome::Later { why: Reason::TimedOut, after: Duration::ZERO }
        } else if self.board().stopped {
            Outcome::Later { why: Reason::Stopped, after: Duration::ZERO }
        } else {
            let outcome = call(channel.as_ref(), &approved, &intent, by).await;
            let (ended, why) = measured(&outcome);
            self.measures().posted(&job.channel, ended, why, self.time());
            outcome
        };
        self.end_post(row, job, outcome).await
    }

    /// The channel that these hands hold for the incident's own rules of it.
    pub(super) fn channel_of(&self, shell: &Shell, job: &PostJob) -> Option<Arc<dyn Channel>> {
        let board = self.board();
        let Entry { incident, rules } = board.incidents.get(&job.incident)?;
        let approved = rules.channels.get(&job.channel)?;
        shell.hands.channel(incident.setting, &job.channel, approved, incident.opened_at)
    }

    async fn end_post(&self, row: &Claimed, job: PostJob, outcome: Outcome) -> Result<(), RecordError> {
        let row = row.clone();
        self.call(move |work| work.end_post(&row, &job, outcome)).await?;
        crash::pass(Point::OutcomeKept);
        Ok(())
    }
}

fn measured(outcome: &Outcome) -> (Ended, Option<Reason>) {
    match outcome {
        Outcome::Done { .. } => (Ended::Done, None),
        Outcome::Later { why, .. } => (Ended::Later, Some(*why)),
        Outcome::Never(why) => (Ended::Never, Some(*why)),
        Outcome::Unknown(why) => (Ended::Unknown, Some(*why)),
    }
}

async fn call(channel: &dyn Channel, approved: &ApprovedStatement, intent: &Intent, by: Instant) -> Outcome {
    crash::pass(Point::PostIntended);
    let called = tokio::time::timeout_at(by, channel.post(approved, intent)).await;
    crash::pass(Point::PostCalled);
    called.unwrap_or(Outcome::Unknown(Reason::TimedOut))
}

pub(super) fn later(now: Timestamp, after: Duration) -> Timestamp {
    now.checked_add(after).unwrap_or(Timestamp::MAX)
}

/// The stored version that the public may read, found by the hash that its approval bound and hashed again.
pub(super) fn stored_package(reader: &Reader, incident: IncidentId, digest: Digest) -> Result<Package, RecordError> {
    let found = reader.latest(incident, "saved", |event| {
        let Event::Saved { package, .. } = event else { return None };
        (package.digest() == digest).then_some(*package)
    })?;
    let missing = "the stored statement is not the one that was approved; it is not shown";
    found.ok_or_else(|| RecordError::Store(StoreError::Unreadable(missing.to_owned())))
}
