//! Mentions counted once more: in the store's rows, in its table of counts, and in what a watch shows.

use std::collections::{BTreeMap, BTreeSet};

use holdline::core::mention::Mention;
use jiff::{SignedDuration, Timestamp};

use super::house::WATCHED;
use super::world::World;

const LATE_MAX: SignedDuration = SignedDuration::from_hours(6);

/// What a reader of the store's rows counts.
#[derive(Default)]
pub(super) struct Recount {
    seq: i64,
    stored: BTreeSet<(String, String)>,
    accepted: usize,
    /// Mentions of each watch: the minute each counts in, and whose voice it is.
    counted: BTreeMap<&'static str, Vec<(i64, String)>>,
    changed: bool,
}

/// How long counts are kept: for a year, and some weeks more.
const COUNTS_KEPT_MINUTES: i64 = 400 * 24 * 60;

/// When a mention counts: at its own time within six hours before its receipt, else at its receipt.
fn counts_at(mention: &Mention, received: Timestamp) -> Timestamp {
    let own = mention.published.filter(|own| *own <= received && received.duration_since(*own) <= LATE_MAX);
    own.unwrap_or(received)
}

fn voice(mention: &Mention, feed: &str) -> String {
    mention.author.clone().unwrap_or_else(|| format!("somebody of {feed}"))
}

impl World {
    pub(super) fn check_mentions(&mut self) {
        self.read_mentions();
        let fresh = self.feeds.accepted[self.ledger.recount.accepted..].to_vec();
        for accepted in fresh {
            assert!(self.ledger.recount.stored.contains(&accepted), "{accepted:?} was accepted and is lost");
            self.ledger.recount.accepted += 1;
        }
        if std::mem::take(&mut self.ledger.recount.changed) {
            self.check_counts();
        }
    }

    fn read_mentions(&mut self) {
        let (seq, path) = (self.ledger.recount.seq, self.path.clone());
        let sql = "select seq, feed, received, counted, body from mentions where seq > ?1 order by seq";
        let mut statement = self.ledger.db(&path).prepare_cached(sql).unwrap();
        let rows = statement
            .query_map([seq], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
            .unwrap();
        let rows: Vec<(i64, String, i64, i64, String)> = rows.map(Result::unwrap).collect();
        drop(statement);
        for (seq, feed, received, counted, body) in rows {
            let mention: Mention = serde_json::from_str(&body).unwrap();
            let name = (feed.clone(), mention.id.clone());
            assert_eq!(self.feeds.said.get(&name), Some(&mention), "the store holds what nobody said");
            let at = counts_at(&mention, Timestamp::from_millisecond(received).unwrap());
            assert_eq!(counted, at.as_millisecond(), "{name:?} counts at another time");
            let recount = &mut self.ledger.recount;
            recount.seq = seq;
            recount.changed = true;
            assert!(recount.stored.insert(name), "a mention was stored twice");
            let text = mention.text.to_lowercase();
            for watch in WATCHED {
                if watch.feeds.contains(&feed.as_str()) && watch.words.iter().all(|word| text.contains(word)) {
                    let minute = at.as_second().div_euclid(60);
                    recount.counted.entry(watch.name).or_default().push((minute, voice(&mention, &feed)));
                }
            }
        }
    }

    /// The table of counts, and what each watch has in memory now.
    pub(super) fn check_counts(&mut self) {
        let path = self.path.clone();
        let mut statement = self.ledger.db(&path).prepare_cached("select watch, minute, count from counts").unwrap();
        let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap();
        let table: BTreeMap<(String, i64), i64> = rows.map(Result::unwrap).collect();
        drop(statement);
        let mut own: BTreeMap<(String, i64), i64> = BTreeMap::new();
        for (watch, mentions) in &self.ledger.recount.counted {
            for (minute, _) in mentions {
                *own.entry(((*watch).to_owned(), *minute)).or_default() += 1;
            }
        }
        // What is older than every watch looks back may be gone already.
        let kept_since = self.clocks.engine.as_second().div_euclid(60) - COUNTS_KEPT_MINUTES;
        own.retain(|count, _| count.1 >= kept_since || table.contains_key(count));
        assert_eq!(table, own, "the table of counts is not what the mentions say");
        for watch in WATCHED {
            let shown = self.ask(|work| (work.now(), work.counted(&watch.name.into()).unwrap()));
            let Some((now, shown)) = shown else { return };
            let to = now.as_second().div_euclid(60);
            let mentions = self.ledger.recount.counted.get(watch.name);
            let within =
                mentions.into_iter().flatten().filter(|(minute, _)| (to - watch.minutes + 1..=to).contains(minute));
            let voices: BTreeSet<&str> = within.clone().map(|(_, voice)| voice.as_str()).collect();
            assert_eq!(
                (shown.count as usize, shown.voices as usize),
                (within.count(), voices.len()),
                "watch {} shows another count than its mentions give",
                watch.name
            );
        }
    }
}
