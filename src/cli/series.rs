//! A series of counts in a file: `timestamp,value`, or JSON lines with the same two names, at any regular distance.
//! `backtest` and `try detect` read it alike.

use std::ops::RangeInclusive;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::records::{Record, Records};
use crate::feed::file::records::Format;
use crate::feed::form::excerpt;

const TIME_NAMES: [&str; 3] = ["timestamp", "time", "published"];
const VALUE_NAMES: [&str; 3] = ["value", "count", "mentions"];
/// The most counts between the first and the last: ten years of minutes.
pub(super) const STEPS_MAX: usize = 10 * 366 * 24 * 60;
/// An RFC 3339 time with nanoseconds and an offset.
const TIME_BYTES_MAX: usize = 35;

/// One line of a JSON lines file of counts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    timestamp: String,
    value: f64,
}

/// A row, with time and count also as they are written.
pub(super) struct Row<'a> {
    pub(super) line: u64,
    pub(super) at: Timestamp,
    pub(super) count: u32,
    pub(super) time: &'a str,
    pub(super) value: &'a str,
}

/// Whether the first line of a CSV file names a time and a count.
pub(super) fn is_header(text: &str) -> bool {
    let names: Vec<String> = text.split(',').map(|name| bare(name).to_lowercase()).collect();
    match names.as_slice() {
        [time, value] => TIME_NAMES.contains(&time.as_str()) && VALUE_NAMES.contains(&value.as_str()),
        _ => false,
    }
}

/// Whether the first of some JSON lines is a count.
pub(super) fn is_line(text: &str) -> bool {
    serde_json::from_str::<Line>(text).is_ok()
}

/// Goes through the rows in order. Each lies later than the one before it, and there are at most `most`; `first` is a row
/// that was read already.
pub(super) fn each(
    path: &Path,
    mut records: Records,
    first: Option<(u64, &str)>,
    most: usize,
    mut take: impl FnMut(&Row<'_>),
) -> Result<(), String> {
    let at = |line: u64, why: &str| format!("{}:{line}: {why}", path.display());
    let format = records.format();
    let (mut rows, mut before) = (0_usize, None);
    let mut add = |line: u64, text: &str| {
        let seen = |row: &Row<'_>| {
            if rows >= most {
                return Err(format!("there are more than {most} counts; test a part of it"));
            }
            if before.is_some_and(|before| row.at <= before) {
                return Err(
                    "its time is not later than that of the line before; sort the counts by time, each once".to_owned()
                );
            }
            (rows, before) = (rows + 1, Some(row.at));
            take(row);
            Ok(())
        };
        parsed(format, line, text, seen).map_err(|why| at(line, &why))
    };
    if let Some((line, text)) = first {
        add(line, text)?;
    }
    while let Some(Record { line, text }) = records.next().map_err(|error| format!("{}: {error}", path.display()))? {
        add(line, text.map_err(|why| at(line, &why.to_string()))?)?;
    }
    Ok(())
}

/// From one count to the next, in seconds, or the line that does not fit: as long as the shortest distance, of which all
/// others are multiples. Rows are lines and seconds since 1970.
pub(super) fn step(rows: &[(u64, i64)], allowed: &RangeInclusive<i64>) -> Result<i64, (u64, String)> {
    let steps = rows.windows(2).map(|pair| pair[1].1 - pair[0].1);
    let Some((step, &(_, first))) = steps.min().zip(rows.first()) else {
        return Err((rows.last().map_or(1, |row| row.0), "two counts or more are needed".to_owned()));
    };
    if !allowed.contains(&step) || step % allowed.start() != 0 {
        let why = match allowed.start() {
            60 => format!(
                "counts are {step} seconds apart; whole minutes up to a day can be tested, so add them up first"
            ),
            _ => format!("counts are {step} seconds apart; they must lie between a second and a day apart"),
        };
        return Err((rows.get(1).map_or(1, |row| row.0), why));
    }
    let most = i64::try_from(STEPS_MAX).unwrap_or(i64::MAX);
    for (line, second) in rows {
        if (second - first) % step != 0 {
            let why =
                format!("its time is no multiple of {step} seconds after the first; counts must be equally far apart");
            return Err((*line, why));
        }
        if (second - first) / step >= most {
            return Err((*line, format!("it lies more than {STEPS_MAX} counts after the first; test a part of it")));
        }
    }
    Ok(step)
}

fn parsed(
    format: Format,
    line: u64,
    text: &str,
    take: impl FnOnce(&Row<'_>) -> Result<(), String>,
) -> Result<(), String> {
    match format {
        Format::Csv => {
            let mut fields = text.split(',');
            let (Some(at), Some(value), None) = (fields.next(), fields.next(), fields.next()) else {
                return Err("two values are needed, a time and a count, as in 2026-11-20T14:05:00Z,12".to_owned());
            };
            let number = bare(value).parse().map_err(|_| no_count(value))?;
            let count = whole(number).ok_or_else(|| no_count(value))?;
            take(&Row { line, at: time(bare(at))?, count, time: bare(at), value: bare(value) })
        }
        Format::JsonLines => {
            let Line { timestamp, value } = serde_json::from_str(text).map_err(|error| {
                let said = error.to_string();
                let reason = said.split(" at line ").next().unwrap_or_default();
                format!("{}; write it as {{\"timestamp\": \"2026-11-20T14:05:00Z\", \"value\": 12}}", excerpt(reason))
            })?;
            let written = value.to_string();
            let count = whole(value).ok_or_else(|| no_count(&written))?;
            take(&Row { line, at: time(&timestamp)?, count, time: &timestamp, value: &written })
        }
    }
}

/// A time as tables of counts have it: with an offset, or without one and then in UTC.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    let with_offset = || text.parse::<Timestamp>().ok();
    let civil = || text.parse::<DateTime>().ok().and_then(|civil| civil.to_zoned(TimeZone::UTC).ok());
    let zoned = text.len() <= TIME_BYTES_MAX && !text.contains('[');
    let read = if zoned { with_offset().or_else(|| civil().map(|at| at.timestamp())) } else { None };
    read.ok_or_else(|| {
        format!(
            "`{}` is not a time; write it as in 2026-11-20T14:05:00Z, or 2026-11-20 14:05:00 for UTC",
            excerpt(text)
        )
    })
}

/// Tables made by other programs write `12.0`, and means now and then.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "looked at first")]
fn whole(number: f64) -> Option<u32> {
    (number.is_finite() && (0.0..=f64::from(u32::MAX)).contains(&number)).then(|| number.round() as u32)
}

fn no_count(value: &str) -> String {
    match bare(value) {
        "" => "there is no count; leave out rows of which nothing is known".to_owned(),
        value => format!("`{}` is not a count; write a number from 0 to {}", excerpt(value), u32::MAX),
    }
}

/// A value without blanks and quotes around it.
fn bare(value: &str) -> &str {
    let value = value.trim();
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value).trim()
}
