//! The feeds that are listened to right now: started and stopped one by one, so that a change of one leaves the others alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::core::name::FeedName;
use crate::engine::{Engine, FetchedFeed, FollowedFeed, PolledFeed, Way};
use crate::feed::{self, Door, Feed};
use crate::net::Http;
use crate::web::Webhooks;

/// Every feed of the folder, with the loop that asks it.
pub(super) struct Listening {
    feeds: BTreeMap<FeedName, Listener>,
    engine: Engine,
    /// None where nothing is fetched from outside.
    http: Option<Http>,
    fetching: Option<Fetching>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// The one loop over all feeds that are fetched.
struct Fetching {
    stop: CancellationToken,
    looks: JoinHandle<()>,
}

struct Listener {
    /// How the folder writes it.
    written: String,
    feed: Arc<dyn Feed>,
    stop: CancellationToken,
    asking: Option<JoinHandle<()>>,
}

impl Listener {
    fn is_fetched(&self) -> bool {
        matches!(self.feed.door(), Door::Fetched(_))
    }
}

impl Listening {
    pub(super) fn new(engine: Engine, http: Option<Http>, tasks: TaskTracker, stop: CancellationToken) -> Self {
        Self { feeds: BTreeMap::new(), engine, http, fetching: None, tasks, stop }
    }

    /// Stops what is gone or written otherwise, waits until it has stopped, and starts what is new.
    pub(super) async fn listen_to(
        &mut self,
        feeds: BTreeMap<FeedName, Box<dyn Feed>>,
        written: &BTreeMap<FeedName, String>,
    ) {
        let ways = feeds.iter().filter_map(|(name, feed)| Some((name.clone(), self.way_of(&feed.door())?))).collect();
        if let Err(error) = self.engine.call(move |work| work.listen_to(&ways)).await {
            tracing::error!(%error, "how it goes with the feeds is not followed");
        }
        let is_same = |name: &FeedName, listener: &Listener| written.get(name) == Some(&listener.written);
        let (same, other) = std::mem::take(&mut self.feeds).into_iter().partition(|(name, old)| is_same(name, old));
        self.feeds = same;
        let other: BTreeMap<FeedName, Listener> = other;
        let mut fetched_changed = self.fetching.is_none() || other.values().any(Listener::is_fetched);
        for listener in other.into_values() {
            listener.stop.cancel();
            if let Some(asking) = listener.asking {
                // A panic of the loop has been reported by the panic hook already.
                let _ = asking.await;
            }
        }
        for (name, feed) in feeds {
            if !self.feeds.contains_key(&name) {
                let listener = self.start(&name, Arc::from(feed), written.get(&name).cloned().unwrap_or_default());
                fetched_changed |= listener.is_fetched();
                self.feeds.insert(name, listener);
            }
        }
        if fetched_changed {
            self.fetch().await;
        }
    }

    /// How a feed gets in that has no schedule; none where it does not, since nothing leaves this machine.
    fn way_of(&self, door: &Door<'_>) -> Option<Way> {
        match door {
            Door::Polled(_) => Some(Way::Read { is_over: false }),
            Door::Webhook(_) => Some(Way::Delivered),
            Door::Streamed(_) => self.http.is_some().then_some(Way::Streamed),
            Door::Fetched(_) => None,
        }
    }

    /// Fetches what there is to fetch by now. Schedules are rows, so that nothing is looked at sooner for it.
    async fn fetch(&mut self) {
        if let Some(Fetching { stop, looks }) = self.fetching.take() {
            stop.cancel();
            // A panic of the loop has been reported by the panic hook already.
            let _ = looks.await;
        }
        let Some(http) = self.http.clone() else { return };
        let fetched = self.feeds.iter().filter(|(_, listener)| listener.is_fetched());
        let fetched =
            fetched.map(|(name, listener)| FetchedFeed { name: name.clone(), feed: Arc::clone(&listener.feed) });
        let (stop, outside) = (self.stop.child_token(), feed::Outside { http });
        let looks = self.engine.clone().fetch(fetched.collect(), outside, Box::new(rand::random), stop.clone());
        self.fetching = Some(Fetching { stop, looks: self.tasks.spawn(looks) });
    }

    fn start(&self, name: &FeedName, feed: Arc<dyn Feed>, written: String) -> Listener {
        let stop = self.stop.child_token();
        let asking = match feed.door() {
            Door::Polled(_) => {
                let polled = PolledFeed { name: name.clone(), feed: Arc::clone(&feed) };
                Some(self.tasks.spawn(self.engine.clone().poll(polled, stop.clone())))
            }
            Door::Streamed(_) => self.follow(name, &feed, &stop),
            Door::Fetched(_) | Door::Webhook(_) => None,
        };
        Listener { written, feed, stop, asking }
    }

    fn follow(&self, name: &FeedName, feed: &Arc<dyn Feed>, stop: &CancellationToken) -> Option<JoinHandle<()>> {
        let Some(http) = self.http.clone() else {
            tracing::warn!(feed = %name, "nothing leaves this machine here, so the feed is not followed");
            return None;
        };
        let followed = FollowedFeed { name: name.clone(), feed: Arc::clone(feed), http };
        Some(self.tasks.spawn(self.engine.clone().follow(followed, stop.clone())))
    }

    /// The feeds that others post to, by path.
    pub(super) fn webhooks(&self) -> Webhooks {
        let pushed = self.feeds.iter().filter_map(|(name, listener)| match listener.feed.door() {
            Door::Webhook(webhook) => Some((webhook.path().to_owned(), (name.clone(), Arc::new(webhook.clone())))),
            Door::Polled(_) | Door::Fetched(_) | Door::Streamed(_) => None,
        });
        pushed.collect()
    }
}
