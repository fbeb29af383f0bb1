//! Fetched feeds: one loop for all of them. What a look brought, its cursor and its schedule are kept in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::turns::{FeedIndex, Turns};
use super::{Engine, RecordError};
use crate::core::name::FeedName;
use crate::core::schedule::Schedule;
use crate::crash::{self, Point};
use crate::feed::{Door, Feed, Fetched, Outside};

/// Fetches under way at once: enough that five hundred servers that dawdle hold up nobody else.
pub const FETCHES_MAX: usize = 640;
/// Looks that are overdue at a start, for each second: after a night's outage ten thousand feeds are asked within minutes
/// and not at once.
pub const OVERDUE_PER_SECOND: i64 = 50;
/// The longest wait without looking again, should a time have been missed.
const LOOK_AT_LEAST_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// How long a look that could not be written down is put off.
const STORE_PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// Numbers from nought to below one, that nobody needs to foresee.
pub type Chance = Box<dyn FnMut() -> f64 + Send>;

/// A feed that is fetched from time to time.
#[derive(Clone)]
pub struct FetchedFeed {
    pub name: FeedName,
    pub feed: Arc<dyn Feed>,
}

impl FetchedFeed {
    fn source(&self) -> Option<&dyn Fetched> {
        match self.feed.door() {
            Door::Fetched(source) => Some(source),
            Door::Webhook(_) | Door::Polled(_) | Door::Streamed(_) => None,
        }
    }
}

struct Listening {
    feed: FetchedFeed,
    schedule: Schedule,
}

/// A look that is over: of which feed, since when its host was left alone, and its schedule from then on.
type Ended = (FeedIndex, Timestamp, Result<Schedule, RecordError>);

impl Engine {
    /// Fetches each feed when it is due, until `stop`. A fetch that is under way then is let go: nothing of it was kept.
    pub async fn fetch(self, feeds: Vec<FetchedFeed>, outside: Outside, mut chance: Chance, stop: CancellationToken) {
        let mut listening = loop {
            match self.begin_listening(&feeds).await {
                Ok(listening) => break listening,
                Err(error) => {
                    tracing::error!(%error, "the feeds' schedules could not be read; they are read again");
                    self.wait(STORE_PAUSE, &stop).await;
                }
            }
            if stop.is_cancelled() {
                return;
            }
        };
        let hosts = listening.iter().map(|one| one.feed.source().map_or("", Fetched::host));
        let mut turns = Turns::of(hosts);
        for (index, one) in listening.iter().enumerate() {
            if let Some(due) = one.schedule.due {
                turns.set(index, due);
            }
        }
        let mut under_way: JoinSet<Ended> = JoinSet::new();
        loop {
            while under_way.len() < FETCHES_MAX
                && let Some(index) = turns.take(self.now())
            {
                let Listening { feed, schedule } = &listening[index];
                let look = self.clone().fetch_one(feed.clone(), schedule.clone(), outside.clone(), chance());
                under_way.spawn(async move {
                    let (over, looked) = look.await;
                    (index, over, looked)
                });
            }
            let latest = self.now().checked_add(LOOK_AT_LEAST_EVERY).unwrap_or(Timestamp::MAX);
            let next = turns.next().map_or(latest, |next| next.min(latest));
            let is_full = under_way.len() >= FETCHES_MAX;
            tokio::select! {
                () = stop.cancelled() => return,
                Some(ended) = under_way.join_next(), if !under_way.is_empty() => {
                    self.end_look(ended, &mut turns, &mut listening);
                }
                () = self.clock().until(next), if !is_full => {}
            }
        }
    }

    fn end_look(&self, ended: Result<Ended, tokio::task::JoinError>, turns: &mut Turns, listening: &mut [Listening]) {
        let (index, over, looked) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "a look at a feed was broken off; it is made again at the next start");
                return;
            }
        };
        turns.done(index, over);
        let one = &mut listening[index];
        match looked {
            Ok(schedule) => one.schedule = schedule,
            Err(error) => {
                tracing::warn!(feed = %one.feed.name, %error, "a look could not be written down; it is made again");
                one.schedule.due = self.now().checked_add(STORE_PAUSE).ok();
            }
        }
        if let Some(due) = one.schedule.due {
            turns.set(index, due);
        }
    }

    /// Each feed with its row; what is overdue is put in a line.
    async fn begin_listening(&self, feeds: &[FetchedFeed]) -> Result<Vec<Listening>, RecordError> {
        let names = feeds.iter().map(|feed| feed.name.clone()).collect();
        let mut rows: BTreeMap<FeedName, Schedule> = self.call(move |work| work.schedules(&names)).await?;
        let now = self.now();
        let mut overdue = 0;
        let listen = |feed: &FetchedFeed| {
            let source = feed.source()?.source().to_owned();
            let row = rows.remove(&feed.name).filter(|row| row.source == source);
            let mut schedule = row.unwrap_or_else(|| Schedule::new(&source, now));
            if schedule.due.is_some_and(|due| due <= now) {
                let wait = SignedDuration::from_millis(overdue * 1000 / OVERDUE_PER_SECOND);
                schedule.due = now.checked_add(wait).ok();
                overdue += 1;
            }
            Some(Listening { feed: feed.clone(), schedule })
        };
        Ok(feeds.iter().filter_map(listen).collect())
    }

    async fn fetch_one(
        self,
        feed: FetchedFeed,
        schedule: Schedule,
        outside: Outside,
        chance: f64,
    ) -> (Timestamp, Result<Schedule, RecordError>) {
        let Some(source) = feed.source() else { return (self.now(), Ok(schedule)) };
        let name = feed.name.clone();
        let cursor = match self.call(move |work| work.cursor(&name)).await {
            Ok(cursor) => cursor,
            Err(error) => return (self.now(), Err(error)),
        };
        let look = source.fetch(&outside, cursor, self.now()).await;
        let over = self.now();
        crash::pass(Point::Polled);
        let (name, every) = (feed.name.clone(), source.every());
        let kept = self.call(move |work| work.keep_look(&name, look, schedule, every, chance)).await;
        crash::pass(Point::PolledKept);
        (over, kept)
    }

    async fn wait(&self, pause: SignedDuration, stop: &CancellationToken) {
        let until = self.now().checked_add(pause).unwrap_or(Timestamp::MAX);
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.clock().until(until) => {}
        }
    }
}
