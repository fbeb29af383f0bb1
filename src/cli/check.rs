//! `holdline check`, and the loading that every command with a folder shares.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::out;
use crate::app::send_test;
use crate::config::{Config, Look, Need, Problem, load as load_folder, report};

#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Options {
    /// The folder with holdline.yaml, playbooks and templates
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// One JSON object a line on standard output, for editors and other programs
    #[arg(long)]
    json: bool,
    /// Send one test mail to the operator and one test page, and say what came of each
    #[arg(long, conflicts_with = "json")]
    send_test: bool,
}

const EXIT_CODES: &str = "\
Exit codes: 0 nothing that stops Holdline, warnings at most; 1 problems, so that `holdline run` would refuse the folder, \
or goes on with what it took last; 2 the command line cannot be read.

With --json each line has weight (error or warning), file, line, column, end_line, end_column, message, help, and snippet: the \
file's line with marks under the place. Lines and columns count from one.";

pub(super) fn run(options: &Options) -> ExitCode {
    let (problems, sound) = match load_folder(&options.folder, Need::Check) {
        Ok(loaded) => (loaded.warnings, true),
        Err(problems) => (problems, false),
    };
    if options.json {
        for problem in &problems {
            out::line(problem.to_json());
        }
    } else {
        show(&problems, Look::Marked);
        if sound {
            out::line("No problem found.");
        }
    }
    if sound && options.send_test {
        return try_both_ways(&options.folder);
    }
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Read once more, since now every secret must be there.
fn try_both_ways(folder: &Path) -> ExitCode {
    let Some(config) = load(folder, Need::Run) else { return ExitCode::FAILURE };
    let tried = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(send_test(&config)),
        Err(error) => return out::fail(error),
    };
    for way in &tried {
        out::line(&way.said);
    }
    if config.pager.is_none() {
        out::line("There is no pager; while mail is down nobody is alerted. `pager:` sets one up.");
    }
    if tried.iter().all(|tried| tried.went_out) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Loads the folder, or says everything that is wrong with it.
pub(super) fn load(folder: &Path, need: Need) -> Option<Config> {
    match load_folder(folder, need) {
        Ok(loaded) => {
            show(&loaded.warnings, Look::Plain);
            Some(loaded.config)
        }
        Err(problems) => {
            show(&problems, Look::Plain);
            None
        }
    }
}

/// `elsewhere` is how they look where standard error is no terminal.
pub(super) fn show(problems: &[Problem], elsewhere: Look) {
    let look = if std::io::stderr().is_terminal() { Look::Drawn } else { elsewhere };
    let mut text = String::new();
    // Writing into a string does not fail.
    if report(problems, look, &mut text).is_ok() && !text.is_empty() {
        out::error(text.trim_end());
    }
}
