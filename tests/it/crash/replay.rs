//! A disk that loses power: whatever was not synchronised may be there, missing, or torn at a sector. A file that is removed is gone at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::trace::Op;
use super::world;

/// What a disk writes in one go.
const SECTOR_BYTES: usize = 512;
/// How a cut treats what was not synchronised; beyond these, seeded mixtures.
const KINDS: usize = 4;

/// A file as it surely is, and what may have happened to it since.
#[derive(Clone, Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<Op>,
}

/// A disk up to a call of the trace.
pub(super) struct Disk {
    files: BTreeMap<PathBuf, File>,
    told: String,
    pub(super) acknowledged: usize,
}

impl Disk {
    /// As the files in `folder` are, all of it synchronised.
    pub(super) fn new(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        let kept = world::store_files(folder).into_iter().chain([folder.join(world::WIRE)]);
        for path in kept.filter(|path| path.exists()) {
            files.insert(path.clone(), File { durable: fs::read(path).unwrap(), pending: Vec::new() });
        }
        let told = fs::read_to_string(world::log(folder)).unwrap_or_default();
        Self { files, told, acknowledged: 0 }
    }

    pub(super) fn goes_on(&mut self, op: &Op) {
        match op {
            Op::Write { file, .. } | Op::Append { file, .. } | Op::Truncate { file, .. } => {
                self.files.entry(file.clone()).or_default().pending.push(op.clone());
            }
            Op::Sync { file } => {
                let file = self.files.entry(file.clone()).or_default();
                for op in std::mem::take(&mut file.pending) {
                    apply(&mut file.durable, &op, &|_| true);
                }
            }
            Op::Remove { file } => drop(self.files.remove(file)),
            Op::Told { line } => {
                self.told.push_str(line);
                self.acknowledged += usize::from(line.starts_with("ok "));
            }
        }
    }

    /// Whether a cut here may lose anything.
    pub(super) fn is_clean(&self) -> bool {
        self.files.values().all(|file| file.pending.is_empty())
    }

    /// What is on disk after a cut here, in the `nth` way: nothing of what was not synchronised, all of it, all but the last
    /// call, all with the last call torn, and mixtures.
    pub(super) fn cut(&self, nth: usize, folder: &Path) {
        let mut rng = StdRng::seed_from_u64(u64::try_from(nth).unwrap());
        for (path, file) in &self.files {
            let mut bytes = file.durable.clone();
            let last = file.pending.len().saturating_sub(1);
            // A mixture keeps some calls, and tears some of those; a prefix keeps the first few.
            let prefix = rng.random_range(0..=file.pending.len());
            let mixes = nth.is_multiple_of(2);
            for (place, op) in file.pending.iter().enumerate() {
                let (kept, torn) = match nth {
                    0 => (false, false),
                    1 => (true, false),
                    2 => (place < last, false),
                    3 => (true, place == last),
                    KINDS.. if mixes => (rng.random_bool(0.5), rng.random_bool(0.3)),
                    KINDS.. => (place <= prefix, place == prefix),
                };
                let sectors: BTreeSet<usize> = (0..sectors_of(op)).filter(|_| !torn || rng.random_bool(0.5)).collect();
                if kept {
                    apply(&mut bytes, op, &|sector| sectors.contains(&sector));
                }
            }
            // What only memory held was never on the disk.
            if !path.to_string_lossy().ends_with("-shm") {
                fs::write(folder.join(path.file_name().unwrap()), bytes).unwrap();
            }
        }
        fs::write(world::log(folder), &self.told).unwrap();
    }
}

/// Sectors that a call touches, counted from its first.
fn sectors_of(op: &Op) -> usize {
    match op {
        Op::Write { at, bytes, .. } => (at % SECTOR_BYTES + bytes.len()).div_ceil(SECTOR_BYTES),
        Op::Append { bytes, .. } => bytes.len().div_ceil(SECTOR_BYTES) + 1,
        Op::Truncate { .. } | Op::Sync { .. } | Op::Remove { .. } | Op::Told { .. } => 1,
    }
}

fn write(file: &mut Vec<u8>, at: usize, bytes: &[u8], kept: &dyn Fn(usize) -> bool) {
    let first = at / SECTOR_BYTES;
    for (place, byte) in (at..).zip(bytes) {
        if kept(place / SECTOR_BYTES - first) {
            if file.len() <= place {
                file.resize(place + 1, 0);
            }
            file[place] = *byte;
        }
    }
}

/// Does to `file` what a call did, as far as its sectors were kept.
fn apply(file: &mut Vec<u8>, op: &Op, kept: &dyn Fn(usize) -> bool) {
    match op {
        Op::Truncate { to, .. } => file.resize(*to, 0),
        Op::Write { at, bytes, .. } => write(file, *at, bytes, kept),
        Op::Append { bytes, .. } => write(file, file.len(), bytes, kept),
        Op::Sync { .. } | Op::Remove { .. } | Op::Told { .. } => {}
    }
}
