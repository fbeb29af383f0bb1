//! `holdline report`: the after-action report, from the record alone, also while the daemon runs.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::audit::{Record, folder_record};
use super::out;
use crate::app;
use crate::core::incident::IncidentId;
use crate::engine::{RecordError, reported, reports};
use crate::report::{Document, document, html, markdown, overview};
use crate::store::Reader;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The incident's number, as its page and `holdline report --list` say it
    #[arg(value_name = "INCIDENT", required_unless_present = "list")]
    incident: Option<IncidentId>,
    /// The folder with holdline.yaml
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Compare the incidents and rehearsals of a folder over time instead
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = ".", conflicts_with = "incident")]
    list: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
    /// Write it here instead; a file that is there is never written over
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Another file than the folder's store, such as a copy
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Markdown,
    /// One file that loads nothing, and prints well
    Html,
}

pub(super) fn run(options: &Options) -> ExitCode {
    let folder = options.list.as_ref().unwrap_or(&options.folder);
    let Some(record) = folder_record(folder) else { return ExitCode::FAILURE };
    let store = options.store.as_ref().unwrap_or(&record.store);
    if !store.is_file() {
        return out::fail(format_args!("there is no store at {}", store.display()));
    }
    let reader = Reader::new(store);
    if let Err(why) = verify(&reader, &record) {
        return out::fail(format_args!("{why}; `holdline audit verify` says more, and no report is made from this"));
    }
    let made = match options.incident {
        Some(incident) => one(&reader, incident),
        None => reports(&reader, Timestamp::now()).map(|reports| overview(&reports)).map_err(|error| error.to_string()),
    };
    match made {
        Ok(made) => write(&made, options),
        Err(why) => out::fail(why),
    }
}

fn one(reader: &Reader, incident: IncidentId) -> Result<Document, String> {
    match reported(reader, incident, Timestamp::now()) {
        Ok(made) => Ok(document(&made.report, &made.quotes)),
        Err(RecordError::NoSuchIncident) => Err(format!(
            "there is no incident {incident} in this store; `holdline report --list` shows which there are"
        )),
        Err(error) => Err(error.to_string()),
    }
}

/// Follows the record first, where the key is at hand.
fn verify(reader: &Reader, record: &Record) -> Result<(), String> {
    let Some(audit) = &record.audit else {
        out::error("The audit key is not at hand here, so the record was not verified before.");
        return Ok(());
    };
    reader.verify(app::keys(audit), |_| ()).map(drop).map_err(|error| format!("the record does not hold: {error}"))
}

fn write(made: &Document, options: &Options) -> ExitCode {
    let text = match options.format {
        Format::Markdown => markdown(made),
        Format::Html => html(made),
    };
    let Some(file) = &options.out else {
        out::line(text.trim_end());
        return ExitCode::SUCCESS;
    };
    match keep(file, &text) {
        Ok(()) => {
            out::line(format_args!("Written to {}.", file.display()));
            ExitCode::SUCCESS
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            out::fail(format_args!("{} is there already, and is not written over; give another name", file.display()))
        }
        Err(error) => out::fail(format_args!("{} cannot be written: {error}", file.display())),
    }
}

fn keep(file: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(file)?;
    file.write_all(text.as_bytes())
}
