//! The record stands: whatever is done to its file is found and told apart, by the program as people run it.

mod backup;
mod erase;
mod heads;
mod keys;
mod properties;
mod verify;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use holdline::store::{InstallationEvent, Salts, Writer};
use jiff::{SignedDuration, Timestamp};

use crate::test_app::hospital_folder;

const KEY: &[u8] = b"an audit key of the tests, which is long enough";

fn now() -> Timestamp {
    "2026-11-22T03:00:00Z".parse().unwrap()
}

fn salts() -> Salts {
    let mut next = 0_u8;
    Box::new(move |salt: &mut [u8]| {
        next = next.wrapping_add(1);
        salt.fill(next);
    })
}

/// The tests' hospital, its key closed to others.
fn folder() -> tempfile::TempDir {
    let folder = hospital_folder();
    close(&folder.path().join("audit-key"));
    folder
}

fn close(key: &Path) {
    fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A store with that many entries, a second apart, `each` in a commit.
fn write_entries(path: &Path, entries: u32, each: u32) {
    let mut writer = Writer::open(path, KEY, salts(), |_| Ok(())).unwrap();
    let mut at = now();
    for first in (0..entries).step_by(usize::try_from(each).unwrap()) {
        let numbers = first..entries.min(first + each);
        let committed = writer.commit(|batch| {
            for number in numbers {
                let event = InstallationEvent::Started { version: format!("0.{number}") };
                batch.append_installation(&event, at)?;
                at += SignedDuration::from_secs(1);
            }
            Ok(())
        });
        committed.unwrap();
    }
}

fn holdline(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_holdline")).args(arguments).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a command that must end with this code, and gives what it said.
#[track_caller]
pub(crate) fn says(folder: &Path, arguments: &[&str], code: i32) -> String {
    let output = holdline(folder, arguments);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    text
}

pub(crate) fn change(store: &Path, sql: &str) {
    rusqlite::Connection::open(store).unwrap().execute_batch(sql).unwrap();
}
