//! What a story comes to when nothing breaks it off: the whole content of the store after each acknowledgement.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use holdline::engine::Board;
use rusqlite::Connection;
use rusqlite::types::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::stories::Story;
use super::world::{self, World};

/// Everything that Holdline keeps. What refinery and SQLite keep for themselves is not compared.
const TABLES: &[&str] = &["mentions", "counts", "rules", "events", "head", "outbox", "sessions", "notes"];

/// The store and the memory after an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) disk: String,
    pub(super) board: String,
}

pub(super) struct Reference {
    pub(super) story: &'static Story,
    /// The files that the story begins with.
    template: TempDir,
    /// Before the first acknowledgement, and after each.
    pub(super) states: Vec<State>,
}

impl Reference {
    pub(super) fn of(story: &'static Story) -> Self {
        let template = folder();
        let mut before = World::new(template.path(), (story.standing)());
        (story.prelude)(&mut before);
        before.close();
        let disk = on_disk(template.path());
        let first = State { disk, board: String::new() };
        let seen = Arc::new(Mutex::new(vec![first]));
        let told = folder();
        copy(template.path(), told.path());
        let mut world = World::new(told.path(), (story.standing_then)());
        let states = Arc::clone(&seen);
        world.watcher = Some(Box::new(move |folder, board| {
            states.lock().unwrap().push(State { disk: dump(&world::store(folder)), board: of_board(board) });
        }));
        story.play(&mut world);
        drop(world);
        let states = Arc::into_inner(seen).unwrap().into_inner().unwrap();
        Self { story, template, states }
    }

    /// A fresh copy of the files that the story begins with.
    pub(super) fn begin(&self) -> TempDir {
        let folder = folder();
        copy(self.template.path(), folder.path());
        folder
    }

    /// The store after so many starts and nothing else.
    pub(super) fn after_starts(&self, starts: usize) -> String {
        let folder = self.begin();
        let mut world = World::new(folder.path(), (self.story.standing_then)());
        for _ in 0..starts {
            world.close();
            world.open();
        }
        world.close();
        dump(&world::store(folder.path()))
    }

    /// How many acknowledgements a folder's log has, beyond those that were there at the beginning.
    pub(super) fn acknowledged(&self, folder: &Path) -> usize {
        oks(folder) - oks(self.template.path())
    }
}

fn oks(folder: &Path) -> usize {
    let log = fs::read_to_string(world::log(folder)).unwrap_or_default();
    log.lines().filter(|line| line.starts_with("ok ")).count()
}

/// In memory where that can be: a death loses nothing that was written there.
pub(super) fn folder() -> TempDir {
    let shared = Path::new("/dev/shm");
    let folder = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() };
    folder.unwrap()
}

pub(super) fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// What a restart would read, without touching the files that it will read it from.
pub(super) fn on_disk(folder: &Path) -> String {
    let looked_at = self::folder();
    copy(folder, looked_at.path());
    dump(&world::store(looked_at.path()))
}

fn dump(store: &Path) -> String {
    let db = Connection::open(store).unwrap();
    let mut text = String::new();
    for table in TABLES {
        let Ok(mut statement) = db.prepare(&format!("select * from {table}")) else { continue };
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<Value> = (0..columns).map(|column| row.get(column).unwrap()).collect();
            writeln!(text, "{table} {values:?}").unwrap();
        }
    }
    text
}

/// Every incident in memory, as one hash.
pub(super) fn of_board(board: &Board) -> String {
    let incidents: Vec<_> = board.incidents.values().map(|entry| &entry.incident).collect();
    hex::encode(Sha256::digest(format!("{incidents:?}")))
}
