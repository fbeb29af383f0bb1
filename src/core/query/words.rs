//! Cutting text into folded words, handles and hashtags. The one place that says what a word is.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::fold::{fold_keeping, fold_word, is_whole_letter, is_word_char};

/// Calls `each` with every word, folded, and its bytes in `text`.
pub(in crate::core) fn each_word(text: &str, each: &mut impl FnMut(&str, Range<usize>)) {
    let mut folded = String::new();
    let mut start = 0;
    // UAX 29 always breaks at ASCII white space, so most of a mixed text can go the short way.
    for chunk in text.split_inclusive(|c: char| c.is_ascii_whitespace()) {
        if is_cut_by_its_signs(chunk) {
            each_run(chunk, start, &mut folded, each);
        } else {
            for (at, segment) in chunk.split_word_bound_indices() {
                each_run(segment, start + at, &mut folded, each);
            }
        }
        start += chunk.len();
    }
}

/// Whether no two letters or digits that stand side by side in it are of two words.
fn is_cut_by_its_signs(chunk: &str) -> bool {
    chunk.chars().all(|c| c.is_ascii() || is_whole_letter(c) || !is_word_char(c))
}

/// Cuts a text at white space into stretches of ASCII, which the short way reads, and pieces that are not ASCII alone.
pub(super) fn stretches(text: &str) -> impl Iterator<Item = &str> {
    let is_space = |c: char| c.is_ascii_whitespace();
    let mut rest = text;
    std::iter::from_fn(move || {
        // Asked first because it is answered many bytes at a time.
        let foreign = if rest.is_ascii() { None } else { rest.bytes().position(|byte| !byte.is_ascii()) };
        let end = match foreign {
            None => rest.len(),
            Some(foreign) => match rest[..foreign].rfind(is_space) {
                Some(space) => space + 1,
                None => rest.find(is_space).unwrap_or(rest.len()),
            },
        };
        let (stretch, after) = rest.split_at(end);
        rest = after;
        (!stretch.is_empty()).then_some(stretch)
    })
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
    let mut folded = String::new();
    for at in memchr::memchr3_iter(b'@', b'#', FULL_WIDTH_LEAD, text.as_bytes()) {
        let Some((sign, rest)) = split_sign(&text[at..]).filter(|(_, rest)| likely(rest)) else {
            continue;
        };
        let joined = text[..at].chars().next_back().is_some_and(|c| is_word_char(c) || c == '_');
        if joined {
            continue;
        }
        let rest_at = text.len() - rest.len();
        let Some(name) = tag_name(sign, rest) else { continue };
        fold_tag(sign, name, &mut folded);
        each(&folded, at..rest_at + name.len());
        if let Some(server) = server_of(sign, rest, name) {
            let whole = &rest[..name.len() + 1 + server.len()];
            fold_tag(sign, whole, &mut folded);
            each(&folded, at..rest_at + whole.len());
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
    let mut folded = String::new();
    fold_tag(sign, rest, &mut folded);
    (len == rest.len() && folded.contains(char::is_alphanumeric)).then_some(folded)
}

/// Puts sign and name, folded, in the place of what `folded` held.
fn fold_tag(sign: char, name: &str, folded: &mut String) {
    folded.clear();
    folded.push(sign);
    fold_keeping(name, "_.-@", folded);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use unicode_segmentation::UnicodeSegmentation;

    use super::{each_run, each_word, fold_ascii, stretches};

    proptest! {
        #[test]
        fn stretches_hold_the_words_of_the_whole(text in "[a-c #é日\u{301}\u{2019} \t]{0,40}") {
            let words = |text: &str| {
                let mut words: Vec<String> = Vec::new();
                each_word(text, &mut |word, _| words.push(word.to_owned()));
                words
            };
            prop_assert_eq!(stretches(&text).collect::<String>(), text.as_str());
            prop_assert_eq!(stretches(&text).flat_map(words).collect::<Vec<_>>(), words(&text));
        }

        #[test]
        fn words_that_their_signs_cut_are_cut_as_unicode_says(text in "[a-cÀ-ӿ1\u{2019}'. \u{1f62e}]{0,20}") {
            let mut short: Vec<String> = Vec::new();
            each_word(&text, &mut |word, _| short.push(word.to_owned()));
            let (mut long, mut folded) = (Vec::new(), String::new());
            for (at, segment) in text.split_word_bound_indices() {
                each_run(segment, at, &mut folded, &mut |word: &str, _| long.push(word.to_owned()));
            }
            prop_assert_eq!(short, long);
        }

        #[test]
        fn the_short_way_reads_ascii_as_the_long_way_does(text in "[ -~\t\n]{0,80}") {
            let short = fold_ascii(&text, String::new(), |mut short, byte| { short.push(char::from(byte)); short });
            let mut long = String::new();
            each_word(&text, &mut |word, _| { long.push_str(word); long.push(' '); });
            prop_assert_eq!(short, long);
        }
    }
}
