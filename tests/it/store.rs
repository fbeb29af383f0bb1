//! The store and its chain: what is changed, removed, moved or cut is found and named; a row that nobody signed opens nothing.

use std::path::{Path, PathBuf};

use holdline::core::count::CountedAt;
use holdline::core::mention::Mention;
use holdline::store::{Broken, Chain, EffectId, InstallationEvent, Reader, Settled, StoreError, Writer};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

const KEY: &[u8] = b"an audit key of the tests";

fn now() -> Timestamp {
    "2026-11-22T03:00:00Z".parse().unwrap()
}

fn open(path: &Path) -> Result<Writer, StoreError> {
    let mut next = 0_u8;
    let salts = Box::new(move |salt: &mut [u8]| {
        next = next.wrapping_add(1);
        salt.fill(next);
    });
    Writer::open(path, KEY, salts, |_| Ok(()))
}

/// A store with five entries, one a commit.
fn written(folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("holdline.db");
    let mut writer = open(&path).unwrap();
    for number in 0..5 {
        let event = InstallationEvent::Started { version: format!("0.{number}") };
        writer.commit(|batch| batch.append_installation(&event, now()).map(drop)).unwrap();
    }
    path
}

fn broken_by(sql: &str) -> Option<Broken> {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder);
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let verified = Reader::new(&path).verify(KEY, |_| {});
    // What does not verify is not opened either.
    assert_eq!(open(&path).is_err(), verified.is_err());
    match verified {
        Ok(_) => None,
        Err(StoreError::Chain(broken)) => Some(broken),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn an_untouched_record_verifies_and_says_its_head() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder);
    assert_eq!(Reader::new(&path).verify(KEY, |_| {}).unwrap().seq, 5);
    assert!(matches!(Reader::new(&path).verify(b"another key", |_| {}), Err(StoreError::Chain(Broken::Changed(1)))));
}

#[test]
fn whatever_is_done_to_the_record_is_found_and_named() {
    let changed_body = r"update events set body = replace(body, '0.2', '9.9') where seq = 3";
    assert_eq!(broken_by(changed_body), Some(Broken::Body(3)));
    let changed_header = r"update events set header = replace(header, 'started', 'stopped') where seq = 3";
    assert_eq!(broken_by(changed_header), Some(Broken::Changed(3)));
    assert_eq!(broken_by("delete from events where seq = 3"), Some(Broken::Missing { first: 3, last: 3 }));
    assert_eq!(broken_by("delete from events where seq = 5"), Some(Broken::Cut { head: 5, found: 4 }));
    let cut_with_head = "delete from events where seq = 5; update head set seq = 4";
    assert_eq!(broken_by(cut_with_head), Some(Broken::HeadChanged(4)));
    let moved = "update events set seq = 100 where seq = 2; update events set seq = 2 where seq = 3;
        update events set seq = 3 where seq = 100";
    assert_eq!(broken_by(moved), Some(Broken::Moved { seq: 2, was: 3 }));
    let forged = "insert into events (seq, incident, number, header, mac, salt, body)
        select 6, 0, 6, header, mac, salt, body from events where seq = 5; update head set seq = 6";
    assert_eq!(broken_by(forged), Some(Broken::Moved { seq: 6, was: 5 }));
    assert_eq!(broken_by("update head set seal = zeroblob(32)"), Some(Broken::HeadChanged(5)));
}

#[test]
fn a_body_that_nobody_recorded_as_erased_is_missing() {
    let gone = "update events set body = null, salt = null where seq = 3";
    assert_eq!(broken_by(gone), Some(Broken::Gone { first: 3, last: 3 }));
}

#[test]
fn one_writer_at_a_time_has_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder);
    let first = open(&path).unwrap();
    assert!(matches!(open(&path), Err(StoreError::InUse)));
    drop(first);
    open(&path).unwrap();
}

#[test]
fn a_mailed_head_proves_itself_and_shows_a_change() {
    let mut chain = Chain::new(KEY);
    chain.append("{}");
    let head = chain.sign_head(now().as_millisecond());
    assert!(head.verifies());
    for changed in [
        holdline::store::SignedHead { seq: 2, ..head.clone() },
        holdline::store::SignedHead { mac: "00".to_owned(), ..head.clone() },
        holdline::store::SignedHead { at: 0, ..head.clone() },
        holdline::store::SignedHead { signature: "00".repeat(64), ..head.clone() },
    ] {
        assert!(!changed.verifies(), "{changed:?}");
    }
    assert_eq!(head.public_key, Chain::new(KEY).sign_head(0).public_key, "the same key at every start");
}

#[test]
fn a_failed_transaction_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder);
    let mut writer = open(&path).unwrap();
    let failed: Result<(), _> = writer.commit(|batch| {
        batch.append_installation(&InstallationEvent::Started { version: "lost".to_owned() }, now())?;
        Err(StoreError::Full)
    });
    assert!(matches!(failed, Err(StoreError::Full)));
    writer
        .commit(|batch| {
            batch.append_installation(&InstallationEvent::Started { version: "kept".to_owned() }, now()).map(drop)
        })
        .unwrap();
    assert_eq!(Reader::new(&path).verify(KEY, |_| {}).unwrap().seq, 6);
}

#[test]
fn a_mention_is_kept_once_per_feed_and_id() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(&folder.path().join("holdline.db")).unwrap();
    let mention = Mention {
        id: "1".to_owned(),
        title: None,
        text: "hello".to_owned(),
        author: None,
        url: None,
        language: None,
        published: None,
        reach: None,
    };
    let counted = CountedAt::of(&mention, now());
    let mut add =
        |feed: &str| writer.commit(|batch| batch.add_mention(&feed.into(), &mention, now(), counted)).unwrap();
    assert!(add("news"));
    assert!(!add("news"));
    assert!(add("other"), "the same id of another feed is another mention");
}

#[test]
fn a_row_is_one_workers_until_its_lease_ends_and_a_late_settlement_counts_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(&folder.path().join("holdline.db")).unwrap();
    let id = EffectId { incident: 1, number: 1, place: 0 };
    let lease = SignedDuration::from_secs(60);
    writer.commit(|batch| batch.owe(id, "mail", &"hello", now())).unwrap();
    let mut claim = |at| writer.commit(|batch| batch.claim(&["mail"], at, lease, 10)).unwrap();
    let first = claim(now());
    assert_eq!(first.len(), 1);
    assert!(claim(now() + SignedDuration::from_secs(59)).is_empty(), "the lease holds");
    let second = claim(now() + lease);
    assert_eq!((second.len(), second[0].attempts), (1, 1), "after the lease it is somebody else's");
    let done = Settled::Done("sent".to_owned());
    let mut settle = |row| writer.commit(|batch| batch.settle(row, &done)).unwrap();
    assert!(!settle(&first[0]), "the zombie's settlement counts for nothing");
    assert!(settle(&second[0]));
    assert!(!settle(&second[0]), "a row is settled once");
}

#[test]
fn a_claim_takes_no_more_than_it_was_asked_for_in_order_of_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(&folder.path().join("holdline.db")).unwrap();
    for place in 0..5 {
        let at = now() + SignedDuration::from_secs(i64::from(10 - place));
        writer.commit(|batch| batch.owe(EffectId { incident: 1, number: 1, place }, "mail", &"hello", at)).unwrap();
    }
    let later = now() + SignedDuration::from_secs(60);
    let rows = writer.commit(|batch| batch.claim(&["mail"], later, SignedDuration::from_secs(60), 2)).unwrap();
    assert_eq!(rows.iter().map(|row| row.id.place).collect::<Vec<_>>(), [3, 4]);
}
