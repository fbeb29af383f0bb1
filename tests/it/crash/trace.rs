//! What a story did to its files, call by call, read back from `strace`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::child::{Child, End, Part};
use super::{strace, world};

/// One call that changes a file, or promises that it is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Write {
        file: PathBuf,
        at: usize,
        bytes: Vec<u8>,
    },
    /// At the end, wherever that is.
    Append {
        file: PathBuf,
        bytes: Vec<u8>,
    },
    Truncate {
        file: PathBuf,
        to: usize,
    },
    Sync {
        file: PathBuf,
    },
    Remove {
        file: PathBuf,
    },
    /// The outside was told; nothing of it may be lost from here on.
    Told {
        line: String,
    },
}

/// Calls that must be seen to know which file a number stands for.
const CALLS: &[&str] = &["openat", "close", "pwrite64", "write", "fsync", "fdatasync", "ftruncate", "unlink"];

/// Plays a part in `folder` and gives every call in order.
pub(super) fn of(part: Part, folder: &Path) -> Vec<Op> {
    let outside = super::reference::folder();
    let output = outside.path().join("trace");
    let more = ["-xx", "-s", "2000000"].map(str::to_owned).into_iter();
    let (log, wire) = (world::log(folder), folder.join(world::WIRE));
    let besides = [&log, &wire].into_iter().flat_map(|path| ["-P".to_owned(), path.display().to_string()]);
    let more: Vec<_> = more.chain(besides).collect();
    let under = strace::words(folder, CALLS, &more, &output);
    assert_eq!(Child { part, folder, dies_at: None, retries: false, under }.run(), End::Finished);
    let mut open: BTreeMap<usize, PathBuf> = BTreeMap::new();
    let text = fs::read_to_string(output).unwrap();
    text.lines().filter_map(|line| op(line, &mut open, &log)).collect()
}

/// `1234 pwrite64(3, "\x00", 1, 0) = 1`, its strings in hexadecimal.
fn op(line: &str, open: &mut BTreeMap<usize, PathBuf>, log: &Path) -> Option<Op> {
    let (call, rest) =
        line.split_whitespace().nth(1)?.split_once('(').map(|(call, _)| call).zip(line.split_once('('))?;
    // Short calls are padded: "fsync(4)        = 0".
    let (arguments, result) = rest.1.rsplit_once(" = ")?;
    let arguments = arguments.trim_end().strip_suffix(')')?;
    let result: usize = result.split_whitespace().next()?.parse().ok()?;
    let mut words = arguments.split(", ");
    let first = words.next()?;
    let file = |open: &BTreeMap<usize, PathBuf>| open.get(&first.parse().ok()?).cloned();
    match call {
        "openat" => {
            let path = String::from_utf8(unhex(words.next()?)).unwrap();
            open.insert(result, path.into());
            None
        }
        "close" => {
            open.remove(&first.parse().ok()?);
            None
        }
        "unlink" => Some(Op::Remove { file: String::from_utf8(unhex(first)).unwrap().into() }),
        "fsync" | "fdatasync" => Some(Op::Sync { file: file(open)? }),
        "ftruncate" => Some(Op::Truncate { file: file(open)?, to: words.next()?.parse().unwrap() }),
        "pwrite64" => {
            let bytes = unhex(words.next()?);
            let at = words.nth(1)?.parse().unwrap();
            assert_eq!(bytes.len(), result, "a whole write, seen whole");
            Some(Op::Write { file: file(open)?, at, bytes })
        }
        "write" => {
            let (file, bytes) = (file(open)?, unhex(words.next()?));
            let told = file == log;
            Some(if told { Op::Told { line: String::from_utf8(bytes).unwrap() } } else { Op::Append { file, bytes } })
        }
        _ => None,
    }
}

fn unhex(quoted: &str) -> Vec<u8> {
    let digits: String = quoted.trim_matches('"').split("\\x").collect();
    hex::decode(digits).unwrap()
}
