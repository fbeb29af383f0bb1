//! How lint reads a text: clock times, capitalised runs, numbers, and the words that are nobody's name.

mod clock;
mod ordinary;
mod runs;

pub(super) use clock::clock_times;
pub(super) use ordinary::ordinary_words;
pub(super) use runs::{Run, Word, folded, groups, is_capitalised, masked, numbers, runs, words};
