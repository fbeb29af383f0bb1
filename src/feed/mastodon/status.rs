//! A status of Mastodon's API as a mention: from a page of a timeline, or from a message of a stream.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::core::mention::{MENTION_TEXT_BYTES_MAX, Mention};
use crate::feed::form::{Draft, Field, ID_BYTES_MAX, TITLE_BYTES_MAX, cut, excerpt, time};
use crate::feed::streamed::unreadable;
use crate::net::read_html;

/// More pictures than any server takes.
const PICTURES_MAX: usize = 20;

/// A status in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub at: Option<Timestamp>,
    /// What was said; nothing where it is not public or says no word; or why it is no mention.
    pub said: Result<Option<Mention>, String>,
}

/// Reads a page, newest first. `host` completes the handles of the server's own people.
pub fn read_page(bytes: &[u8], host: &str) -> Result<Vec<Row>, String> {
    let page: Vec<Value> = serde_json::from_slice(bytes).map_err(|error| unreadable("the timeline", &error))?;
    Ok(page.iter().filter_map(|status| row(status, host)).collect())
}

fn row(status: &Value, host: &str) -> Option<Row> {
    let id = status["id"].as_str().filter(|id| (1..=ID_BYTES_MAX).contains(&id.len()))?.to_owned();
    let at = status["created_at"].as_str().and_then(|at| time(at).ok());
    Some(Row { id, at, said: mention(status, host) })
}

/// What a message of a stream brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    Said(Mention),
    /// A deletion, a status without words, or what no timeline is made of.
    Nothing,
    /// The server streams this not, or not to us.
    Refused(String),
}

#[derive(Deserialize)]
struct Envelope {
    event: Option<String>,
    payload: Option<String>,
    error: Option<String>,
}

/// Reads a message of a stream: an event whose payload is JSON in a string.
pub fn read_frame(text: &str, host: &str) -> Result<Frame, String> {
    let Envelope { event, payload, error } =
        serde_json::from_str(text).map_err(|error| unreadable("a message", &error))?;
    if let Some(error) = error {
        return Ok(Frame::Refused(excerpt(&error)));
    }
    let said = matches!(event.as_deref(), Some("update" | "status.update"));
    let Some(payload) = payload.filter(|_| said) else { return Ok(Frame::Nothing) };
    let status: Value = serde_json::from_str(&payload).map_err(|error| unreadable("a status", &error))?;
    Ok(mention(&status, host)?.map_or(Frame::Nothing, Frame::Said))
}

/// The mention that a status is; none where it is not for everybody, or says no word. A boost is what somebody else said,
/// said again by who boosts.
fn mention(status: &Value, host: &str) -> Result<Option<Mention>, String> {
    if !is_public(status) {
        return Ok(None);
    }
    let words = if status["reblog"].is_object() { &status["reblog"] } else { status };
    let (title, text) = (word(words, "spoiler_text"), said(words));
    if text.is_empty() && title.is_none() {
        return Ok(None);
    }
    let mut draft = Draft::default();
    draft.set(Field::Id, word(status, "id").unwrap_or_default().to_owned());
    draft.set(Field::Text, text);
    let author = word(&status["account"], "acct").ok_or("a status does not say whose it is")?;
    let whole = if author.contains('@') { author.to_owned() } else { format!("{author}@{host}") };
    draft.set(Field::Author, whole);
    if let Some(title) = title {
        draft.set_if_fits(Field::Title, cut(title, TITLE_BYTES_MAX).to_owned());
    }
    let address = word(status, "url").or_else(|| word(status, "uri"));
    for (field, value) in [
        (Field::Url, address),
        (Field::Language, word(words, "language")),
        (Field::Published, word(status, "created_at")),
    ] {
        if let Some(value) = value {
            draft.set_if_fits(field, value.to_owned());
        }
    }
    draft.check().map(Some).map_err(|error| error.to_string())
}

/// Public or unlisted; servers that do not say show only what is.
fn is_public(status: &Value) -> bool {
    matches!(status["visibility"].as_str(), None | Some("public" | "unlisted"))
}

fn word<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value[key].as_str().filter(|word| !word.trim().is_empty())
}

/// What a reader sees, and the words that describe the pictures.
fn said(status: &Value) -> String {
    let shown = read_html(status["content"].as_str().unwrap_or_default()).text;
    let pictures = status["media_attachments"].as_array().map(Vec::as_slice).unwrap_or_default();
    let described = pictures.iter().take(PICTURES_MAX).filter_map(|picture| word(picture, "description"));
    let lines: Vec<&str> = shown.lines().chain(described).map(str::trim).filter(|line| !line.is_empty()).collect();
    cut(&lines.join("\n").replace('\0', "\u{fffd}"), MENTION_TEXT_BYTES_MAX).to_owned()
}
