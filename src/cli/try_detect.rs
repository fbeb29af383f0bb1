//! `holdline try detect`: where a series of counts would have opened incidents, row by row and never looking ahead.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::out;
use super::records::{Record, Records};
use super::series::{self, STEPS_MAX};
use crate::core::detect::{Detector, Held, KINDS, Reading, Replay};
use crate::core::period::Period;
use crate::core::shown::{counted, in_words, visible};
use crate::feed::file::records::Format;

/// Series come in steps between these, in seconds.
const STEP_SECONDS: std::ops::RangeInclusive<i64> = 1..=86_400;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Counts: a CSV file with the columns timestamp,value, or JSON lines with these names; oldest first, equally far apart
    file: PathBuf,
    /// Where to write the rows with `anomaly_score`, 1 where an incident would open; standard output without it
    #[arg(long)]
    out: Option<PathBuf>,
    /// What is a spike, as under a watch's `spike:`
    #[arg(long, default_value = "false_alarms: 1 per week", value_name = "SETTING")]
    spike: String,
    /// The fewest mentions that are a spike; the setting's own number without it
    #[arg(long, value_name = "MENTIONS")]
    at_least: Option<u32>,
    /// Write one JSON object a row, with what was counted, expected and asked for; the usual for a .jsonl file
    #[arg(long)]
    json: bool,
}

/// One row of the series, also in the words of its file.
struct Row {
    time: String,
    value: String,
    second: i64,
    count: u32,
}

struct Series {
    rows: Vec<Row>,
    step: i64,
    json: bool,
}

pub(super) fn run(options: &Options) -> ExitCode {
    let made = detector(&options.spike).and_then(|detector| {
        let series = read(options)?;
        let mut output: Box<dyn Write> = match &options.out {
            Some(path) => Box::new(BufWriter::new(
                File::create(path).map_err(|error| format!("{} cannot be written: {error}", path.display()))?,
            )),
            None => Box::new(BufWriter::new(io::stdout().lock())),
        };
        match play(options, detector.as_ref(), &series, &mut output) {
            Ok(said) => Ok(Some(said)),
            // Whoever closed the pipe has read what they wanted.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(None),
            Err(error) => Err(format!("the rows cannot be written: {error}")),
        }
    });
    match made {
        Ok(said) => {
            said.into_iter().for_each(out::error);
            ExitCode::SUCCESS
        }
        Err(error) => out::fail(visible(&error)),
    }
}

/// A setting as it stands under `spike:`.
fn detector(setting: &str) -> Result<Box<dyn Detector>, String> {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let (name, text) = setting.split_once(':').unwrap_or((setting, ""));
    let kind = KINDS.iter().find(|kind| kind.name == name.trim()).ok_or_else(|| {
        format!("`{}` tells no spike; write one of {}, as in `false_alarms: 1 per week`", name.trim(), names.join(", "))
    })?;
    (kind.parse)(text.trim()).map_err(|error| error.to_string())
}

fn read(options: &Options) -> Result<Series, String> {
    let name = options.file.display();
    let mut records = Records::open(&options.file)?;
    let json = records.format() == Format::JsonLines;
    if !json {
        let first = records.next().map_err(|error| format!("{name}: {error}"))?;
        let Some(Record { line, text }) = first else { return Err(format!("{name}: the file is empty")) };
        let header = text.map_err(|why| format!("{name}:{line}: {why}"))?;
        if !series::is_header(header) {
            return Err(format!("{name}:{line}: the first line must be `timestamp,value`"));
        }
    }
    let (mut rows, mut places) = (Vec::new(), Vec::new());
    series::each(&options.file, records, None, STEPS_MAX, |row| {
        let second = row.at.as_second();
        places.push((row.line, second));
        rows.push(Row { time: row.time.to_owned(), value: row.value.to_owned(), second, count: row.count });
    })?;
    let step = series::step(&places, &STEP_SECONDS).map_err(|(line, why)| format!("{name}:{line}: {why}"))?;
    Ok(Series { rows, step, json: json || options.json })
}

/// What is told of the whole series once it was gone through.
#[derive(Default)]
struct Gone {
    incidents: u64,
    rises: u64,
    /// Steps at the beginning in which it only listened.
    listened: u64,
    gaps: u64,
    missing: i64,
    /// The longest gap, and the row before it.
    longest: Option<(i64, String)>,
}

fn play(options: &Options, detector: &dyn Detector, series: &Series, output: &mut dyn Write) -> io::Result<String> {
    let period = Period::seconds(series.step.unsigned_abs());
    let mut replay = Replay::new(detector, options.at_least, period);
    if !series.json {
        writeln!(output, "timestamp,value,anomaly_score")?;
    }
    let mut gone = Gone::default();
    let mut before: Option<&Row> = None;
    for row in &series.rows {
        let missing = before.map_or(0, |before| (row.second - before.second) / series.step - 1);
        if let Some(before) = before.filter(|_| missing > 0) {
            gone.miss(missing, &before.time);
        }
        for _ in 0..missing {
            replay.step(None);
        }
        before = Some(row);
        let reading = replay.step(Some(row.count));
        gone.incidents += u64::from(reading.held == Held::Alarm);
        gone.rises += u64::from(reading.rose);
        gone.listened += u64::from(reading.held == Held::WarmingUp);
        if series.json { json(output, row, &reading) } else { plain(output, row, &reading) }?;
    }
    output.flush()?;
    Ok(gone.in_words(series, detector))
}

impl Gone {
    fn miss(&mut self, missing: i64, after: &str) {
        self.gaps += 1;
        self.missing += missing;
        if self.longest.as_ref().is_none_or(|(longest, _)| missing > *longest) {
            self.longest = Some((missing, after.to_owned()));
        }
    }

    fn in_words(&self, series: &Series, detector: &dyn Detector) -> String {
        let rows = u64::try_from(series.rows.len()).unwrap_or(u64::MAX);
        let mut words = vec![format!(
            "{} would have opened in {}; this setting alarms {}.",
            counted(self.incidents, "incident"),
            counted(rows, "row"),
            detector.setting()
        )];
        if self.rises > 0 {
            let times = counted(self.rises, "time");
            words.push(format!("{times} an incident that was open would have been told to rise."));
        }
        if self.listened > 0 {
            let listened = Period::seconds(self.listened.saturating_mul(series.step.unsigned_abs()));
            let more = if self.listened == rows { ", which is the whole of it" } else { "" };
            words.push(format!("For the first {} it only listened{more}.", in_words(listened)));
        }
        if let Some((longest, after)) = &self.longest {
            words.push(format!(
                "{} with {} missing, taken for unheard and not for silent; the longest, of {longest}, after {after}.",
                counted(self.gaps, "gap"),
                counted(self.missing.unsigned_abs(), "row")
            ));
        }
        words.join(" ")
    }
}

fn plain(output: &mut dyn Write, row: &Row, reading: &Reading) -> io::Result<()> {
    writeln!(output, "{},{},{}", row.time, row.value, u8::from(reading.held == Held::Alarm))
}

fn json(output: &mut dyn Write, row: &Row, reading: &Reading) -> io::Result<()> {
    let once_in_days = reading.rate.map(|rate| 1.0 / rate.max(1e-9));
    let object = serde_json::json!({
        "timestamp": row.time,
        "value": row.count,
        "alarm": reading.held == Held::Alarm,
        "rose": reading.rose,
        "why": why(reading.held),
        "window_seconds": reading.window.as_seconds(),
        "count": reading.count,
        "expected": reading.expected,
        "alarms_above": reading.above,
        "loudness": reading.loudness,
        "once_in_days": once_in_days,
    });
    writeln!(output, "{object}")
}

fn why(held: Held) -> &'static str {
    match held {
        Held::Alarm => "alarm",
        Held::Quiet => "below the line",
        Held::WarmingUp => "warming up",
        Held::TooFew => "too few mentions",
        Held::AlreadyOpen => "its incident is open",
        Held::StillAbove => "above the line ever since the last alarm, and not clearly louder",
        Held::Deaf => "not all of the window could be heard",
        Held::Unmet => "something else that was asked is not so",
        Held::Echo => "no louder than the last alarm's echo",
    }
}
