//! `holdline schema`: what editors complete and underline by.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::out;
use crate::config::{Schema, schema};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Which file: holdline.yaml (config), a playbook, or a scenario of a rehearsal
    #[arg(default_value = "config")]
    file: File,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum File {
    Config,
    Playbook,
    Scenario,
}

pub(super) fn run(options: &Options) -> ExitCode {
    let of = match options.file {
        File::Config => Schema::Config,
        File::Playbook => Schema::Playbook,
        File::Scenario => Schema::Scenario,
    };
    out::line(format_args!("{:#}", schema(of)));
    ExitCode::SUCCESS
}
