//! `holdline audit`: the record of everything that happened. Every command of it works offline.

mod erase;
mod find;
mod heads;
mod hold;
mod list;
mod rotate;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::{Timestamp, Unit};

use super::{check, out};
use crate::app;
pub(super) use crate::config::Record;
use crate::config::{Look, record, store_of};
use crate::store::Keys;

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Follow the whole record, offline, and say whether it holds and what is wrong with it
    Verify(verify::Options),
    /// The entries of an incident: number, time and kind
    List(list::Options),
    /// Take the words of an incident, or of single entries, away for good; the chain still holds and says so
    Erase(erase::Options),
    /// Where words stand, such as somebody's name: in which mentions and in which entries
    Find(find::Options),
    /// Keep an incident from being erased, by its age or by a command, until the hold is lifted
    Hold(hold::Options),
    /// Make a new audit key; the record goes on under it
    RotateKey(rotate::Options),
}

pub(super) fn run(command: &Audit) -> ExitCode {
    match command {
        Audit::Verify(options) => verify::run(options),
        Audit::List(options) => list::run(options),
        Audit::Erase(options) => erase::run(options),
        Audit::Find(options) => find::run(options),
        Audit::Hold(options) => hold::run(options),
        Audit::RotateKey(options) => rotate::run(options),
    }
}

/// Where the record is, and where its keys are.
#[derive(Debug, Args)]
pub(super) struct Where {
    /// The folder with holdline.yaml, which says where store and key are
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Another file than the folder's store, such as a copy on another machine
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// The audit key's file, instead of the one that the folder names. Give it again for each earlier key
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
}

impl Where {
    /// The store; or what stands in the way, said already.
    fn store(&self) -> Option<PathBuf> {
        let named = self.store.clone();
        named.or_else(|| folder_record(&self.folder).map(|record| record.store))
    }

    /// Store and keys; or what stands in the way, said already.
    fn find(&self) -> Option<(PathBuf, Keys)> {
        if let (Some(store), false) = (&self.store, self.keys.is_empty()) {
            return Some((store.clone(), read_keys(&self.keys)?));
        }
        let record = folder_record(&self.folder)?;
        let store = self.store.clone().unwrap_or_else(|| record.store.clone());
        let keys = if self.keys.is_empty() { audit_keys(&record)? } else { read_keys(&self.keys)? };
        Some((store, keys))
    }
}

/// The record's part of a folder's configuration; its mistakes are said.
/// Where the record of a folder lies, however broken the rest of it is.
pub(super) fn store_in(folder: &Path) -> Option<PathBuf> {
    record(folder).ok().map(|record| record.store).or_else(|| store_of(folder))
}

pub(super) fn folder_record(folder: &Path) -> Option<Record> {
    record(folder).map_err(|problems| check::show(&problems, Look::Plain)).ok()
}

/// The keys that a folder names; what keeps them is said.
fn audit_keys(record: &Record) -> Option<Keys> {
    check::show(&record.problems, Look::Plain);
    record.audit.as_ref().map(app::keys)
}

fn read_keys(files: &[PathBuf]) -> Option<Keys> {
    let mut keys: Option<Keys> = None;
    for file in files {
        let bytes = match read_key(file) {
            Ok(bytes) => bytes,
            Err(why) => {
                out::fail(why);
                return None;
            }
        };
        keys = Some(match keys {
            Some(keys) => keys.with_previous(&bytes),
            None => Keys::new(&bytes),
        });
    }
    keys
}

/// A key as its file holds it: without the line end.
fn read_key(file: &Path) -> Result<Vec<u8>, String> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("the key's file {} cannot be read: {error}", file.display()))?;
    let key = text.trim_end_matches(['\n', '\r']);
    if key.is_empty() {
        return Err(format!("the key's file {} is empty", file.display()));
    }
    Ok(key.as_bytes().to_vec())
}

/// A moment for people who may be anywhere: `2026-11-22 03:00:00 UTC`.
pub(super) fn moment(milliseconds: i64) -> String {
    let read = Timestamp::from_millisecond(milliseconds).and_then(|at| at.round(Unit::Second));
    read.map_or_else(|_| "a time that cannot be".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// `entry 3`, `entries 3 to 5`.
fn entries(first: u64, last: u64) -> String {
    if first == last { format!("entry {first}") } else { format!("entries {first} to {last}") }
}
