//! Cutting text into folded words, handles and hashtags. The one place that says what a word is.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::fold::{fold_keeping, fold_word, is_word_char};

/// Calls `each` with every word, folded, and its bytes in `text`.
pub(super) fn each_word(text: &str, each: &mut impl FnMut(&str, Range<usize>)) {
    let mut folded = String::new();
    let mut start = 0;
    // UAX 29 always breaks at ASCII white space, so most of a mixed text can go the short way.
    for chunk in text.split_inclusive(|c: char| c.is_ascii_whitespace()) {
        if chunk.is_ascii() {
            each_run(chunk, start, &mut folded, each);
        } else {
            for (at, segment) in chunk.split_word_bound_indices() {
                each_run(segment, start + at, &mut folded, each);
            }
        }
        start += chunk.len();
    }
}

/// The runs of word characters in one segment: `general's` is two, so that `general` finds it.
fn each_run(segment: &str, base: usize, folded: &mut String, each: &mut impl FnMut(&str, Range<usize>)) {
    let mut at = 0;
    while let Some(skip) = segment[at..].find(is_word_char) {
        let start = at + skip;
        let end = segment[start..].find(|c| !is_word_char(c)).map_or(segment.len(), |len| start + len);
        folded.clear();
        fold_word(&segment[start..end], folded);
        if folded.contains(char::is_alphanumeric) {
            each(folded, base + start..base + end);
        }
        at = end;
    }
}

/// Every ASCII byte folded: a lower-case letter, a digit, or a space for all that is neither.
const ASCII_FOLD: [u8; 256] = {
    let mut table = [b' '; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            table[byte as usize] = byte.to_ascii_lowercase();
        }
        byte += 1;
    }
    table
};

/// Folds the words of an ASCII text over `state`, byte by byte and a space after each word, as `each_word` cuts them.
/// Nearly every mention's time goes here: `state` goes by value so that it stays in registers, and the choice has no
/// short cut because a text's word ends would mislead the processor.
#[inline]
pub(super) fn fold_ascii<S>(text: &str, mut state: S, mut step: impl FnMut(S, u8) -> S) -> S {
    let mut last = b' ';
    for part in [text.as_bytes(), b" "] {
        for &byte in part {
            let folded = ASCII_FOLD[usize::from(byte)];
            if [folded, last] != [b' ', b' '] {
                state = step(state, folded);
            }
            last = folded;
        }
    }
    state
}

/// Calls `each` with every handle and hashtag, folded and with its sign, and its bytes in `text`. A handle that names
/// its server (`@press@example.org`) comes twice, without and with it. Names whose text `likely` denies are passed over.
pub(super) fn each_tag(text: &str, likely: impl Fn(&str) -> bool, each: &mut impl FnMut(&str, Range<usize>)) {
    let leads = text.bytes().enumerate().filter(|(_, byte)| matches!(*byte, b'@' | b'#' | FULL_WIDTH_LEAD));
    for (at, _) in leads {
        let Some((sign, rest)) = split_sign(&text[at..]).filter(|(_, rest)| likely(rest)) else {
            continue;
        };
        let joined = text[..at].chars().next_back().is_some_and(|c| is_word_char(c) || c == '_');
        if joined {
            continue;
        }
        let rest_at = text.len() - rest.len();
        let Some(name) = tag_name(sign, rest) else { continue };
        each(&fold_tag(sign, name), at..rest_at + name.len());
        if let Some(server) = server_of(sign, rest, name) {
            let whole = &rest[..name.len() + 1 + server.len()];
            each(&fold_tag(sign, whole), at..rest_at + whole.len());
        }
    }
}

const SIGNS: [char; 4] = ['@', '#', '＠', '＃'];
/// The first byte of the signs of full width.
const FULL_WIDTH_LEAD: u8 = 0xEF;

/// Parts a leading sign, plain or full width, from what follows.
pub(super) fn split_sign(text: &str) -> Option<(char, &str)> {
    let rest = text.strip_prefix(SIGNS)?;
    Some((if text.starts_with(['@', '＠']) { '@' } else { '#' }, rest))
}

/// The name at the start of `rest`, which follows a sign; for a query it must be all of it.
fn tag_name(sign: char, rest: &str) -> Option<&str> {
    let inside = |c: char| is_word_char(c) || c == '_' || (sign == '@' && matches!(c, '.' | '-'));
    let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
    let name = rest[..end].trim_end_matches(['.', '-']);
    name.contains(char::is_alphanumeric).then_some(name)
}

fn server_of<'a>(sign: char, rest: &'a str, name: &str) -> Option<&'a str> {
    if sign != '@' {
        return None;
    }
    tag_name('@', rest[name.len()..].strip_prefix('@')?)
}

/// The whole of `rest` as a handle or hashtag, folded and with its sign; nothing if it is not one.
pub(super) fn whole_tag(sign: char, rest: &str) -> Option<String> {
    let name = tag_name(sign, rest)?;
    let len = name.len() + server_of(sign, rest, name).map_or(0, |server| 1 + server.len());
    (len == rest.len()).then(|| fold_tag(sign, rest)).filter(|tag| tag.contains(char::is_alphanumeric))
}

fn fold_tag(sign: char, name: &str) -> String {
    let mut folded = String::from(sign);
    fold_keeping(name, "_.-@", &mut folded);
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{each_word, fold_ascii};

    proptest! {
        #[test]
        fn the_short_way_reads_ascii_as_the_long_way_does(text in "[ -~\t\n]{0,80}") {
            let short = fold_ascii(&text, String::new(), |mut short, byte| { short.push(char::from(byte)); short });
            let mut long = String::new();
            each_word(&text, &mut |word, _| { long.push_str(word); long.push(' '); });
            prop_assert_eq!(short, long);
        }
    }
}
