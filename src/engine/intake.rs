//! Intake: polled feeds, each in a loop of its own. The cursor moves in the same transaction as what it brought.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::back_off::BackOff;
use super::{Engine, RecordError, Work};
use crate::core::name::FeedName;
use crate::crash::{self, Point};
use crate::feed::{Cost, Door, Feed};

/// How often open incidents and spent watches are looked at.
const TICK: SignedDuration = SignedDuration::from_mins(1);

/// A feed that is asked from time to time.
pub struct PolledFeed {
    pub name: FeedName,
    pub feed: Arc<dyn Feed>,
}

impl Engine {
    /// Polls one feed until it ends or Holdline stops.
    pub async fn poll(self, polled: PolledFeed, stop: CancellationToken) {
        let mut wait = BackOff::new();
        while !stop.is_cancelled() {
            let looked = tokio::select! {
                () = stop.cancelled() => return,
                looked = self.poll_once(&polled) => looked,
            };
            match looked {
                Ok(true) => return,
                Ok(false) => wait.end(),
                Err(error) => {
                    if let PollFailed::Feed(why) = &error {
                        self.note_failing(&polled.name, why.clone()).await;
                    }
                    tracing::warn!(feed = %polled.name, %error, "the feed could not be read; it is tried again");
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(wait.next()) => {}
                    }
                }
            }
        }
    }

    /// One look; true where nothing will ever come any more.
    async fn poll_once(&self, polled: &PolledFeed) -> Result<bool, PollFailed> {
        let Door::Polled(source) = polled.feed.door() else { return Ok(true) };
        let name = polled.name.clone();
        let cursor = self.call(move |work| work.cursor(&name)).await?;
        let batch = source.poll(cursor).await.map_err(|error| PollFailed::Feed(error.to_string()))?;
        crash::pass(Point::Polled);
        for refused in &batch.refused {
            tracing::warn!(feed = %polled.name, "{refused}");
        }
        let (name, ended) = (polled.name.clone(), batch.ended);
        self.call(move |work| {
            work.feed_answers(&name)?;
            let taken = work.take_in(&name, &batch.mentions)?;
            work.note_heard(&name, taken, &batch.mentions, Cost::default());
            if ended {
                work.note_over(&name);
            }
            batch.cursor.map_or(Ok(()), |cursor| work.move_cursor(&name, &cursor))
        })
        .await?;
        crash::pass(Point::PolledKept);
        Ok(ended)
    }

    /// What cannot be written down now is written down at the next failure.
    pub(super) async fn note_failing(&self, feed: &FeedName, why: String) {
        let feed = feed.clone();
        let work = move |work: &mut Work<'_, '_>| {
            work.note_failure(&feed, why);
            work.feed_fails(&feed)
        };
        if let Err(error) = self.call(work).await {
            tracing::warn!(%error, "that a feed fails could not be written down");
        }
    }

    /// Looks at watches and open incidents at every full minute.
    pub async fn tick(self, stop: CancellationToken) {
        self.every(TICK, stop, |work| work.tick()).await;
    }

    /// Signs the chain's head at every `period`, for those who keep it outside.
    pub async fn seal(self, period: SignedDuration, stop: CancellationToken) {
        self.every(period, stop, |work| work.seal()).await;
    }

    async fn every(
        &self,
        period: SignedDuration,
        stop: CancellationToken,
        work: fn(&mut Work<'_, '_>) -> Result<(), RecordError>,
    ) {
        loop {
            let next = next_multiple(self.machine_time(), period);
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.clock().until(next) => {}
            }
            if let Err(error) = self.call(work).await {
                tracing::error!(%error, "a regular look could not be written down; it is done again at the next");
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum PollFailed {
    #[error("{0}")]
    Feed(String),
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// The next time that is a whole number of periods since 1970.
fn next_multiple(now: Timestamp, period: SignedDuration) -> Timestamp {
    let step = i64::try_from(period.as_millis()).unwrap_or(i64::MAX).max(1);
    let next = (now.as_millisecond().div_euclid(step) + 1).saturating_mul(step);
    Timestamp::from_millisecond(next).unwrap_or(Timestamp::MAX)
}
