//! Any edit of the tables that the record rests on is found, whatever it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use holdline::core::incident::Event;
use holdline::core::name::PersonId;
use holdline::core::playbook::FactValue;
use holdline::engine::Recorder;
use holdline::store::{Keys, Reader, Seen};
use proptest::prelude::*;
use rusqlite::types::Value;

use super::{KEY, now, salts};
use crate::hospital;

/// A small record: an incident with rules, events of the installation, a head.
fn sound() -> &'static Vec<u8> {
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    SOUND.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("holdline.db"), folder.path().join("copy.db"));
        let (standing, watches) = (hospital::standing(), hospital::watches());
        let mut recorder = Recorder::open(&path, KEY, salts(), standing, watches, now()).unwrap();
        recorder.commit_one(now(), |work| work.open(&"breach".into(), &PersonId::from("ana"), "a call")).unwrap();
        let by = || PersonId::from("ana");
        recorder.commit_one(now(), |work| work.record(1, Event::Claimed { by: by() })).unwrap();
        for number in ["+1 555 010 0100", "+1 555 010 0200"] {
            let value = FactValue::Phone(number.to_owned());
            let fact = Event::FactConfirmed { fact: "help_line".into(), value, by: by() };
            recorder.commit_one(now(), |work| work.record(1, fact)).unwrap();
            recorder.commit_one(now(), |work| work.carry_out_inside()).unwrap();
            recorder.commit_one(now(), |work| work.seal()).unwrap();
        }
        Reader::new(&path).back_up(&copy, now()).unwrap();
        fs::read(copy).unwrap()
    })
}

fn problems(path: &Path) -> usize {
    let mut problems = 0;
    let audited = Reader::new(path).audit(&Keys::from(KEY), |seen| {
        problems += usize::from(matches!(seen, Seen::Problem(_)));
        Ok(())
    });
    // What cannot be read at all is found, too.
    problems + usize::from(audited.is_err())
}

/// Everything that the tables hold, to tell whether an edit changed anything.
fn content(path: &Path) -> Vec<Vec<String>> {
    let db = rusqlite::Connection::open(path).unwrap();
    let mut all = Vec::new();
    for (table, columns) in TABLES {
        let mut statement = db.prepare(&format!("select {} from {table} order by 1", columns.join(", "))).unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            all.push((0..columns.len()).map(|column| format!("{:?}", row.get_ref(column).unwrap())).collect());
        }
    }
    all
}

const TABLES: [(&str, &[&str]); 3] = [
    ("events", &["seq", "incident", "number", "header", "mac", "salt", "body"]),
    ("head", &["only_one", "seq", "seal"]),
    ("rules", &["hash", "body"]),
];

#[derive(Clone, Debug)]
enum Edit {
    /// One cell gets another value.
    Set {
        table: usize,
        column: usize,
        row: usize,
        value: Cell,
    },
    /// One cell gets another row's value.
    Copy {
        table: usize,
        column: usize,
        row: usize,
        from: usize,
    },
    Delete {
        table: usize,
        row: usize,
    },
    /// One byte of a text or blob is turned.
    Turn {
        table: usize,
        column: usize,
        row: usize,
        byte: usize,
        bit: u8,
    },
    /// A copy of a row under another number.
    Insert {
        row: usize,
        seq: i64,
    },
    Swap {
        one: usize,
        other: usize,
    },
}

#[derive(Clone, Debug)]
enum Cell {
    Null,
    Number(i64),
    Text(String),
    Blob(Vec<u8>),
}

fn cells() -> impl Strategy<Value = Cell> {
    prop_oneof![
        Just(Cell::Null),
        any::<i64>().prop_map(Cell::Number),
        (0..30_i64).prop_map(Cell::Number),
        ".{0,12}".prop_map(Cell::Text),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Cell::Blob),
    ]
}

fn edits() -> impl Strategy<Value = Edit> {
    let place = || (0..TABLES.len(), 0..7_usize, 0..40_usize);
    prop_oneof![
        (place(), cells()).prop_map(|((table, column, row), value)| Edit::Set { table, column, row, value }),
        (place(), 0..40_usize).prop_map(|((table, column, row), from)| Edit::Copy { table, column, row, from }),
        place().prop_map(|(table, _, row)| Edit::Delete { table, row }),
        (place(), any::<usize>(), 0..8_u8).prop_map(|((table, column, row), byte, bit)| Edit::Turn {
            table,
            column,
            row,
            byte,
            bit
        }),
        (0..40_usize, -3..60_i64).prop_map(|(row, seq)| Edit::Insert { row, seq }),
        (0..40_usize, 0..40_usize).prop_map(|(one, other)| Edit::Swap { one, other }),
    ]
}

/// Makes an edit; one that the schema refuses changes nothing.
fn make(path: &Path, edit: &Edit) {
    let db = rusqlite::Connection::open(path).unwrap();
    let name = |table: usize| TABLES[table].0;
    let column = |table: usize, column: usize| TABLES[table].1[column % TABLES[table].1.len()];
    let key = |table: usize| TABLES[table].1[0];
    let nth = |table: usize, row: usize| {
        let rows: i64 = db.query_row(&format!("select count(*) from {}", name(table)), [], |row| row.get(0)).unwrap();
        let offset = i64::try_from(row).unwrap() % rows.max(1);
        format!("(select {} from {} order by 1 limit 1 offset {offset})", key(table), name(table))
    };
    let _refused = match edit {
        Edit::Set { table, column: cell, row, value } => {
            let sql = format!(
                "update {} set {} = ?1 where {} = {}",
                name(*table),
                column(*table, *cell),
                key(*table),
                nth(*table, *row)
            );
            let value = match value.clone() {
                Cell::Null => Value::Null,
                Cell::Number(number) => Value::Integer(number),
                Cell::Text(text) => Value::Text(text),
                Cell::Blob(blob) => Value::Blob(blob),
            };
            db.execute(&sql, [value])
        }
        Edit::Copy { table, column: cell, row, from } => {
            let (cell, table, key) =
                (column(*table, *cell), name(*table), (key(*table), nth(*table, *row), nth(*table, *from)));
            let sql = format!(
                "update {table} set {cell} = (select {cell} from {table} where {0} = {2}) where {0} = {1}",
                key.0, key.1, key.2
            );
            db.execute(&sql, [])
        }
        Edit::Delete { table, row } => {
            db.execute(&format!("delete from {} where {} = {}", name(*table), key(*table), nth(*table, *row)), [])
        }
        Edit::Turn { table, column: cell, row, byte, bit } => {
            let (cell, place) = (column(*table, *cell), nth(*table, *row));
            let read = format!("select cast({cell} as blob) from {} where {} = {place}", name(*table), key(*table));
            let mut bytes: Vec<u8> = db.query_row(&read, [], |row| row.get(0)).unwrap_or_default();
            let Some(length) = std::num::NonZero::new(bytes.len()) else { return };
            bytes[*byte % length] ^= 1 << bit;
            let kind = if matches!(cell, "mac" | "salt" | "seal") { "?1" } else { "cast(?1 as text)" };
            let sql = format!("update {} set {cell} = {kind} where {} = {place}", name(*table), key(*table));
            db.execute(&sql, [bytes])
        }
        Edit::Insert { row, seq } => {
            let sql = format!(
                "insert into events (seq, incident, number, header, mac, salt, body)
                 select {seq}, incident, number + 1000, header, mac, salt, body from events where seq = {}",
                nth(0, *row)
            );
            db.execute(&sql, [])
        }
        Edit::Swap { one, other } => {
            let read = |place: &str| {
                db.query_row(&format!("select seq from events where seq = {place}"), [], |row| row.get::<_, i64>(0))
                    .unwrap()
            };
            let (one, other) = (read(&nth(0, *one)), read(&nth(0, *other)));
            let sql = format!(
                "update events set seq = 9999 where seq = {one}; update events set seq = {one} where seq = {other};
                 update events set seq = {other} where seq = 9999"
            );
            db.execute_batch(&sql).map(|()| 0)
        }
    };
}

fn written(folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("holdline.db");
    fs::write(&path, sound()).unwrap();
    path
}

#[test]
fn the_small_record_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(&folder);
    assert_eq!(problems(&path), 0);
    let rows = content(&path).len();
    assert!((10..40).contains(&rows), "{rows} rows: the edits reach each of them");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_edit_of_entries_head_or_rules_is_found(edits in proptest::collection::vec(edits(), 1..4)) {
        let folder = tempfile::tempdir_in(if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { "/tmp" }).unwrap();
        let path = written(&folder);
        let before = content(&path);
        for edit in &edits {
            make(&path, edit);
        }
        let changed = content(&path) != before;
        prop_assert_eq!(problems(&path) > 0, changed, "{:?}", edits);
    }
}
