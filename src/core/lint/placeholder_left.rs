//! Something of a template, or a note to oneself, is left in a text.

use super::{Checked, Hit, Level, Rule, When};

pub(super) const RULE: Rule = Rule {
    name: "placeholder-left",
    level: Level::Block,
    when: When::Saved,
    why: "a blank that went out tells the public that nobody read the text",
    source: "press offices read every text once for its blanks before release",
    check,
};

/// Left wherever they stand, in any case.
const ANYWHERE: [&str; 8] = ["{{", "}}", "___", "xx:xx", "lorem ipsum", "[object", "[insert", "<insert"];
/// Notes to oneself, as words in capitals.
const NOTES: [&str; 8] = ["TODO", "TBD", "TBC", "TBA", "FIXME", "XXX", "TKTK", "HH:MM"];
/// How far apart the brackets of a placeholder stand at most, in characters.
const BRACKETED_CHARS_MAX: usize = 80;
/// What an empty list or name leaves behind.
const HOLES: [&str; 10] = [" and .", " or .", " y .", " o .", " at .", " by .", ", .", ", ,", "( )", "()"];

fn check(checked: &Checked<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (place, variant, text) in checked.texts() {
        for found in placeholders(text, &variant.language) {
            let remedy = "write what belongs there, or take it out".to_owned();
            hits.push(Hit { place: place.clone(), found, remedy });
        }
    }
    hits
}

fn placeholders(text: &str, language: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let mut found: Vec<String> = Vec::new();
    let fixed = ANYWHERE.iter().chain(&HOLES).filter(|mark| lower.contains(**mark));
    found.extend(fixed.map(|mark| mark.trim().to_owned()));
    found.extend(bracketed(text));
    found.extend(braced(text));
    found.extend(notes(text, language));
    let mut seen: Vec<String> = Vec::new();
    found.retain(|mark| {
        !seen.contains(mark) && {
            seen.push(mark.clone());
            true
        }
    });
    found
}

/// `[NAME]`, `<DATE AND TIME>`: words in capitals between brackets. `[2]` is a reference and stays.
fn bracketed(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (open, close) in [('[', ']'), ('<', '>')] {
        let starts = text.match_indices(open).map(|(start, _)| &text[start..]);
        for rest in starts {
            let Some((end, _)) = rest.char_indices().take(BRACKETED_CHARS_MAX).find(|&(_, c)| c == close) else {
                continue;
            };
            let inner = &rest[open.len_utf8()..end];
            let letters = inner.chars().filter(|c| c.is_alphabetic()).count();
            let shouted = inner
                .chars()
                .all(|c| c.is_uppercase() || c.is_numeric() || matches!(c, ' ' | '_' | '-' | '/' | ':' | '.'));
            if letters >= 2 && shouted {
                found.push(rest[..end + close.len_utf8()].to_owned());
            }
        }
    }
    found
}

/// `{facts.help_line}`: a name of a template with one brace on each side.
fn braced(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('{')?;
    let (name, _) = rest.split_once('}')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_'));
    is_name.then(|| format!("{{{name}}}"))
}

/// In Spanish, TODO alone is a word; with a colon it is a note there too.
fn notes(text: &str, language: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '.' | '!' | '?' | '"'));
    let is_note = |word: &&str| {
        let name = word.trim_end_matches(':');
        NOTES.contains(&name) && (name != "TODO" || !language.starts_with("es") || word.ends_with(':'))
    };
    words.filter(is_note).map(|word| word.trim_end_matches(':').to_owned()).collect()
}
