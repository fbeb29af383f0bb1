//! `holdline stop-posting`: the kill switch, for the running daemon or, where none runs, for the next one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::{check, out};
use crate::app::recorder;
use crate::config::{Need, store_of};
use crate::control::{Answer, ControlError, RESUMED, Request, ask, refused, socket_of, stopped};
use crate::engine::{RecordError, on_its_way};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The folder with holdline.yaml
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Let posts go out again
    #[arg(long)]
    resume: bool,
    /// Why, for the record and for the people who are told
    #[arg(long, default_value = "")]
    reason: String,
    /// Who stands at the switch
    #[arg(long, env = "USER", default_value = "the operator")]
    by: String,
    /// The store, should holdline.yaml not be readable right now
    #[arg(long)]
    store: Option<PathBuf>,
}

pub(super) fn run(options: &Options) -> ExitCode {
    // A broken file must not stand between a person and this switch: where the store is named, nothing else is read.
    let config = if options.store.is_some() { None } else { check::load(&options.folder, Need::WithoutMail) };
    let of_config = || config.as_ref().map(|config| config.store.clone());
    let store = options.store.clone().or_else(of_config).or_else(|| store_of(&options.folder));
    let Some(store) = store else {
        return out::fail(
            "the store is not known; name it with --store FILE and the running Holdline is stopped all the same",
        );
    };
    let asked = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(ask(&socket_of(&store), &request(options))),
        Err(error) => return out::fail(error),
    };
    match (asked, config) {
        (Ok(answer), _) => say(answer),
        (Err(ControlError::NobodyThere), Some(config)) => match switch(options, config) {
            Ok(answer) => say(answer),
            Err(why) => out::fail(why),
        },
        (Err(error), _) => out::fail(error),
    }
}

fn request(options: &Options) -> Request {
    let (by, reason) = (options.by.clone(), options.reason.clone());
    if options.resume { Request::ResumePosting { by } } else { Request::StopPosting { by, reason } }
}

/// No daemon runs: it is written into the record, and holds when one starts.
fn switch(options: &Options, config: crate::config::Config) -> Result<Answer, String> {
    let Options { resume, by, reason, .. } = options;
    if !Path::new(&config.store).exists() {
        return Err("there is no store yet, and so nothing that could post; start Holdline first".to_owned());
    }
    let now = jiff::Timestamp::now();
    let mut recorder = recorder(config, now).map_err(|error| error.to_string())?;
    let done: Result<Vec<String>, RecordError> = recorder.commit_one(now, |work| {
        if *resume {
            return work.resume_posting(by).map(|()| vec![RESUMED.to_owned()]);
        }
        work.stop_posting(by, reason).map(|posts| stopped(&on_its_way(&posts)))
    });
    Ok(match done {
        Ok(sentences) => Answer::Done(sentences),
        Err(error) => Answer::Refused(refused(&error)),
    })
}

pub(super) fn say(answer: Answer) -> ExitCode {
    match answer {
        Answer::Done(sentences) => {
            sentences.iter().for_each(out::line);
            ExitCode::SUCCESS
        }
        Answer::Refused(why) => out::fail(why),
    }
}
