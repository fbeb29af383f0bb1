//! Folding: case, accents and look-alike forms put away, so that one spelling finds all.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

/// True for what a word is made of: letters, digits, their marks, and signs that nobody sees.
pub(super) fn is_word_char(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() || is_combining_mark(c) || is_unseen(c) }
}

/// Appends `word` folded. Only letters, digits and marks that make another letter are left, none of it a space.
pub(super) fn fold_word(word: &str, out: &mut String) {
    fold_keeping(word, "", out);
}

/// As `fold_word`, and keeps the (ASCII) signs of `kept` as well.
pub(super) fn fold_keeping(word: &str, kept: &str, out: &mut String) {
    if word.is_ascii() {
        out.extend(
            word.chars().filter(|&c| c.is_ascii_alphanumeric() || kept.contains(c)).map(|c| c.to_ascii_lowercase()),
        );
        return;
    }
    for c in word.nfkd().flat_map(char::to_lowercase) {
        match plain_letters(c) {
            Some(letters) => out.push_str(letters),
            None if is_mark_dropped(c) || is_unseen(c) => {}
            None if c.is_alphanumeric() || is_combining_mark(c) || kept.contains(c) => out.push(c),
            None => {}
        }
    }
}

/// Letters with a stroke or a tie, which Unicode does not take apart but people type without.
fn plain_letters(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'ς' => "σ",
        _ => return None,
    })
}

/// Accents go; marks that make another letter stay (Indic nukta and virama, the Japanese voicing mark, Thai vowels and
/// tones), which is what the combining classes tell apart.
fn is_mark_dropped(c: char) -> bool {
    const OVERLAY: u8 = 1;
    const HEBREW_TO_SYRIAC_POINTS: std::ops::RangeInclusive<u8> = 10..=36;
    const ATTACHED_ABOVE_BELOW: std::ops::RangeInclusive<u8> = 200..=240;
    let class = canonical_combining_class(c);
    class == OVERLAY || HEBREW_TO_SYRIAC_POINTS.contains(&class) || ATTACHED_ABOVE_BELOW.contains(&class)
}

/// Signs that leave no ink of their own and are used to hide a word: soft hyphens, joiners, variation selectors,
/// direction marks, enclosing rings.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{20dd}'..='\u{20e4}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::fold_word;

    #[test]
    fn folding_twice_changes_nothing_for_any_character() {
        for c in ('\0'..=char::MAX).filter(|c| !c.is_control()) {
            let (mut once, mut twice) = (String::new(), String::new());
            fold_word(&c.to_string(), &mut once);
            fold_word(&once, &mut twice);
            assert_eq!(once, twice, "{c:?} U+{:04X}", u32::from(c));
        }
    }
}
