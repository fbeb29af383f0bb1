//! What the running program measures of itself, for `/metrics` and `/health`: counts since the start, kept in memory, and
//! what is read from the board and the store at the time of asking. No name of a person and no text is in it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::fetching::FETCHES_MAX;
use super::outbox::AT_ONCE_MAX;
use super::work::Work;
use super::{Engine, FeedHealth, RecordError, TakenIn};
use crate::channel::Reason;
use crate::core::incident::IncidentPhase;
use crate::core::name::{ChannelName, FeedName, WatchName};
use crate::core::severity::Severity;
use crate::mail::MailReason;
use crate::pager::PageReason;
use crate::store::OwedNow;

/// The upper bounds, in milliseconds, by which commits are sorted: a write to a quiet disk takes one or two.
pub const COMMIT_BUCKETS: [u64; 8] = [1, 5, 10, 50, 100, 500, 1_000, 5_000];

/// How something that was handed to another server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    Done,
    Later,
    Never,
    Unknown,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::Later => "later",
            Self::Never => "never",
            Self::Unknown => "unknown",
        })
    }
}

/// How it goes with a server that is called: the latest call, and since when none was answered as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Called<R> {
    pub at: Timestamp,
    pub failing: Option<(Timestamp, R)>,
}

/// Counts since the start.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    pub mentions: BTreeMap<FeedName, TakenIn>,
    pub mails: BTreeMap<(Ended, Option<MailReason>), u64>,
    pub mail: Option<Called<MailReason>>,
    /// Since when no mail was taken, as it was known at the start: a restart is no mail.
    pub(super) mail_failed_before: Option<Timestamp>,
    pub pages: BTreeMap<(Ended, Option<PageReason>), u64>,
    /// Mails that wait because their reader's hour is full.
    pub mails_put_off: u64,
    pub posts: BTreeMap<(ChannelName, Ended, Option<Reason>), u64>,
    pub channels: BTreeMap<ChannelName, Called<Reason>>,
    /// Commits by [`COMMIT_BUCKETS`], the last for those that took longer, and all of them together.
    pub commits: [u64; COMMIT_BUCKETS.len() + 1],
    pub commits_took: Duration,
    pub commits_failed: u64,
    /// Jobs that found the writer's queue full.
    pub jobs_refused: u64,
    /// Effects that were carried out and could not be settled: they come again after their lease.
    pub unsettled: u64,
    pub effects_under_way: usize,
    pub fetches_under_way: usize,
}

/// The counts, shared by all who count.
#[derive(Debug, Default)]
pub struct Measures(Mutex<Counters>);

impl Measures {
    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count(&self, count: impl FnOnce(&mut Counters)) {
        count(&mut self.counters());
    }

    /// Of mentions that were committed.
    pub(super) fn heard(&self, heard: impl IntoIterator<Item = (FeedName, TakenIn)>) {
        let mut counters = self.counters();
        for (feed, taken) in heard {
            let all = counters.mentions.entry(feed).or_default();
            all.new += taken.new;
            all.known += taken.known;
        }
    }

    pub(super) fn mailed(&self, ended: Ended, why: Option<MailReason>, at: Timestamp) {
        let mut counters = self.counters();
        *counters.mails.entry((ended, why)).or_default() += 1;
        // A letter that was refused for good was answered all the same: the server is there.
        let failing = why.filter(|_| matches!(ended, Ended::Later | Ended::Unknown));
        if failing.is_none() {
            counters.mail_failed_before = None;
        }
        counters.mail = Some(called(counters.mail, failing, at));
    }

    /// Since when no mail was taken.
    pub(super) fn mail_failing_since(&self) -> Option<Timestamp> {
        let counters = self.counters();
        let (since, _) = counters.mail?.failing?;
        Some(counters.mail_failed_before.map_or(since, |before| before.min(since)))
    }

    /// Whether the latest mail was not taken for a reason that holds for every other one.
    pub(super) fn mail_is_down(&self) -> bool {
        self.counters().mail.and_then(|called| called.failing).is_some_and(|(_, why)| why.is_of_the_server())
    }

    pub(super) fn posted(&self, channel: &ChannelName, ended: Ended, why: Option<Reason>, at: Timestamp) {
        let mut counters = self.counters();
        *counters.posts.entry((channel.clone(), ended, why)).or_default() += 1;
        let before = counters.channels.get(channel).copied();
        counters.channels.insert(channel.clone(), called(before, why, at));
    }

    pub(super) fn committed(&self, took: Duration) {
        let mut counters = self.counters();
        let fits = |bound: &u64| took <= Duration::from_millis(*bound);
        let bucket = COMMIT_BUCKETS.iter().position(fits).unwrap_or(COMMIT_BUCKETS.len());
        counters.commits[bucket] += 1;
        counters.commits_took += took;
    }

    /// Counts an effect as under way until what is returned is dropped, also where its task is broken off.
    pub(super) fn under_way(self: &Arc<Self>) -> UnderWay {
        self.counters().effects_under_way += 1;
        UnderWay(Arc::clone(self))
    }
}

pub(super) struct UnderWay(Arc<Measures>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.counters().effects_under_way -= 1;
    }
}

fn called<R>(before: Option<Called<R>>, failing: Option<R>, at: Timestamp) -> Called<R> {
    let since = before.and_then(|before| before.failing).map_or(at, |(since, _)| since);
    Called { at, failing: failing.map(|why| (since, why)) }
}

/// Something that is bounded: how much there is of it, and the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounded {
    pub now: usize,
    pub most: usize,
}

/// Everything that is measured, as of one moment.
#[derive(Clone, Debug)]
pub struct Measured {
    pub at: Timestamp,
    pub counters: Counters,
    pub queue: Bounded,
    pub effects: Bounded,
    pub fetches: Bounded,
    pub owed: Vec<OwedNow>,
    pub store_bytes: u64,
    pub incidents: BTreeMap<(Severity, &'static str), usize>,
    /// Every feed that is listened to, of whichever kind.
    pub feeds: BTreeMap<FeedName, FeedHealth>,
    /// Every channel that a playbook names.
    pub channels: BTreeMap<ChannelName, Option<Called<Reason>>>,
    /// What each watch counts within its window.
    pub watches: BTreeMap<WatchName, u32>,
    pub held_back: usize,
    pub posting_stopped: bool,
    /// How far the engine's time runs ahead of the machine's clock.
    pub ahead: SignedDuration,
}

impl Engine {
    pub(super) fn measures(&self) -> &Arc<Measures> {
        &self.measures
    }

    /// Measures what there is to measure. Refused where the writer or the store does not answer.
    pub async fn measured(&self) -> Result<Measured, RecordError> {
        let at = self.time();
        let watches = self.call(|work| Ok(work.counted_now())).await?;
        let feeds = self.feeds().await?;
        let counters = self.measures.counters().clone();
        let (board, standing) = (self.board(), self.standing());
        let mut incidents = BTreeMap::new();
        for entry in board.incidents.values() {
            if let Some(phase) = phase(&entry.incident.phase) {
                *incidents.entry((entry.incident.severity, phase)).or_default() += 1;
            }
        }
        let channels = standing.rules.values().flat_map(|rules| rules.channels.keys());
        Ok(Measured {
            at,
            queue: self.queue.waiting(),
            effects: Bounded { now: counters.effects_under_way, most: AT_ONCE_MAX },
            fetches: Bounded { now: counters.fetches_under_way, most: FETCHES_MAX },
            owed: self.reader.owed_now(at)?,
            store_bytes: self.reader.bytes()?,
            incidents,
            feeds,
            channels: channels.map(|name| (name.clone(), counters.channels.get(name).copied())).collect(),
            watches,
            held_back: board.quiet.held.len(),
            posting_stopped: board.stopped,
            ahead: *self.ahead.borrow(),
            counters,
        })
    }
}

/// Of an incident that is running.
fn phase(phase: &IncidentPhase) -> Option<&'static str> {
    match phase {
        IncidentPhase::Open => Some("open"),
        IncidentPhase::StandingDown(_) => Some("standing_down"),
        IncidentPhase::StoodDown { .. } | IncidentPhase::Closed { .. } => None,
    }
}

impl Work<'_, '_> {
    /// What each watch counts within its window.
    fn counted_now(&self) -> BTreeMap<WatchName, u32> {
        let counting = &self.state.counting;
        let counts =
            counting.watches().map(|(index, watch)| (watch.name.clone(), counting.spike(index, self.now).count));
        counts.collect()
    }
}
