//! `holdline check`, and the loading that every command with a folder shares.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use super::out;
use crate::config::{Config, Look, Need, Problem, load as load_folder, report};

pub(super) fn run(folder: &Path) -> ExitCode {
    match load_folder(folder, Need::Check) {
        Ok(loaded) => {
            show(&loaded.warnings);
            out::line("No problem found.");
            ExitCode::SUCCESS
        }
        Err(problems) => {
            show(&problems);
            ExitCode::FAILURE
        }
    }
}

/// Loads the folder, or says everything that is wrong with it.
pub(super) fn load(folder: &Path, need: Need) -> Option<Config> {
    match load_folder(folder, need) {
        Ok(loaded) => {
            show(&loaded.warnings);
            Some(loaded.config)
        }
        Err(problems) => {
            show(&problems);
            None
        }
    }
}

pub(super) fn show(problems: &[Problem]) {
    let look = if std::io::stderr().is_terminal() { Look::Drawn } else { Look::Plain };
    let mut text = String::new();
    // Writing into a string does not fail.
    if report(problems, look, &mut text).is_ok() && !text.is_empty() {
        out::error(text.trim_end());
    }
}
