//! What is tested on: counts at a regular distance, from a file of counts, a file of mentions or the store.

use std::ops::RangeInclusive;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::{counts, mentions};
use crate::cli::records::{Record, Records};
use crate::cli::series::{self, STEPS_MAX};
use crate::core::count::{Counted, Counts, MinuteNumber};
use crate::core::period::Period;
use crate::core::watch::Watch;
use crate::engine::heard_of;
use crate::feed::file::records::Format;
use crate::store::Reader;

/// So many lines that were not taken are named.
const REFUSED_NAMED_MAX: usize = 5;

pub(super) struct History {
    pub(super) begins: Timestamp,
    pub(super) bin: Period,
    /// Oldest first; none where the file has no row for that time.
    pub(super) counts: Vec<Option<u32>>,
    /// What was said when, by bin and ascending, where mentions tell it.
    pub(super) told: Option<Vec<(usize, Counted)>>,
    /// What should be known about how it was read.
    pub(super) notes: Vec<String>,
}

impl History {
    /// The time at which a bin begins.
    pub(super) fn at(&self, place: usize) -> Timestamp {
        let seconds = self.bin.as_seconds().saturating_mul(u64::try_from(place).unwrap_or(u64::MAX));
        let after = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
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

    /// Begins to go through it, mention by mention where they are known.
    pub(super) fn telling(&self) -> Option<Telling<'_>> {
        Some(Telling { rest: self.told.as_deref()?, counts: Counts::default() })
    }
}

/// A history of mentions as a running watch would count it.
pub(super) struct Telling<'a> {
    rest: &'a [(usize, Counted)],
    counts: Counts,
}

impl Telling<'_> {
    /// What is counted at the end of a bin, which is a minute.
    pub(super) fn at(&mut self, place: usize) -> (&Counts, MinuteNumber) {
        let minute = i64::try_from(place).unwrap_or(i64::MAX);
        let now = self.rest.partition_point(|(at, _)| *at <= place);
        let (told, rest) = self.rest.split_at(now);
        for (_, told) in told {
            self.counts.add_told(minute, *told, minute);
        }
        self.rest = rest;
        (&self.counts, minute)
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
        Format::Csv if series::is_header(&first) => counts::read(path, records, None),
        Format::Csv => {
            let columns = mentions::columns(&first).map_err(|why| at(line, &why))?;
            mentions::read(path, records, Some(&columns), None, watch)
        }
        Format::JsonLines if series::is_line(&first) => counts::read(path, records, Some((line, &first))),
        Format::JsonLines => mentions::read(path, records, None, Some((line, &first)), watch),
    }
}

/// What the daemon has counted for this watch. May be asked while it runs.
pub(super) fn stored(store: &Path, watch: &Watch) -> Result<History, String> {
    if !store.is_file() {
        return Err(format!("there is no store at {}; give a file with --history", store.display()));
    }
    let reader = Reader::new(store);
    let counted = reader.counts(&watch.name).map_err(|error| format!("{}: {error}", store.display()))?;
    let heard = heard_of(&reader, watch).map_err(|error| format!("{}: {error}", store.display()))?;
    // What a feed published before it was first heard says nothing of how much is usual.
    let since = heard.since.unwrap_or(MinuteNumber::MIN);
    let counted: Vec<_> = counted.into_iter().filter(|(minute, _)| *minute >= since).collect();
    if counted.is_empty() {
        let name = &watch.name;
        return Err(format!("the store has counted no mention for {name} yet; give a file with --history"));
    }
    let (first, last) = (counted.first().map_or(0, |row| row.0), counted.last().map_or(0, |row| row.0));
    let since = heard.since.unwrap_or(first);
    let mut history = in_minutes(since..=last.max(heard.until), &counted)?;
    let place = |minute: MinuteNumber| usize::try_from(minute - since).unwrap_or(0).min(history.counts.len());
    let deaf = heard.deaf.stretches().iter().map(|(first, last)| place(*first)..place(*last));
    let deaf: Vec<_> = deaf.collect();
    for minutes in deaf {
        history.counts[minutes].fill(None);
    }
    let unheard = history.counts.iter().filter(|count| count.is_none()).count();
    if unheard > 0 {
        history
            .notes
            .push(format!("In {unheard} minutes of it nothing could be heard; they are not taken for silence."));
    }
    if heard.since.is_none() {
        history.notes.push("Its query or its feeds were changed since; these are counts of before.".to_owned());
    }
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
    if length > STEPS_MAX {
        return Err(format!(
            "the first and the last mention lie more than {STEPS_MAX} minutes apart; test a part of it"
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
    Ok(History { begins, bin: Period::minutes(1), counts, told: None, notes: Vec::new() })
}

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
