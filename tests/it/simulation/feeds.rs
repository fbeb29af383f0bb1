//! What strangers say, and the two ways by which it comes in: a sender that repeats what was not acknowledged, and a source
//! that is asked from time to time.

use std::collections::{BTreeMap, VecDeque};

use holdline::core::mention::Mention;
use holdline::core::name::FeedName;
use jiff::SignedDuration;
use rand::RngExt as _;

use super::process::Called;
use super::world::World;

pub(super) const PUSHED: &str = "listening";
pub(super) const POLLED: &str = "local";

#[derive(Default)]
pub(super) struct Feeds {
    made: u32,
    /// Batches that nobody has acknowledged yet, oldest first.
    waiting: VecDeque<Vec<Mention>>,
    /// What the polled source has published, oldest first.
    published: Vec<Mention>,
    /// Everything that was ever said, by feed and name.
    pub(super) said: BTreeMap<(String, String), Mention>,
    /// What was answered 2xx, or lies behind a cursor that was written down.
    pub(super) accepted: Vec<(String, String)>,
    polled_to: usize,
}

impl World {
    pub(super) fn feeds_speak(&mut self) {
        if self.chance(50) {
            if self.chance(70) || self.feeds.waiting.is_empty() {
                let batch = self.batch(PUSHED);
                self.feeds.waiting.push_back(batch);
            }
            self.push();
        } else {
            if self.chance(70) {
                let batch = self.batch(POLLED);
                self.feeds.published.extend(batch);
            }
            self.poll();
        }
    }

    fn batch(&mut self, feed: &str) -> Vec<Mention> {
        let most = if self.chance(5) { 20 } else { 5 };
        let length = self.rng.random_range(1..most);
        (0..length).map(|_| self.mention(feed)).collect()
    }

    fn mention(&mut self, feed: &str) -> Mention {
        // Some senders number anew and bring an old name again.
        let old = self.feeds.made > 0 && self.chance(10);
        let number = if old { self.rng.random_range(0..self.feeds.made) } else { self.feeds.made };
        self.feeds.made += u32::from(!old);
        let id = format!("m{number}");
        if let Some(known) = self.feeds.said.get(&(feed.to_owned(), id.clone())) {
            return known.clone();
        }
        let now = self.clocks.truth;
        let published = match self.rng.random_range(0..100) {
            0..60 => None,
            60..80 => Some(now - SignedDuration::from_mins(self.rng.random_range(0..20))),
            80..90 => Some(now - SignedDuration::from_mins(self.rng.random_range(20..355))),
            90..95 => Some(now - SignedDuration::from_hours(self.rng.random_range(7..72))),
            _ => Some(now + SignedDuration::from_hours(self.rng.random_range(1..48))),
        };
        let text = match self.rng.random_range(0..100) {
            0..60 => format!("Riverside leaked my records {id}"),
            60..90 => "Riverside was kind to me".to_owned(),
            _ => "A fine day".to_owned(),
        };
        let author = self.chance(90).then(|| format!("voice{}", self.rng.random_range(0..9)));
        let mention = Mention { id, title: None, text, author, url: None, language: None, published, reach: None };
        self.feeds.said.insert((feed.to_owned(), mention.id.clone()), mention.clone());
        mention
    }

    /// The sender posts its oldest batch, and posts it again until it hears 2xx.
    fn push(&mut self) {
        let Some(batch) = self.feeds.waiting.front().cloned() else { return };
        for _ in 0..if self.mishap(10) { 3 } else { 1 } {
            let feed = FeedName::from(PUSHED);
            match self.work("push", |work| work.take_in(&feed, &batch)) {
                Called::Made(_) if self.mishap(10) => self.coverage.saw("a sender heard no answer"),
                Called::Made(_) => {
                    self.feeds.accepted.extend(batch.iter().map(|mention| (PUSHED.to_owned(), mention.id.clone())));
                    self.feeds.waiting.pop_front();
                    return;
                }
                Called::Not(_) | Called::Died => return,
            }
        }
    }

    /// One look at the source: it may stall, or bring once more what it brought before.
    fn poll(&mut self) {
        let feed = FeedName::from(POLLED);
        let Called::Made(cursor) = self.work("cursor", |work| work.cursor(&feed)) else { return };
        if self.mishap(15) {
            self.coverage.saw("a feed stalled");
            return;
        }
        let from: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
        assert!(from >= self.feeds.polled_to, "a cursor that was written down went back");
        let again = if self.mishap(20) { from.saturating_sub(3) } else { from };
        let to = self.feeds.published.len().min(from + self.rng.random_range(1..20));
        let mentions = self.feeds.published[again..to].to_vec();
        let moved = self.work("poll", |work| {
            work.take_in(&feed, &mentions)?;
            work.move_cursor(&feed, &to.to_string())
        });
        if let Called::Made(()) = moved {
            self.feeds.polled_to = to;
            self.feeds.accepted.extend(mentions.iter().map(|mention| (POLLED.to_owned(), mention.id.clone())));
        }
    }

    pub(super) fn feeds_catch_up(&mut self) {
        while !self.feeds.waiting.is_empty() {
            self.push();
        }
        while self.feeds.polled_to < self.feeds.published.len() {
            self.poll();
        }
    }
}
