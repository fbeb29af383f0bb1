//! The world around one engine: what happens is drawn from one seed, and every call and its result goes into one trace.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use holdline::core::setting::Setting;
use holdline::engine::{Board, Recorder, Work};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

use super::channel::Channels;
use super::checks::Ledger;
use super::clock::Clocks;
use super::coverage::Coverage;
use super::feeds::Feeds;
use super::files::Files;
use super::house::House;
use super::mail::PostOffice;
use super::posting::UnderWay;
use super::process::{Called, Fuse};

pub(super) struct World {
    pub(super) rng: StdRng,
    pub(super) house: House,
    pub(super) files: Files,
    pub(super) clocks: Clocks,
    pub(super) path: PathBuf,
    _folder: tempfile::TempDir,
    /// None while the process is dead.
    pub(super) process: Option<Recorder>,
    pub(super) fuse: Fuse,
    pub(super) feeds: Feeds,
    pub(super) post_office: PostOffice,
    pub(super) channels: Channels,
    /// What the outbox's hands hold.
    pub(super) under_way: Vec<UnderWay>,
    pub(super) ledger: Ledger,
    pub(super) coverage: Coverage,
    /// Nothing goes wrong any more: only what is left is finished.
    pub(super) calm: bool,
    trace: Sha256,
    told: bool,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let shared = std::path::Path::new("/dev/shm");
        let folder = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap();
        let path = folder.path().join("holdline.db");
        // Every ninth seed is a rehearsal from its beginning to its end.
        let setting =
            if seed % super::REHEARSED_EACH == super::REHEARSED_EACH - 1 { Setting::Rehearsal } else { Setting::Live };
        let mut world = Self {
            rng: StdRng::seed_from_u64(seed),
            house: House::new(setting),
            files: Files::default(),
            clocks: Clocks::new(),
            _folder: folder,
            path,
            process: None,
            fuse: Fuse::default(),
            feeds: Feeds::default(),
            post_office: PostOffice::default(),
            channels: Channels::default(),
            under_way: Vec::new(),
            ledger: Ledger::default(),
            coverage: Coverage::default(),
            calm: false,
            trace: Sha256::new(),
            told: std::env::var_os("HOLDLINE_TRACE").is_some(),
        };
        world.restart();
        world
    }

    /// One thing happens.
    pub(super) fn step(&mut self) {
        if self.process.is_none() && self.chance(60) {
            self.restart();
        }
        match self.rng.random_range(0..100) {
            0..7 => self.feeds_speak(),
            7..16 => self.time_goes_by(),
            16..26 => self.inside(),
            26..50 => self.outside(),
            50..93 => self.somebody_acts(),
            93..94 => self.tick(),
            94..97 => self.attack(),
            97..98 => self.operator_acts(),
            98..99 => self.kill(),
            _ => self.seal(),
        }
        self.under_the_post();
    }

    pub(super) fn board(&self) -> Arc<Board> {
        self.process.as_ref().map_or_else(Arc::default, |process| Arc::clone(&process.board().borrow()))
    }

    pub(super) fn inside(&mut self) {
        // Bounded by hand: work that begets itself for ever would otherwise never end.
        for _ in 0..20 {
            match self.work("inside", |work| work.carry_out_inside()) {
                Called::Made(true) => {}
                Called::Made(false) | Called::Not(_) | Called::Died => return,
            }
        }
        panic!("inside work never ends");
    }

    pub(super) fn tick(&mut self) {
        self.work("tick", |work| work.tick());
    }

    fn seal(&mut self) {
        self.work("seal", |work| work.seal());
    }

    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    /// A chance that calm weather takes away.
    pub(super) fn mishap(&mut self, percent: u32) -> bool {
        let happens = self.chance(percent);
        happens && !self.calm
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.rng.random_range(0..from.len())]
    }

    /// Takes one call and its result into the trace.
    pub(super) fn note(&mut self, line: fmt::Arguments<'_>) {
        let line = line.to_string();
        if self.told {
            eprintln!("{} {line}", self.clocks.truth);
        }
        self.trace.update(line.as_bytes());
        self.trace.update(b"\n");
    }

    pub(super) fn trace(&self) -> String {
        hex::encode(self.trace.clone().finalize())
    }

    /// A look that writes nothing.
    pub(super) fn ask<T>(&mut self, question: impl FnOnce(&mut Work<'_, '_>) -> T) -> Option<T> {
        let now = self.clocks.reading();
        let process = self.process.as_mut()?;
        let (at, answer) = process.commit_one(now, |work| Ok((work.now(), question(work)))).unwrap();
        self.clocks.engine_said(at);
        Some(answer)
    }
}
