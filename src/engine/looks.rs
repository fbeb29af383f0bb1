//! What a look at a feed brought, written down: mentions with their editions, the cursor, the schedule, and the notice of a
//! blind spot.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::RecordError;
use super::work::{TakenIn, Tally, Work};
use crate::core::count::CountedAt;
use crate::core::mention::Mention;
use crate::core::name::FeedName;
use crate::core::period::Period;
use crate::core::schedule::{Looked, Notice, Schedule};
use crate::feed::{Came, Look};
use crate::store::{InstallationEffect, InstallationEvent};

impl Work<'_, '_> {
    /// Keeps one look whole, and says how the feed goes on.
    pub fn keep_look(
        &mut self,
        feed: &FeedName,
        look: Look,
        mut schedule: Schedule,
        every: Period,
        chance: f64,
    ) -> Result<Schedule, RecordError> {
        schedule.cost.requests = schedule.cost.requests.saturating_add(u64::from(look.cost.requests));
        schedule.cost.bytes = schedule.cost.bytes.saturating_add(look.cost.bytes);
        let looked = match look.came {
            Came::Brought(batch) => {
                for refused in &batch.refused {
                    tracing::warn!(%feed, "{refused}");
                }
                self.feed_answers(feed)?;
                let taken = self.take_in_fetched(feed, &batch.mentions, schedule.is_backlog(self.now))?;
                if let Some(cursor) = &batch.cursor {
                    self.move_cursor(feed, cursor)?;
                }
                let newest = batch.mentions.iter().filter_map(|mention| mention.published).max();
                Looked::Read { new: u64::try_from(taken.new).unwrap_or(u64::MAX), newest }
            }
            Came::Later { why, after } => {
                self.feed_fails(feed)?;
                let after = after.map(|after| SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX));
                Looked::Later { why, after }
            }
            Came::Failed { why } => {
                self.feed_fails(feed)?;
                Looked::Failed { why }
            }
            Came::Gone { why } => {
                self.feed_fails(feed)?;
                Looked::Gone { why }
            }
        };
        schedule.after(looked, self.now, every, chance);
        if let Some(why) = &schedule.why {
            tracing::warn!(%feed, why, failures = schedule.failures, "a feed could not be read");
        }
        if let Some(notice) = schedule.notice(self.now, every) {
            self.tell_of_feed(feed, &schedule, notice)?;
        }
        self.batch.put_schedule(feed, &schedule, self.now)?;
        Ok(schedule)
    }

    /// Stores what a feed published. Mentions that it brought before are known by their ids; where their words were
    /// changed, the newer words are kept.
    pub fn take_in_fetched(
        &mut self,
        feed: &FeedName,
        mentions: &[Mention],
        is_backlog: bool,
    ) -> Result<TakenIn, RecordError> {
        let mut taken = TakenIn::default();
        let mut tally = Tally::new();
        for mention in mentions {
            if let Some(before) = self.batch.mention(feed, &mention.id)? {
                taken.known += 1;
                if before.title != mention.title || before.text != mention.text {
                    self.take_edition(feed, &before, mention, is_backlog, &mut tally)?;
                }
                continue;
            }
            taken.new += 1;
            let of = if is_backlog { CountedAt::of_backlog } else { CountedAt::of };
            let counted = of(mention, self.now);
            self.batch.add_mention(feed, mention, self.now, counted)?;
            if counted != CountedAt::Never {
                let matching = self.state.counting.matching(feed, mention);
                self.count_for(&matching, feed, mention, counted.at(), &mut tally)?;
            }
        }
        self.put_down(tally)?;
        self.state.heard.push((feed.clone(), taken));
        Ok(taken)
    }

    /// A mention in other words counts now for the watches that only the new words match, and for no watch twice.
    fn take_edition(
        &mut self,
        feed: &FeedName,
        before: &Mention,
        mention: &Mention,
        is_backlog: bool,
        tally: &mut Tally,
    ) -> Result<(), RecordError> {
        let known: BTreeSet<_> = self.state.counting.matching(feed, before).into_iter().collect();
        let mut matching = self.state.counting.matching(feed, mention);
        matching.retain(|index| !known.contains(index));
        // When words were changed while nobody listened, nobody knows.
        if is_backlog || matching.is_empty() {
            return Ok(self.batch.change_mention(feed, mention, None)?);
        }
        self.batch.change_mention(feed, mention, Some(self.now))?;
        self.count_for(&matching, feed, mention, self.now, tally)
    }

    /// The rows of these feeds; those of feeds that are no more are forgotten.
    pub fn schedules(&mut self, names: &BTreeSet<FeedName>) -> Result<BTreeMap<FeedName, Schedule>, RecordError> {
        let mut rows = self.batch.schedules()?;
        let gone: Vec<FeedName> = rows.keys().filter(|name| !names.contains(*name)).cloned().collect();
        for name in gone {
            rows.remove(&name);
            self.batch.drop_schedule(&name)?;
        }
        Ok(rows)
    }

    fn tell_of_feed(&mut self, feed: &FeedName, schedule: &Schedule, notice: Notice) -> Result<(), RecordError> {
        let blind = match notice {
            Notice::Clear => {
                self.installation(&InstallationEvent::FeedHeardAgain { feed: feed.clone() })?;
                return Ok(());
            }
            Notice::Blind(blind) => blind,
        };
        let why = schedule.why.clone();
        let number =
            self.installation(&InstallationEvent::FeedWentBlind { feed: feed.clone(), blind, why: why.clone() })?;
        let (to, since) = (self.standing.operator.clone(), schedule.heard.or(schedule.succeeded));
        let effect = InstallationEffect::TellBlind { to, feed: feed.clone(), blind, why, since };
        self.owe_installation(number, 0, &effect)
    }
}
