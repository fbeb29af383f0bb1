//! Writes that write a part: a limit on the size of files falls within a page, so that the system takes its first bytes and
//! refuses the rest. What was accepted is there, and with space the story goes on.

use std::fs;
use std::path::Path;

use super::child::{Child, End, Part};
use super::faults::every_refusal_is_clear;
use super::reference::Reference;
use super::stories::STORIES;
use super::verdict::{Tally, goes_on, what_is_there};
use super::{reference, strace};

/// A shell counts a file's size in blocks of so many bytes.
const BLOCK_BYTES: u64 = 512;
/// Below it not even the files beside a store that nobody has written to yet fit.
const BLOCKS_MIN: u64 = 64;
/// A prime, and odd, so that limits fall everywhere within pages of eight blocks.
const STRIDE: usize = 61;

/// Past the limit a write fails instead of ending the process: that is how a full disk answers too.
const LIMITED: &str = "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"";

/// The largest file that the story leaves or has on its way, in blocks.
fn blocks_of(reference: &Reference) -> u64 {
    let (folder, outside) = (reference.begin(), reference::folder());
    let trace = outside.path().join("trace");
    let under = strace::words(folder.path(), &["pwrite64"], &["-s".to_owned(), "0".to_owned()], &trace);
    let part = Part::Story(reference.story);
    assert_eq!(Child { part, folder: folder.path(), dies_at: None, retries: false, under }.run(), End::Finished);
    let written = fs::read_to_string(trace).unwrap();
    written.lines().filter_map(Write::of).map(|write| write.at + write.asked).max().unwrap_or(0).div_ceil(BLOCK_BYTES)
}

/// `1234 pwrite64(3, ""..., 4096, 8192) = 512`.
struct Write {
    asked: u64,
    at: u64,
    wrote: i64,
}

impl Write {
    fn of(line: &str) -> Option<Self> {
        let (call, wrote) = line.split_once("pwrite64(")?.1.rsplit_once(") = ")?;
        let mut words = call.rsplit(", ");
        let (at, asked) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self { asked, at, wrote: wrote.split_whitespace().next()?.parse().ok()? })
    }

    fn is_short(&self) -> bool {
        u64::try_from(self.wrote).is_ok_and(|wrote| wrote > 0 && wrote < self.asked)
    }
}

/// Tells the story with files of at most so many blocks; says how many writes came out short.
fn short(reference: &Reference, blocks: u64) -> usize {
    let (folder, outside) = (reference.begin(), reference::folder());
    let trace = outside.path().join("trace");
    let mut under = strace::words(folder.path(), &["pwrite64"], &["-s".to_owned(), "0".to_owned()], &trace);
    under.extend(["sh", "-c", LIMITED].map(str::to_owned));
    under.push(blocks.to_string());
    let part = Part::Story(reference.story);
    let end = Child { part, folder: folder.path(), dies_at: None, retries: true, under }.run();
    every_refusal_is_clear(folder.path(), &format!("{blocks} blocks"));
    let there = what_is_there(reference, folder.path());
    match end {
        End::Finished => assert_eq!(there, reference.states.len() - 1),
        End::GaveUp => {}
        End::Killed => panic!("nobody killed it"),
    }
    let short = shorts_in(&trace);
    goes_on(reference, folder.path(), there);
    short
}

fn shorts_in(trace: &Path) -> usize {
    fs::read_to_string(trace).unwrap().lines().filter_map(Write::of).filter(Write::is_short).count()
}

#[test]
fn a_write_that_writes_a_part_loses_nothing() {
    if !strace::is_here() {
        return;
    }
    let stride = super::stride(STRIDE);
    let (mut tally, mut shorts) = (Tally::default(), 0);
    for story in STORIES {
        let reference = Reference::of(story);
        for blocks in (BLOCKS_MIN..=blocks_of(&reference)).step_by(stride) {
            tally.try_one(|| format!("{}: {blocks} blocks", story.name), || shorts += short(&reference, blocks));
        }
    }
    eprintln!("{shorts} writes came out short");
    assert!(shorts > 0, "no write came out short");
    tally.close(&format!("every {stride}. limit to the size of files"));
}
