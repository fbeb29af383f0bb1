//! `holdline audit list`: the entries of an incident by number, time and kind; their words are on the incident's page.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{folder_record, moment};
use crate::cli::out;
use crate::core::shown::visible;
use crate::store::{Reader, StoreError};

#[derive(Debug, Args)]
pub(in crate::cli) struct Options {
    /// The folder with holdline.yaml
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Of this incident; 0 for what belongs to none, such as who signed in
    #[arg(long, value_name = "N")]
    incident: u32,
}

pub(super) fn run(options: &Options) -> ExitCode {
    let Some(record) = folder_record(&options.folder) else { return ExitCode::FAILURE };
    if !record.store.is_file() {
        return out::fail(format_args!("there is no store at {}", record.store.display()));
    }
    match list(&Reader::new(&record.store), options.incident) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => out::fail(error),
    }
}

fn list(reader: &Reader, incident: u32) -> Result<(), StoreError> {
    for row in reader.events(incident)? {
        let entry = row.entry()?;
        let erased = if row.body.is_none() { "  (erased)" } else { "" };
        out::line(format_args!("{:>8}  {}  {}{erased}", row.seq, moment(entry.at), visible(&entry.kind)));
    }
    Ok(())
}
