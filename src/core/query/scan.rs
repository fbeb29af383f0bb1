//! The automaton over all terms, stepped by hand: folding, word counting and matching are one pass without a copy.

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::{Anchored, BuildError, MatchKind, StartKind, dfa, nfa};

use super::words::{each_word, fold_ascii, stretches};

/// Up to this many bytes of terms the faster automaton is built; it takes up to 250 bytes of memory for each.
const FAST_AUTOMATON_BYTES_MAX: usize = 32 * 1024;
/// In the smaller automaton, how many bytes of a term are looked up as fast as in the other: words that share no more
/// than this with a term cost nothing extra, and most share less.
const DENSE_BYTES: usize = 4;

#[derive(Clone, Debug)]
pub(super) enum Scanner {
    Fast(dfa::DFA),
    Small(nfa::contiguous::NFA),
}

/// What is read: a field of a mention, or one handle or hashtag of it, which is one word with its sign.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'m> {
    Field(&'m str),
    Tag(&'m str),
}

impl Scanner {
    pub(super) fn new<'p>(patterns: impl Iterator<Item = &'p str> + Clone) -> Result<Self, BuildError> {
        if patterns.clone().map(str::len).sum::<usize>() <= FAST_AUTOMATON_BYTES_MAX {
            let mut builder = dfa::DFA::builder();
            builder.match_kind(MatchKind::Standard).start_kind(StartKind::Unanchored).prefilter(false);
            builder.build(patterns).map(Self::Fast)
        } else {
            let mut builder = nfa::contiguous::NFA::builder();
            builder.match_kind(MatchKind::Standard).dense_depth(DENSE_BYTES).prefilter(false);
            builder.build(patterns).map(Self::Small)
        }
    }

    /// Calls `found` with each pattern found and the number of the word it ends in; returns how many words there are.
    #[inline]
    pub(super) fn scan(&self, source: Source<'_>, found: impl FnMut(usize, usize)) -> usize {
        match self {
            Self::Fast(automaton) => run(automaton, source, found),
            Self::Small(automaton) => run(automaton, source, found),
        }
    }
}

#[inline]
fn run<A: Automaton>(automaton: &A, source: Source<'_>, mut found: impl FnMut(usize, usize)) -> usize {
    let mut cursor = Cursor::at_first_word(automaton);
    match source {
        Source::Field(text) => {
            for stretch in stretches(text) {
                if stretch.is_ascii() {
                    cursor = fold_ascii(stretch, cursor, |cursor, byte| cursor.step(automaton, byte, &mut found));
                } else {
                    each_word(stretch, &mut |word, _| cursor = cursor.word(automaton, word, &mut found));
                }
            }
        }
        Source::Tag(tag) => cursor = cursor.word(automaton, tag, &mut found),
    }
    cursor.spaces - 1
}

/// Where nothing of any term is found.
fn nothing(automaton: &impl Automaton) -> StateID {
    automaton.start_state(Anchored::No).expect("both automata are built for unanchored searches")
}

#[derive(Clone, Copy)]
struct Cursor {
    state: StateID,
    /// One stands before each word, and one behind the last.
    spaces: usize,
}

impl Cursor {
    /// Behind the space that stands before the first word.
    fn at_first_word(automaton: &impl Automaton) -> Self {
        Self { state: automaton.next_state(Anchored::No, nothing(automaton), b' '), spaces: 1 }
    }

    #[inline]
    fn step<A: Automaton>(self, automaton: &A, byte: u8, found: &mut impl FnMut(usize, usize)) -> Self {
        let state = automaton.next_state(Anchored::No, self.state, byte);
        if automaton.is_special(state) && automaton.is_match(state) {
            for at in 0..automaton.match_len(state) {
                // A space just fed is behind its word and not yet counted.
                found(automaton.match_pattern(state, at).as_usize(), self.spaces - 1);
            }
        }
        Self { state, spaces: self.spaces + usize::from(byte == b' ') }
    }

    fn word<A: Automaton>(self, automaton: &A, word: &str, found: &mut impl FnMut(usize, usize)) -> Self {
        let (nothing, between) = (nothing(automaton), Self::at_first_word(automaton));
        let mut cursor = self;
        for byte in word.bytes().chain([b' ']) {
            cursor = cursor.step(automaton, byte, found);
            // Every term begins at a space: once nothing is left of any, the rest of the word is none either.
            if cursor.state == nothing {
                return Self { spaces: cursor.spaces + 1, ..between };
            }
        }
        cursor
    }
}
