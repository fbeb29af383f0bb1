//! A sketch: what is kept of a text to know its copies by.

use super::words::{mixed, words};
use crate::core::mention::Mention;

/// From this many words on, texts are compared by their parts.
pub const SHORT_WORDS: usize = 6;
/// Fewer words than these are said by many of themselves: who says them copies nobody.
pub const CHANCE_WORDS: usize = 4;
/// The Jaccard resemblance from which on a text is a copy, in thousandths.
pub const ALIKE_PERMILLE: usize = 600;
const BANDS: usize = 12;
const ROWS: usize = 2;

/// Odd factors and shifts of the minimum hashes: multiply-add permutes 64-bit numbers well enough (Dietzfelbinger 1996).
const FACTORS: [(u64, u64); BANDS * ROWS] = {
    let mut factors = [(0, 0); BANDS * ROWS];
    let mut at = 0;
    let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
    while at < factors.len() {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        let factor = seed | 1;
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        factors[at] = (factor, seed);
        at += 1;
    }
    factors
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// Of all its words in their order.
    whole: u64,
    words: usize,
    /// Neighbouring pairs of words as numbers, in order and each once; none of a short text.
    pairs: Vec<u32>,
    bands: Vec<u64>,
}

impl Sketch {
    pub fn of(mention: &Mention) -> Self {
        let words = words(mention);
        let whole = words.iter().fold(words.len() as u64, |whole, word| mixed(whole.rotate_left(5) ^ word));
        if words.len() < SHORT_WORDS {
            return Self { whole, words: words.len(), pairs: Vec::new(), bands: Vec::new() };
        }
        let both = |pair: &[u64]| pair.iter().fold(0, |both: u64, word| mixed(both.rotate_left(31) ^ word));
        let hashes: Vec<u64> = words.windows(2).map(both).collect();
        let least = |(factor, add): &(u64, u64)| {
            hashes.iter().map(|hash| hash.wrapping_mul(*factor).wrapping_add(*add)).min().unwrap_or(u64::MAX)
        };
        let minima: Vec<u64> = FACTORS.iter().map(least).collect();
        let band = |(band, rows): (u64, &[u64])| rows.iter().fold(band, |key, row| mixed(key.rotate_left(17) ^ row));
        let bands = (1..).zip(minima.chunks(ROWS)).map(band).collect();
        // The upper half of a number is as good as the whole to tell pairs apart, and half as long to keep.
        let mut pairs: Vec<u32> = hashes.iter().map(|hash| u32::try_from(hash >> 32).unwrap_or_default()).collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self { whole, words: words.len(), pairs, bands }
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.whole == other.whole
    }

    /// Whether people who know nothing of one another may well say the same.
    pub(super) fn is_said_by_chance(&self) -> bool {
        self.words < CHANCE_WORDS
    }

    /// Under which it is looked for: its whole first, then its bands.
    pub(super) fn keys(&self) -> impl Iterator<Item = u64> + '_ {
        std::iter::once(self.whole).chain(self.bands.iter().copied())
    }

    /// How much of both is in each, in thousandths; nothing where one of them is short.
    pub fn resemblance(&self, other: &Self) -> usize {
        let (mut one, mut two, mut shared) = (0, 0, 0);
        while let (Some(left), Some(right)) = (self.pairs.get(one), other.pairs.get(two)) {
            shared += usize::from(left == right);
            one += usize::from(left <= right);
            two += usize::from(right <= left);
        }
        (shared * 1000).checked_div(self.pairs.len() + other.pairs.len() - shared).unwrap_or(0)
    }

    /// Whether one is a copy of the other.
    pub fn is_copy_of(&self, other: &Self) -> bool {
        self.is_same(other) || self.resemblance(other) >= ALIKE_PERMILLE
    }
}
