//! A history of counts: the rows of a series, with what is missing between them.

use std::ops::RangeInclusive;
use std::path::Path;

use jiff::Timestamp;

use super::history::History;
use crate::cli::records::Records;
use crate::cli::series::{self, STEPS_MAX};
use crate::core::period::Period;

/// Whole minutes up to a day, in seconds.
const BIN_SECONDS: RangeInclusive<i64> = 60..=24 * 60 * 60;

pub(super) fn read(path: &Path, records: Records, first: Option<(u64, &str)>) -> Result<History, String> {
    let at = |(line, why): (u64, String)| format!("{}:{line}: {why}", path.display());
    let (mut places, mut rows) = (Vec::new(), Vec::new());
    series::each(path, records, first, STEPS_MAX, |row| {
        places.push((row.line, row.at.as_second()));
        rows.push(row.count);
    })?;
    let bin = series::step(&places, &BIN_SECONDS).map_err(at)?;
    let first = places.first().map_or(0, |(_, second)| *second);
    let place = |second: i64| usize::try_from((second - first) / bin).unwrap_or(usize::MAX);
    let last = places.last().map_or(first, |(_, second)| *second);
    let mut counts = vec![None; place(last).saturating_add(1).min(STEPS_MAX)];
    for ((_, second), count) in places.iter().zip(&rows) {
        if let Some(held) = counts.get_mut(place(*second)) {
            *held = Some(*count);
        }
    }
    let gaps = counts.iter().filter(|count| count.is_none()).count();
    let mut notes = Vec::new();
    if gaps > 0 {
        notes.push(format!("{gaps} counts are missing between the first and the last."));
    }
    notes.push("Counts without their voices: `from`, `negative` and `reach` were left out of account.".to_owned());
    let begins = Timestamp::from_second(first).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(History { begins, bin: Period::seconds(bin.unsigned_abs()), counts, told: None, notes })
}
