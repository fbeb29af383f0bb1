//! All watches' queries against a mention, in one pass of one automaton.

use std::collections::BTreeMap;
use std::ops::Range;

use super::ast::Query;
use super::error::MatcherError;
use super::field::Field;
use super::near::{Stretch, text_base};
use super::plan::{Hit, Pattern, Plan, Terms};
use super::scan::{Scanner, Source};
use super::words::{each_tag, each_word};
use crate::core::mention::Mention;

/// Many queries, matched together. A query is looked at only when one of the terms that it cannot do without is found.
#[derive(Clone, Debug)]
pub struct Matcher {
    scanner: Scanner,
    /// By the scanner's numbers.
    patterns: Vec<Pattern>,
    /// The ASCII letters that the handles and hashtags looked for begin with, most mentions' begin otherwise; nothing
    /// where none is looked for.
    tag_starts: Option<[bool; 128]>,
    fields: BTreeMap<Field, BTreeMap<String, usize>>,
    listeners: Vec<Vec<usize>>,
    /// By query.
    plans: Vec<Plan>,
}

impl Matcher {
    pub fn new(queries: &[Query]) -> Result<Self, MatcherError> {
        let mut terms = Terms::default();
        let plans = queries.iter().enumerate().map(|(at, query)| terms.add(at, query.root())).collect();
        let Terms { patterns, fields, listeners, .. } = terms;
        let scanner = Scanner::new(patterns.iter().map(|pattern| pattern.text.as_str()))?;
        let tag_starts = tag_starts(&patterns);
        Ok(Self { scanner, patterns, tag_starts, fields, listeners, plans })
    }

    /// The numbers of the queries that match, ascending.
    pub fn matches(&self, mention: &Mention) -> Vec<usize> {
        let mut hits = self.hits(mention);
        hits.sort_unstable();
        hits.dedup();
        let mut touched: Vec<usize> = Vec::new();
        for hit in hits.chunk_by(|one, other| one.term == other.term).filter_map(|same| same.first()) {
            touched.extend(&self.listeners[hit.term]);
        }
        touched.sort_unstable();
        touched.dedup();
        touched.retain(|&query| self.plans[query].holds(&hits));
        touched
    }

    fn hits(&self, mention: &Mention) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (field, values) in &self.fields {
            let found = field.keys(mention).into_iter().filter_map(|key| values.get(&key).copied());
            hits.extend(found.map(Hit::somewhere));
        }
        if !self.patterns.is_empty() {
            let title = mention.title.as_deref().unwrap_or_default();
            let title_words = self.scan(title, 0, &mut hits);
            self.scan(&mention.text, text_base(title_words), &mut hits);
        }
        hits
    }

    /// Adds what is found in one field, whose first word is number `base`, and returns how many words it has.
    fn scan(&self, text: &str, base: usize, hits: &mut Vec<Hit>) -> usize {
        let words = self.scanner.scan(Source::Field(text), |number, word| {
            let Pattern { term, words, placed, .. } = self.patterns[number];
            let last = base + word;
            let stretch = Stretch { first: (last + 1).saturating_sub(words), last };
            hits.push(if placed { Hit { term, stretch } } else { Hit::somewhere(term) });
        });
        if let Some(starts) = &self.tag_starts {
            self.scan_tags(text, base, starts, hits);
        }
        words
    }

    fn scan_tags(&self, text: &str, base: usize, starts: &[bool; 128], hits: &mut Vec<Hit>) {
        // What is not ASCII may fold to anything.
        let likely = |name: &str| {
            let first = name.bytes().next().map(|byte| usize::from(byte.to_ascii_lowercase()));
            first.is_some_and(|first| starts.get(first).copied().unwrap_or(true))
        };
        let mut spans = None;
        each_tag(text, likely, &mut |tag, bytes| {
            self.scanner.scan(Source::Tag(tag), |number, _| {
                let Pattern { term, placed, .. } = self.patterns[number];
                hits.push(if placed {
                    let spans = spans.get_or_insert_with(|| word_spans(text));
                    Hit { term, stretch: tag_stretch(spans, &bytes, base) }
                } else {
                    Hit::somewhere(term)
                });
            });
        });
    }
}

fn tag_starts(patterns: &[Pattern]) -> Option<[bool; 128]> {
    /// Of ` @name`: a space, the sign, the name.
    const NAME_AT: usize = 2;
    let mut starts = [false; 128];
    let mut tags = patterns.iter().filter(|pattern| pattern.is_tag).peekable();
    tags.peek()?;
    for first in tags.filter_map(|tag| tag.text.as_bytes().get(NAME_AT)) {
        if let Some(start) = starts.get_mut(usize::from(*first)) {
            *start = true;
        }
    }
    Some(starts)
}

fn word_spans(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    each_word(text, &mut |_, span| spans.push(span));
    spans
}

/// The words that a handle or hashtag is made of.
pub(super) fn tag_stretch(words: &[Range<usize>], tag: &Range<usize>, base: usize) -> Stretch {
    let first = words.partition_point(|word| word.start < tag.start);
    let after = words.partition_point(|word| word.end <= tag.end);
    Stretch { first: base + first, last: base + first.max(after.saturating_sub(1)) }
}
