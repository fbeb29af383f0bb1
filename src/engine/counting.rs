//! What the watches count: one matcher for all of them, their windows, and whether each may open an incident.

use jiff::{SignedDuration, Timestamp};

use crate::core::count::{Counts, HORIZON, minute_of, voice_of};
use crate::core::detect::{self, Arming, Verdict, Why};
use crate::core::incident::{Evidence, Spike};
use crate::core::mention::Mention;
use crate::core::name::{FeedName, WatchName};
use crate::core::query::{Matcher, MatcherError};
use crate::core::watch::Watch;

pub(super) struct Counting {
    watches: Vec<Watch>,
    matcher: Matcher,
    counts: Vec<Counts>,
    /// Watches that opened an incident while their count has not fallen back since, and the highest count of then.
    spent: Vec<Option<u32>>,
    /// Why each watch stayed quiet last though it was above its line.
    quiet: Vec<Option<(Timestamp, Why)>>,
}

/// A watch that a mention matched, by its place.
pub(super) type WatchIndex = usize;

impl Counting {
    pub(super) fn new(watches: Vec<Watch>) -> Result<Self, MatcherError> {
        let queries: Vec<_> = watches.iter().map(|watch| watch.query.clone()).collect();
        let matcher = Matcher::new(&queries)?;
        let counts = watches.iter().map(|_| Counts::default()).collect();
        let spent = watches.iter().map(|_| None).collect();
        let quiet = watches.iter().map(|_| None).collect();
        Ok(Self { watches, matcher, counts, spent, quiet })
    }

    pub(super) fn watch(&self, index: WatchIndex) -> &Watch {
        &self.watches[index]
    }

    pub(super) fn watches(&self) -> impl Iterator<Item = (WatchIndex, &Watch)> {
        self.watches.iter().enumerate()
    }

    pub(super) fn find(&self, name: &WatchName) -> Option<WatchIndex> {
        self.watches.iter().position(|watch| watch.name == *name)
    }

    /// The watches that this mention counts for.
    pub(super) fn matching(&self, feed: &FeedName, mention: &Mention) -> Vec<WatchIndex> {
        let mut matching = self.matcher.matches(mention);
        matching.retain(|&index| self.watches[index].feeds.contains(feed));
        matching
    }

    pub(super) fn add(
        &mut self,
        index: WatchIndex,
        feed: &FeedName,
        mention: &Mention,
        counted: Timestamp,
        now: Timestamp,
    ) {
        let evidence = Evidence { feed: feed.clone(), mention: mention.id.clone() };
        self.counts[index].add(minute_of(counted), voice_of(mention, feed), evidence, minute_of(now));
    }

    pub(super) fn judge(&self, index: WatchIndex, counted: Timestamp, now: Timestamp, arming: Arming) -> Verdict {
        detect::judge(&self.watches[index], &self.counts[index], counted, now, arming)
    }

    pub(super) fn spike(&self, index: WatchIndex, now: Timestamp) -> Spike {
        detect::spike(&self.watches[index], &self.counts[index], now)
    }

    /// The highest count since it opened an incident, where its count has not fallen back since.
    pub(super) fn spent(&self, index: WatchIndex) -> Option<u32> {
        self.spent[index]
    }

    /// Follows the line: spent when an incident opened, armed again once the count is back below it.
    pub(super) fn set_spent(&mut self, index: WatchIndex, count: u32) {
        self.spent[index] = self.spent[index].max(Some(count));
    }

    /// Why a watch above its line stayed quiet; what it counts then.
    pub(super) fn note_quiet(&mut self, index: WatchIndex, why: Why, now: Timestamp) -> u32 {
        let count = self.counts[index].count(self.watches[index].detector.window(), minute_of(now));
        if self.spent[index].is_some() {
            self.set_spent(index, count);
        }
        self.quiet[index] = Some((now, why));
        count
    }

    pub(super) fn last_quiet(&self, index: WatchIndex) -> Option<&(Timestamp, Why)> {
        self.quiet[index].as_ref()
    }

    pub(super) fn rearm(&mut self, now: Timestamp) {
        let minute = minute_of(now);
        for (index, watch) in self.watches.iter().enumerate() {
            if !watch.detector.crosses(&self.counts[index], minute) {
                self.spent[index] = None;
            }
        }
    }

    pub(super) fn forget(&mut self) {
        self.counts.iter_mut().for_each(|counts| *counts = Counts::default());
        self.spent.fill(None);
    }

    /// The time from which mentions must be counted anew after a restart.
    pub(super) fn horizon(now: Timestamp) -> Timestamp {
        let back = SignedDuration::from_secs(i64::try_from(HORIZON.as_seconds()).unwrap_or(i64::MAX));
        now.checked_sub(back).unwrap_or(Timestamp::MIN)
    }
}
