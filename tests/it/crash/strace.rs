//! `strace` over a story's child: counts what is written to the store's files, and kills or fails it at a chosen call.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::child::{Child, End, Part};
use super::reference::Reference;
use super::world::store_files;

/// Calls that change a file or promise that it is on disk.
pub(super) const WRITES: &[&str] = &["pwrite64", "write", "fsync", "fdatasync", "ftruncate", "unlink"];

/// Whether `strace` is here; said loudly where it is not, and compulsory where everything is.
pub(super) fn is_here() -> bool {
    let here = Command::new("strace").arg("--version").output().is_ok_and(|output| output.status.success());
    let required = std::env::var("HOLDLINE_PEERS").is_ok_and(|peers| peers == "required");
    assert!(here || !required, "strace is required here");
    if !here {
        eprintln!("NOT RUN: strace is missing; tests/all installs it");
    }
    here
}

/// The command that traces `calls` on the store's files alone.
pub(super) fn words(folder: &Path, calls: &[&str], more: &[String], output: &Path) -> Vec<String> {
    // Without --seccomp-bpf, under which injected signals get lost.
    let mut words = vec!["strace".to_owned(), "-f".to_owned(), "-qq".to_owned()];
    words.extend([
        "-o".to_owned(),
        output.display().to_string(),
        "-e".to_owned(),
        format!("trace={}", calls.join(",")),
    ]);
    for file in store_files(folder) {
        words.extend(["-P".to_owned(), file.display().to_string()]);
    }
    words.extend(more.iter().cloned());
    words
}

/// How often a story makes each call, told to its end.
pub(super) fn counted(reference: &Reference, calls: &[&str]) -> BTreeMap<String, usize> {
    let (folder, outside) = (reference.begin(), super::reference::folder());
    let trace = outside.path().join("trace");
    let under = words(folder.path(), calls, &[], &trace);
    let child =
        Child { part: Part::Story(reference.story), folder: folder.path(), dies_at: None, retries: false, under };
    assert_eq!(child.run(), End::Finished);
    let mut counted = BTreeMap::new();
    for line in fs::read_to_string(trace).unwrap().lines() {
        // "1234  pwrite64(5, ..."
        let call = line.split_whitespace().nth(1).and_then(|rest| rest.split_once('(')).map(|(call, _)| call);
        if let Some(call) = call.filter(|call| calls.contains(call)) {
            *counted.entry(call.to_owned()).or_default() += 1;
        }
    }
    counted
}

/// Tells the story with `injected` (as `strace` spells it) at its calls.
pub(super) fn with(reference: &Reference, folder: &Path, call: &str, injected: &str, retries: bool) -> End {
    let more = ["-e".to_owned(), format!("inject={call}:{injected}")];
    let under = words(folder, &[call], &more, Path::new("/dev/null"));
    Child { part: Part::Story(reference.story), folder, dies_at: None, retries, under }.run()
}
