//! An event of Jetstream: when it was, and what was said in it. Posts are records of the lexicon app.bsky.feed.post.

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;

use crate::core::mention::{MENTION_TEXT_BYTES_MAX, Mention};
use crate::feed::form::{Draft, Field, TITLE_BYTES_MAX, cut};
use crate::feed::streamed::unreadable;

/// The collection that posts are in.
pub const POSTS: &str = "app.bsky.feed.post";
/// Where people read posts.
const PAGES: &str = "https://bsky.app/profile";
const LINK: &str = "app.bsky.richtext.facet#link";
/// More than any post has.
const FACETS_MAX: usize = 100;
/// The lexicon allows four pictures.
const PICTURES_MAX: usize = 20;
/// How the app shortens an address that it shows.
const SHORTENED: [&str; 2] = ["...", "…"];

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The server's time, in microseconds since 1970.
    pub at: i64,
    /// What was said, where something was.
    pub said: Option<Mention>,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    did: String,
    time_us: i64,
    commit: Option<Commit>,
}

#[derive(Deserialize)]
struct Commit {
    operation: String,
    collection: String,
    rkey: String,
    record: Option<Value>,
}

/// Reads one event. Records are checked by nobody on their way: whatever of a post does not fit is left out, and a post
/// without an author, a name or a word is none.
pub fn read(text: &str) -> Result<Event, String> {
    let Envelope { did, time_us: at, commit } =
        serde_json::from_str(text).map_err(|error| unreadable("an event", &error))?;
    let Some(Commit { operation, collection, rkey, record: Some(record) }) = commit else {
        return Ok(Event { at, said: None });
    };
    if collection != POSTS || !matches!(operation.as_str(), "create" | "update") {
        return Ok(Event { at, said: None });
    }
    if !is_did(&did) || !is_key(&rkey) {
        return Err("a post does not say whose it is, or its name is none".to_owned());
    }
    Ok(Event { at, said: mention(&did, &rkey, &record, at)? })
}

fn mention(did: &str, rkey: &str, record: &Value, at: i64) -> Result<Option<Mention>, String> {
    let text = words(record);
    let title = card_title(record);
    if text.trim().is_empty() && title.is_none() {
        return Ok(None);
    }
    let mut draft = Draft::default();
    draft.set(Field::Id, format!("at://{did}/{POSTS}/{rkey}"));
    draft.set(Field::Author, did.to_owned());
    draft.set(Field::Text, text);
    if let Some(title) = title {
        draft.set_if_fits(Field::Title, cut(title, TITLE_BYTES_MAX).to_owned());
    }
    draft.set_if_fits(Field::Url, format!("{PAGES}/{did}/post/{rkey}"));
    if let Some(language) = record["langs"][0].as_str() {
        draft.set_if_fits(Field::Language, language.to_owned());
    }
    let received = jiff::Timestamp::from_microsecond(at).map(|at| at.to_string()).unwrap_or_default();
    draft.set_if_fits(Field::Published, received);
    if let Some(created) = record["createdAt"].as_str() {
        draft.set_if_fits(Field::Published, created.to_owned());
    }
    draft.check().map(Some).map_err(|error| error.to_string())
}

/// A DID (W3C DID 1.0, 3.1) in the characters that the AT protocol allows.
fn is_did(did: &str) -> bool {
    let Some((method, rest)) = did.strip_prefix("did:").and_then(|rest| rest.split_once(':')) else { return false };
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"._:%-".contains(&b);
    !method.is_empty() && method.bytes().all(|b| b.is_ascii_lowercase()) && !rest.is_empty() && rest.bytes().all(fits)
}

/// A record key of the AT protocol.
fn is_key(key: &str) -> bool {
    (1..=512).contains(&key.len())
        && !matches!(key, "." | "..")
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~:-".contains(&b))
}

/// What the author wrote: the text with its links in full, and the words that describe the pictures.
fn words(record: &Value) -> String {
    let text = record["text"].as_str().unwrap_or_default();
    let mut words = String::with_capacity(text.len());
    let mut from = 0;
    for (Range { start, end }, address) in links(record, text) {
        let shown = &text[start..end];
        words.push_str(&text[from..start]);
        if SHORTENED.iter().any(|mark| shown.ends_with(mark)) {
            words.push_str(address);
        } else {
            words.push_str(shown);
            if !address.ends_with(shown.trim()) {
                words.extend([" (", address, ")"]);
            }
        }
        from = end;
    }
    words.push_str(&text[from..]);
    for picture in pictures(&record["embed"]) {
        words.push('\n');
        words.push_str(picture);
    }
    cut(&words.replace('\0', "\u{fffd}"), MENTION_TEXT_BYTES_MAX).to_owned()
}

/// Where the text leads, in order, each stretch once. Facets count bytes, and may count wrong.
fn links<'r>(record: &'r Value, text: &str) -> Vec<(Range<usize>, &'r str)> {
    let facets = record["facets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut links: Vec<(Range<usize>, &str)> =
        facets.iter().take(FACETS_MAX).filter_map(|facet| link(facet, text)).collect();
    links.sort_by_key(|(stretch, _)| stretch.start);
    let mut end = 0;
    links.retain(|(stretch, _)| {
        let apart = stretch.start >= end;
        if apart {
            end = stretch.end;
        }
        apart
    });
    links
}

fn link<'r>(facet: &'r Value, text: &str) -> Option<(Range<usize>, &'r str)> {
    let place = |name: &str| usize::try_from(facet["index"][name].as_u64()?).ok();
    let stretch = place("byteStart")?..place("byteEnd")?;
    text.get(stretch.clone()).filter(|shown| !shown.is_empty())?;
    let features = facet["features"].as_array()?;
    let link = features.iter().find(|feature| feature["$type"] == LINK)?;
    Some((stretch, link["uri"].as_str()?))
}

/// The part of an embed that holds pictures, a film or a card, beside a quoted post or without one.
fn media(embed: &Value) -> &Value {
    if embed["media"].is_object() { &embed["media"] } else { embed }
}

fn pictures(embed: &Value) -> impl Iterator<Item = &str> {
    let media = media(embed);
    let images = media["images"].as_array().map(Vec::as_slice).unwrap_or_default();
    let described = images.iter().take(PICTURES_MAX).filter_map(|image| image["alt"].as_str());
    described.chain(media["alt"].as_str()).filter(|words| !words.trim().is_empty())
}

fn card_title(record: &Value) -> Option<&str> {
    media(&record["embed"])["external"]["title"].as_str().filter(|title| !title.trim().is_empty())
}
