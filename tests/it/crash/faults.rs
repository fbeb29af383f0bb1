//! A disk that fails: errors, a full disk, writes that write nothing and syncs that fail, once or from then on, at the same calls.

use std::fs;
use std::path::Path;

use holdline::engine::OpenError;
use holdline::store::{StoreError, Writer};

use super::child::End;
use super::reference::{Reference, on_disk};
use super::stories::{STORIES, Story};
use super::strace;
use super::verdict::{Tally, goes_on, what_is_there};
use super::world::{self, World};

/// A prime, so that the points do not fall into step with the calls of a commit.
const STRIDE: usize = 97;

/// What is done to a call, as `strace` spells it. A return value of nothing is a write that wrote nothing.
const FAULTS: &[(&str, &[&str])] = &[
    ("pwrite64", &["error=EIO", "error=ENOSPC", "retval=0"]),
    ("pread64", &["error=EIO"]),
    ("fsync", &["error=EIO", "error=ENOSPC"]),
    ("fdatasync", &["error=EIO", "error=ENOSPC"]),
    ("ftruncate", &["error=EIO", "error=ENOSPC"]),
    ("unlink", &["error=EIO"]),
];

/// How often a child starts before it gives up.
const STARTS_TRIED: usize = 2;

/// Calls of each kind within which a start has made its settings.
const STARTING_CALLS_MAX: usize = 8;

/// How a person is told; whatever else SQLite or the system says comes after one of these.
const CLEAR: &[&str] = &[
    "the disk is full; free some space and Holdline goes on by itself",
    "the store could not be read or written: ",
    "the store did not take the setting ",
];

pub(super) fn every_refusal_is_clear(folder: &Path, injected: &str) {
    let log = fs::read_to_string(world::log(folder)).unwrap();
    for said in log.lines().filter_map(|line| line.strip_prefix("refused ")) {
        assert!(CLEAR.iter().any(|clear| said.starts_with(clear)), "{injected}: {said}");
    }
}

fn fails(reference: &Reference, call: &str, injected: &str) {
    let folder = reference.begin();
    let end = strace::with(reference, folder.path(), call, injected, true);
    every_refusal_is_clear(folder.path(), injected);
    let acknowledged = reference.acknowledged(folder.path());
    let there = if end == End::GaveUp && acknowledged == 0 && holds_refused_starts(reference, folder.path()) {
        1
    } else {
        what_is_there(reference, folder.path())
    };
    match end {
        // What was refused was done at the second try, once.
        End::Finished => {
            assert_eq!(there, reference.states.len() - 1);
            assert!(has_a_log(folder.path()), "it goes on without a log");
        }
        End::GaveUp => {
            let log = fs::read_to_string(world::log(folder.path())).unwrap();
            let memory = log.lines().find_map(|line| line.strip_prefix("memory "));
            let expected = &reference.states[acknowledged].board;
            assert!(memory.is_none_or(|memory| memory == expected), "memory holds what was refused");
        }
        End::Killed => panic!("nobody killed it"),
    }
    goes_on(reference, folder.path(), there);
}

/// Where no sync works any more, the log of a refused start cannot be taken back either, and the next start finds it. Both
/// really started, which is all that their entries say; nobody was told that anything else was taken.
fn holds_refused_starts(reference: &Reference, folder: &Path) -> bool {
    on_disk(folder) == reference.after_starts(STARTS_TRIED)
}

#[test]
fn whatever_a_failing_disk_refuses_is_said_and_nothing_accepted_is_lost() {
    if !strace::is_here() {
        return;
    }
    let stride = super::stride(STRIDE);
    let mut tally = Tally::default();
    for story in STORIES {
        let reference = Reference::of(story);
        let calls: Vec<_> = FAULTS.iter().map(|(call, _)| *call).collect();
        let counted = strace::counted(&reference, &calls);
        for (call, faults) in FAULTS {
            let times = counted.get(*call).copied().unwrap_or(0);
            for (nth, fault) in (1..=times).flat_map(|nth| faults.iter().map(move |fault| (nth, fault))).step_by(stride)
            {
                for when in [format!("{nth}"), format!("{nth}+")] {
                    let injected = format!("{fault}:when={when}");
                    let label = || format!("{}: {call} {injected}", story.name);
                    tally.try_one(label, || fails(&reference, call, &injected));
                }
            }
        }
    }
    tally.close(&format!("every {stride}. fault of the disk, once and from then on"));
}

#[test]
fn a_start_whose_settings_were_not_taken_is_refused() {
    // Where there is no file there is no write-ahead log either.
    let opened = Writer::open(Path::new(":memory:"), world::KEY, Box::new(|salt| salt.fill(7)), |_| Ok(()));
    // The lock that it took beside a store that is no file.
    let _ = fs::remove_file(":memory:-lock");
    let _ = fs::remove_file(":memory:");
    let Err(StoreError::Setting(setting)) = opened.map(drop) else { panic!("it was taken") };
    assert_eq!(setting, "journal_mode = wal (it says memory)");
}

/// Whether the store's file says that it is written through a log (SQLite's file format, 1.3.4).
fn has_a_log(folder: &Path) -> bool {
    fs::read(world::store(folder)).unwrap().get(18..20) == Some(&[2, 2])
}

/// SQLite answers `pragma journal_mode = wal` before it writes it: with one failing call a store without a log said that it had one.
#[test]
fn a_start_that_could_not_begin_its_log_is_refused_and_the_next_one_begins_it() {
    if !strace::is_here() {
        return;
    }
    let reference = Reference::of(Story::named("first-start"));
    let mut refused = 0;
    for call in ["pwrite64", "pread64", "fsync", "ftruncate", "openat", "mmap", "fcntl"] {
        for nth in 1..=STARTING_CALLS_MAX {
            let folder = reference.begin();
            let end = strace::with(&reference, folder.path(), call, &format!("error=EIO:when={nth}"), true);
            assert_eq!(end, End::Finished, "{call} {nth}");
            assert!(has_a_log(folder.path()), "{call} {nth}: it goes on without a log");
            every_refusal_is_clear(folder.path(), call);
            let log = fs::read_to_string(world::log(folder.path())).unwrap();
            refused += log.lines().filter(|line| line.starts_with("refused ")).count();
        }
    }
    assert!(refused > 0, "no start was refused");
}

#[test]
fn a_store_that_cannot_be_opened_says_so() {
    let folder = super::reference::folder();
    fs::create_dir(world::store(folder.path())).unwrap();
    let mut world = World::new(folder.path(), crate::hospital::standing());
    let Err(OpenError::Store(error)) = world.try_open() else { panic!("a folder was taken for a store") };
    assert!(error.to_string().starts_with(CLEAR[1]), "{error}");
}
