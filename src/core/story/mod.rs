//! Stories: a text and its near-identical copies, told apart so that one text in forty papers shows as one story.
//!
//! **What is compared.** The words of title and text, folded as queries fold them (case, accents, look-alike forms). What
//! copies differ in is left out first: addresses, account names, `RT @name`, `via @name`, punctuation, emoji, and a last
//! word that `…` cuts off. So a repost, a copy with another link and a headline in capitals are the same words.
//!
//! **When it is a copy.** Fewer than [`SHORT_WORDS`] words: when they are the same, in this order, since a short text has
//! too few parts for a measure. From there on: when the sets of neighbouring word pairs have a Jaccard resemblance of
//! [`ALIKE_PERMILLE`] or more (Broder 1997, "On the resemblance and containment of documents"). A text of `8k + 1` words
//! bears `k` changed ones. The pairs are compared themselves, not estimates of them.
//!
//! **Whose voice it is.** For `from:` a mention counts with whoever told its story first at the same source (its host, or
//! its feed where it has no address). Forty accounts of one network that paste one text are one voice, forty papers that
//! carry one wire story are forty: a paper answers for what it prints, an account costs nothing. Whoever says something
//! of their own counts in full, whatever else they repeat. Texts of fewer than [`CHANCE_WORDS`] words are no copies in
//! this sense, for many people say them of themselves. Accounts that each vary the text enough, and hosts that somebody
//! makes for the purpose, are not seen through. Mentions are counted all, copies or not.
//!
//! **How it is found.** Twenty-four minimum hashes of the pairs in twelve bands of two (Broder's sketches with the banding
//! of Indyk and Motwani 1998): stories that share a band are looked at. A copy of resemblance 0.6 is among them with a
//! probability of 99.5 %, one of 0.75 with 99.995 %. A 64-bit `SimHash` (Charikar 2002; Manku, Jain and Das Sarma 2007)
//! was not taken: within the three bits of the latter, one changed word of a short post is lost.
//!
//! **Order.** A mention joins the story whose first text it resembles most, the older one of two alike. Copies of the same
//! words come together in whatever order; for those that differ, who came first decides what the others are held against.
//!
//! **Bounds.** A watch remembers [`STORIES_MAX`] stories, each as the numbers of at most [`WORDS_MAX`] words, and
//! forgets those told longest ago. A story is over a day after it was last told.

mod known;
mod sketch;
mod tellings;
mod words;

pub(in crate::core) use known::Stories;
pub use known::{PLACES_MAX, STORIES_MAX};
pub use sketch::{ALIKE_PERMILLE, CHANCE_WORDS, SHORT_WORDS, Sketch};
pub use tellings::TELLINGS_MAX;
pub(in crate::core) use tellings::{Telling, Tellings};
pub use words::WORDS_MAX;
