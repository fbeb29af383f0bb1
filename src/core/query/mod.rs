//! Queries: what a watch listens for, in the language that listening tools have taught people.
//!
//! | written | means |
//! | --- | --- |
//! | `breach` | the word, whole, whatever its case and accents |
//! | `"riverside general"` | these words, side by side, in this order |
//! | `hack*`, `"data leak*"` | words that begin so; two letters at least before the star |
//! | `@riversidegeneral`, `#databreach` | the handle, on any server unless one is named; the hashtag |
//! | `a AND b`, `a b` | both |
//! | `a OR b` | either, or both |
//! | `NOT a`, `-a`, `a NOT b` | not this one |
//! | `a NEAR/5 b` | `b` is at most the fifth word before or after `a`; a side may be a word, a phrase or `(x OR "y z")` |
//! | `from:name` | the author, whole; a leading `@` makes no difference |
//! | `lang:en` | the language and its regional forms (`en-GB`) |
//! | `site:example.org` | the host of the mention's address, or a host below it |
//! | `( ... )` | a group |
//!
//! NOT binds tightest, then NEAR, then AND (written or not), then OR. Operators are in capitals; `and` is a word.
//!
//! A word is a run of letters, digits and their marks within a word of UAX 29, so `general's` and `covid-19` are two
//! words each, in queries and mentions alike, and `@` and `#` are no part of a word: `riverside` also finds
//! `#riverside`. Scripts that write no spaces (Chinese, Hiragana, Thai) are cut into characters, so that a term there is
//! found wherever its characters stand side by side. Title and text are both read; no phrase and no NEAR spans the two.

mod ast;
mod error;
mod explain;
mod field;
mod fold;
mod matcher;
mod near;
mod parse;
mod plan;
mod scan;
mod slips;
mod token;
mod words;

pub use ast::Query;
pub use error::{MatcherError, QueryError};
pub use explain::{Explanation, Kind, Place, Where, explain};
pub use matcher::Matcher;
pub use parse::{NEAR_WORDS_MAX, NESTING_MAX, QUERY_BYTES_MAX, TERMS_MAX, WILDCARD_LETTERS_MIN};
pub(in crate::core) use words::each_word;
