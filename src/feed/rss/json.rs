//! JSON Feed (jsonfeed.org, versions 1 and 1.1), each field read only where it is what it should be.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::date::time;
use super::entry::{Document, Entry};
use super::text::{Form, seen};
use super::{ENTRIES_MAX, FeedError};

/// Fields that nobody asks for are passed over.
#[derive(Deserialize)]
struct Feed {
    title: Option<Value>,
    language: Option<Value>,
    home_page_url: Option<Value>,
    author: Option<Value>,
    authors: Option<Value>,
    items: Option<Vec<Item>>,
}

#[derive(Deserialize)]
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
    let feed: Feed = serde_json::from_str(text).map_err(|error| FeedError::Json(error.to_string()))?;
    let items = feed.items.ok_or(FeedError::NoFeed)?;
    let home = feed.home_page_url.as_ref().and_then(Value::as_str).and_then(|home| Url::parse(home).ok());
    let base = home.as_ref().or(at);
    let left_out = (items.len() > ENTRIES_MAX).then(|| format!("only its first {ENTRIES_MAX} entries are read"));
    Ok(Document {
        title: plain(feed.title.as_ref()),
        author: author(feed.authors.as_ref(), feed.author.as_ref()),
        language: plain(feed.language.as_ref()),
        entries: items.into_iter().take(ENTRIES_MAX).map(|item| entry(&item, base)).collect(),
        left_out,
        ..Document::default()
    })
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
