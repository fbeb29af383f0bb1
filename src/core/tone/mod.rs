//! Tone: whether a mention is negative, by VADER (Hutto and Gilbert, "VADER: A Parsimonious Rule-based Model for
//! Sentiment Analysis of Social Media Text", ICWSM 2014).
//!
//! Each word has a mean rating of ten people from -4 to 4. Capitals among small letters, words of degree before it
//! (`very`, `hardly`), a negation up to three words before it, `but`, and exclamation marks change it; the sum `s` is
//! brought between -1 and 1 as `s / sqrt(s^2 + 15)`. From 0.05 up a text is positive, from -0.05 down negative, as its
//! authors propose. Emoji count with their names.
//!
//! The words are English, so that of every other language, and of an unknown one, no tone is told. A count of words
//! understands no irony, and news of an accident is negative whoever is to blame: the share of a whole window says
//! something, a single mention little.

mod lexicon;
mod score;

pub use score::compound;

use super::language::Language;
use super::mention::Mention;

/// From here on a text is positive, and from its negative down negative.
const TOLD_FROM: f64 = 0.05;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    Negative,
    Neutral,
    Positive,
}

impl Tone {
    /// None where the language is not English.
    pub fn of(mention: &Mention, language: Option<Language>) -> Option<Self> {
        if language != Some(Language::ENGLISH) {
            return None;
        }
        let title = mention.title.as_deref().filter(|title| !mention.text.starts_with(title.trim()));
        let score = match title {
            Some(title) => compound(&format!("{title}\n{}", mention.text)),
            None => compound(&mention.text),
        };
        Some(if score >= TOLD_FROM {
            Self::Positive
        } else if score <= -TOLD_FROM {
            Self::Negative
        } else {
            Self::Neutral
        })
    }
}
