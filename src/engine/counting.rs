//! What the watches count: one matcher for all of them, their windows, and whether each may open an incident.

use jiff::Timestamp;

use super::past::{Left, Remembered};
use crate::core::accounts::Accounts;
use crate::core::count::{Counts, HORIZON, MinuteNumber, Said, minute_of};
use crate::core::detect::{self, Asked, Verdict, Why};
use crate::core::incident::{Evidence, IncidentId, Spike};
use crate::core::mention::Mention;
use crate::core::name::{FeedName, WatchName};
use crate::core::past::{Followed, Grid, Line, bin_of};
use crate::core::query::{Matcher, MatcherError};
use crate::core::quiet::Gaps;
use crate::core::watch::Watch;

pub(super) struct Counting {
    watches: Vec<Watch>,
    accounts: Accounts,
    matcher: Matcher,
    counts: Vec<Counts>,
    followed: Vec<Followed>,
    /// Since when this program hears the watches.
    running_since: Option<MinuteNumber>,
    /// Why each watch stayed quiet last though it was above its line.
    quiet: Vec<Option<(Timestamp, Why)>>,
}

/// A watch that a mention matched, by its place.
pub(super) type WatchIndex = usize;

impl Counting {
    pub(super) fn new(watches: Vec<Watch>, accounts: Accounts) -> Result<Self, MatcherError> {
        let queries: Vec<_> = watches.iter().map(|watch| watch.query.clone()).collect();
        let matcher = Matcher::new(&queries)?;
        let counts = watches.iter().map(count).collect();
        let quiet = watches.iter().map(|_| None).collect();
        let followed = watches.iter().enumerate().map(follow).collect();
        Ok(Self { watches, accounts, matcher, counts, followed, running_since: None, quiet })
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
        let (counted, minute) = (minute_of(counted), minute_of(now));
        self.followed[index].turn(self.watches[index].detector.as_ref(), minute);
        self.counts[index].add(counted, said.clone(), evidence.clone(), minute);
        self.followed[index].follow.hear(bin_of(counted), 1);
        self.followed[index].note(&self.counts[index], minute);
    }

    /// A mention that the past already holds, counted again for the windows that reach back to it.
    pub(super) fn add_again(
        &mut self,
        index: WatchIndex,
        (said, evidence): &(Said, Evidence),
        counted: Timestamp,
        now: Timestamp,
    ) {
        let counted = minute_of(counted);
        self.counts[index].add(counted, said.clone(), evidence.clone(), minute_of(now));
        self.followed[index].note(&self.counts[index], counted);
    }

    /// Takes up a watch's past where it was left, or begins one at `now` where the watch asks something new. Says whether
    /// that is to be written down.
    pub(super) fn recall(
        &mut self,
        index: WatchIndex,
        remembered: Option<Remembered>,
        counts: &[(MinuteNumber, u32)],
        now: Timestamp,
    ) {
        let minute = minute_of(now);
        let watch = &self.watches[index];
        let remembered = remembered.filter(|remembered| remembered.is_of(watch) && remembered.since <= minute);
        let fresh = remembered.is_none();
        let remembered = remembered.unwrap_or_else(|| Remembered::new(watch, minute));
        let running = *self.running_since.get_or_insert(minute);
        let followed = &mut self.followed[index];
        followed.run_since(running);
        followed.begin(remembered.since, fresh);
        for (day, loudness) in remembered.days {
            followed.follow.peaks().note(day, loudness);
        }
        for (minute, count) in counts.iter().filter(|(minute, _)| *minute >= remembered.since) {
            followed.follow.hear(bin_of(*minute), *count);
        }
        followed.follow.recall_apart(remembered.apart_since, remembered.apart);
        // What was heard by another setting is no measure of this one.
        if let Some(left) = remembered.left.filter(|left| left.setting == watch.detector.setting()) {
            followed.follow.recall_spent(left.spent);
        }
        followed.turn(watch.detector.as_ref(), minute);
    }

    /// The last alarm of a watch, so that its echo outlives a restart.
    pub(super) fn recall_alarm(&mut self, index: WatchIndex, alarmed: Timestamp, now: Timestamp) {
        self.followed[index].follow.recall_alarm(bin_of(minute_of(alarmed)), bin_of(minute_of(now)));
    }

    /// The minutes in which a watch could hear nothing are no silence.
    pub(super) fn deafen(&mut self, index: WatchIndex, deaf: &Gaps) {
        let bins = deaf.stretches().iter().map(|(first, last)| bin_of(*first)..bin_of(*last - 1) + 1);
        self.followed[index].follow.past().set_deaf(bins);
    }

    /// Watches that listen for silence, which no mention brings about.
    pub(super) fn listening_for_silence(&self) -> Vec<WatchIndex> {
        let falls = |index: &WatchIndex| self.followed[*index].line().is_some_and(Line::falls);
        (0..self.watches.len()).filter(falls).collect()
    }

    /// Comes to this minute: lines are drawn anew where an hour has begun, and how loud it is now is kept also where nobody
    /// says anything.
    pub(super) fn turn(&mut self, now: Timestamp) {
        let minute = minute_of(now);
        for ((watch, followed), counts) in self.watches.iter().zip(&mut self.followed).zip(&mut self.counts) {
            counts.turn(minute);
            followed.turn(watch.detector.as_ref(), minute);
            followed.note(counts, minute);
        }
    }

    /// What must be written down of how watches were followed, and the time before which their counts no longer matter.
    pub(super) fn take_unsaved(&mut self) -> Vec<(WatchIndex, Remembered)> {
        let each = self.watches.iter().zip(&mut self.followed).enumerate();
        let unsaved = each.filter_map(|(index, (watch, followed))| {
            let since = followed.take_unsaved()?;
            let follow = &mut followed.follow;
            let (days, apart_since) = (follow.peaks().days().collect(), follow.apart_since());
            let apart = follow.past().apart().collect();
            let left = follow.spent().map(|spent| Left { setting: watch.detector.setting(), spent });
            Some((index, Remembered { days, apart_since, apart, left, ..Remembered::new(watch, since) }))
        });
        unsaved.collect()
    }

    pub(super) fn was_not_saved(&mut self, index: WatchIndex) {
        self.followed[index].was_not_saved();
    }

    fn asked(&self, index: WatchIndex) -> Asked<'_> {
        Asked { watch: &self.watches[index], counts: &self.counts[index], followed: &self.followed[index] }
    }

    pub(super) fn judge(
        &self,
        index: WatchIndex,
        counted: Timestamp,
        now: Timestamp,
        open: Option<IncidentId>,
    ) -> Verdict {
        detect::judge(self.asked(index), counted, now, open)
    }

    pub(super) fn spike(&self, index: WatchIndex, now: Timestamp) -> Spike {
        detect::spike(self.asked(index), now)
    }

    /// Whether the incident of a watch's last alarm is over.
    pub(super) fn set_story_over(&mut self, index: WatchIndex, is_over: bool) {
        self.followed[index].follow.set_story_over(is_over);
    }

    /// An alarm was raised.
    pub(super) fn alarmed(&mut self, index: WatchIndex, now: Timestamp) {
        self.followed[index].alarmed(&self.counts[index], minute_of(now));
    }

    /// Why a watch above its line stayed quiet; what it counts then.
    pub(super) fn note_quiet(&mut self, index: WatchIndex, why: Why, now: Timestamp) -> u32 {
        let minute = minute_of(now);
        let count = self.asked(index).count(minute);
        if matches!(why, Why::AlreadyOpen(_) | Why::StillAbove) {
            let is_open = matches!(why, Why::AlreadyOpen(_));
            self.followed[index].follow_spent(&self.counts[index], minute, is_open);
        }
        self.quiet[index] = Some((now, why));
        count
    }

    pub(super) fn last_quiet(&self, index: WatchIndex) -> Option<&(Timestamp, Why)> {
        self.quiet[index].as_ref()
    }

    /// Holds a watch against its line: its count has fallen back, or the last alarm's talk goes on.
    pub(super) fn follow_spent(&mut self, index: WatchIndex, is_open: bool, now: Timestamp) {
        self.followed[index].follow_spent(&self.counts[index], minute_of(now), is_open);
    }

    /// An alarm of before a restart which is still in the counts.
    pub(super) fn recall_spent(&mut self, index: WatchIndex, alarmed: Timestamp, now: Timestamp) {
        self.followed[index].recall_spent(&self.counts[index], minute_of(alarmed), minute_of(now));
    }

    pub(super) fn forget(&mut self) {
        self.counts = self.watches.iter().map(count).collect();
        self.followed = self.watches.iter().enumerate().map(follow).collect();
    }

    /// The time from which mentions must be counted anew after a restart.
    pub(super) fn horizon(now: Timestamp) -> Timestamp {
        now.checked_sub(HORIZON.length()).unwrap_or(Timestamp::MIN)
    }
}

/// What a watch counts, in the windows that its line and what is usual look at.
fn count(watch: &Watch) -> Counts {
    let scales = Grid::default();
    let windows = scales.scales().iter().map(|scale| scale.window);
    Counts::looking_at(windows.chain([watch.detector.window()]))
}

/// The hours of many watches begin at different bins, so that their lines are not all drawn at once.
fn follow((index, watch): (WatchIndex, &Watch)) -> Followed {
    Followed::new(watch.detector.as_ref(), i64::try_from(index).unwrap_or(0))
}
