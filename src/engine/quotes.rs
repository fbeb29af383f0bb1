//! Looks up the mentions that a spike names and quotes them.

use jiff::tz::TimeZone;

use crate::core::incident::Spike;
use crate::core::mention::Mention;
use crate::core::shown::Quote;
use crate::store::Reader;

/// One of each of the largest stories, times in `zone`. Mentions that were erased by now are left out.
pub(super) fn quotes(reader: &Reader, spike: &Spike, zone: &TimeZone) -> Vec<Quote> {
    quotes_of(reader, spike, zone, |_| true)
}

/// The same of those mentions alone that are `wanted`.
pub(super) fn quotes_of(
    reader: &Reader,
    spike: &Spike,
    zone: &TimeZone,
    wanted: impl Fn(&Mention) -> bool,
) -> Vec<Quote> {
    let mention = |evidence| reader.mention(evidence).ok().flatten();
    let shown = |evidence| mention(evidence).filter(|mention| wanted(mention));
    let Some(talk) = &spike.talk else {
        let found = spike.evidence.iter().filter_map(|evidence| Some(Quote::of(&evidence.feed, &shown(evidence)?)));
        return found.collect();
    };
    let quoted = talk.largest.iter().filter_map(|story| {
        let quote = Quote::of(&story.shown.feed, &shown(&story.shown)?);
        Some(quote.with_story(story, mention(&story.first).as_ref(), zone))
    });
    quoted.collect()
}
