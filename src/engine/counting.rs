//! What the watches count: one matcher for all of them, their windows, and whether each may open an incident.

use jiff::{SignedDuration, Timestamp};

use crate::core::accounts::Accounts;
use crate::core::count::{Counts, HORIZON, Said, minute_of};
use crate::core::detect::{self, Arming, Verdict};
use crate::core::incident::{Evidence, Spike};
use crate::core::mention::Mention;
use crate::core::name::{FeedName, WatchName};
use crate::core::query::{Matcher, MatcherError};
use crate::core::watch::Watch;

pub(super) struct Counting {
    watches: Vec<Watch>,
    accounts: Accounts,
    matcher: Matcher,
    counts: Vec<Counts>,
    /// Watches whose incident is over while their count has not fallen back.
    spent: Vec<bool>,
}

/// A watch that a mention matched, by its place.
pub(super) type WatchIndex = usize;

impl Counting {
    pub(super) fn new(watches: Vec<Watch>, accounts: Accounts) -> Result<Self, MatcherError> {
        let queries: Vec<_> = watches.iter().map(|watch| watch.query.clone()).collect();
        let matcher = Matcher::new(&queries)?;
        let counts = watches.iter().map(|_| Counts::default()).collect();
        let spent = watches.iter().map(|_| false).collect();
        Ok(Self { watches, accounts, matcher, counts, spent })
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

    /// The watches that this mention counts for: none where one of our own accounts says it.
    pub(super) fn matching(&self, feed: &FeedName, mention: &Mention) -> Vec<WatchIndex> {
        if self.accounts.said(mention) {
            return Vec::new();
        }
        let mut matching = self.matcher.matches(mention);
        matching.retain(|&index| self.watches[index].feeds.contains(feed));
        matching
    }

    /// What the watches that a mention matched count of it: worked out once for all of them.
    pub(super) fn said(feed: &FeedName, mention: &Mention) -> (Said, Evidence) {
        (Said::of(mention, feed), Evidence { feed: feed.clone(), mention: mention.id.clone() })
    }

    pub(super) fn add(
        &mut self,
        index: WatchIndex,
        (said, evidence): &(Said, Evidence),
        counted: Timestamp,
        now: Timestamp,
    ) {
        self.counts[index].add(minute_of(counted), said.clone(), evidence.clone(), minute_of(now));
    }

    pub(super) fn judge(&self, index: WatchIndex, counted: Timestamp, now: Timestamp, arming: Arming) -> Verdict {
        detect::judge(&self.watches[index], &self.counts[index], counted, now, arming)
    }

    pub(super) fn spike(&self, index: WatchIndex, now: Timestamp) -> Spike {
        detect::spike(&self.watches[index], &self.counts[index], now)
    }

    pub(super) fn is_spent(&self, index: WatchIndex) -> bool {
        self.spent[index]
    }

    /// Follows the line: spent when an incident opened, armed again once the count is back below it.
    pub(super) fn set_spent(&mut self, index: WatchIndex) {
        self.spent[index] = true;
    }

    pub(super) fn rearm(&mut self, now: Timestamp) {
        let minute = minute_of(now);
        for (index, watch) in self.watches.iter().enumerate() {
            if !watch.detector.crosses(&self.counts[index], minute) {
                self.spent[index] = false;
            }
        }
    }

    pub(super) fn forget(&mut self) {
        self.counts.iter_mut().for_each(|counts| *counts = Counts::default());
        self.spent.iter_mut().for_each(|spent| *spent = false);
    }

    /// The time from which mentions must be counted anew after a restart.
    pub(super) fn horizon(now: Timestamp) -> Timestamp {
        let back = SignedDuration::from_secs(i64::try_from(HORIZON.as_seconds()).unwrap_or(i64::MAX));
        now.checked_sub(back).unwrap_or(Timestamp::MIN)
    }
}
