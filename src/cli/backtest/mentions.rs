//! A file of mentions in the shapes that the file feed takes: matched by the watch's query, repeats left out, counted.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::history::{History, Refused, in_minutes};
use crate::cli::records::{Record, Records};
use crate::core::count::{Counted, MinuteNumber, Retelling, minute_of};
use crate::core::hash::number;
use crate::core::mention::Mention;
use crate::core::name::FeedName;
use crate::core::query::{Matcher, MatcherError};
use crate::core::watch::Watch;
use crate::feed::file::rows::Columns;
use crate::feed::form::{Draft, Field, FormError, json};

/// The most mentions that are looked at.
pub(super) const MENTIONS_MAX: usize = 20_000_000;
/// What a mention without author and site is counted as.
const FEED: &str = "history";

/// The columns of mentions, or what is wrong with the first line.
pub(super) fn columns(header: &str) -> Result<Columns, String> {
    Columns::read(header).map_err(|why| format!("{why}; or write timestamp,value for a table of counts"))
}

pub(super) fn read(
    path: &Path,
    mut records: Records,
    columns: Option<&Columns>,
    first: Option<(u64, &str)>,
    watch: &Watch,
) -> Result<History, String> {
    let broken = |error: MatcherError| format!("the query cannot be matched: {error}");
    let matcher = Matcher::new(std::slice::from_ref(&watch.query)).map_err(broken)?;
    let mut reading = Reading {
        columns,
        matcher,
        feed: FEED.into(),
        seen: BTreeSet::new(),
        repeats: 0,
        unmatched: 0,
        retelling: Retelling::default(),
        heard: Vec::new(),
        span: None,
        refused: Refused::default(),
    };
    if let Some((line, text)) = first {
        reading.take(line, Ok(text));
    }
    while let Some(Record { line, text }) = records.next().map_err(|error| format!("{}: {error}", path.display()))? {
        if reading.seen.len() >= MENTIONS_MAX {
            return Err(format!("{}:{line}: there are more than {MENTIONS_MAX} mentions; test a part", path.display()));
        }
        reading.take(line, text);
    }
    drop(records);
    reading.finish(path)
}

struct Reading<'a> {
    columns: Option<&'a Columns>,
    matcher: Matcher,
    feed: FeedName,
    /// Hashes of ids.
    seen: BTreeSet<u64>,
    repeats: u64,
    unmatched: u64,
    /// Whose story each mention tells, in the order of the file.
    retelling: Retelling,
    heard: Vec<(MinuteNumber, Counted)>,
    /// From the first mention to the last, matched or not: that long somebody listened.
    span: Option<RangeInclusive<MinuteNumber>>,
    refused: Refused,
}

impl Reading<'_> {
    fn take(&mut self, line: u64, text: Result<&str, FormError>) {
        let mention = match text.and_then(|text| self.mention(line, text)) {
            Ok(mention) => mention,
            Err(why) => return self.refused.add(line, &why.to_string()),
        };
        let Some(published) = mention.published else {
            return self
                .refused
                .add(line, "it has no time, so nobody can tell when it would have counted; add `published`");
        };
        let minute = minute_of(published);
        self.span = Some(match &self.span {
            Some(span) => minute.min(*span.start())..=minute.max(*span.end()),
            None => minute..=minute,
        });
        if !self.seen.insert(short_hash(mention.id.as_bytes())) {
            self.repeats += 1;
        } else if self.matcher.matches(&mention).is_empty() {
            self.unmatched += 1;
        } else {
            self.heard.push((minute, self.retelling.of(&mention, &self.feed, minute)));
        }
    }

    fn mention(&self, line: u64, text: &str) -> Result<Mention, FormError> {
        let mut draft: Draft = match self.columns {
            Some(columns) => columns.draft(text)?,
            None => json::draft(text)?,
        };
        if draft.get(Field::Id).is_none_or(|id| id.trim().is_empty()) {
            draft.set(Field::Id, format!("line-{line}"));
        }
        draft.check()
    }

    fn finish(mut self, path: &Path) -> Result<History, String> {
        let Some(span) = self.span.filter(|_| !self.heard.is_empty()) else {
            let why = self.refused.notes().join("\n");
            return Err(format!("{}: no mention in it matches the watch's query\n{why}", path.display()));
        };
        self.heard.sort_by_key(|(minute, _)| *minute);
        let counted: Vec<(MinuteNumber, u32)> = self.heard.iter().map(|(minute, _)| (*minute, 1)).collect();
        let first = *span.start();
        let mut history = in_minutes(span, &counted)?;
        let place = |minute: MinuteNumber| usize::try_from(minute - first).unwrap_or(0);
        let placed = self.heard.iter().map(|(minute, told)| (place(*minute), *told));
        history.told = Some(placed.collect());
        history.notes = self.refused.notes();
        let (matched, unmatched, repeats) = (self.heard.len(), self.unmatched, self.repeats);
        history
            .notes
            .push(format!("{matched} mentions matched the query, {unmatched} did not, {repeats} were repeats."));
        Ok(history)
    }
}

/// Long enough to tell twenty million ids apart but for one chance in tens of thousands.
fn short_hash(bytes: &[u8]) -> u64 {
    number(&Sha256::digest(bytes))
}
