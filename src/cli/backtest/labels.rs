//! Known events to hold the alarms against: times or windows, as CSV or as a JSON list.

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::cli::series::time;
use crate::feed::form::excerpt;

/// The most events, and the largest file of them, in bytes.
pub(super) const LABELS_MAX: usize = 10_000;
pub(super) const LABELS_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// An event that is named by one time is found by an alarm that lies no further from it than this.
pub(super) const REACH: SignedDuration = SignedDuration::from_hours(12);

/// Something that is known to have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) begins: Timestamp,
    /// The same as `begins` where one time names it.
    pub(super) ends: Timestamp,
}

impl Event {
    /// An alarm at `at` is about this event.
    pub(super) fn holds(&self, at: Timestamp) -> bool {
        let (from, to) = self.reach();
        (from..=to).contains(&at)
    }

    /// From when to when an alarm finds it.
    pub(super) fn reach(&self) -> (Timestamp, Timestamp) {
        if self.begins < self.ends {
            return (self.begins, self.ends);
        }
        (
            self.begins.checked_sub(REACH).unwrap_or(Timestamp::MIN),
            self.ends.checked_add(REACH).unwrap_or(Timestamp::MAX),
        )
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<Event>, String> {
    let refuse = |why: String| format!("{}: {why}", path.display());
    let about = fs::metadata(path).map_err(|error| refuse(error.to_string()))?;
    if !about.is_file() || about.len() > LABELS_BYTES_MAX {
        return Err(refuse(format!("labels are a plain file of at most {LABELS_BYTES_MAX} bytes")));
    }
    let text = fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    let text = text.trim_start_matches('\u{feff}');
    let is_json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let mut events = if is_json { listed(text).map_err(refuse)? } else { rows(path, text)? };
    if events.is_empty() {
        return Err(refuse("it names no event".to_owned()));
    }
    if events.len() > LABELS_MAX {
        return Err(refuse(format!("it names more than {LABELS_MAX} events; keep those that matter")));
    }
    events.sort_by_key(|event| event.begins);
    Ok(events)
}

/// `timestamp`, or `from,to`, with a first line that says so. Further columns are left alone.
fn rows(path: &Path, text: &str) -> Result<Vec<Event>, String> {
    let at = |line: usize, why: &str| format!("{}:{line}: {why}", path.display());
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
    let mut events = Vec::new();
    let mut windows = None;
    for row in reader.records() {
        let row = row.map_err(|error| format!("{}: {}", path.display(), excerpt(&error.to_string())))?;
        let line = row.position().map_or(0, |position| usize::try_from(position.line()).unwrap_or(0));
        let (first, second) = (row.get(0).unwrap_or_default().trim(), row.get(1).unwrap_or_default().trim());
        let Some(windows) = windows else {
            windows = Some(match (first.to_lowercase().as_str(), second.to_lowercase().as_str()) {
                ("from" | "start" | "begin", "to" | "end") => true,
                ("timestamp" | "time" | "at", _) => false,
                _ => return Err(at(line, "the first line must name its columns: timestamp, or from,to")),
            });
            continue;
        };
        let ends = if windows { second } else { first };
        events.push(event(first, ends).map_err(|why| at(line, &why))?);
    }
    Ok(events)
}

/// `["2026-11-20T14:05:00Z", ["2026-11-21T09:00:00Z", "2026-11-21T12:00:00Z"]]`.
fn listed(text: &str) -> Result<Vec<Event>, String> {
    let form =
        "write a list of times, or of pairs of times, as in [[\"2026-11-21T09:00:00Z\", \"2026-11-21T12:00:00Z\"]]";
    let value: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON ({error}); {form}"))?;
    let items = value.as_array().ok_or(form)?;
    let one = |(number, item): (usize, &Value)| {
        let pair = match item {
            Value::String(at) => Some((at.as_str(), at.as_str())),
            Value::Array(pair) => match pair.as_slice() {
                [Value::String(from), Value::String(to)] => Some((from.as_str(), to.as_str())),
                [..] => None,
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        };
        let number = number + 1;
        let (from, to) = pair.ok_or_else(|| format!("event {number} is neither a time nor a pair; {form}"))?;
        event(from, to).map_err(|why| format!("event {number}: {why}"))
    };
    items.iter().enumerate().map(one).collect()
}

fn event(begins: &str, ends: &str) -> Result<Event, String> {
    let event = Event { begins: time(begins)?, ends: time(ends)? };
    if event.ends < event.begins { Err("it ends before it begins; change the two".to_owned()) } else { Ok(event) }
}
