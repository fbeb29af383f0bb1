//! Whether a page shows an approved text: exactly, changed, or not at all. Pure; the page was fetched elsewhere.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::Variant;

/// How many words in a row make a piece by which a changed text is recognised.
const PIECE_WORDS: usize = 4;

/// What was seen at the address of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// The approved texts, word for word.
    Matches,
    /// Much of an approved text, with other words.
    Differs,
    CouldNotBeSeen {
        why: Unseen,
    },
}

/// Why a post could not be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unseen {
    /// Not a public http or https address.
    Address,
    Unreachable,
    TooSlow,
    SignIn,
    Gone,
    Failed,
    /// Neither HTML nor plain text.
    NotAPage,
    TooLarge,
    /// Nothing outside is looked at from here, as in the demo.
    NothingLeaves,
    /// A page, and the text is not on it.
    NotThere,
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "the address is not one of a public web page",
            Self::Unreachable => "its server could not be reached",
            Self::TooSlow => "its server did not answer in time",
            Self::SignIn => "it can be seen only when signed in",
            Self::Gone => "there is no page at this address",
            Self::Failed => "its server answered with an error",
            Self::NotAPage => "there is no web page at this address, but something else",
            Self::TooLarge => "the page is too large to be read",
            Self::NothingLeaves => "nothing outside is looked at from here",
            Self::NotThere => "the page does not show the text; it may need a sign-in, or be another page",
        })
    }
}

/// Compares the approved texts with what a page shows in each of its parts: its text, its title, its summaries.
/// All texts must stand there word for word to match, each in one part, or with its headline in another.
pub fn sighted(approved: &[&Variant], shown: &[String]) -> Seen {
    let shown: Vec<String> = shown.iter().map(|part| even_quotes(part)).collect();
    let holds = |text: &str| shown.iter().any(|part| stands_in(&even_quotes(text), part));
    let whole = |variant: &&Variant| {
        holds(&variant.text()) || variant.title.as_deref().is_some_and(|title| holds(title) && holds(&variant.body))
    };
    if !approved.is_empty() && approved.iter().all(whole) {
        Seen::Matches
    } else if approved.iter().any(|variant| resembles(&even_quotes(&variant.text()), &shown)) {
        Seen::Differs
    } else {
        Seen::CouldNotBeSeen { why: Unseen::NotThere }
    }
}

/// A text in NFC, with single spaces: what services that set it in HTML leave the same.
pub fn even(text: &str) -> String {
    let composed: String = text.nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same, with straight quotes: editors set curly ones by themselves.
fn even_quotes(text: &str) -> String {
    let straight = |c: char| match c {
        '‘' | '’' | '‚' | '‛' => '\'',
        '“' | '”' | '„' | '‟' => '"',
        other => other,
    };
    even(text).chars().map(straight).collect()
}

/// Whether `text` stands in `part` by itself: nothing adjoins it but spaces, so that a longer word or number is not taken for it.
fn stands_in(text: &str, part: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    part.match_indices(text).any(|(at, _)| {
        let before = part[..at].chars().next_back();
        let after = part[at + text.len()..].chars().next();
        before.is_none_or(char::is_whitespace) && after.is_none_or(char::is_whitespace)
    })
}

/// Whether at least half of the text's pieces, each a few words in a row, are somewhere on the page.
fn resembles(text: &str, shown: &[String]) -> bool {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let long = PIECE_WORDS.min(words.len());
    if long == 0 {
        return false;
    }
    let wanted: BTreeSet<&[&str]> = words.windows(long).collect();
    let mut found: BTreeSet<&[&str]> = BTreeSet::new();
    for part in shown {
        let there: Vec<&str> = part.split(' ').collect();
        found.extend(there.windows(long).filter_map(|piece| wanted.get(piece)));
    }
    found.len() * 2 >= wanted.len()
}
