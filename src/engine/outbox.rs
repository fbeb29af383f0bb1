//! The outbox's loop: does inside work, claims what is due outside, carries it out and settles it. Restartable at any point.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::hands::Hands;
use super::post::PostJob;
use super::{Engine, RecordError};
use crate::core::incident::{Effect, Event};
use crate::crash::{self, Point};
use crate::mail::Post;
use crate::mail::compose::Composer;
use crate::store::{Claimed, INSTALLATION, InstallationEffect, Settled};

/// Mails and posts under way at once.
pub(super) const AT_ONCE_MAX: usize = 16;
/// The longest wait without looking again, should a time have been missed.
const LOOK_AT_LEAST_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// How long what is under way may take once Holdline is to stop. A mail that is broken off goes out again under the same
/// name; a post that is broken off is looked for before anything else.
pub const STOP_WITHIN: Duration = Duration::from_secs(8);
/// Waits after the store failed.
const STORE_PAUSE: SignedDuration = SignedDuration::from_secs(2);

/// What effects are carried out with: which post office, and which hands.
pub struct Shell {
    pub post: Arc<Post>,
    pub composer: Composer,
    pub hands: Hands,
    /// Whose mail goes before all of this one's: the live one's, where a rehearsal shares its mail server.
    pub first: Option<Engine>,
}

impl Engine {
    /// Runs until `stop`; what is under way then is finished first.
    pub async fn carry_out(self, shells: watch::Receiver<Arc<Shell>>, stop: CancellationToken) {
        let mut under_way: JoinSet<()> = JoinSet::new();
        while !stop.is_cancelled() {
            // Taken before looking, so that a commit between the look and the wait is not missed.
            let owed = self.owed.notified();
            let shell = Arc::clone(&shells.borrow());
            match self.look(&shell, &mut under_way, &stop).await {
                Ok(next) => self.rest(next, owed, &mut under_way, &stop).await,
                Err(error) => {
                    tracing::error!(%error, "the outbox could not be read; it is read again");
                    let later = self.time().checked_add(STORE_PAUSE).unwrap_or(Timestamp::MAX);
                    self.rest(Some(later), owed, &mut under_way, &stop).await;
                }
            }
        }
        let finished = timeout(STOP_WITHIN, async { while under_way.join_next().await.is_some() {} }).await;
        if finished.is_err() {
            let left = under_way.len();
            tracing::warn!(left, "some mails and posts were broken off; they are followed up at the next start");
        }
    }

    /// One look: inside work first, then as many rows as there are hands for. Says when the next row is due.
    async fn look(
        &self,
        shell: &Arc<Shell>,
        under_way: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) -> Result<Option<Timestamp>, RecordError> {
        while self.call(|work| work.carry_out_inside()).await? {}
        while under_way.len() >= AT_ONCE_MAX {
            tokio::select! {
                () = stop.cancelled() => return Ok(None),
                _ = under_way.join_next() => {}
            }
        }
        // No more than there are hands for, so that a lease is not spent in waiting.
        let free = AT_ONCE_MAX - under_way.len();
        let rows = self.call(move |work| work.claim_outside(free)).await?;
        for row in rows {
            let (engine, shell) = (self.clone(), Arc::clone(shell));
            // Of the highest level, so that whatever is logged says which incident it is about.
            let setting = self.standing().setting.logged();
            let span = match row.id.incident {
                INSTALLATION => tracing::error_span!("effect", effect = %row.id, setting),
                incident => tracing::error_span!("effect", incident, effect = %row.id, setting),
            };
            under_way.spawn(async move { engine.carry_out_row(&shell, row).await }.instrument(span));
        }
        self.call(|work| work.next_due()).await
    }

    async fn rest(
        &self,
        next: Option<Timestamp>,
        owed: impl Future<Output = ()>,
        under_way: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) {
        let at_least = self.time().checked_add(LOOK_AT_LEAST_EVERY).unwrap_or(Timestamp::MAX);
        let until = next.map_or(at_least, |next| next.min(at_least));
        tokio::select! {
            () = stop.cancelled() => {}
            () = owed => {}
            () = self.until(until) => {}
            Some(_) = under_way.join_next() => {}
        }
    }

    async fn carry_out_row(&self, shell: &Shell, row: Claimed) {
        let _under_way = self.measures().under_way();
        crash::pass(Point::ClaimTaken);
        let done = if row.id.incident == INSTALLATION {
            self.carry_out_installation(shell, &row).await
        } else {
            self.carry_out_effect(shell, &row).await
        };
        match done {
            Ok(()) => tracing::debug!(kind = row.kind, "carried out"),
            // The row stays claimed until its lease ends and is then carried out again.
            Err(error) => {
                self.measures().count(|counters| counters.unsettled += 1);
                tracing::error!(%error, "an effect could not be settled; it comes again after its lease");
            }
        }
    }

    async fn carry_out_installation(&self, shell: &Shell, row: &Claimed) -> Result<(), RecordError> {
        let Ok(effect) = serde_json::from_str::<InstallationEffect>(&row.body) else {
            return self.end(row, Settled::Done("unreadable".to_owned()), None).await;
        };
        self.mail_installation(shell, row, &effect).await
    }

    async fn carry_out_effect(&self, shell: &Shell, row: &Claimed) -> Result<(), RecordError> {
        let Ok(effect) = serde_json::from_str::<Effect>(&row.body) else {
            return self.end(row, Settled::Done("unreadable".to_owned()), None).await;
        };
        match effect {
            Effect::Post { statement, channel, attempt, .. } => {
                let incident = row.id.incident;
                self.post(shell, row, PostJob { incident, statement, channel, attempt }).await
            }
            Effect::LookUp { statement, channel, attempt, .. } => {
                let incident = row.id.incident;
                self.look_up(shell, row, PostJob { incident, statement, channel, attempt }).await
            }
            Effect::LookAt { statement, channel, url } => {
                let incident = row.id.incident;
                self.look_at(shell, row, PostJob { incident, statement, channel, attempt: 1 }, url).await
            }
            Effect::TakeDown { statement, channel, url } => {
                let incident = row.id.incident;
                self.take_down(shell, row, PostJob { incident, statement, channel, attempt: 1 }, url).await
            }
            Effect::Page { alert, rung } => self.page(shell, row, &alert, rung).await,
            Effect::Alert { .. }
            | Effect::AskTask { .. }
            | Effect::AskApproval { .. }
            | Effect::Remind { .. }
            | Effect::Tell { .. }
            | Effect::TellAddress { .. }
            | Effect::AskToPost { .. }
            | Effect::AskToTakeDown { .. } => self.mail(shell, row, &effect).await,
            Effect::Draft { .. } | Effect::WakeAt { .. } => {
                self.end(row, Settled::Done("inside work".to_owned()), None).await
            }
        }
    }

    /// Settles a row, together with the event that tells how it went.
    pub(super) async fn end(&self, row: &Claimed, how: Settled, event: Option<Event>) -> Result<(), RecordError> {
        let row = row.clone();
        self.call(move |work| work.settle(&row, &how, event)).await
    }
}
