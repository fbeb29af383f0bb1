//! Addresses in a text that a reader can follow.

use std::collections::BTreeSet;
use std::ops::Range;

/// How an address is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// With `http://` or `https://`.
    Whole,
    /// A domain alone, as in `riverside.example/updates`.
    Bare,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub range: Range<usize>,
    pub form: Form,
}

/// The addresses of a text in order of first appearance, each once, as written.
///
/// Bare domains count: X makes `riverside.example/updates` a link without being asked, so whoever approves a text must
/// see it among its links. A word counts as one where its last label is two or more small letters; without a list of
/// top-level domains this sees more than X does (`notes.txt`), never less for a name that exists in ASCII. Mail addresses are no links.
pub fn links(text: &str) -> Vec<String> {
    let mut known = BTreeSet::new();
    let addresses = find_links(text).into_iter().map(|link| &text[link.range]);
    addresses.filter(|address| known.insert(*address)).map(str::to_owned).collect()
}

/// Where the addresses of `text` stand that name their scheme, in bytes and in order: what services make links of only
/// where they are told.
pub fn whole_links(text: &str) -> Vec<Range<usize>> {
    find_links(text).into_iter().filter(|link| link.form == Form::Whole).map(|link| link.range).collect()
}

/// Every address of `text`, in order, none overlapping another.
pub(super) fn find_links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    let mut offset = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        for Link { range, form } in links_in(word.trim_end()) {
            found.push(Link { range: offset + range.start..offset + range.end, form });
        }
        offset += word.len();
    }
    found
}

/// The addresses of a text without blanks: those that name their scheme, and the bare ones before, between and after.
fn links_in(word: &str) -> Vec<Link> {
    let schemes = schemes(word);
    let mut found = Vec::new();
    let mut from = 0;
    for (nth, &(start, host)) in schemes.iter().enumerate() {
        if start < from {
            continue;
        }
        bare_links(word, from..start, &mut found);
        let next = schemes.get(nth + 1).map(|(next, _)| *next);
        let next = next.filter(|&next| word[..next].ends_with([',', ';', '|', ')']));
        let end = start + trimmed(&word[start..next.unwrap_or(word.len())]).len();
        if end > host {
            found.push(Link { range: start..end, form: Form::Whole });
        }
        from = end.max(host);
    }
    bare_links(word, from..word.len(), &mut found);
    found
}

/// Where each `http://` and `https://` begins, and what comes after it.
fn schemes(word: &str) -> Vec<(usize, usize)> {
    let starts = word.match_indices("://").filter_map(|(at, mark)| {
        let before = &word[..at];
        let start = ["https", "http"].iter().find_map(|name| {
            let start = before.len().checked_sub(name.len())?;
            before.get(start..)?.eq_ignore_ascii_case(name).then_some(start)
        })?;
        Some((start, at + mark.len()))
    });
    starts.collect()
}

/// Domains that stand alone in a part of a word. What stands beside an `@` is a name or a mail address.
fn bare_links(word: &str, part: Range<usize>, found: &mut Vec<Link>) {
    let in_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let mut from = part.start;
    while let Some(ahead) = word[from..part.end].find(|c: char| c.is_ascii_alphanumeric()) {
        let start = from + ahead;
        let rest = &word[start..part.end];
        let run = rest.find(|c| !in_host(c)).unwrap_or(rest.len());
        let host = rest[..run].trim_end_matches(['.', '-']);
        let after = word[start + run..].chars().next();
        let joined = word[..start].chars().next_back().is_some_and(|c| matches!(c, '@' | '#' | '$' | '_' | '/'))
            || after.is_some_and(|c| matches!(c, '@' | '_'));
        from = start + run;
        if joined || !is_domain(host) {
            continue;
        }
        let goes_on = host.len() == run && after.is_some_and(|c| matches!(c, '/' | '?' | '#' | ':'));
        let length = if goes_on { trimmed(rest).len().max(host.len()) } else { host.len() };
        found.push(Link { range: start..start + length, form: Form::Bare });
        from = start + length;
    }
}

/// What services take into an address: ASCII and the letters of the scripts next to it. Others end it.
fn belongs(c: char) -> bool {
    (c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"')) || (c.is_alphabetic() && c < '\u{530}')
}

fn is_domain(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let fits = |label: &&str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !label.starts_with('-')
    };
    let top = labels.last().is_some_and(|top| top.len() >= 2 && top.chars().all(|c| c.is_ascii_lowercase()));
    labels.len() >= 2 && top && labels.iter().all(fits)
}

/// Without the punctuation of the sentence around it; a closing bracket stays where the address opened it.
fn trimmed(address: &str) -> &str {
    let mut address = address.split(|c| !belongs(c)).next().unwrap_or_default();
    let surplus =
        |open: char, close: char| address.matches(close).count().saturating_sub(address.matches(open).count());
    let mut round = surplus('(', ')');
    let mut square = surplus('[', ']');
    while let Some(last) = address.chars().last() {
        match last {
            ')' if round > 0 => round -= 1,
            ']' if square > 0 => square -= 1,
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '|' => {}
            _ => break,
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address
}
