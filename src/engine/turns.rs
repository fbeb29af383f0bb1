//! Whose turn it is to be fetched: by due time, one request at a time to each host, and a gap between two of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

/// The least time between the end of one request to a host and the beginning of the next.
pub const HOST_GAP: SignedDuration = SignedDuration::from_secs(1);

/// A feed, by its place.
pub(super) type FeedIndex = usize;

#[derive(Debug, Default)]
pub struct Turns {
    due: BTreeSet<(Timestamp, FeedIndex)>,
    hosts: Vec<Host>,
    host_of: Vec<usize>,
    /// Hosts that feeds wait for and nobody asks, by when they may be asked.
    free: BTreeSet<(Timestamp, usize)>,
}

#[derive(Debug)]
struct Host {
    asked: bool,
    free_at: Timestamp,
    waiting: VecDeque<FeedIndex>,
}

impl Turns {
    /// Feeds by the hosts that they are at.
    pub fn of<'h>(hosts: impl IntoIterator<Item = &'h str>) -> Self {
        let mut turns = Self::default();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for host in hosts {
            let place = *known.entry(host.to_ascii_lowercase()).or_insert_with(|| {
                turns.hosts.push(Host { asked: false, free_at: Timestamp::MIN, waiting: VecDeque::new() });
                turns.hosts.len() - 1
            });
            turns.host_of.push(place);
        }
        turns
    }

    pub fn set(&mut self, feed: FeedIndex, due: Timestamp) {
        self.due.insert((due, feed));
    }

    /// A feed that may be fetched now; its host is asked from here on, until `done`.
    pub fn take(&mut self, now: Timestamp) -> Option<FeedIndex> {
        while let Some(&(at, feed)) = self.due.first().filter(|(at, _)| *at <= now) {
            self.due.remove(&(at, feed));
            let place = self.host_of[feed];
            let host = &mut self.hosts[place];
            host.waiting.push_back(feed);
            if !host.asked {
                self.free.insert((host.free_at, place));
            }
        }
        let &(at, place) = self.free.first().filter(|(at, _)| *at <= now)?;
        self.free.remove(&(at, place));
        let host = &mut self.hosts[place];
        host.asked = true;
        host.waiting.pop_front()
    }

    /// The feed's fetch is over.
    pub fn done(&mut self, feed: FeedIndex, now: Timestamp) {
        let place = self.host_of[feed];
        let host = &mut self.hosts[place];
        host.asked = false;
        host.free_at = now.checked_add(HOST_GAP).unwrap_or(Timestamp::MAX);
        if !host.waiting.is_empty() {
            self.free.insert((host.free_at, place));
        }
    }

    /// When there may be something to take.
    pub fn next(&self) -> Option<Timestamp> {
        let due = self.due.first().map(|(at, _)| *at);
        let free = self.free.first().map(|(at, _)| *at);
        due.into_iter().chain(free).min()
    }
}
