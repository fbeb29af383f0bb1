//! NEAR: which two places stand close enough.

use super::parse::NEAR_WORDS_MAX;

/// The words that a term was found at, counted through title and text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stretch {
    pub(super) first: usize,
    pub(super) last: usize,
}

/// The number of the text's first word: so far behind the title's last that no NEAR reaches across.
pub(super) fn text_base(title_words: usize) -> usize {
    title_words + NEAR_WORDS_MAX
}

/// The first two of `left` and `right` that share no word and are at most `within` words apart, in either order. Both
/// must be sorted.
pub(super) fn near(within: usize, left: &[Stretch], right: &[Stretch]) -> Option<(Stretch, Stretch)> {
    follows(within, left, right).or_else(|| follows(within, right, left).map(|(right, left)| (left, right)))
}

fn follows(within: usize, earlier: &[Stretch], later: &[Stretch]) -> Option<(Stretch, Stretch)> {
    earlier.iter().find_map(|&one| {
        let next = later.partition_point(|other| other.first <= one.last);
        later.get(next).filter(|other| other.first - one.last <= within).map(|&other| (one, other))
    })
}
