//! Streaming: feeds that stay connected, each in a loop of its own. What was heard and how far it was read are one
//! transaction; until it stands nothing more is read.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::back_off::BackOff;
use super::{Engine, RecordError, TakenIn, Work};
use crate::core::count::CountedAt;
use crate::core::mention::Mention;
use crate::core::name::FeedName;
use crate::crash::{self, Point};
use crate::feed::streamed::{Heard, Http, Keep, StreamError};
use crate::feed::{Door, Feed};

/// How often a place is written down while nothing is stored: what was passed over since is read once more after a death.
const PLACE_EVERY: Duration = Duration::from_secs(10);

/// A feed that is followed, and the way to it.
pub struct FollowedFeed {
    pub name: FeedName,
    pub feed: Arc<dyn Feed>,
    pub http: Http,
}

#[derive(Debug, thiserror::Error)]
enum FollowFailed {
    #[error(transparent)]
    Feed(#[from] StreamError),
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl Engine {
    /// Follows one feed until Holdline stops.
    pub async fn follow(self, followed: FollowedFeed, stop: CancellationToken) {
        let mut wait = BackOff::new();
        while !stop.is_cancelled() {
            let ended = tokio::select! {
                () = stop.cancelled() => return,
                ended = self.follow_once(&followed, &mut wait) => ended,
            };
            let Err(error) = ended else { return };
            tracing::warn!(feed = %followed.name, %error, "the feed is not followed; it is connected to again");
            if let FollowFailed::Feed(error) = &error {
                self.note_failing(&followed.name, error.to_string()).await;
            }
            let asked = match &error {
                FollowFailed::Feed(error) => error.after.unwrap_or_default(),
                FollowFailed::Record(_) => Duration::ZERO,
            };
            // Spread, so that everybody whom a server dropped does not come back at once.
            let spread = wait.next().mul_f64(0.5 + rand::random::<f64>() / 2.0);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(spread.max(asked)) => {}
            }
        }
    }

    /// One connection, to its end.
    async fn follow_once(&self, followed: &FollowedFeed, wait: &mut BackOff) -> Result<(), FollowFailed> {
        let Door::Streamed(source) = followed.feed.door() else { return Ok(()) };
        let name = followed.name.clone();
        let cursor = self.call(move |work| work.cursor(&name)).await?;
        let mut session = source.open(&followed.http, cursor, self.time()).await?;
        let mut written = Instant::now();
        loop {
            let heard = session.hear(self.time()).await?;
            crash::pass(Point::Polled);
            if let Some(note) = &heard.note {
                tracing::warn!(feed = %followed.name, "{note}");
            }
            if let Some(first) = &heard.refused.first {
                tracing::warn!(feed = %followed.name, count = heard.refused.count, "not taken: {first}");
            }
            let brings = !heard.mentions.is_empty() || heard.cursor.is_some();
            if brings {
                wait.end();
            } else if !heard.answered {
                continue;
            }
            let (name, due) = (followed.name.clone(), written.elapsed() >= PLACE_EVERY);
            let taken = self.call(move |work| work.keep_heard(&name, &heard, due)).await?;
            if due || taken.new > 0 {
                written = Instant::now();
            }
            crash::pass(Point::PolledKept);
        }
    }
}

impl Work<'_, '_> {
    /// Stores what was heard and is to be kept, and moves the place with it; where nothing is stored, only when it is due.
    /// A connection alone is no answer: an outage lasts until the source is heard.
    pub fn keep_heard(&mut self, feed: &FeedName, heard: &Heard, due: bool) -> Result<TakenIn, RecordError> {
        if heard.answered {
            self.feed_answers(feed)?;
        }
        let matching: Vec<Mention>;
        let kept = match heard.keep {
            Keep::All => &heard.mentions,
            Keep::Matching => {
                let matches = |mention: &&Mention| !self.state.counting.matching(feed, mention).is_empty();
                matching = heard.mentions.iter().filter(matches).cloned().collect();
                &matching
            }
        };
        let taken = self.take_in_by(feed, kept, CountedAt::of_stream)?;
        if let Some(cursor) = heard.cursor.as_deref().filter(|_| due || taken.new > 0) {
            self.move_cursor(feed, cursor)?;
        }
        if heard.answered {
            self.note_heard(feed, taken, &heard.mentions, heard.cost);
        }
        Ok(taken)
    }
}
