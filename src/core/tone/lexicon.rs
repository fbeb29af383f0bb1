//! VADER's words and their ratings, and what changes the rating of a word after them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A word and its mean rating a line. For the licence see `LICENSE` beside it.
static RATINGS: LazyLock<BTreeMap<&str, f64>> = LazyLock::new(|| {
    let lines = include_str!("lexicon.txt").lines().filter_map(|line| line.split_once('\t'));
    lines.filter_map(|(word, rating)| Some((word, rating.parse().ok()?))).collect()
});

/// An emoji and its name a line, where the name holds a rated word.
static EMOJI: LazyLock<BTreeMap<char, &str>> = LazyLock::new(|| {
    let lines = include_str!("emoji.txt").lines().filter_map(|line| line.split_once('\t'));
    lines.filter_map(|(emoji, name)| Some((emoji.chars().next()?, name))).collect()
});

/// What a word of degree adds to the one after it.
const DEGREE: f64 = 0.293;

#[rustfmt::skip]
const MORE: &[&str] = &[
    "absolutely", "amazingly", "awfully", "completely", "considerable", "considerably", "decidedly", "deeply", "effing",
    "enormous", "enormously", "entirely", "especially", "exceptional", "exceptionally", "extreme", "extremely",
    "fabulously", "flippin", "flipping", "frackin", "fracking", "frickin", "fricking", "friggin", "frigging", "fuckin",
    "fucking", "fuggin", "fugging", "fully", "greatly", "hella", "highly", "hugely", "incredible", "incredibly",
    "intensely", "major", "majorly", "more", "most", "particularly", "purely", "quite", "really", "remarkably", "so",
    "substantially", "thoroughly", "total", "totally", "tremendous", "tremendously", "uber", "unbelievably", "unusually",
    "utter", "utterly", "very",
];

#[rustfmt::skip]
const LESS: &[&str] = &[
    "almost", "barely", "hardly", "just enough", "kind of", "kind-of", "kinda", "kindof", "less", "little", "marginal",
    "marginally", "occasional", "occasionally", "partly", "scarce", "scarcely", "slight", "slightly", "somewhat",
    "sort of", "sort-of", "sorta", "sortof",
];

#[rustfmt::skip]
const NEGATIONS: &[&str] = &[
    "aint", "arent", "cannot", "cant", "couldnt", "darent", "despite", "didnt", "doesnt", "dont", "hadnt", "hasnt",
    "havent", "isnt", "mightnt", "mustnt", "neednt", "neither", "never", "none", "nope", "nor", "not", "nothing",
    "nowhere", "oughtnt", "rarely", "seldom", "shant", "shouldnt", "uh-uh", "uhuh", "wasnt", "werent", "without", "wont",
    "wouldnt",
];

/// Turns of phrase whose rating is not that of their words.
const PHRASES: &[(&str, f64)] = &[
    ("the shit", 3.0),
    ("the bomb", 3.0),
    ("bad ass", 1.5),
    ("badass", 1.5),
    ("bus stop", 0.0),
    ("yeah right", -2.0),
    ("kiss of death", -1.5),
    ("to die for", 3.0),
    ("beating heart", 3.5),
];

pub(super) fn rating(word: &str) -> Option<f64> {
    RATINGS.get(word).copied()
}

pub(super) fn emoji(c: char) -> Option<&'static str> {
    EMOJI.get(&c).copied()
}

pub(super) fn degree(words: &str) -> Option<f64> {
    if MORE.contains(&words) { Some(DEGREE) } else { LESS.contains(&words).then_some(-DEGREE) }
}

pub(super) fn negates(word: &str) -> bool {
    word.contains("n't") || NEGATIONS.contains(&word)
}

pub(super) fn phrase(words: &str) -> Option<f64> {
    PHRASES.iter().find(|(phrase, _)| *phrase == words).map(|(_, rating)| *rating)
}

#[cfg(test)]
mod tests {
    use super::{EMOJI, RATINGS};

    #[test]
    fn the_whole_lexicon_is_read() {
        assert_eq!(RATINGS.len(), include_str!("lexicon.txt").lines().count());
        assert_eq!(EMOJI.len(), include_str!("emoji.txt").lines().count());
        assert!(RATINGS.values().all(|rating| (-4.0..=4.0).contains(rating)));
    }
}
