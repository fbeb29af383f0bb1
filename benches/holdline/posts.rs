//! Seeded posts and watches: made-up words by Zipf's law, so that a run can be repeated and nothing third-party is needed.

use std::collections::BTreeSet;

use holdline::core::mention::Mention;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

const SEED: u64 = 20_261_122;
const VOCABULARY_WORDS: usize = 20_000;
/// Shortest and longest text: 212 bytes on average.
const TEXT_BYTES: std::ops::Range<usize> = 76..340;
/// A watch asks about so many terms.
pub(crate) const TERMS_PER_WATCH: usize = 5;

/// What the posts are like; each is shown apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// ASCII words and nothing else.
    Plain,
    /// One in seven with a tag or a handle, one in twelve not ASCII alone.
    Usual,
    /// Four tags or handles each.
    ManyTags,
    /// Accents, curly quotes or an emoji in every one.
    NotAscii,
}

pub(crate) struct Words {
    vocabulary: Vec<String>,
    /// Running sums of each word's share.
    shares: Vec<u64>,
}

fn word(rng: &mut StdRng, syllables: usize) -> String {
    const FIRST: &[&str] =
        &["b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "t", "w", "st", "tr", "ch", ""];
    const MIDDLE: &[&str] = &["a", "e", "i", "o", "u", "ea", "ou", "e", "a"];
    const LAST: &[&str] = &["", "n", "r", "s", "t", "l", "", "d", ""];
    let mut made = String::new();
    for _ in 0..syllables {
        for part in [FIRST, MIDDLE, LAST] {
            made.push_str(part[rng.random_range(0..part.len())]);
        }
    }
    made
}

impl Words {
    pub(crate) fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(SEED);
        let mut seen = BTreeSet::new();
        let mut vocabulary = Vec::new();
        while vocabulary.len() < VOCABULARY_WORDS {
            // Common words are short.
            let syllables = match vocabulary.len() {
                0..100 => 1,
                100..3_000 => rng.random_range(1..=2),
                _ => rng.random_range(2..=4),
            };
            let made = word(&mut rng, syllables);
            if seen.insert(made.clone()) {
                vocabulary.push(made);
            }
        }
        let shares = (1..=u64::try_from(VOCABULARY_WORDS).unwrap()).scan(0, |sum, rank| {
            *sum += 1_000_000_000 / rank;
            Some(*sum)
        });
        Self { shares: shares.collect(), vocabulary }
    }

    /// A word as often as its rank says.
    fn common(&self, rng: &mut StdRng) -> &str {
        let at = rng.random_range(0..*self.shares.last().unwrap());
        &self.vocabulary[self.shares.partition_point(|&share| share <= at)]
    }

    fn any(&self, rng: &mut StdRng) -> &str {
        &self.vocabulary[rng.random_range(0..VOCABULARY_WORDS)]
    }

    fn text(&self, rng: &mut StdRng, kind: Kind) -> String {
        let (tags, foreign) = match kind {
            Kind::Plain => (0, false),
            Kind::Usual => (usize::from(rng.random_range(0..7) == 0), rng.random_range(0..12) == 0),
            Kind::ManyTags => (4, false),
            Kind::NotAscii => (0, true),
        };
        let bytes = rng.random_range(TEXT_BYTES);
        let mut text = String::new();
        let mut begins = true;
        while text.len() < bytes {
            let next = self.common(rng);
            let (first, rest) = next.split_at(1);
            text.push_str(if begins { first.to_ascii_uppercase() } else { first.to_owned() }.as_str());
            // One word in ten is written otherwise.
            text.push_str(&if foreign && rng.random_range(0..10) == 0 { accented(rest) } else { rest.to_owned() });
            begins = rng.random_range(0..12) == 0;
            text.push_str(if begins { ". " } else { " " });
        }
        if foreign {
            text.push_str(
                ["\u{201c}quoted\u{201d} ", "it\u{2019}s ", "\u{1f62e} ", "\u{2014} "][rng.random_range(0..4)],
            );
        }
        for _ in 0..tags {
            text.push(if rng.random_range(0..3) == 0 { '@' } else { '#' });
            text.push_str(self.any(rng));
            text.push(' ');
        }
        text.pop();
        text
    }

    pub(crate) fn posts(&self, number: usize, kind: Kind) -> Vec<Mention> {
        let mut rng = StdRng::seed_from_u64(SEED + 1);
        (0..number)
            .map(|id| Mention {
                id: format!("p{id}"),
                title: None,
                text: self.text(&mut rng, kind),
                author: Some(format!("voice{}", rng.random_range(0..5_000))),
                url: None,
                language: None,
                published: None,
                reach: None,
            })
            .collect()
    }

    /// Distinct terms: one in seven a word of the posts, one in seven two of them side by side, the rest made up. Of
    /// `tags`, every fourth is a tag.
    pub(crate) fn terms(&self, number: usize, tags: bool) -> Vec<String> {
        let mut rng = StdRng::seed_from_u64(SEED + 2);
        let mut seen = BTreeSet::new();
        while seen.len() < number {
            let at = rng.random_range(0..7);
            let term = match at {
                0 => self.any(&mut rng).to_owned(),
                1 => format!("{} {}", self.any(&mut rng), self.common(&mut rng)),
                _ => made_up(&mut rng),
            };
            let tag = tags && rng.random_range(0..4) == 0;
            seen.insert(if tag { format!("#{}", term.replace(' ', "")) } else { term });
        }
        shuffled(seen, &mut rng)
    }

    /// Two strange terms each; a file of settings has room for ten thousand of them.
    pub(crate) fn short_queries(&self, number: usize) -> Vec<String> {
        self.strange_terms(number * 2).chunks(2).map(|two| two.join(" OR ")).collect()
    }

    /// Terms that no post holds, built as words are.
    pub(crate) fn strange_terms(&self, number: usize) -> Vec<String> {
        let mut rng = StdRng::seed_from_u64(SEED + 3);
        let known: BTreeSet<&str> = self.vocabulary.iter().map(String::as_str).collect();
        let mut seen = BTreeSet::new();
        while seen.len() < number {
            let made = made_up(&mut rng);
            if !known.contains(made.as_str()) {
                seen.insert(made);
            }
        }
        shuffled(seen, &mut rng)
    }
}

fn made_up(rng: &mut StdRng) -> String {
    let syllables = rng.random_range(2..=4);
    word(rng, syllables)
}

fn shuffled(seen: BTreeSet<String>, rng: &mut StdRng) -> Vec<String> {
    let mut terms: Vec<String> = seen.into_iter().collect();
    for at in (1..terms.len()).rev() {
        terms.swap(at, rng.random_range(0..=at));
    }
    terms
}

fn accented(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'a' => 'á',
            'e' => 'é',
            'o' => 'ö',
            'n' => 'ñ',
            other => other,
        })
        .collect()
}

/// One query for every five terms, by turns a list and a condition with an exclusion.
pub(crate) fn queries(terms: &[String]) -> Vec<String> {
    let quoted: Vec<String> =
        terms.iter().map(|term| if term.starts_with('#') { term.clone() } else { format!("\"{term}\"") }).collect();
    let query = |(at, five): (usize, &[String])| match five {
        [any @ .., all, none] if at % 2 == 0 => format!("({}) AND {all} NOT {none}", any.join(" OR ")),
        five => five.join(" OR "),
    };
    quoted.chunks(TERMS_PER_WATCH).enumerate().map(query).collect()
}
