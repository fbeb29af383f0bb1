//! Posting by protocol: the intent is committed, then one call with a hard deadline, then its outcome. Nothing is sent twice on a guess.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::outbox::Shell;
use super::work::{LEASE, Work};
use super::{Engine, RecordError};
use crate::channel::{Channel, Found, Outcome, Reason};
use crate::core::approval::ApprovedStatement;
use crate::core::incident::{Event, IncidentId, PostPhase, SETTLE};
use crate::core::name::{ChannelName, StepId};
use crate::core::statement::{Digest, Package};
use crate::crash::{self, Point};
use crate::store::{Claimed, Reader, Settled, StoreError};

/// A call that takes longer than this is not waited for; shorter than the lease, so that a late worker cannot overlap the next.
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
    Call(ApprovedStatement),
    /// An earlier attempt's outcome was lost: look whether it arrived.
    LookUp(ApprovedStatement),
    /// Settled already; nothing to do outside.
    Nothing,
}

impl PostJob {
    fn event(&self, make: impl FnOnce(StepId, ChannelName) -> Event) -> Event {
        make(self.statement.clone(), self.channel.clone())
    }

    /// The event that tells how a call or a look-up ended.
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
            Outcome::Unknown(why) => {
                let why = why.to_string();
                self.event(|statement, channel| Event::PostUnknown { statement, channel, why })
            }
        }
    }
}

impl Work<'_, '_> {
    /// Records the intent of a claimed post, or says what else is to be done about it.
    pub fn begin_post(&mut self, row: &Claimed, job: &PostJob) -> Result<PostStep, RecordError> {
        if !self.batch.renew(row, self.now(), LEASE)? {
            // Another worker has it by now.
            return Ok(PostStep::Nothing);
        }
        let incident = self.entry(job.incident)?.incident;
        match incident.post(&job.statement, &job.channel) {
            Some(PostPhase::Owed { attempt }) if *attempt == job.attempt => self.intend(row, job),
            Some(PostPhase::Intended { attempt, at }) if *attempt == job.attempt => {
                let settled = SETTLE.after(*at);
                if self.now() < settled {
                    return self.nothing(row, &Settled::NotBefore(settled));
                }
                match incident.approved(&job.statement) {
                    Some(approved) => Ok(PostStep::LookUp(approved)),
                    None => self.end_post(row, job, Outcome::Unknown(Reason::OtherBytes)).map(|()| PostStep::Nothing),
                }
            }
            Some(_) | None => self.nothing(row, &Settled::Done("moot".to_owned())),
        }
    }

    fn intend(&mut self, row: &Claimed, job: &PostJob) -> Result<PostStep, RecordError> {
        let attempt = job.attempt;
        let intent = job.event(|statement, channel| Event::PostIntended { statement, channel, attempt });
        match self.record(job.incident, intent) {
            Ok(()) => {}
            Err(RecordError::Refused(refusal)) => {
                return self.nothing(row, &Settled::Done(format!("not posted: {refusal}")));
            }
            Err(error) => return Err(error),
        }
        let incident = self.entry(job.incident)?.incident;
        let intended = matches!(incident.post(&job.statement, &job.channel), Some(PostPhase::Intended { .. }));
        match incident.approved(&job.statement).filter(|_| intended) {
            Some(approved) => Ok(PostStep::Call(approved)),
            None => self.nothing(row, &Settled::Done("stopped".to_owned())),
        }
    }

    fn nothing(&mut self, row: &Claimed, how: &Settled) -> Result<PostStep, RecordError> {
        self.settle(row, how, None)?;
        Ok(PostStep::Nothing)
    }

    /// Writes down how a call or a look-up ended.
    pub fn end_post(&mut self, row: &Claimed, job: &PostJob, outcome: Outcome) -> Result<(), RecordError> {
        let event = job.ended(outcome, self.now());
        self.settle(row, &Settled::Done(event.kind().to_owned()), Some(event))
    }
}

/// What a look-up means: a post that does not show may still be on its way, so a person is asked.
pub fn after_look_up(found: Found) -> Outcome {
    match found {
        Found::There { url } => Outcome::Done { url },
        Found::Nothing => Outcome::Unknown(Reason::TimedOut),
        Found::CannotTell(why) => Outcome::Unknown(why),
    }
}

impl Engine {
    /// Carries out one claimed post.
    pub(super) async fn post(&self, shell: &Shell, row: &Claimed, job: PostJob) -> Result<(), RecordError> {
        let Some(channel) = self.live_channel(shell, &job) else {
            return self.end_post(row, job, Outcome::Never(Reason::NotConfigured)).await;
        };
        let (claimed, wanted) = (row.clone(), job.clone());
        let step = self.call(move |work| work.begin_post(&claimed, &wanted)).await?;
        let outcome = match step {
            PostStep::Nothing => return Ok(()),
            PostStep::Call(approved) => call(channel.as_ref(), &approved, row).await,
            PostStep::LookUp(approved) => look_up(channel.as_ref(), &approved, row).await,
        };
        self.end_post(row, job, outcome).await
    }

    /// The live channel, only where it still is what the incident opened with: the same kind, account and settings.
    fn live_channel(&self, shell: &Shell, job: &PostJob) -> Option<Arc<dyn Channel>> {
        let live = shell.channels.get(&job.channel)?;
        let board = self.board();
        let approved = board.incidents.get(&job.incident)?.rules.channels.get(&job.channel)?;
        (live.rules == *approved).then(|| Arc::clone(&live.channel))
    }

    async fn end_post(&self, row: &Claimed, job: PostJob, outcome: Outcome) -> Result<(), RecordError> {
        let row = row.clone();
        self.call(move |work| work.end_post(&row, &job, outcome)).await?;
        crash::pass(Point::OutcomeKept);
        Ok(())
    }
}

async fn call(channel: &dyn Channel, approved: &ApprovedStatement, row: &Claimed) -> Outcome {
    let key = row.id.to_string();
    crash::pass(Point::PostIntended);
    let called = tokio::time::timeout(POST_TIMEOUT, channel.post(approved, &key)).await;
    crash::pass(Point::PostCalled);
    called.unwrap_or(Outcome::Unknown(Reason::TimedOut))
}

async fn look_up(channel: &dyn Channel, approved: &ApprovedStatement, row: &Claimed) -> Outcome {
    let key = row.id.to_string();
    crash::pass(Point::LookingUp);
    let found = tokio::time::timeout(POST_TIMEOUT, channel.find(approved, &key)).await;
    crash::pass(Point::LookedUp);
    after_look_up(found.unwrap_or(Found::CannotTell(Reason::TimedOut)))
}

fn later(now: Timestamp, after: Duration) -> Timestamp {
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
