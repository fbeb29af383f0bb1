//! JSON Feed (jsonfeed.org, versions 1 and 1.1), each field read only where it is what it should be.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::date::time;
use super::entry::{Document, Entry};
use super::text::{Form, seen};
use super::{ENTRIES_MAX, FeedError};

/// Fields that nobody asks for are passed over.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Feed {
    title: Option<Value>,
    language: Option<Value>,
    home_page_url: Option<Value>,
    author: Option<Value>,
    authors: Option<Value>,
    items: Option<Vec<Value>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item {
    id: Option<Value>,
    url: Option<Value>,
    external_url: Option<Value>,
    title: Option<Value>,
    content_html: Option<Value>,
    content_text: Option<Value>,
    summary: Option<Value>,
    date_published: Option<Value>,
    date_modified: Option<Value>,
    author: Option<Value>,
    authors: Option<Value>,
    language: Option<Value>,
}

pub(super) fn read_json(text: &str, at: Option<&Url>) -> Result<Document, FeedError> {
    let whole: Value = serde_json::from_str(&mended(text)).map_err(|error| FeedError::Json(error.to_string()))?;
    let feed: Feed = serde_json::from_value(whole).map_err(|error| FeedError::Json(error.to_string()))?;
    let items = feed.items.ok_or(FeedError::NoFeed)?;
    let home = feed.home_page_url.as_ref().and_then(Value::as_str).and_then(|home| Url::parse(home).ok());
    let base = home.as_ref().or(at);
    let left_out = (items.len() > ENTRIES_MAX).then(|| format!("only its first {ENTRIES_MAX} entries are read"));
    Ok(Document {
        title: plain(feed.title.as_ref()),
        author: author(feed.authors.as_ref(), feed.author.as_ref()),
        language: plain(feed.language.as_ref()),
        // What is no item has nothing in it to read, and is told as that beside the others.
        entries: items
            .into_iter()
            .take(ENTRIES_MAX)
            .map(|item| entry(&serde_json::from_value(item).unwrap_or_default(), base))
            .collect(),
        left_out,
        ..Document::default()
    })
}

/// The text without what makes readers give all of it up for one bad word: control characters as they are, which stand for
/// blanks here, and halves of a character that somebody cut through.
fn mended(text: &str) -> Cow<'_, str> {
    let mut bytes = Cow::Borrowed(text.as_bytes());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += match byte {
            0..b' ' => {
                bytes.to_mut()[at] = b' ';
                1
            }
            b'\\' => match (surrogate(&bytes[at..]), bytes.get(at + UNIT_BYTES..).and_then(surrogate)) {
                (Some(Half::First), Some(Half::Second)) => 2 * UNIT_BYTES,
                (Some(Half::First | Half::Second), _) => {
                    bytes.to_mut()[at..at + UNIT_BYTES].copy_from_slice(UNKNOWN);
                    UNIT_BYTES
                }
                (None, _) => 2,
            },
            _ => 1,
        };
    }
    match bytes {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        // Whole ASCII characters were put in the place of such.
        Cow::Owned(bytes) => String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned),
    }
}

/// How a character is written by its number, for one that cannot be shown.
const UNKNOWN: &[u8; UNIT_BYTES] = b"\\ufffd";
const UNIT_BYTES: usize = 6;

/// A half of a character that JSON writes as two.
enum Half {
    First,
    Second,
}

/// The half that is written here, if one is.
fn surrogate(bytes: &[u8]) -> Option<Half> {
    let digits = bytes.get(..UNIT_BYTES)?.strip_prefix(b"\\u")?;
    let unit = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    match unit {
        0xd800..=0xdbff => Some(Half::First),
        0xdc00..=0xdfff => Some(Half::Second),
        _ => None,
    }
}

fn entry(item: &Item, base: Option<&Url>) -> Entry {
    let html = || item.content_html.as_ref().and_then(Value::as_str).and_then(|html| seen(html, Form::Html));
    let link = |link: &Value| {
        let link = link.as_str().filter(|link| !link.trim().is_empty())?.trim();
        base.map_or_else(|| Url::parse(link), |base| base.join(link)).ok()
    };
    Entry {
        id: item.id.as_ref().and_then(id),
        title: plain(item.title.as_ref()),
        text: html().or_else(|| plain(item.content_text.as_ref())).or_else(|| plain(item.summary.as_ref())),
        author: author(item.authors.as_ref(), item.author.as_ref()),
        link: item.url.as_ref().and_then(link).or_else(|| item.external_url.as_ref().and_then(link)),
        language: plain(item.language.as_ref()),
        published: item.date_published.as_ref().and_then(Value::as_str).and_then(time),
        updated: item.date_modified.as_ref().and_then(Value::as_str).and_then(time),
    }
}

fn plain(value: Option<&Value>) -> Option<String> {
    seen(value?.as_str()?, Form::Unsaid)
}

/// The standard asks for text, and says what to do with a number.
fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The first author of version 1.1, else the only one of version 1.
fn author(authors: Option<&Value>, author: Option<&Value>) -> Option<String> {
    let first = authors.and_then(Value::as_array).and_then(|all| all.first()).or(author)?;
    plain(first.get("name")).or_else(|| plain(first.get("url")))
}
