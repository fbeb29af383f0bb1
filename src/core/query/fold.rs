//! Folding: case, accents and look-alike forms put away, so that one spelling finds all.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

/// True for what a word is made of: letters, digits, their marks, and signs that nobody sees.
pub(super) fn is_word_char(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() || is_combining_mark(c) || is_unseen(c) }
}

/// The letters of Latin, Greek and Cyrillic alphabets that are one sign each.
const ALPHABETS: std::ops::RangeInclusive<char> = 'À'..='ӿ';

/// What each of `ALPHABETS` folds to; looking it up costs a fraction of taking it apart.
static FOLDED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folded = |c: char| {
        let mut folded = String::new();
        fold_keeping(c.encode_utf8(&mut [0; 4]), "", &mut folded);
        folded
    };
    ALPHABETS.map(folded).collect()
});

/// Whether this is such a letter: no word ends between two of them, or between one and a letter or digit of ASCII, and
/// each folds by itself.
pub(super) fn is_whole_letter(c: char) -> bool {
    ALPHABETS.contains(&c) && c.is_alphabetic() && !is_combining_mark(c)
}

/// Appends `word` folded. Only letters, digits and marks that make another letter are left, none of it a space.
pub(super) fn fold_word(word: &str, out: &mut String) {
    if !word.chars().all(|c| c.is_ascii() || is_whole_letter(c)) {
        return fold_keeping(word, "", out);
    }
    for c in word.chars() {
        match u32::from(c).checked_sub(u32::from(*ALPHABETS.start())).and_then(|at| FOLDED.get(at as usize)) {
            Some(folded) => out.push_str(folded),
            None if c.is_ascii_alphanumeric() => out.push(c.to_ascii_lowercase()),
            None => {}
        }
    }
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
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    use super::{ALPHABETS, fold_keeping, fold_word, is_whole_letter};

    #[test]
    fn no_word_ends_beside_a_whole_letter() {
        for c in ('\0'..=char::MAX).filter(|&c| is_whole_letter(c)) {
            let word = format!("a{c}{c}1{c}z");
            assert_eq!(word.split_word_bounds().count(), 1, "{c:?} U+{:04X}", u32::from(c));
        }
    }

    proptest! {
        #[test]
        fn whole_letters_fold_by_themselves_as_they_do_together(word in "[a-zA-Z0-9À-ӿ]{1,12}") {
            let (mut short, mut long) = (String::new(), String::new());
            fold_word(&word, &mut short);
            fold_keeping(&word, "", &mut long);
            prop_assert_eq!(short, long);
        }
    }

    #[test]
    fn every_alphabet_has_whole_letters() {
        assert!("éñőżßλωжйі".chars().all(is_whole_letter));
        assert!(!ALPHABETS.clone().all(is_whole_letter), "signs and marks are none");
    }

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
