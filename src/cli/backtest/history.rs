//! What is tested on: counts at a regular distance, from a file of counts, a file of mentions or the store.

use std::ops::RangeInclusive;
use std::path::Path;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::records::{Record, Records};
use super::{counts, mentions};
use crate::core::count::MinuteNumber;
use crate::core::period::Period;
use crate::core::watch::Watch;
use crate::feed::file::records::Format;
use crate::feed::form::excerpt;
use crate::store::Reader;

/// The most bins between the first and the last: ten years of minutes.
pub(super) const BINS_MAX: usize = 10 * 366 * 24 * 60;
pub(super) const BIN_SECONDS_MIN: i64 = 60;
pub(super) const BIN_SECONDS_MAX: i64 = 24 * 60 * 60;
/// So many lines that were not taken are named.
const REFUSED_NAMED_MAX: usize = 5;

pub(super) struct History {
    pub(super) begins: Timestamp,
    pub(super) bin: Period,
    /// Oldest first; none where the file has no row for that time.
    pub(super) counts: Vec<Option<u32>>,
    /// Who was heard when, by bin and ascending, where mentions say it.
    pub(super) heard: Option<Vec<(usize, u64)>>,
    /// What should be known about how it was read.
    pub(super) notes: Vec<String>,
}

impl History {
    /// The time at which a bin begins.
    pub(super) fn at(&self, place: usize) -> Timestamp {
        let after = self.bin.length().saturating_mul(i32::try_from(place).unwrap_or(i32::MAX));
        self.begins.checked_add(after).unwrap_or(Timestamp::MAX)
    }

    /// The time at which the last bin is over.
    pub(super) fn ends(&self) -> Timestamp {
        self.at(self.counts.len())
    }

    /// Weeks from beginning to end, in parts of a week too.
    pub(super) fn weeks(&self) -> f64 {
        const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
        self.ends().duration_since(self.begins).div_duration_f64(WEEK)
    }

    pub(super) fn mentions(&self) -> u64 {
        self.counts.iter().flatten().map(|count| u64::from(*count)).sum()
    }

    /// Distinct voices in so many bins that end with `place`; none where only counts are known.
    pub(super) fn voices(&self, bins: usize, place: usize) -> Option<u32> {
        let heard = self.heard.as_ref()?;
        let since = (place + 1).saturating_sub(bins);
        let (from, to) = (heard.partition_point(|(at, _)| *at < since), heard.partition_point(|(at, _)| *at <= place));
        let mut voices: Vec<u64> = heard.get(from..to)?.iter().map(|(_, voice)| *voice).collect();
        voices.sort_unstable();
        voices.dedup();
        u32::try_from(voices.len()).ok()
    }
}

/// Reads a file of counts or mentions; the first record says which.
pub(super) fn read(path: &Path, watch: &Watch) -> Result<History, String> {
    let mut records = Records::open(path)?;
    let at = |line: u64, why: &str| format!("{}:{line}: {why}", path.display());
    let file = |error: std::io::Error| format!("{}: {error}", path.display());
    let Some(Record { line, text }) = records.next().map_err(file)? else {
        return Err(format!("{}: the file is empty", path.display()));
    };
    let first = text.map_err(|why| at(line, &why.to_string()))?.to_owned();
    match records.format() {
        Format::Csv if counts::is_header(&first) => counts::read(path, records, None),
        Format::Csv => {
            let columns = mentions::columns(&first).map_err(|why| at(line, &why))?;
            mentions::read(path, records, Some(&columns), None, watch)
        }
        Format::JsonLines if counts::is_line(&first) => counts::read(path, records, Some((line, &first))),
        Format::JsonLines => mentions::read(path, records, None, Some((line, &first)), watch),
    }
}

/// What the daemon has counted for this watch. May be asked while it runs.
pub(super) fn stored(store: &Path, watch: &Watch) -> Result<History, String> {
    if !store.is_file() {
        return Err(format!("there is no store at {}; give a file with --history", store.display()));
    }
    let counted = Reader::new(store).counts(&watch.name).map_err(|error| format!("{}: {error}", store.display()))?;
    if counted.is_empty() {
        let name = &watch.name;
        return Err(format!("the store has counted no mention for {name} yet; give a file with --history"));
    }
    let minutes = counted.first().map_or(0, |(minute, _)| *minute)..=counted.last().map_or(0, |(minute, _)| *minute);
    let mut history = in_minutes(minutes, &counted)?;
    history
        .notes
        .push("Counts without their voices: `from`, `negative` and `reach` were left out of account.".to_owned());
    Ok(history)
}

/// A history of all these minutes, from those in which something was counted.
pub(super) fn in_minutes(
    minutes: RangeInclusive<MinuteNumber>,
    counted: &[(MinuteNumber, u32)],
) -> Result<History, String> {
    let (first, last) = (*minutes.start(), *minutes.end());
    let length = usize::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(usize::MAX);
    if length > BINS_MAX {
        return Err(format!(
            "the first and the last mention lie more than {BINS_MAX} minutes apart; test a part of it"
        ));
    }
    let mut counts = vec![Some(0_u32); length];
    for &(minute, count) in counted {
        let place = usize::try_from(minute.saturating_sub(first)).ok().and_then(|place| counts.get_mut(place));
        if let Some(Some(sum)) = place {
            *sum = sum.saturating_add(count);
        }
    }
    let begins = Timestamp::from_second(first.saturating_mul(60)).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(History { begins, bin: Period::minutes(1), counts, heard: None, notes: Vec::new() })
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

/// An RFC 3339 time with nanoseconds and an offset.
const TIME_BYTES_MAX: usize = 35;

/// Lines that were passed over: how many, and the first few by name.
#[derive(Default)]
pub(super) struct Refused {
    pub(super) lines: u64,
    named: Vec<String>,
}

impl Refused {
    pub(super) fn add(&mut self, line: u64, why: &str) {
        self.lines += 1;
        if self.named.len() < REFUSED_NAMED_MAX {
            self.named.push(format!("line {line}: {why}"));
        }
    }

    pub(super) fn notes(self) -> Vec<String> {
        if self.lines == 0 {
            return Vec::new();
        }
        let more = if self.lines > 5 { ", the first of them" } else { "" };
        let head = format!("{} lines were not taken{more}:", self.lines);
        std::iter::once(head).chain(self.named.into_iter().map(|line| format!("  {line}"))).collect()
    }
}
