//! An entry as its feed writes it, and the mention that it is.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::text::{cut, one_line};
use crate::core::hash::number;
use crate::core::mention::{MENTION_TEXT_BYTES_MAX, Mention};
use crate::feed::form::{
    AUTHOR_BYTES_MAX, Draft, Field, FormError, ID_BYTES_MAX, LANGUAGE_BYTES_MAX, TITLE_BYTES_MAX, URL_BYTES_MAX,
};

/// Where Google Alerts hides the address that it links to.
const WRAPPERS: &[&str] = &["www.google.com", "google.com"];
const WRAPPER_PATH: &str = "/url";

/// A feed as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    pub title: Option<String>,
    pub author: Option<String>,
    pub language: Option<String>,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub entries: Vec<Entry>,
    /// Why the rest of it could not be read, where that is so.
    pub broken: Option<String>,
    /// That it holds more than is read.
    pub left_out: Option<String>,
}

/// One entry. Texts are as a reader sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub id: Option<String>,
    pub title: Option<String>,
    pub text: Option<String>,
    pub author: Option<String>,
    /// Absolute.
    pub link: Option<Url>,
    pub language: Option<String>,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
}

impl Entry {
    /// The mention, where there is anything in it to read. `of` is its feed.
    pub fn mention(self, of: &Document) -> Result<Mention, FormError> {
        let title = self.title.map(|title| cut(one_line(&title), TITLE_BYTES_MAX));
        let text = self.text.map(|text| cut(text, MENTION_TEXT_BYTES_MAX));
        let url = self.link.map(unwrapped).filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.filter(|url| url.host_str().is_some_and(|host| host.contains(char::is_alphanumeric)));
        let url = url.map(String::from).filter(|url| url.len() <= URL_BYTES_MAX);
        let id = id(self.id.as_deref(), url.as_deref(), title.as_deref(), text.as_deref());
        let author = self.author.or_else(|| of.author.clone()).map(|author| cut(one_line(&author), AUTHOR_BYTES_MAX));
        let language = self.language.or_else(|| of.language.clone()).as_deref().and_then(language);
        let mut draft = Draft::default();
        let fields = [
            (Field::Title, title),
            (Field::Text, text),
            (Field::Author, author),
            (Field::Url, url),
            (Field::Language, language),
        ];
        for (field, value) in fields {
            if let Some(value) = value {
                draft.set(field, value);
            }
        }
        draft.set(Field::Id, id);
        let mut mention = draft.check()?;
        mention.published = self.published.or(self.updated);
        Ok(mention)
    }
}

/// The entry's own name; else its address; else what it says. Names that would fit nowhere are known by their hash.
fn id(own: Option<&str>, url: Option<&str>, title: Option<&str>, text: Option<&str>) -> String {
    let own = own.map(str::trim).filter(|own| !own.is_empty()).or(url);
    match own {
        Some(own) if own.len() <= ID_BYTES_MAX && !own.contains(char::is_control) => own.to_owned(),
        Some(own) => format!("hash:{:016x}", hash(&[own])),
        None => format!("hash:{:016x}", hash(&[title.unwrap_or_default(), text.unwrap_or_default()])),
    }
}

/// What tells texts apart. Names of entries are stored by it, so that it is the same for every version of Holdline.
pub(super) fn hash(parts: &[&str]) -> u64 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part);
    }
    number(&hasher.finalize())
}

/// Where a link of Google Alerts leads.
fn unwrapped(link: Url) -> Url {
    let wraps = link.host_str().is_some_and(|host| WRAPPERS.contains(&host)) && link.path() == WRAPPER_PATH;
    if !wraps {
        return link;
    }
    let named = |wanted: &str| link.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    let inner = named("url").or_else(|| named("q")).and_then(|inner| Url::parse(&inner).ok());
    inner.filter(|inner| matches!(inner.scheme(), "http" | "https")).unwrap_or(link)
}

/// A language tag as other feeds write it: `en_us` is `en-us`; what is no tag is left out.
fn language(written: &str) -> Option<String> {
    let tag = written.trim().replace('_', "-");
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    let fits = (2..=8).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    (fits && tag.len() <= LANGUAGE_BYTES_MAX).then_some(tag)
}
