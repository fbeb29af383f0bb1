//! Capitalised runs and numbers of a text: what may name somebody.

use super::ordinary::is_title;

/// Neighbouring capitalised words, in small letters, and whether they begin a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::core::lint) struct Run<'a> {
    pub words: Vec<Word<'a>>,
    pub opens: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::core::lint) struct Word<'a> {
    /// As written.
    pub text: &'a str,
    /// In small letters, without a genitive's end.
    pub folded: String,
    start: usize,
}

/// Every word of `text`.
pub(in crate::core::lint) fn words(text: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let joins = matches!(c, '\'' | '’' | '-') && text[at + c.len_utf8()..].starts_with(char::is_alphanumeric);
        match start {
            None if c.is_alphanumeric() => start = Some(at),
            Some(from) if !c.is_alphanumeric() && !joins => {
                found.push(Word { text: &text[from..at], folded: fold(&text[from..at]), start: from });
                start = None;
            }
            None | Some(_) => {}
        }
    }
    found
}

fn fold(word: &str) -> String {
    let lower = word.to_lowercase();
    let stem = ["'s", "’s"].iter().find_map(|end| lower.strip_suffix(end));
    stem.map_or_else(|| lower.clone(), str::to_owned)
}

/// The words of `text` in small letters, as phrases are compared.
pub(in crate::core::lint) fn folded(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.folded).collect()
}

pub(in crate::core::lint) fn is_capitalised(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

/// The capitalised runs of `text`, in order.
pub(in crate::core::lint) fn runs(text: &str) -> Vec<Run<'_>> {
    let mut found: Vec<Run<'_>> = Vec::new();
    let mut end = 0;
    let mut open_run = false;
    let mut after_title = false;
    for word in words(text) {
        let between = &text[end..word.start];
        let opens = (end == 0 || between.contains(['.', '!', '?', ':', '…', '\n', '•', '¿', '¡']))
            && !(after_title && between == ". ");
        let neighbours = !between.is_empty() && (between.chars().all(|c| c == ' ') || (after_title && between == ". "));
        end = word.start + word.text.len();
        after_title = is_title(&word.folded);
        if !is_capitalised(word.text) {
            open_run = false;
            continue;
        }
        match found.last_mut().filter(|_| open_run && neighbours && !opens) {
            Some(run) => run.words.push(word),
            None => found.push(Run { words: vec![word], opens }),
        }
        open_run = true;
    }
    found
}

/// The numbers of `text` as written: groups of digits with at most two signs or blanks between them.
pub(in crate::core::lint) fn numbers(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(first) = text[rest..].find(char::is_numeric) {
        let start = rest + first;
        let mut end = start;
        let mut gap = 0;
        for (at, c) in text[start..].char_indices() {
            if c.is_numeric() {
                end = start + at + c.len_utf8();
                gap = 0;
            } else if gap < 2 && is_between_digits(c) {
                gap += 1;
            } else {
                break;
            }
        }
        found.push(&text[start..end]);
        rest = end;
    }
    found
}

fn is_between_digits(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | ',' | '/' | '(' | ')' | '\u{a0}' | '\u{202f}' | '\u{2011}')
}

/// The groups of digits that a number is written in.
pub(in crate::core::lint) fn groups(number: &str) -> Vec<&str> {
    number.split(|c: char| !c.is_numeric()).filter(|group| !group.is_empty()).collect()
}

/// `text` with `mask` wherever `known` stands as words of its own.
pub(in crate::core::lint) fn masked(text: &str, known: &str, mask: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = 0;
    for (at, _) in text.match_indices(known) {
        let end = at + known.len();
        let inside = text[..at].ends_with(char::is_alphanumeric) || text[end..].starts_with(char::is_alphanumeric);
        if at >= rest && !inside {
            kept.push_str(&text[rest..at]);
            kept.push_str(mask);
            rest = end;
        }
    }
    kept + &text[rest..]
}
