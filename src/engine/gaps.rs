//! Feeds that fail: the minutes of it are gaps, kept in notes, and what such a feed brings at its return is old talk.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Engine;
use super::error::RecordError;
use super::state::Undo;
use super::work::Work;
use crate::core::count::{MinuteNumber, minute_of};
use crate::core::name::FeedName;
use crate::core::quiet::{FeedGaps, GAP_MINUTES_MIN, Gaps};
use crate::core::watch::Watch;
use crate::store::{Batch, Reader, StoreError};

/// Under which it is noted when this program did not run, and how many times of it are kept.
const DOWN: &str = "down";
const DOWN_MAX: usize = 64;

/// What was not heard, and why: held by the recorder alone and changed where it stands, since an outage takes thousands of
/// feeds at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unheard {
    pub gaps: BTreeMap<FeedName, FeedGaps>,
    /// When this program did not run.
    pub down: Gaps,
}

/// When this program did not run, this time added: from its latest commit until now. It commits every few minutes.
pub(super) fn down(batch: &mut Batch<'_>, last: Option<Timestamp>, now: Timestamp) -> Result<Gaps, StoreError> {
    let noted = batch.note(DOWN)?;
    let mut all: Vec<(MinuteNumber, MinuteNumber)> =
        noted.map(|noted| serde_json::from_str(&noted)).transpose()?.unwrap_or_default();
    let this = last.map(|last| (minute_of(last), minute_of(now)));
    if let Some(this) = this.filter(|(first, last)| last - first >= GAP_MINUTES_MIN) {
        all.push(this);
        all.drain(..all.len().saturating_sub(DOWN_MAX));
        batch.put_note(DOWN, &serde_json::to_string(&all)?, now)?;
    }
    Ok(Gaps::of_stretches(all))
}

/// The gaps of a watch's feeds and of this program, from a store that somebody else may have open.
pub(super) fn read(reader: &Reader, watch: &Watch) -> Result<Unheard, StoreError> {
    let mut unheard = Unheard::default();
    for feed in &watch.feeds {
        if let Some(gaps) = reader.gaps_of(feed)? {
            unheard.gaps.insert(feed.clone(), gaps);
        }
    }
    let down: Option<Vec<(MinuteNumber, MinuteNumber)>> =
        reader.note(DOWN)?.map(|noted| serde_json::from_str(&noted)).transpose()?;
    unheard.down = Gaps::of_stretches(down.unwrap_or_default());
    Ok(unheard)
}

/// What stood before a change of it.
pub(super) enum Before {
    Gaps(FeedName, Option<FeedGaps>),
    Down(Gaps),
}

impl Unheard {
    pub(super) fn at_start(batch: &mut Batch<'_>, last: Option<Timestamp>, now: Timestamp) -> Result<Self, StoreError> {
        Ok(Self { gaps: batch.gaps()?, down: down(batch, last, now)? })
    }

    #[must_use]
    pub(super) fn set_gaps(&mut self, feed: &FeedName, gaps: FeedGaps) -> Before {
        Before::Gaps(feed.clone(), self.gaps.insert(feed.clone(), gaps))
    }

    #[must_use]
    pub(super) fn set_down(&mut self, down: Gaps) -> Before {
        Before::Down(std::mem::replace(&mut self.down, down))
    }

    pub(super) fn take_back(&mut self, before: Before) {
        match before {
            Before::Gaps(feed, Some(gaps)) => drop(self.gaps.insert(feed, gaps)),
            Before::Gaps(feed, None) => drop(self.gaps.remove(&feed)),
            Before::Down(down) => self.down = down,
        }
    }

    /// Whether a mention that counts at `counted` came with the return of its feed and does not say when it was written:
    /// what says so counts in a minute of its own, and this one would count now.
    pub(super) fn is_backlog(&self, feed: &FeedName, counted: Timestamp) -> bool {
        self.gaps.get(feed).is_some_and(|gaps| gaps.came_back_at(counted))
    }

    /// The minutes in which `watch` heard nothing at all: every feed of it had a gap, or this program did not run. Where one
    /// feed of many fails, the others still tell what is usual.
    pub fn deaf_of(&self, watch: &Watch, now: Timestamp) -> Gaps {
        let each = watch.feeds.iter().map(|feed| self.gaps.get(feed).map(|gaps| Gaps::of([gaps], minute_of(now))));
        let all = each.reduce(|one, other| Some(one?.and(&other?)));
        all.flatten().unwrap_or_default().or(&self.down)
    }

    /// The feeds of `watch` that fail now.
    pub fn failing(&self, watch: &Watch) -> Vec<FeedName> {
        let failing = |feed: &&FeedName| self.gaps.get(*feed).is_some_and(FeedGaps::is_failing);
        watch.feeds.iter().filter(failing).cloned().collect()
    }
}

impl Work<'_, '_> {
    /// A look at a feed failed.
    pub fn feed_fails(&mut self, feed: &FeedName) -> Result<(), RecordError> {
        self.change_gaps(feed, FeedGaps::fail)
    }

    /// A look at a feed succeeded. Said before what it brought is taken in, in the same transaction.
    pub fn feed_answers(&mut self, feed: &FeedName) -> Result<(), RecordError> {
        if !self.state.unheard.gaps.get(feed).is_some_and(FeedGaps::is_failing) {
            return Ok(());
        }
        self.change_gaps(feed, FeedGaps::come_back)
    }

    fn change_gaps(
        &mut self,
        feed: &FeedName,
        change: fn(&mut FeedGaps, Timestamp) -> bool,
    ) -> Result<(), RecordError> {
        let mut gaps = self.state.unheard.gaps.get(feed).cloned().unwrap_or_default();
        if !change(&mut gaps, self.now) {
            return Ok(());
        }
        self.batch.put_gaps(feed, &gaps, self.now)?;
        let before = self.state.unheard.set_gaps(feed, gaps);
        self.state.undo.push(Undo::Unheard(before));
        Ok(())
    }
}

impl Engine {
    /// What the recorder knows of it now.
    pub async fn unheard(&self) -> Result<Unheard, RecordError> {
        self.call(|work| Ok(work.state.unheard.clone())).await
    }
}
