//! Promises: by when the next word was promised to an audience, and when it came.

use jiff::{SignedDuration, Timestamp};

use super::said::Said;
use super::walk::Walked;
use crate::core::name::StepId;
use crate::core::period::Period;

/// A word that comes so much after its promised time keeps the promise still.
pub const PROMISE_GRACE: Period = Period::minutes(5);

#[derive(Clone, Debug)]
pub struct Promise {
    pub statement: StepId,
    pub audience: String,
    pub is_public: bool,
    pub said_at: Timestamp,
    pub promised: Timestamp,
    /// The next word to the same audience.
    pub next: Option<(StepId, Timestamp)>,
    pub kept: Kept,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A word came no later than promised, with the grace.
    Yes,
    LateBy(SignedDuration),
    /// Its time is over and no word came.
    No,
    /// Its time has not come, or its grace is not over.
    StillOpen,
    /// The words that would tell are erased.
    NotTold,
}

/// Each word's promise, in the order in which they were given.
pub(super) fn promises(walked: &Walked, as_of: Timestamp) -> Vec<Promise> {
    let said = &walked.said;
    let given = said.iter().filter_map(|word| Some((word, word.promised()?)));
    given
        .map(|(word, promised)| {
            let next = next_word(said, word);
            let grace = PROMISE_GRACE.after(promised);
            let kept = match next {
                Some(next) if next.at <= grace => Kept::Yes,
                Some(next) => Kept::LateBy(next.at.duration_since(promised)),
                None if walked.gap.is_some() => Kept::NotTold,
                None if as_of > grace => Kept::No,
                None => Kept::StillOpen,
            };
            Promise {
                statement: word.statement.clone(),
                audience: word.package.audience.clone(),
                is_public: word.is_public(),
                said_at: word.at,
                promised,
                next: next.map(|next| (next.statement.clone(), next.at)),
                kept,
            }
        })
        .collect()
}

/// The first word after `word` to the same audience.
fn next_word<'a>(said: &'a [Said], word: &Said) -> Option<&'a Said> {
    let same = |other: &&Said| other.at > word.at && other.package.audience == word.package.audience;
    said.iter().filter(same).min_by_key(|other| other.at)
}
