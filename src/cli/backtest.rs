//! `holdline backtest`: what a watch would have done on past data. Stores nothing, sends nothing.

mod counts;
mod history;
mod labels;
mod mentions;
mod picture;
mod report;
mod settings;
mod trial;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use self::history::History;
use self::labels::Event;
use self::report::{Other, Report, Span, Told, events, per_week};
use self::trial::Trial;
use super::{check, out};
use crate::config::{Config, Need};
use crate::core::chart::Chart;
use crate::core::detect::once_in;
use crate::core::shown::in_words;
use crate::core::watch::Watch;

const DAY_SECONDS: u64 = 24 * 60 * 60;

#[derive(Debug, Args)]
#[command(after_help = "\
A history is a table of counts at a regular distance (CSV with the columns timestamp,value, or JSON lines with these \
names), or mentions as the file feed takes them (CSV or JSON lines); these are matched with the watch's query, and \
repeats of an id count once. Times without an offset are UTC. Without --history the counts that the daemon has stored \
are taken, also while it runs.\n\n\
Labels are a CSV file with the column timestamp or the columns from,to, or a JSON list of times and pairs of times. An \
event of one time is found by an alarm within twelve hours before or after it, a window by one inside it.\n\n\
After an alarm its incident is taken to be open for a day: what comes within it opens no other, and people hear of it \
again when there is twice as much as they were told of. An event is found by that too; one that begins within the day \
and brings no such rise is counted apart, since whoever had the incident open would have seen it.\n\n\
An alarm bears the time of the count that raised it. The daemon itself does not wait for a count to be complete: it \
looks at every mention.")]
pub(super) struct Options {
    /// The watch, as holdline.yaml names it
    watch: String,
    /// The folder with holdline.yaml, playbooks and templates
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Counts or mentions (.csv, .jsonl); without it, what the daemon has counted
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Times or windows of what is known to have happened (.csv, .json)
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Draw the chart into this file (.png or .svg)
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// One JSON object instead of words and chart
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> ExitCode {
    // Asked before the work, which may take a while.
    if let Err(error) = options.chart.as_deref().map_or(Ok(()), picture::check_name) {
        return out::fail(error);
    }
    let Some(config) = check::load(&options.folder, Need::Check) else { return ExitCode::FAILURE };
    match test(options, &config) {
        Ok(tested) => show(options, &config, &tested),
        Err(error) => out::fail(error),
    }
}

struct Tested {
    report: Report,
    chart: Chart,
}

fn test(options: &Options, config: &Config) -> Result<Tested, String> {
    let watch = find(config, &options.watch)?;
    let known = options.labels.as_deref().map(labels::read).transpose()?;
    let history = match &options.history {
        Some(file) => history::read(file, watch)?,
        None => history::stored(&config.store, watch)?,
    };
    let others = settings::others();
    let tried = settings::all(watch, &others);
    let mut points = Vec::with_capacity(history.counts.len());
    let mut trials = trial::run(&history, watch, &tried, |point| points.push(point));
    let (Some(own), false) = (tried.first(), trials.is_empty()) else {
        return Err("there is nothing to try".to_owned());
    };
    let trial = trials.remove(0);
    let found = known.as_ref().map(|known| events(&trial, known, &history));
    let tested = tried.iter().skip(1).zip(&trials);
    let other_settings =
        tested.map(|(setting, trial)| other(&setting.written, trial, &history, known.as_deref())).collect();
    let chart = Chart {
        counted: format!("mentions in {}", in_words(trial::window(own, &history))),
        begins: history.begins,
        step: history.bin,
        points,
        crossings: trial.alarms.iter().map(|alarm| alarm.place).collect(),
        events: places(known.as_deref().unwrap_or_default(), &history),
        zone: config.organisation.zone(),
    };
    let report = Report {
        watch: watch.name.to_string(),
        setting: own.written.clone(),
        history: Span::of(&history),
        alarms_per_week: per_week(&trial, &history),
        held_back: trial.held_back,
        rises: trial.rises.clone(),
        alarms: told(trial),
        events: found,
        other_settings,
        notes: history.notes,
    };
    Ok(Tested { report, chart })
}

fn find<'a>(config: &'a Config, name: &str) -> Result<&'a Watch, String> {
    config.watches.iter().find(|watch| watch.name.as_str() == name).ok_or_else(|| {
        let names: Vec<&str> = config.watches.iter().map(|watch| watch.name.as_str()).collect();
        let shown = name.escape_debug();
        format!("holdline.yaml has no watch called `{shown}`; it has {}", names.join(", "))
    })
}

fn other(written: &str, trial: &Trial, history: &History, known: Option<&[Event]>) -> Other {
    Other {
        setting: written.to_owned(),
        alarms: trial.alarms.len(),
        alarms_per_week: per_week(trial, history),
        events_found: known.map(|known| events(trial, known, history).found),
    }
}

fn told(trial: Trial) -> Vec<Told> {
    let told = trial.alarms.into_iter().map(|alarm| Told {
        at: alarm.at,
        count: alarm.reading.count,
        window_seconds: alarm.reading.window.as_seconds(),
        expected: alarm.reading.expected,
        above: alarm.reading.above,
        once_in_days: alarm.reading.rate.map(|rate| once_in(rate).as_seconds() / DAY_SECONDS),
        voices: alarm.voices,
        reason: alarm.reason,
    });
    told.collect()
}

/// Events as places in the history.
fn places(known: &[Event], history: &History) -> Vec<std::ops::Range<usize>> {
    let bin = i64::try_from(history.bin.as_seconds()).unwrap_or(i64::MAX);
    let inside = known.iter().filter(|event| event.ends >= history.begins && event.begins < history.ends());
    let place = |at: jiff::Timestamp| {
        usize::try_from(at.duration_since(history.begins).as_secs().max(0) / bin).unwrap_or(0).min(history.counts.len())
    };
    inside.map(|event| place(event.begins)..(place(event.ends) + 1).min(history.counts.len())).collect()
}

fn show(options: &Options, config: &Config, tested: &Tested) -> ExitCode {
    if let Some(file) = &options.chart
        && let Err(error) = picture::write(&tested.chart, file)
    {
        return out::fail(error);
    }
    if options.json {
        return match serde_json::to_string(&tested.report) {
            Ok(json) => {
                out::json(&json);
                ExitCode::SUCCESS
            }
            Err(error) => out::fail(error),
        };
    }
    out::line(tested.report.in_words(&config.organisation.zone()));
    out::line(tested.chart.in_blocks(picture::terminal_width()));
    ExitCode::SUCCESS
}
