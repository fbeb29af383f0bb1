//! In which language a mention is: as its source says, else by its letters where they are enough to tell, else unknown.
//!
//! Short posts are where guesses go wrong, so that below [`LETTERS_MIN`] letters, and wherever the guess itself is not
//! sure, the language stays unknown. The guess is whatlang's (trigrams after Cavnar and Trenkle 1994).

use whatlang::{Lang, detect};

use super::mention::Mention;

/// Fewer letters tell no language.
pub const LETTERS_MIN: usize = 40;
/// How much of a text is looked at, in characters.
const READ_CHARS_MAX: usize = 600;

/// A primary language subtag of BCP 47: two letters of ISO 639-1, or three where it has no two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Language {
    letters: [u8; 3],
    length: usize,
}

impl Language {
    pub const ENGLISH: Self = Self { letters: [b'e', b'n', 0], length: 2 };

    pub fn of(mention: &Mention) -> Option<Self> {
        mention.language.as_deref().and_then(Self::of_tag).or_else(|| Self::of_text(&mention.text))
    }

    /// `pt` for `pt-BR`; none where a tag says that it does not know.
    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
        let known = !matches!(primary.as_str(), "und" | "zxx" | "mul" | "mis");
        let primary = short_of(&primary).unwrap_or(&primary);
        Self::of_letters(primary).filter(|_| known)
    }

    fn of_text(text: &str) -> Option<Self> {
        let read = text.char_indices().nth(READ_CHARS_MAX).map_or(text, |(end, _)| &text[..end]);
        let is_word = |piece: &&str| !piece.contains("://") && !piece.starts_with(['@', '#']);
        let plain: Vec<&str> = read.split_whitespace().filter(is_word).collect();
        let plain = plain.join(" ");
        if plain.chars().filter(|c| c.is_alphabetic()).count() < LETTERS_MIN {
            return None;
        }
        let found = detect(&plain).filter(whatlang::Info::is_reliable)?;
        let code = found.lang().code();
        Self::of_letters(short_of(code).unwrap_or(code))
    }

    fn of_letters(subtag: &str) -> Option<Self> {
        let bytes = subtag.as_bytes();
        if !(2..=3).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_lowercase) {
            return None;
        }
        let mut letters = [0; 3];
        letters[..bytes.len()].copy_from_slice(bytes);
        Some(Self { letters, length: bytes.len() })
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.letters[..self.length]).unwrap_or_default()
    }
}

/// The English name of a subtag; the subtag itself where none is known.
pub fn language_name(subtag: &str) -> &str {
    let long = SHORT.iter().find(|(_, short)| *short == subtag).map_or(subtag, |(long, _)| long);
    Lang::from_code(long).map_or(subtag, |lang| match lang {
        Lang::Cmn => "Chinese",
        other => other.eng_name(),
    })
}

/// The two letters that BCP 47 asks for in the place of three.
fn short_of(long: &str) -> Option<&'static str> {
    SHORT.iter().find(|(code, _)| *code == long).map(|(_, short)| *short)
}

/// ISO 639-3 and 639-1 of what the guess can tell.
#[rustfmt::skip]
const SHORT: &[(&str, &str)] = &[
    ("afr", "af"), ("aka", "ak"), ("amh", "am"), ("ara", "ar"), ("aze", "az"), ("bel", "be"), ("ben", "bn"),
    ("bul", "bg"), ("cat", "ca"), ("ces", "cs"), ("cmn", "zh"), ("cym", "cy"), ("dan", "da"), ("deu", "de"),
    ("ell", "el"), ("eng", "en"), ("epo", "eo"), ("est", "et"), ("fin", "fi"), ("fra", "fr"), ("guj", "gu"),
    ("heb", "he"), ("hin", "hi"), ("hrv", "hr"), ("hun", "hu"), ("hye", "hy"), ("ind", "id"), ("ita", "it"),
    ("jav", "jv"), ("jpn", "ja"), ("kan", "kn"), ("kat", "ka"), ("khm", "km"), ("kor", "ko"), ("lat", "la"),
    ("lav", "lv"), ("lit", "lt"), ("mal", "ml"), ("mar", "mr"), ("mkd", "mk"), ("mya", "my"), ("nep", "ne"),
    ("nld", "nl"), ("nob", "nb"), ("ori", "or"), ("pan", "pa"), ("pes", "fa"), ("pol", "pl"), ("por", "pt"),
    ("ron", "ro"), ("rus", "ru"), ("sin", "si"), ("slk", "sk"), ("slv", "sl"), ("sna", "sn"), ("spa", "es"),
    ("srp", "sr"), ("swe", "sv"), ("tam", "ta"), ("tel", "te"), ("tgl", "tl"), ("tha", "th"), ("tuk", "tk"),
    ("tur", "tr"), ("ukr", "uk"), ("urd", "ur"), ("uzb", "uz"), ("vie", "vi"), ("yid", "yi"), ("zul", "zu"),
];

#[cfg(test)]
mod tests {
    use whatlang::Lang;

    use super::{Language, SHORT, language_name};

    #[test]
    fn whatever_can_be_guessed_has_its_two_letters() {
        for lang in Lang::all() {
            assert!(SHORT.iter().any(|(long, _)| *long == lang.code()), "{} has no two letters", lang.code());
        }
        assert!(SHORT.iter().all(|(long, _)| Lang::from_code(*long).is_some()));
        assert_eq!((language_name("es"), language_name("zh"), language_name("gsw")), ("Spanish", "Chinese", "gsw"));
    }

    #[test]
    fn tags_are_cut_to_their_first_part() {
        let tag = |tag| Language::of_tag(tag).map(|language| language.as_str().to_owned());
        assert_eq!(tag("pt-BR").as_deref(), Some("pt"));
        assert_eq!(tag("ENG").as_deref(), Some("en"));
        assert_eq!(tag("gsw").as_deref(), Some("gsw"));
        for none in ["und", "zxx", "i-klingon", "x", "english", ""] {
            assert_eq!(tag(none), None, "{none}");
        }
    }
}
