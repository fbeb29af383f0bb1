//! A small writer of the tests' own: with less synchronisation than Holdline's it must lose rows in the same replay, or the replay shows nothing.

use std::path::Path;

use rusqlite::Connection;

use super::world::{note, store};

/// As `pragma synchronous` names them; Holdline's is the first.
pub(super) const LEVELS: &[&str] = &["full", "normal", "off"];
const ROWS: u32 = 40;
/// Frames after which the log is written into the store, low enough to happen often.
const CHECKPOINT_FRAMES: usize = 12;

pub(super) fn play(folder: &Path, level: &str) {
    let db = Connection::open(store(folder)).unwrap();
    let begin = format!(
        "pragma journal_mode = wal; pragma synchronous = {level}; pragma wal_autocheckpoint = {CHECKPOINT_FRAMES};
         create table if not exists kept (number integer primary key, text text); create index kept_text on kept (text);"
    );
    db.execute_batch(&begin).unwrap();
    for number in 1..=ROWS {
        let text = format!("{number} {}", "row ".repeat(if number % 5 == 0 { 900 } else { 9 }));
        db.execute("insert into kept values (?1, ?2)", (number, text)).unwrap();
        note(folder, &format!("ok {number}"));
    }
}

/// What a restart makes of it.
pub(super) fn is_whole(folder: &Path, acknowledged: usize) -> bool {
    let Ok(db) = Connection::open(store(folder)) else { return false };
    let sound =
        db.query_row("pragma integrity_check", [], |row| row.get::<_, String>(0)).is_ok_and(|said| said == "ok");
    if acknowledged == 0 {
        return sound;
    }
    let rows = db.query_row("select count(*) from kept", [], |row| row.get::<_, i64>(0));
    sound && rows.is_ok_and(|rows| usize::try_from(rows).unwrap() >= acknowledged)
}
