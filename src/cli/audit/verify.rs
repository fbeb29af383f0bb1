//! `holdline audit verify`: the whole chain followed offline, every problem told, and compared with heads that were mailed.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::heads::{Finding, Heads};
use super::{Where, entries, moment};
use crate::cli::out;
use crate::core::shown::visible;
use crate::store::{Audit, Broken, Keys, Problem, Reader, Seen, StoreError};

/// Problems that are told one by one; the rest are counted.
const PROBLEMS_TOLD_MAX: u64 = 100;
/// Entries between two looks at the progress.
const PROGRESS_EVERY: u64 = 10_000;
/// What could not be checked is neither sound nor broken.
const COULD_NOT_CHECK: u8 = 2;

#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 the record holds, all of it; 1 it is broken; 2 it, or a part of it, could not be checked.\n\n\
Nothing is written, and the daemon may be running. That the record holds means: nobody without the audit key changed, \
took out, put in or reordered anything. What only a mailed head shows (--head): that somebody who has the key cut the \
end off, or wrote it anew.")]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    place: Where,
    /// A head that was mailed, as the saved mail (.eml) or its text: the record must still hold exactly it. Repeatable
    #[arg(long = "head", value_name = "FILE")]
    heads: Vec<PathBuf>,
}

pub(super) fn run(options: &Options) -> ExitCode {
    let mut heads = match Heads::read(&options.heads) {
        Ok(heads) => heads,
        Err(why) => return could_not_check(why),
    };
    let Some((store, keys)) = options.place.find() else { return ExitCode::from(COULD_NOT_CHECK) };
    if !store.is_file() {
        return could_not_check(format_args!("there is no store at {}", store.display()));
    }
    let reader = Reader::new(&store);
    let mut telling = Telling::new(reader.last_entry().unwrap_or(0));
    let audited = reader.audit(&keys, |seen| {
        match seen {
            Seen::Entry(entry) => {
                heads.see(&entry);
                telling.progress(entry.seq);
            }
            Seen::Problem(problem) => telling.problem(&problem),
        }
        Ok(())
    });
    telling.end_progress();
    match audited {
        Ok(audit) => conclude(&audit, &keys, &telling, &heads),
        Err(error @ StoreError::Disk(_)) => could_not_check(format_args!(
            "{error}; is {} a store of Holdline, and can you read it and the files beside it?",
            store.display()
        )),
        Err(error) => could_not_check(error),
    }
}

fn could_not_check(why: impl std::fmt::Display) -> ExitCode {
    out::fail(why);
    ExitCode::from(COULD_NOT_CHECK)
}

fn conclude(audit: &Audit, keys: &Keys, telling: &Telling, heads: &Heads) -> ExitCode {
    if audit.head.seq > 0 && audit.verified == 0 && audit.unchecked.is_empty() {
        let names = audit.fingerprints().join(", ");
        return could_not_check(format_args!(
            "not one entry of this record was written with the key {names}: it is another installation's key, or the \
             record was replaced as a whole"
        ));
    }
    let mut broken = telling.problems > 0;
    telling.say_the_rest();
    say_erasures(audit);
    for restore in &audit.restores {
        out::line(format_args!(
            "Begun on {} from a backup of {} (entry {}): what happened in between is not in it, and heads that were \
             mailed in between do not fit.",
            moment(restore.at),
            moment(restore.copied_at),
            restore.entry
        ));
    }
    let mut unchecked = !audit.unchecked.is_empty();
    for stretch in &audit.unchecked {
        out::line(format_args!(
            "Could not be checked: {}, written under the earlier key {}, which was not given. Name its file under \
             audit.previous, or with --key.",
            entries(stretch.first, stretch.last),
            stretch.fingerprint
        ));
    }
    for finding in heads.compare(audit, keys) {
        match finding {
            Finding::Holds(words) => out::line(words),
            Finding::Broken(words) => {
                out::error(format_args!("BROKEN: {words}"));
                broken = true;
            }
            Finding::Useless(words) => {
                out::error(format_args!("Could not be checked: {words}"));
                unchecked = true;
            }
        }
    }
    let head = hex::encode(&audit.head.mac);
    let end = audit.ends_at.map(|at| format!(", the last of {}", moment(at))).unwrap_or_default();
    match (broken, unchecked) {
        (true, _) => {
            out::error("The record does not hold. Keep this file as it is, and compare it with a backup.");
            ExitCode::FAILURE
        }
        (false, true) => {
            out::line(format_args!("What could be checked holds: {} entries{end}, head {head}.", audit.verified));
            ExitCode::from(COULD_NOT_CHECK)
        }
        (false, false) => {
            out::line(format_args!("The record holds: {} entries{end}, head {head}.", audit.head.seq));
            ExitCode::SUCCESS
        }
    }
}

fn say_erasures(audit: &Audit) {
    for erasure in &audit.erasures {
        let what: Vec<String> = erasure.spans.iter().map(|span| entries(span.first, span.last)).collect();
        let what = if what.is_empty() { "mentions".to_owned() } else { what.join(", ") };
        out::line(format_args!(
            "Erased on {} by {} (entry {}): {}. Reason: {}",
            moment(erasure.at),
            visible(erasure.by.as_str()),
            erasure.entry,
            what,
            visible(&erasure.reason)
        ));
    }
    if audit.erased > 0 {
        out::line(format_args!("{} bodies are erased, as recorded; their headers stand.", audit.erased));
    }
}

/// Says problems as they are found, and how far it is.
struct Telling {
    problems: u64,
    entries: u64,
    progress: bool,
}

impl Telling {
    fn new(entries: u64) -> Self {
        let progress = entries >= 2 * PROGRESS_EVERY && std::io::stderr().is_terminal();
        Self { problems: 0, entries, progress }
    }

    fn progress(&self, seq: u64) {
        if self.progress && seq.is_multiple_of(PROGRESS_EVERY) {
            // Without a terminal to tell there is nobody to tell.
            let _ = write!(std::io::stderr().lock(), "\r{seq} of {} entries followed", self.entries);
        }
    }

    fn end_progress(&self) {
        if self.progress {
            let _ = write!(std::io::stderr().lock(), "\r\u{1b}[K");
        }
    }

    fn problem(&mut self, problem: &Problem) {
        self.problems += 1;
        if self.problems > PROBLEMS_TOLD_MAX {
            return;
        }
        self.end_progress();
        out::error(format_args!("BROKEN: {}.", visible(&problem.broken.to_string())));
        if let Some(place) = &problem.place {
            let whose = match place.incident {
                crate::store::INSTALLATION => "of the installation".to_owned(),
                incident => format!("of incident {incident}"),
            };
            out::error(format_args!(
                "  Its header says: entry {}, number {} {whose}, {}, {}.",
                place.seq,
                place.number,
                visible(&place.kind),
                moment(place.at)
            ));
        }
        out::error(format_args!("  {}", meaning(&problem.broken)));
    }

    fn say_the_rest(&self) {
        if self.problems > PROBLEMS_TOLD_MAX {
            out::error(format_args!("... and {} problems more.", self.problems - PROBLEMS_TOLD_MAX));
        }
    }
}

fn meaning(broken: &Broken) -> String {
    format!("What it may mean: {}", broken.may_mean())
}
