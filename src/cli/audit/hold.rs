//! `holdline audit hold`: a legal hold, through the running daemon or, where none runs, for the next one.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::app::recorder;
use crate::cli::stop_posting::say;
use crate::cli::{check, out};
use crate::config::{Config, Need};
use crate::control::{Answer, ControlError, HoldRequest, Request, ask, hold, refused, socket_of};
use crate::core::name::PersonId;

#[derive(Debug, Args)]
#[command(after_help = "\
A held incident keeps its words and the mentions that it quotes, however old it is: neither `retention:` nor \
`holdline audit erase` takes anything of it. Who held it, who lifted the hold, and why, stays in the record.")]
pub(in crate::cli) struct Options {
    /// The folder with holdline.yaml
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The incident's number
    #[arg(long, value_name = "N", required_unless_present = "list")]
    incident: Option<u32>,
    /// Who decided it: a short name under `people:`
    #[arg(long, value_name = "PERSON", required_unless_present = "list")]
    by: Option<PersonId>,
    /// Why, in one sentence; it stays in the record
    #[arg(long, value_name = "TEXT", required_unless_present = "list")]
    reason: Option<String>,
    /// Lift the hold
    #[arg(long, conflicts_with = "list")]
    lift: bool,
    /// The incidents that are held
    #[arg(long, conflicts_with_all = ["incident", "by", "reason"])]
    list: bool,
}

pub(super) fn run(options: &Options) -> ExitCode {
    let request = match (options.incident, options.by.clone(), options.reason.clone()) {
        (Some(incident), Some(by), Some(reason)) if options.lift => HoldRequest::Lift { incident, by, reason },
        (Some(incident), Some(by), Some(reason)) => HoldRequest::Hold { incident, by, reason },
        _ => HoldRequest::List,
    };
    let Some(config) = check::load(&options.folder, Need::WithoutMail) else { return ExitCode::FAILURE };
    let asked = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(ask(&socket_of(&config.store), &Request::Hold(request.clone()))),
        Err(error) => return out::fail(error),
    };
    match asked {
        Ok(answer) => say(answer),
        Err(ControlError::NobodyThere) => match write_down(config, request) {
            Ok(answer) => say(answer),
            Err(why) => out::fail(why),
        },
        Err(error) => out::fail(error),
    }
}

/// No daemon runs: it is written into the record, and holds when one starts.
fn write_down(config: Config, request: HoldRequest) -> Result<Answer, String> {
    if !config.store.exists() {
        return Err("there is no store yet, and so no incident".to_owned());
    }
    let now = jiff::Timestamp::now();
    let mut recorder = recorder(config, now).map_err(|error| error.to_string())?;
    Ok(match recorder.commit_one(now, |work| hold(work, request)) {
        Ok(sentences) => Answer::Done(sentences),
        Err(error) => Answer::Refused(refused(&error)),
    })
}
