//! How long things are kept, as `holdline.yaml` says it: in days or in years.

use super::keys;
use super::node::Table;
use crate::core::period::Period;
use crate::core::retention::{MENTIONS_KEPT_MIN, Retention};

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;
/// A year is at least this long; nobody is held to the day.
const DAYS_PER_YEAR: u64 = 365;
/// Longer is for good.
const YEARS_MAX: u64 = 100;

pub(super) fn read(file: &Table<'_>) -> Retention {
    let Some(table) = file.table("retention", keys::RETENTION) else { return Retention::default() };
    let mentions = table.parsed("mentions", |text| match kept(text) {
        Ok(period) if period < MENTIONS_KEPT_MIN => {
            Err("mentions are needed for a week at least: repeats come late".to_owned())
        }
        other => other,
    });
    Retention { mentions, incidents: table.parsed("incidents", kept) }
}

fn kept(text: &str) -> Result<Period, String> {
    let refuse = || format!("`{text}` is not a time for which things are kept; write days or years, as in 90d or 2y");
    let (number, days) = match text.trim() {
        text if text.ends_with('d') => (text.trim_end_matches('d'), 1),
        text if text.ends_with('y') => (text.trim_end_matches('y'), DAYS_PER_YEAR),
        _ => return Err(refuse()),
    };
    let number: u64 = number.trim_end().parse().map_err(|_| refuse())?;
    let days = number.checked_mul(days).filter(|days| (1..=YEARS_MAX * DAYS_PER_YEAR).contains(days));
    days.map(|days| Period::seconds(days * SECONDS_PER_DAY)).ok_or_else(refuse)
}
