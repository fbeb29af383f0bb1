//! `holdline try detect`: where a series of counts would have opened incidents, row by row and never looking ahead.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::out;
use crate::core::detect::{Detector, Held, KINDS, Reading, Replay};
use crate::core::period::Period;
use crate::core::shown::visible;

/// The most rows read; more than ten years of minutes.
const ROWS_MAX: usize = 6_000_000;
/// The longest gap in a series, in steps: it is gone through step by step.
const GAP_STEPS_MAX: i64 = 1_000_000;
/// Series come in steps between these.
const STEP_SECONDS: std::ops::RangeInclusive<i64> = 1..=86_400;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Counts: a CSV file with the columns timestamp and value, oldest first, in steps of one length
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
    /// Write one JSON object a row, with what was counted, expected and asked for
    #[arg(long)]
    json: bool,
}

/// One row of the series, in the words of its file.
struct Row {
    written: String,
    value: String,
    at: Timestamp,
    /// None where the row holds no number: nothing is known of that step.
    count: Option<u32>,
}

pub(super) fn run(options: &Options) -> ExitCode {
    let made = detector(&options.spike).and_then(|detector| {
        let rows = read(options)?;
        let mut output: Box<dyn Write> = match &options.out {
            Some(path) => Box::new(BufWriter::new(
                File::create(path).map_err(|error| format!("{} cannot be written: {error}", path.display()))?,
            )),
            None => Box::new(BufWriter::new(io::stdout().lock())),
        };
        play(options, detector.as_ref(), &rows, &mut output)
            .map_err(|error| format!("the rows cannot be written: {error}"))
    });
    match made {
        Ok(said) => {
            out::error(said);
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

fn read(options: &Options) -> Result<Vec<Row>, String> {
    let name = options.file.display();
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_path(&options.file)
        .map_err(|error| format!("{name} cannot be read: {error}"))?;
    let headers = reader.headers().map_err(|error| format!("{name} cannot be read: {error}"))?.clone();
    let column = |wanted: &str| {
        let found = headers.iter().position(|header| header.trim_start_matches('\u{feff}').trim() == wanted);
        found
            .ok_or_else(|| format!("{name}:1: there is no column `{wanted}`; the first line must be `timestamp,value`"))
    };
    let (time, value) = (column("timestamp")?, column("value")?);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| format!("{name}: {error}"))?;
        let line = record.position().map_or(0, csv::Position::line);
        if rows.len() >= ROWS_MAX {
            return Err(format!("{name}:{line}: there are more than {ROWS_MAX} rows; split the file"));
        }
        let field = |column: usize| record.get(column).unwrap_or_default().trim().to_owned();
        let (written, value) = (field(time), field(value));
        let at = instant(&written)
            .ok_or_else(|| format!("{name}:{line}: `{written}` is not a time; write it as in 2026-03-02 14:05:00"))?;
        let count = count(&value).map_err(|why| format!("{name}:{line}: `{value}` {why}"))?;
        rows.push(Row { written, value, at, count });
    }
    Ok(rows)
}

/// A time with its zone or offset, or without one: then it is taken for UTC, since only distances matter.
fn instant(text: &str) -> Option<Timestamp> {
    let local = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse().ok().or_else(local)
}

fn count(text: &str) -> Result<Option<u32>, &'static str> {
    if text.is_empty() || text.eq_ignore_ascii_case("nan") {
        return Ok(None);
    }
    let number: f64 = text.parse().map_err(|_| "is not a number")?;
    if !(0.0..=f64::from(u32::MAX)).contains(&number) {
        return Err("is not a number of mentions");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bounds of above")]
    let count = number.round() as u32;
    Ok(Some(count))
}

/// How long a step is: the distance of the first two rows.
fn step_of(rows: &[Row]) -> Result<SignedDuration, String> {
    let [first, second, ..] = rows else { return Ok(SignedDuration::from_mins(5)) };
    let step = second.at.duration_since(first.at);
    if !STEP_SECONDS.contains(&step.as_secs()) {
        return Err(
            "the first two rows lie less than a second or more than a day apart, so the series has no step".to_owned()
        );
    }
    Ok(step)
}

fn play(options: &Options, detector: &dyn Detector, rows: &[Row], output: &mut dyn Write) -> Result<String, String> {
    let step = step_of(rows)?;
    let period = Period::seconds(u64::try_from(step.as_secs()).unwrap_or(1).max(1));
    let mut replay = Replay::new(detector, options.at_least, period);
    let wrote = |result: io::Result<()>| result.map_err(|error| error.to_string());
    if !options.json {
        wrote(writeln!(output, "timestamp,value,anomaly_score"))?;
    }
    let mut alarms = 0_u64;
    let mut before: Option<Timestamp> = None;
    for row in rows {
        let missing = before.map_or(0, |before| steps_between(row.at.duration_since(before), step) - 1);
        if missing > GAP_STEPS_MAX {
            return Err(format!(
                "before {} there is a gap of {missing} steps; at most {GAP_STEPS_MAX} can be gone through",
                row.written
            ));
        }
        for _ in 0..missing {
            replay.step(None);
        }
        before = Some(row.at);
        let reading = replay.step(row.count);
        alarms += u64::from(reading.held == Held::Alarm);
        wrote(if options.json { json(output, row, &reading) } else { plain(output, row, &reading) })?;
    }
    wrote(output.flush())?;
    let alarms = if alarms == 1 { "1 incident".to_owned() } else { format!("{alarms} incidents") };
    Ok(format!("{alarms} would have opened in {} rows; this setting alarms {}.", rows.len(), detector.setting()))
}

/// In whole steps, at least one: what is out of order counts as the next step.
fn steps_between(distance: SignedDuration, step: SignedDuration) -> i64 {
    let (distance, step) = (distance.as_millis(), step.as_millis().max(1));
    i64::try_from((distance + step / 2).div_euclid(step)).unwrap_or(i64::MAX).max(1)
}

fn plain(output: &mut dyn Write, row: &Row, reading: &Reading) -> io::Result<()> {
    let score = u8::from(reading.held == Held::Alarm);
    let mut line = csv::WriterBuilder::new().from_writer(Vec::new());
    line.write_record([row.written.as_str(), row.value.as_str(), if score == 1 { "1" } else { "0" }])?;
    output.write_all(&line.into_inner().map_err(|error| io::Error::other(error.to_string()))?)
}

fn json(output: &mut dyn Write, row: &Row, reading: &Reading) -> io::Result<()> {
    let once_in_days = reading.rate.map(|rate| 1.0 / rate.max(1e-9));
    let object = serde_json::json!({
        "timestamp": row.written,
        "value": row.count,
        "alarm": reading.held == Held::Alarm,
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
        Held::Echo => "no louder than the last alarm's echo",
    }
}
