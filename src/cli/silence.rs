//! `holdline silence`: keeps a watch quiet for a while, through the running daemon or, where none runs, for the next one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::stop_posting::say;
use super::{check, out};
use crate::app::recorder;
use crate::config::{Config, Need};
use crate::control::{Answer, ControlError, Request, SilenceRequest, ask, refused, silence, socket_of};
use crate::core::name::PersonId;
use crate::core::period::{Period, PeriodError};
use crate::core::quiet::{BreakThrough, BreakThroughError};

#[derive(Debug, Args)]
#[command(after_help = "\
Alarms go on being judged while a watch is silent. Each that is held back is in the record; what happened meanwhile is \
mailed once the silence is over, and a spike that still stands then opens its incident. A critical alarm breaks through \
unless you say otherwise. Of a silence of 12 hours or more you are reminded an hour before it ends; none is longer than \
30 days.")]
pub(super) struct Options {
    /// The watch to keep quiet
    #[arg(required_unless_present_any = ["all", "list", "end"])]
    watch: Option<String>,
    /// Every watch
    #[arg(long, conflicts_with_all = ["watch", "list", "end"])]
    all: bool,
    /// For how long, as in 2h
    #[arg(long = "for", value_name = "TIME", value_parser = period, required_unless_present_any = ["list", "end"])]
    lasting: Option<Period>,
    /// Why, for the record and for those who wonder
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["list", "end"])]
    reason: Option<String>,
    /// Who makes it or ends it: a name of `people:`
    #[arg(long, value_name = "PERSON", required_unless_present = "list")]
    by: Option<String>,
    /// From which severity on alarms wake people all the same: serious, critical or nothing
    #[arg(long, value_name = "SEVERITY", default_value = "critical", value_parser = break_through)]
    break_through: BreakThrough,
    /// End this silence now
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["watch", "list"])]
    end: Option<u32>,
    /// The silences that are in force
    #[arg(long, conflicts_with = "watch")]
    list: bool,
    /// The folder with holdline.yaml
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

fn period(text: &str) -> Result<Period, PeriodError> {
    Period::parse(text)
}

fn break_through(text: &str) -> Result<BreakThrough, BreakThroughError> {
    BreakThrough::parse(text)
}

pub(super) fn run(options: &Options) -> ExitCode {
    let Some(request) = request(options) else {
        return out::fail("say which watch, for how long, why and who; `holdline silence --help` shows how");
    };
    let Some(config) = check::load(&options.folder, Need::WithoutMail) else { return ExitCode::FAILURE };
    let asked = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(ask(&socket_of(&config.store), &Request::Silence(request.clone()))),
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

fn request(options: &Options) -> Option<SilenceRequest> {
    if options.list {
        return Some(SilenceRequest::List);
    }
    let by = PersonId::from(options.by.as_deref()?);
    if let Some(number) = options.end {
        return Some(SilenceRequest::End { number, by });
    }
    Some(SilenceRequest::Begin {
        watch: options.watch.as_deref().map(Into::into),
        lasting: options.lasting?,
        by,
        reason: options.reason.clone()?,
        break_through: options.break_through,
    })
}

/// No daemon runs: it is written into the record, and holds when one starts.
fn write_down(config: Config, request: SilenceRequest) -> Result<Answer, String> {
    if !Path::new(&config.store).exists() {
        return Err(
            "Holdline has never run here, so nothing can alarm; start it with `holdline run`, then make the silence"
                .to_owned(),
        );
    }
    let now = jiff::Timestamp::now();
    let mut recorder = recorder(config, now).map_err(|error| error.to_string())?;
    Ok(match recorder.commit_one(now, |work| silence(work, request)) {
        Ok(sentences) => Answer::Done(sentences),
        Err(error) => Answer::Refused(refused(&error)),
    })
}
