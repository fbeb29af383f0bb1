//! The process: every call into the engine, and its death at any of them: before it, within its transaction, after its commit.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use holdline::core::incident::{Event, IncidentId};
use holdline::engine::{RecordError, Recorder, Work};
use holdline::store::{Salts, StoreError};
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

use super::world::World;

pub(super) const KEY: &[u8] = b"simulation key";

/// How a call into the engine ended.
#[derive(Debug)]
pub(super) enum Called<T> {
    Made(T),
    Not(RecordError),
    /// The process is gone; whether the call was written down, whoever called cannot know.
    Died,
}

/// Burns down with each entry of the record; the process dies when it is at its end. Zero never burns.
#[derive(Clone, Default)]
pub(super) struct Fuse(Arc<AtomicU32>);

/// What a death within a transaction unwinds with.
struct Dead;

impl Fuse {
    fn light(&self, entries: u32) {
        self.0.store(entries, Ordering::Relaxed);
    }

    fn burn(&self) {
        let left = self.0.load(Ordering::Relaxed);
        if left > 0 {
            self.0.store(left - 1, Ordering::Relaxed);
            if left == 1 {
                resume_unwind(Box::new(Dead));
            }
        }
    }
}

impl<T> Called<T> {
    pub(super) fn made(self) -> Option<T> {
        match self {
            Self::Made(made) => Some(made),
            Self::Not(_) | Self::Died => None,
        }
    }
}

impl World {
    /// One transaction, with whatever may go wrong with it.
    pub(super) fn work<T: Debug>(
        &mut self,
        what: &str,
        job: impl FnOnce(&mut Work<'_, '_>) -> Result<T, RecordError>,
    ) -> Called<T> {
        let (dies_within, dies_after, disk_fails) = match self.rng.random_range(0..1000) {
            0..15 if !self.calm => (true, false, false),
            15..19 if !self.calm => (false, true, false),
            19..24 if !self.calm => (false, false, true),
            _ => (false, false, false),
        };
        let entries = self.rng.random_range(1..4);
        let now = self.clocks.reading();
        let Some(process) = self.process.as_mut() else { return Called::Died };
        self.fuse.light(if dies_within { entries } else { 0 });
        let mut at = None;
        let made = catch_unwind(AssertUnwindSafe(|| {
            process.commit_one(now, |work| {
                at = Some(work.now());
                let made = job(work)?;
                if disk_fails { Err(RecordError::Store(StoreError::Full)) } else { Ok(made) }
            })
        }));
        self.fuse.light(0);
        if let Some(at) = at {
            self.clocks.engine_said(at);
        }
        let called = match made {
            Err(why) if why.is::<Dead>() => {
                self.die("died within a transaction");
                Called::Died
            }
            Err(why) => resume_unwind(why),
            Ok(_) if dies_after => {
                self.die("died after a commit");
                Called::Died
            }
            Ok(Ok(made)) => Called::Made(made),
            Ok(Err(RecordError::Store(why))) => {
                assert_eq!(why, StoreError::Full, "{what}: the store failed by itself");
                self.coverage.saw("the disk failed");
                Called::Not(RecordError::Store(why))
            }
            Ok(Err(error)) => Called::Not(error),
        };
        self.note(format_args!("{what}: {called:?}"));
        called
    }

    /// What people do is refused often, and each refusal is counted.
    pub(super) fn record(&mut self, id: IncidentId, event: Event) -> bool {
        let kind = event.kind();
        match self.work(kind, |work| work.record(id, event)) {
            Called::Made(()) => true,
            Called::Not(error) => {
                self.coverage.refused(kind, &error);
                false
            }
            Called::Died => false,
        }
    }

    fn die(&mut self, how: &str) {
        self.process = None;
        // What was not written down is forgotten, also what time it was.
        self.clocks.engine = self.time_written_down();
        self.under_way_is_lost();
        self.coverage.saw(how);
    }

    /// The process dies between two calls.
    pub(super) fn kill(&mut self) {
        if self.process.is_some() {
            self.note(format_args!("killed"));
            self.die("died between calls");
        }
    }

    /// Starts the process anew; its files may have been edited meanwhile. Everything must come back as it was written down.
    pub(super) fn restart(&mut self) {
        for attempt in 0..10 {
            let mut salts = StdRng::seed_from_u64(self.rng.random());
            let fuse = self.fuse.clone();
            let salts: Salts = Box::new(move |salt: &mut [u8]| {
                fuse.burn();
                salts.fill_bytes(salt);
            });
            let entries = if self.mishap(3) { self.rng.random_range(1..4) } else { 0 };
            self.fuse.light(entries);
            let (standing, watches, now) = (self.standing(), self.house.watches(), self.clocks.reading());
            let path = self.path.clone();
            let opened = catch_unwind(AssertUnwindSafe(|| Recorder::open(&path, KEY, salts, standing, watches, now)));
            self.fuse.light(0);
            match opened {
                Ok(Ok(process)) => {
                    self.process = Some(process);
                    self.hold_wires();
                    // What a start wrote, it wrote at the time that it goes on from.
                    let at = self.time_written_down();
                    self.clocks.engine_said(at);
                    self.note(format_args!("started"));
                    return;
                }
                Ok(Err(error)) => panic!("it does not start any more: {error}"),
                Err(why) if why.is::<Dead>() => {
                    self.coverage.saw("died while it started");
                    self.note(format_args!("died while it started, attempt {attempt}"));
                }
                Err(why) => resume_unwind(why),
            }
        }
    }
}
