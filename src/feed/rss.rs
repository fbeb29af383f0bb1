//! The RSS feed: RSS 0.9x to 2.0, RDF, Atom, CDF and JSON Feed at an address, in the state in which they are found.

mod cursor;
mod date;
mod decode;
mod entry;
mod field;
mod json;
mod key;
mod look;
mod reading;
mod text;
mod xml;

use std::collections::BTreeSet;
use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::Error as _;
use url::Url;

pub use self::entry::{Document, Entry};
use self::key::Key;
pub use self::key::{KEY_BYTES_MIN, KEY_PLACE};
pub use self::look::{BODY_BYTES_MAX, PRIVATE_HINT, RETRY_AFTER_MAX, body_hash};
pub use self::xml::{ATTRIBUTES_MAX, DEPTH_MAX, NAMESPACES_MAX, XmlError};
use super::{Cost, Door, Feed, FeedKind, Fetched, Fetching, Look, Outside, Settings, SettingsError};
use crate::core::host::host_of;
use crate::core::mention::Mention;
use crate::core::period::Period;

/// The longest document that is read, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Entries that are read of one document; feeds put the latest first.
pub const ENTRIES_MAX: usize = 1000;
/// How often a feed is fetched where nothing is said.
pub const EVERY_DEFAULT: Period = Period::minutes(5);
pub const EVERY_MIN: Period = Period::minutes(1);
pub const EVERY_MAX: Period = Period::minutes(24 * 60);

pub const NAME: &str = "rss";
pub const DOCS: &str = "\
A news feed at an address: RSS, Atom or JSON Feed, in whatever state readers take. Entries that were brought before count
once, also when their text is changed.

  url      the feed's address, http or https; it may stand alone, as in rss: https://news.example/health.xml
  key      a secret of the address, which stands there as {key}: url: https://news.example/rss?api_key={key}
  every    how often it is fetched, 5m unless said; 1m to 1d. May stand beside `rss:`
  private  true for a server in your own network. May stand beside `rss:`";
pub const EXAMPLE: &str = "\
local-news: { rss: https://news.example/health.xml, every: 2m }";

pub(super) const KIND: FeedKind =
    FeedKind { name: NAME, docs: DOCS, example: EXAMPLE, secrets: &["key"], paths: &[], parse };

fn parse(settings: Settings<'_, '_>) -> Result<Box<dyn Feed>, SettingsError> {
    let settings: RssSettings = erased_serde::deserialize(settings)?;
    Ok(Box::new(RssFeed::new(&settings).map_err(SettingsError::custom)?))
}

/// The feed as written in the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RssSettings {
    /// With [`KEY_PLACE`] where its secret belongs.
    pub url: String,
    /// The secret itself.
    pub key: Option<SecretString>,
    pub every: Option<Period>,
    pub private: Option<bool>,
}

/// Why settings make no feed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RssSettingsError {
    #[error("`url` must be an address such as https://news.example/health.xml, with http or https and a host")]
    Url,
    #[error("`url` holds a name or a password, which would stand in files and logs; leave it out")]
    SignedIn,
    #[error(
        "`key` stands nowhere in the address after its host; write {KEY_PLACE} where it belongs, as in https://news.example/rss?api_key={KEY_PLACE}"
    )]
    KeyUnused,
    #[error("`url` has a place for a key, and there is none; add it, as in `key: {{ file: feed-key }}`")]
    KeyMissing,
    #[error("`key` is shorter than {KEY_BYTES_MIN} bytes, and could not be kept out of texts; take the whole key")]
    KeyShort,
    #[error("`every` must be 1m to 1d; leave it out for 5m")]
    Every,
}

/// A feed with its settings.
#[derive(Clone)]
pub struct RssFeed {
    /// As settings have it: without its secret.
    shown: String,
    key: Key,
    /// With its secret.
    url: Url,
    host: String,
    every: Period,
    private: bool,
}

impl RssFeed {
    pub fn new(settings: &RssSettings) -> Result<Self, RssSettingsError> {
        let (shown, key) = (settings.url.trim(), Key::new(settings.key.clone()));
        match (shown.contains(KEY_PLACE), settings.key.as_ref()) {
            (true, None) => return Err(RssSettingsError::KeyMissing),
            (false, Some(_)) => return Err(RssSettingsError::KeyUnused),
            // Who is called is looked up and told.
            (true, Some(_)) if host_of(shown).is_some_and(|host| host.contains(KEY_PLACE)) => {
                return Err(RssSettingsError::KeyUnused);
            }
            (true, Some(key)) if key.expose_secret().len() < KEY_BYTES_MIN => return Err(RssSettingsError::KeyShort),
            (true, Some(_)) | (false, None) => {}
        }
        let url = Url::parse(&key.put_into(shown)).map_err(|_| RssSettingsError::Url)?;
        let host = url.host_str().map(str::to_owned).filter(|_| matches!(url.scheme(), "http" | "https"));
        let host = host.ok_or(RssSettingsError::Url)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RssSettingsError::SignedIn);
        }
        let every = settings.every.unwrap_or(EVERY_DEFAULT);
        if !(EVERY_MIN..=EVERY_MAX).contains(&every) {
            return Err(RssSettingsError::Every);
        }
        let shown = if key.is_none() { url.as_str().to_owned() } else { shown.to_owned() };
        Ok(Self { shown, key, url, host, every, private: settings.private.unwrap_or(false) })
    }
}

impl fmt::Debug for RssFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RssFeed").field("url", &self.shown).field("every", &self.every).finish_non_exhaustive()
    }
}

impl Feed for RssFeed {
    fn door(&self) -> Door<'_> {
        Door::Fetched(self)
    }
}

impl Fetched for RssFeed {
    fn source(&self) -> &str {
        &self.shown
    }

    fn every(&self) -> Period {
        self.every
    }

    fn host(&self) -> &str {
        &self.host
    }

    fn fetch<'a>(&'a self, outside: &'a Outside, cursor: Option<String>, now: jiff::Timestamp) -> Fetching<'a> {
        Box::pin(async move {
            let mut spent = crate::net::Spent::default();
            let came = self.look(outside, cursor.as_deref(), now, &mut spent).await;
            Look { came, cost: Cost { requests: spent.requests, bytes: spent.bytes } }
        })
    }
}

/// Why a document is no feed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    #[error("it is longer than {DOCUMENT_BYTES_MAX} bytes")]
    TooLong,
    #[error("it is neither RSS, Atom nor JSON Feed; give the address of the feed itself, not of the page about it")]
    NoFeed,
    #[error(transparent)]
    Xml(#[from] XmlError),
    #[error("it is not a JSON Feed: {0}")]
    Json(String),
}

/// Reads a document as it came: bytes, the server's word on them, and the address that links in it start from.
pub fn read(body: &[u8], content_type: Option<&str>, at: Option<&Url>) -> Result<Document, FeedError> {
    if body.len() > DOCUMENT_BYTES_MAX {
        return Err(FeedError::TooLong);
    }
    let text = decode::decode(body, content_type);
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n', '\0']);
    match text.find(['<', '{']) {
        Some(first) if text[first..].starts_with('{') => json::read_json(&text[first..], at),
        Some(first) => reading::read_xml(&text[first..], at),
        None => Err(FeedError::NoFeed),
    }
}

/// What a document brings.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Each name once.
    pub mentions: Vec<Mention>,
    /// What in it is no mention, each a line.
    pub refused: Vec<String>,
    /// Why the rest of it could not be read, where that is so.
    pub broken: Option<String>,
}

impl Read {
    pub fn of(mut document: Document) -> Self {
        let (entries, broken) = (std::mem::take(&mut document.entries), document.broken.take());
        let mut refused: Vec<String> = document.left_out.take().into_iter().collect();
        let (mut mentions, mut names) = (Vec::with_capacity(entries.len()), BTreeSet::new());
        for (number, entry) in (1..).zip(entries) {
            match entry.mention(&document) {
                // Where two entries have one name, the first is the later one.
                Ok(mention) if names.insert(mention.id.clone()) => mentions.push(mention),
                Ok(_) => {}
                Err(why) => refused.push(format!("entry {number}: {why}")),
            }
        }
        Self { mentions, refused, broken }
    }
}
