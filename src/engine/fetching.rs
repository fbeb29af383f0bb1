//! Fetched feeds: one loop for all of them. What a look brought, its cursor and its schedule are kept in one transaction.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::task::{Id, JoinError, JoinSet};
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
        let mut looking: HashMap<Id, FeedIndex> = HashMap::new();
        loop {
            while under_way.len() < FETCHES_MAX
                && let Some(index) = turns.take(self.time())
            {
                let Listening { feed, schedule } = &listening[index];
                let look = self.clone().fetch_one(feed.clone(), schedule.clone(), outside.clone(), chance());
                let task = under_way.spawn(async move {
                    let (over, looked) = look.await;
                    (index, over, looked)
                });
                looking.insert(task.id(), index);
            }
            self.measures().count(|counters| counters.fetches_under_way = under_way.len());
            let latest = self.time().checked_add(LOOK_AT_LEAST_EVERY).unwrap_or(Timestamp::MAX);
            let next = turns.next().map_or(latest, |next| next.min(latest));
            let is_full = under_way.len() >= FETCHES_MAX;
            tokio::select! {
                () = stop.cancelled() => return,
                Some(ended) = under_way.join_next_with_id(), if !under_way.is_empty() => {
                    if let Some(ended) = self.ended(ended, &mut looking) {
                        self.end_look(ended, &mut turns, &mut listening);
                    }
                }
                () = self.until(next), if !is_full => {}
            }
        }
    }

    /// How a look ended; one that was broken off failed, so that its host is free again.
    fn ended(&self, ended: Result<(Id, Ended), JoinError>, looking: &mut HashMap<Id, FeedIndex>) -> Option<Ended> {
        match ended {
            Ok((task, ended)) => {
                looking.remove(&task);
                Some(ended)
            }
            Err(error) => {
                tracing::error!(%error, "a look at a feed was broken off");
                looking.remove(&error.id()).map(|index| (index, self.time(), Err(RecordError::Stopping)))
            }
        }
    }

    fn end_look(&self, (index, over, looked): Ended, turns: &mut Turns, listening: &mut [Listening]) {
        turns.done(index, over);
        let one = &mut listening[index];
        match looked {
            Ok(schedule) => one.schedule = schedule,
            Err(error) => {
                tracing::warn!(feed = %one.feed.name, %error, "a look could not be written down; it is made again");
                one.schedule.due = self.time().checked_add(STORE_PAUSE).ok();
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
        let now = self.time();
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
        let Some(source) = feed.source() else { return (self.time(), Ok(schedule)) };
        let name = feed.name.clone();
        let cursor = match self.call(move |work| work.cursor(&name)).await {
            Ok(cursor) => cursor,
            Err(error) => return (self.time(), Err(error)),
        };
        let look = source.fetch(&outside, cursor, self.time()).await;
        let over = self.time();
        crash::pass(Point::Polled);
        let (name, every) = (feed.name.clone(), source.every());
        let kept = self.call(move |work| work.keep_look(&name, look, schedule, every, chance)).await;
        crash::pass(Point::PolledKept);
        (over, kept)
    }

    async fn wait(&self, pause: SignedDuration, stop: &CancellationToken) {
        let until = self.time().checked_add(pause).unwrap_or(Timestamp::MAX);
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.until(until) => {}
        }
    }
}
