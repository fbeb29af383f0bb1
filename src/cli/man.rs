//! `holdline man` and `holdline completions`: made from the command line's own description, for those who package Holdline.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;

use super::out;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where the pages are written, one a command
    folder: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell that completes
    shell: Shell,
}

pub(super) fn run(options: &Options, command: Command) -> ExitCode {
    let written = fs::create_dir_all(&options.folder).and_then(|()| clap_mangen::generate_to(command, &options.folder));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => out::fail(format_args!("{} cannot be written: {error}", options.folder.display())),
    }
}

pub(super) fn completions(options: &Completions, mut command: Command) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, "holdline", &mut script);
    match io::Write::write_all(&mut io::stdout().lock(), &script) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => out::fail(error),
    }
}
