//! One process's view of a story: the real recorder on a folder, a clock that stands still, and a log of what was acknowledged.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdline::core::incident::{Event, Incident, IncidentId};
use holdline::engine::{Board, OpenError, RecordError, Recorder, Standing, Work};
use jiff::{SignedDuration, Timestamp};

use crate::hospital;

pub(super) const KEY: &[u8] = b"the key of the crash programme";
const STORE: &str = "holdline.db";
const LOG: &str = "acknowledged";
/// The network channel, as the world sees it.
pub(super) const WIRE: &str = "wire.jsonl";
/// What a child says when it gave up, as a service manager would hear it.
pub(super) const GAVE_UP: i32 = 3;

type Watcher = Box<dyn FnMut(&Path, &Board)>;

pub(super) struct World {
    pub(super) folder: PathBuf,
    pub(super) now: Timestamp,
    pub(super) standing: Standing,
    recorder: Option<Recorder>,
    /// Called after every commit, with the folder and what is in memory.
    pub(super) watcher: Option<Watcher>,
    /// A job that the disk refused is done once more.
    pub(super) retries: bool,
}

/// The files that a store may be made of.
pub(super) fn store_files(folder: &Path) -> [PathBuf; 4] {
    ["", "-wal", "-shm", "-journal"].map(|ending| folder.join(format!("{STORE}{ending}")))
}

pub(super) fn store(folder: &Path) -> PathBuf {
    folder.join(STORE)
}

pub(super) fn log(folder: &Path) -> PathBuf {
    folder.join(LOG)
}

/// Adds a line to the log.
pub(super) fn note(folder: &Path, line: &str) {
    let mut log = OpenOptions::new().append(true).create(true).open(log(folder)).unwrap();
    log.write_all(format!("{line}\n").as_bytes()).unwrap();
}

impl World {
    /// A world whose recorder is not open yet; time goes on where the folder's log left it.
    pub(super) fn new(folder: &Path, standing: Standing) -> Self {
        let start: Timestamp = "2026-11-22T03:00:00Z".parse().unwrap();
        let now = fs::read_to_string(log(folder)).ok().and_then(|text| {
            let last = text.lines().rev().find_map(|line| line.strip_prefix("ok "))?.to_owned();
            Timestamp::from_millisecond(last.parse().ok()?).ok()
        });
        let folder = folder.to_owned();
        Self { folder, now: now.unwrap_or(start), standing, recorder: None, watcher: None, retries: false }
    }

    fn log(&self, line: &str) {
        note(&self.folder, line);
    }

    /// Opens the store. The salts are always the same, so that a story has one record.
    pub(super) fn try_open(&mut self) -> Result<(), OpenError> {
        let (path, salts) = (store(&self.folder), Box::new(|salt: &mut [u8]| salt.fill(7)));
        let opened = Recorder::open(&path, KEY, salts, self.standing.clone(), hospital::watches(), self.now);
        self.recorder = Some(opened?);
        self.acknowledged();
        Ok(())
    }

    pub(super) fn open(&mut self) {
        let Err(error) = self.try_open() else { return };
        self.log(&format!("refused {error}"));
        assert!(self.retries, "{error}");
        if let Err(error) = self.try_open() {
            self.give_up(&error);
        }
    }

    /// Closes the store as an orderly end does.
    pub(super) fn close(&mut self) {
        self.recorder = None;
    }

    fn acknowledged(&mut self) {
        self.log(&format!("ok {}", self.now.as_millisecond()));
        let board = self.board();
        if let Some(watcher) = &mut self.watcher {
            watcher(&self.folder, &board);
        }
    }

    /// One transaction. What it did is acknowledged once it returned, also where the rules refused.
    pub(super) fn work<T>(
        &mut self,
        work: impl Fn(&mut Work<'_, '_>) -> Result<T, RecordError>,
    ) -> Result<T, RecordError> {
        let mut done = self.commit(&work);
        if let Err(error) = &done
            && is_of_the_disk(error)
        {
            self.log(&format!("refused {error}"));
            assert!(self.retries, "{error}");
            done = self.commit(&work);
        }
        match done {
            Err(error) if is_of_the_disk(&error) => self.give_up(&error),
            done => {
                self.acknowledged();
                done
            }
        }
    }

    fn commit<T>(&mut self, work: impl Fn(&mut Work<'_, '_>) -> Result<T, RecordError>) -> Result<T, RecordError> {
        let now = self.now;
        self.recorder.as_mut().expect("the store is open").commit_one(now, |inner| work(inner))
    }

    /// A program that cannot write ends loudly, and says what it still holds in memory.
    fn give_up(&self, error: &dyn std::fmt::Display) -> ! {
        self.log(&format!("refused {error}"));
        if self.recorder.is_some() {
            self.log(&format!("memory {}", super::reference::of_board(&self.board())));
        }
        std::process::exit(GAVE_UP)
    }

    pub(super) fn record(&mut self, id: IncidentId, event: &Event) -> bool {
        self.work(|work| work.record(id, event.clone())).is_ok()
    }

    /// Records what the story cannot do without.
    pub(super) fn must(&mut self, event: &Event) {
        let kind = event.kind();
        self.work(|work| work.record(1, event.clone())).unwrap_or_else(|error| panic!("{kind}: {error}"));
    }

    pub(super) fn inside(&mut self) {
        while self.work(|work| work.carry_out_inside()).unwrap() {}
    }

    pub(super) fn minutes_go_by(&mut self, minutes: i64) {
        self.now += SignedDuration::from_mins(minutes);
    }

    pub(super) fn board(&self) -> Arc<Board> {
        Arc::clone(&self.recorder.as_ref().expect("the store is open").board().borrow())
    }

    pub(super) fn recorder(&self) -> &Recorder {
        self.recorder.as_ref().expect("the store is open")
    }

    pub(super) fn incident(&self, id: IncidentId) -> Arc<Incident> {
        Arc::clone(&self.board().incidents[&id].incident)
    }
}

fn is_of_the_disk(error: &RecordError) -> bool {
    matches!(error, RecordError::Store(_))
}
