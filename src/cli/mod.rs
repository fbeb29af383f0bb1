//! The command line: one file per command.

mod audit;
mod backtest;
mod backup;
mod check;
mod demo;
mod demo_player;
mod incident;
mod init;
pub mod log;
mod man;
mod out;
mod records;
mod rehearse;
mod report;
mod run;
mod schema;
mod series;
mod service;
mod silence;
mod stop_posting;
mod try_detect;
mod try_feed;
mod try_query;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

/// Watches what people say, runs your crisis playbooks, and posts nothing that was not approved.
#[derive(Debug, Parser)]
#[command(name = "holdline", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a folder to start from, with keys of its own; nothing is written over
    Init(init::Options),
    /// The whole chain on this machine: nothing to configure, nothing leaves it
    Demo(demo::Options),
    /// The daemon: watches, alerts, drafts, asks and posts
    Run(run::Options),
    /// Rehearse a playbook in simulated time, an hour in seconds, with a cast that answers; nothing leaves this program
    Rehearse(rehearse::Options),
    /// Read every file of the folder and report all problems at once; exits with 1 where there are any
    Check(check::Options),
    /// What a watch would have done on past data, with a chart; nothing is stored and nothing is sent
    Backtest(backtest::Options),
    /// What an incident came to, against what was planned: the after-action report; or, with --list, many over time
    Report(report::Options),
    /// The kill switch: stop every post of every incident at once, and say what was on its way
    StopPosting(stop_posting::Options),
    /// Open, look at and lead incidents of the running daemon; nothing is approved here
    #[command(subcommand)]
    Incident(incident::Incident),
    /// Keep a watch quiet for a while, with a reason; list silences, or end one
    Silence(silence::Options),
    /// Ask one part of Holdline about your own data; nothing is stored
    #[command(subcommand)]
    Try(Try),
    /// The JSON Schema of holdline.yaml, of playbooks or of scenarios, for editors
    Schema(schema::Options),
    /// Write the manual pages into a folder
    Man(man::Options),
    /// The completions of a shell
    Completions(man::Completions),
    /// The record of everything that happened
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Copy the store while the daemon runs, whole and as of one moment, and verify the copy
    Backup(backup::Options),
}

#[derive(Debug, Subcommand)]
enum Try {
    /// Where a series of counts would have opened incidents, row by row and never looking ahead
    Detect(try_detect::Options),
    /// Which mentions a feed brings, as JSON lines; exits with 1 where it cannot be read
    Feed(try_feed::Options),
    /// Which mentions a query matches, and which part of it made each match
    Query(try_query::Options),
}

/// Parses the arguments and runs the command.
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Run(options) => run::run(&options),
        Command::Rehearse(options) => rehearse::run(&options),
        Command::Incident(command) => incident::run(command),
        Command::Check(options) => check::run(&options),
        Command::Init(options) => init::run(&options),
        Command::Schema(options) => schema::run(&options),
        Command::Man(options) => man::run(&options, Cli::command()),
        Command::Completions(options) => man::completions(&options, Cli::command()),
        Command::Backtest(options) => backtest::run(&options),
        Command::Report(options) => report::run(&options),
        Command::StopPosting(options) => stop_posting::run(&options),
        Command::Silence(options) => silence::run(&options),
        Command::Try(Try::Detect(options)) => try_detect::run(&options),
        Command::Try(Try::Feed(options)) => try_feed::run(&options),
        Command::Try(Try::Query(options)) => try_query::run(&options),
        Command::Audit(command) => audit::run(&command),
        Command::Backup(options) => backup::run(&options),
    }
}
