//! `holdline backup`: a verified copy of the store, made while the daemon runs.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::audit::{folder_record, moment};
use super::{check, out};
use crate::app;
use crate::config::Look;
use crate::store::{Audit, Copied, Problem, Reader, Seen};

#[derive(Debug, Args)]
#[command(after_help = "\
The copy is whole and as of one moment: everything that Holdline acknowledged before is in it. It holds everything but \
the audit key, which belongs elsewhere: whoever has both can rewrite the record.\n\n\
To restore, stop Holdline, put the copy in the store's place, and remove the files ending in -wal and -shm beside it. \
The first start from a copy ends every session and posts nothing again by itself: of what was owed to a channel then, \
a person must say whether it is there.")]
pub(super) struct Options {
    /// Where to write the copy; a file that is there is never written over
    file: PathBuf,
    /// The folder with holdline.yaml
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(super) fn run(options: &Options) -> ExitCode {
    let Some(record) = folder_record(&options.folder) else { return ExitCode::FAILURE };
    if !record.store.is_file() {
        return out::fail(format_args!("there is no store at {}", record.store.display()));
    }
    let (copied, bytes) = match Reader::new(&record.store).back_up(&options.file, Timestamp::now()) {
        Ok(made) => made,
        Err(error) => return out::fail(error),
    };
    let Copied { entry, .. } = copied;
    out::line(format_args!("Copied to {}: {bytes} bytes, {entry} entries.", options.file.display()));
    let Some(audit) = &record.audit else {
        check::show(&record.problems, Look::Plain);
        out::line(
            "The audit key is not at hand here, so the copy was not verified. `holdline audit verify --store` does it.",
        );
        return ExitCode::SUCCESS;
    };
    let mut problems: Vec<Problem> = Vec::new();
    let audited = Reader::new(&options.file).audit(&app::keys(audit), |seen| {
        match seen {
            Seen::Problem(problem) => problems.push(problem),
            Seen::Entry(_) => {}
        }
        Ok(())
    });
    match audited {
        Ok(audited) if problems.is_empty() && audited.unchecked.is_empty() => holds(&audited),
        Ok(_) => {
            for problem in &problems {
                out::error(format_args!("BROKEN: {problem}."));
            }
            out::fail("the copy is as the store is, and its record does not hold; `holdline audit verify` says more")
        }
        Err(error) => out::fail(format_args!("the copy could not be verified: {error}")),
    }
}

fn holds(audit: &Audit) -> ExitCode {
    let end = audit.ends_at.map(|at| format!(", the last of {}", moment(at))).unwrap_or_default();
    out::line(format_args!(
        "The copy's record holds: {} entries{end}, head {}.",
        audit.head.seq,
        hex::encode(&audit.head.mac)
    ));
    ExitCode::SUCCESS
}
