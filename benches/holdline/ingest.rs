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
        let (mut one, mut other) = (0, 0);
        let mut ours = || {
            one += 1;
            take_in(&mut holdline, &posts[..rows], batch, one);
        };
        let mut theirs = || {
            other += 1;
            bare.take_in(&posts[..rows], batch, other);
        };
        let took = by_turns(ROUNDS, &mut [&mut ours, &mut theirs]);
        let wall: Vec<f64> = took.iter().map(|took| rate(rows, took.wall)).collect();
        let what = format!("in batches of {batch}, {WATCHES} watches");
        table.against(&what, "rows/s", wall[0], ("bare SQLite, WAL, full sync", wall[1]), Goal::Ratio(0.5));
        let cpu: Vec<f64> = took.iter().map(|took| 1e6 / rate(rows, took.cpu)).collect();
        table.against(&what, "us CPU/row", cpu[0], ("bare SQLite", cpu[1]), Goal::Shown);
    }
}

/// Stores `posts` in batches; `round` makes their ids new.
pub(crate) fn take_in(holdline: &mut Recorder, posts: &[Mention], batch: usize, round: usize) {
    let feed = FeedName::from("listening");
    for some in posts.chunks(batch) {
        let fresh: Vec<Mention> =
            some.iter().map(|post| Mention { id: format!("{round}-{}", post.id), ..post.clone() }).collect();
        let taken = holdline.commit_one(Timestamp::now(), |work| work.take_in(&feed, &fresh)).unwrap();
        assert_eq!(taken.new, some.len());
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

    fn take_in(&mut self, posts: &[Mention], batch: usize, round: usize) {
        for some in posts.chunks(batch) {
            let transaction = self.0.transaction().unwrap();
            let mut insert = transaction
                .prepare_cached("insert or ignore into rows (source, ext_id, received, body) values (?1, ?2, ?3, ?4)")
                .unwrap();
            for post in some {
                let id = format!("{round}-{}", post.id);
                assert_eq!(insert.execute(params!["listening", id, 1_795_183_500_i64, post.text]).unwrap(), 1);
            }
            drop(insert);
            transaction.commit().unwrap();
        }
    }
}
