//! Looks up the mentions that a spike names and quotes them.

use crate::core::incident::Spike;
use crate::core::shown::Quote;
use crate::store::Reader;

/// Mentions that were erased by now are left out.
pub(super) fn quotes(reader: &Reader, spike: &Spike) -> Vec<Quote> {
    let found = spike.evidence.iter().filter_map(|evidence| {
        let mention = reader.mention(evidence).ok()??;
        Some(Quote::of(&evidence.feed, &mention))
    });
    found.collect()
}
