//! Which decision brought words onto a page: of several at one time the last, since the pages show nothing before it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Event, Incident, PostPhase, Subject};
use crate::core::name::{ChannelName, StepId};

/// For the places of a log at which a decision by itself confirmed posts on pages that read the log: the sentences that say
/// so. `incident` is the state of now.
pub fn shown_with<'a>(
    incident: &Incident,
    log: impl IntoIterator<Item = (Timestamp, Option<&'a Event>)>,
) -> BTreeMap<usize, String> {
    let mut completed: BTreeMap<(&StepId, &ChannelName), usize> = BTreeMap::new();
    for (place, (at, event)) in log.into_iter().enumerate() {
        let Some(id) = event.and_then(|event| let_out(incident, event)) else { continue };
        completed.extend(pages(incident, id, at).map(|channel| ((id, channel), place)));
    }
    let mut words: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for ((id, channel), place) in completed {
        words.entry(place).or_default().push(format!(" With it, {id} is posted on {channel}."));
    }
    words.into_iter().map(|(place, words)| (place, words.concat())).collect()
}

/// The statement that an event can bring out by itself: the last yes to it, or the word for what was held.
fn let_out<'a>(incident: &'a Incident, event: &'a Event) -> Option<&'a StepId> {
    if let Event::SaidNow { statement, .. } = event {
        return Some(statement);
    }
    let Event::DecisionTaken { request, .. } = event else { return None };
    match &incident.request(*request)?.of {
        Subject::Statement(id) => Some(id),
        Subject::StandDown => None,
    }
}

/// The pages on which the statement is since `at`.
fn pages<'a>(incident: &'a Incident, id: &StepId, at: Timestamp) -> impl Iterator<Item = &'a ChannelName> {
    let posting = incident.statements.get(id).and_then(|statement| statement.posting());
    let posts = posting.into_iter().flat_map(|posting| &posting.posts);
    let on_page = move |post: &PostPhase| matches!(post, PostPhase::Confirmed { url, at: since, .. } if *since == at && url.starts_with('/'));
    posts.filter(move |(_, post)| on_page(post)).map(|(channel, _)| channel)
}
