//! A mention whose story is known, and who knows it: for series that are gone through long after.

use super::{MinuteNumber, Said};
use crate::core::incident::Evidence;
use crate::core::mention::Mention;
use crate::core::name::FeedName;
use crate::core::story::Stories;
use crate::core::tone::Tone;

/// What windows ask of a mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub(super) voice: u64,
    /// Whom it counts with for `from:`.
    pub(super) counts_with: u64,
    pub(super) tone: Option<Tone>,
    pub(super) reach: u32,
}

/// Tells mentions apart by their stories as a running watch does, in the order in which they come.
#[derive(Debug, Default)]
pub struct Retelling {
    stories: Stories,
}

impl Retelling {
    pub fn of(&mut self, mention: &Mention, feed: &FeedName, at: MinuteNumber) -> Counted {
        let said = Said::of(mention, feed);
        let evidence = Evidence { feed: feed.clone(), mention: mention.id.clone() };
        let told = self.stories.tell(&said, at, &evidence);
        Counted { voice: said.voice, counts_with: told.counts_with, tone: said.tone, reach: said.reach }
    }
}
