//! Looks up the mentions that a spike names and quotes them.

use jiff::tz::TimeZone;

use crate::core::incident::Spike;
use crate::core::shown::Quote;
use crate::store::Reader;

/// One of each of the largest stories, times in `zone`. Mentions that were erased by now are left out.
pub(super) fn quotes(reader: &Reader, spike: &Spike, zone: &TimeZone) -> Vec<Quote> {
    let mention = |evidence| reader.mention(evidence).ok().flatten();
    let Some(talk) = &spike.talk else {
        let found = spike.evidence.iter().filter_map(|evidence| Some(Quote::of(&evidence.feed, &mention(evidence)?)));
        return found.collect();
    };
    let quoted = talk.largest.iter().filter_map(|story| {
        let quote = Quote::of(&story.shown.feed, &mention(&story.shown)?);
        Some(quote.with_story(story, mention(&story.first).as_ref(), zone))
    });
    quoted.collect()
}
