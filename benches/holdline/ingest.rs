//! P4: mentions stored durably, against the same rows put into SQLite by hand.

use std::path::Path;

use holdline::core::mention::Mention;
use holdline::core::name::FeedName;
use holdline::engine::Recorder;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::folder::{on_disk, recorder, watches};
use super::posts::{Kind, Words, queries};
use super::table::{Goal, Table};
use super::turns::{by_turns, rate};

const ROUNDS: usize = 5;
/// Batch, and how many rows a round writes in such batches.
const BATCHES: [(usize, usize); 5] = [(1, 500), (10, 3_000), (100, 15_000), (1_000, 30_000), (10_000, 30_000)];
const WATCHES: usize = 10;

pub(crate) fn measure(table: &mut Table) {
    let words = Words::new();
    let posts = words.posts(BATCHES.iter().map(|(_, rows)| *rows).max().unwrap(), Kind::Usual);
    for (batch, rows) in BATCHES {
        let (ours, theirs) = (on_disk(), on_disk());
        let mut holdline = recorder(ours.path(), watches(&queries(&words.terms(WATCHES * 5, false))));
        let mut bare = Bare::open(&theirs.path().join("bare.db"));
        // Whatever is not storing is done before the clock runs; the bare rows hold the same bytes.
        let rounds: Vec<Vec<Mention>> = (0..ROUNDS).map(|round| fresh(&posts[..rows], round)).collect();
        let bodies: Vec<Vec<Row>> = rounds.iter().map(|round| round.iter().map(Row::of).collect()).collect();
        let (mut one, mut other) = (rounds.iter(), bodies.iter());
        let mut ours = || take_in(&mut holdline, one.next().unwrap(), batch);
        let mut theirs = || bare.take_in(other.next().unwrap(), batch);
        let took = by_turns(ROUNDS, &mut [&mut ours, &mut theirs]);
        let wall: Vec<f64> = took.iter().map(|took| rate(rows, took.wall)).collect();
        let what = format!("in batches of {batch}, {WATCHES} watches");
        table.against(&what, "rows/s", wall[0], ("bare SQLite, WAL, full sync", wall[1]), Goal::Ratio(0.5));
        let cpu: Vec<f64> = took.iter().map(|took| 1e6 / rate(rows, took.cpu)).collect();
        table.against(&what, "us CPU/row", cpu[0], ("bare SQLite", cpu[1]), Goal::Shown);
    }
}

/// The posts under new ids.
pub(crate) fn fresh(posts: &[Mention], round: usize) -> Vec<Mention> {
    posts.iter().map(|post| Mention { id: format!("{round}-{}", post.id), ..post.clone() }).collect()
}

/// Stores mentions that are new.
pub(crate) fn take_in(holdline: &mut Recorder, mentions: &[Mention], batch: usize) {
    let feed = FeedName::from("listening");
    for some in mentions.chunks(batch) {
        let taken = holdline.commit_one(Timestamp::now(), |work| work.take_in(&feed, some)).unwrap();
        assert_eq!(taken.new, some.len());
    }
}

struct Row {
    id: String,
    body: String,
}

impl Row {
    fn of(mention: &Mention) -> Self {
        Self { id: mention.id.clone(), body: serde_json::to_string(mention).unwrap() }
    }
}

/// Nothing but the rows.
struct Bare(Connection);

impl Bare {
    fn open(path: &Path) -> Self {
        let db = Connection::open(path).unwrap();
        db.pragma_update(None, "journal_mode", "wal").unwrap();
        db.pragma_update(None, "synchronous", "full").unwrap();
        db.execute_batch(
            "create table rows (seq integer primary key, source text not null, ext_id text not null,
             received bigint not null, body text not null, unique (source, ext_id))",
        )
        .unwrap();
        Self(db)
    }

    fn take_in(&mut self, rows: &[Row], batch: usize) {
        for some in rows.chunks(batch) {
            let transaction = self.0.transaction().unwrap();
            let mut insert = transaction
                .prepare_cached("insert or ignore into rows (source, ext_id, received, body) values (?1, ?2, ?3, ?4)")
                .unwrap();
            for Row { id, body } in some {
                assert_eq!(insert.execute(params!["listening", id, 1_795_183_500_i64, body]).unwrap(), 1);
            }
            drop(insert);
            transaction.commit().unwrap();
        }
    }
}
