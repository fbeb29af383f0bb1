//! A file of counts: `timestamp,value`, or JSON lines with the same two names, at any regular distance.

use std::path::Path;

use serde::Deserialize;

use super::history::{BIN_SECONDS_MAX, BIN_SECONDS_MIN, BINS_MAX, History, time};
use super::records::{Record, Records};
use crate::core::period::Period;
use crate::feed::file::records::Format;
use crate::feed::form::excerpt;
use jiff::Timestamp;

const TIME_NAMES: [&str; 3] = ["timestamp", "time", "published"];
const VALUE_NAMES: [&str; 3] = ["value", "count", "mentions"];

/// One line of a JSON lines file of counts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    timestamp: String,
    value: f64,
}

/// A row: the line, the second since 1970 and the count.
struct Row {
    line: u64,
    second: i64,
    count: u32,
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

pub(super) fn read(path: &Path, mut records: Records, first: Option<(u64, &str)>) -> Result<History, String> {
    let at = |line: u64, why: &str| format!("{}:{line}: {why}", path.display());
    let format = records.format();
    let mut rows: Vec<Row> = Vec::new();
    let mut add = |line: u64, text: &str| {
        let (at_time, count) = parsed(format, text).map_err(|why| at(line, &why))?;
        if rows.len() >= BINS_MAX {
            return Err(at(line, &format!("there are more than {BINS_MAX} counts; test a part of it")));
        }
        if rows.last().is_some_and(|before| at_time.as_second() <= before.second) {
            return Err(at(line, "its time is not later than that of the line before; sort the counts by time"));
        }
        rows.push(Row { line, second: at_time.as_second(), count });
        Ok(())
    };
    if let Some((line, text)) = first {
        add(line, text)?;
    }
    while let Some(Record { line, text }) = records.next().map_err(|error| format!("{}: {error}", path.display()))? {
        add(line, text.map_err(|why| at(line, &why.to_string()))?)?;
    }
    regular(&rows).map_err(|(line, why)| at(line, &why))
}

/// The rows as a history, or the line that does not fit.
fn regular(rows: &[Row]) -> Result<History, (u64, String)> {
    let steps = || rows.windows(2).map(|pair| pair[1].second - pair[0].second);
    let Some(((first, last), bin)) = rows.first().zip(rows.last()).zip(steps().min()) else {
        return Err((rows.last().map_or(1, |row| row.line), "two counts or more are needed".to_owned()));
    };
    if !(BIN_SECONDS_MIN..=BIN_SECONDS_MAX).contains(&bin) || bin % BIN_SECONDS_MIN != 0 {
        let why =
            format!("counts are {bin} seconds apart; whole minutes up to a day can be tested, so add them up first");
        return Err((rows.get(1).map_or(1, |row| row.line), why));
    }
    let bins = usize::try_from((last.second - first.second) / bin + 1).unwrap_or(usize::MAX);
    if bins > BINS_MAX {
        return Err((last.line, format!("it lies more than {BINS_MAX} counts after the first; test a part of it")));
    }
    let mut counts = vec![None; bins];
    for row in rows {
        let since = row.second - first.second;
        if since % bin != 0 {
            let why =
                format!("its time is no multiple of {bin} seconds after the first; counts must be equally far apart");
            return Err((row.line, why));
        }
        if let Some(place) = usize::try_from(since / bin).ok().and_then(|place| counts.get_mut(place)) {
            *place = Some(row.count);
        }
    }
    let gaps = counts.iter().filter(|count| count.is_none()).count();
    let mut notes = Vec::new();
    if gaps > 0 {
        notes.push(format!("{gaps} counts are missing between the first and the last."));
    }
    notes.push("Counts without their voices: `from`, `negative` and `reach` were left out of account.".to_owned());
    let begins = Timestamp::from_second(first.second).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(History { begins, bin: Period::seconds(bin.unsigned_abs()), counts, heard: None, notes })
}

fn parsed(format: Format, text: &str) -> Result<(Timestamp, u32), String> {
    match format {
        Format::Csv => {
            let mut fields = text.split(',');
            let (Some(at), Some(value), None) = (fields.next(), fields.next(), fields.next()) else {
                return Err("two values are needed, a time and a count, as in 2026-11-20T14:05:00Z,12".to_owned());
            };
            let number = bare(value).parse().map_err(|_| no_count(value))?;
            Ok((time(bare(at))?, whole(number).ok_or_else(|| no_count(value))?))
        }
        Format::JsonLines => {
            let line: Line = serde_json::from_str(text).map_err(|error| {
                let said = error.to_string();
                let reason = said.split(" at line ").next().unwrap_or_default();
                format!("{}; write it as {{\"timestamp\": \"2026-11-20T14:05:00Z\", \"value\": 12}}", excerpt(reason))
            })?;
            Ok((time(&line.timestamp)?, whole(line.value).ok_or_else(|| no_count(&line.value.to_string()))?))
        }
    }
}

/// Tables made by other programs write `12.0`, and means now and then.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "looked at first")]
fn whole(number: f64) -> Option<u32> {
    (number.is_finite() && (0.0..=f64::from(u32::MAX)).contains(&number)).then(|| number.round() as u32)
}

fn no_count(value: &str) -> String {
    format!("`{}` is not a count; write a number from 0 to {}", excerpt(value.trim()), u32::MAX)
}

/// A value without blanks and quotes around it.
fn bare(value: &str) -> &str {
    let value = value.trim();
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value).trim()
}
