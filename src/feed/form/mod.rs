//! The form of a mention at the door: its fields, their bounds, and what is said when one does not fit.

pub mod json;

use std::fmt;

use jiff::Timestamp;

use crate::core::mention::{MENTION_TEXT_BYTES_MAX, Mention, REACH_MAX};

pub const ID_BYTES_MAX: usize = 512;
pub const TITLE_BYTES_MAX: usize = 1024;
pub const AUTHOR_BYTES_MAX: usize = 512;
pub const URL_BYTES_MAX: usize = 2048;
/// The longest language tag that BCP 47 asks everyone to hold.
pub const LANGUAGE_BYTES_MAX: usize = 35;
/// An RFC 3339 time with nanoseconds and an offset.
pub const PUBLISHED_BYTES_MAX: usize = 35;
/// The digits of the largest reach.
pub const REACH_BYTES_MAX: usize = 10;
/// What a message quotes of someone else's text, in characters.
pub const EXCERPT_CHARS_MAX: usize = 40;

/// A field of a mention as it is written outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Id,
    Published,
    Text,
    Author,
    Url,
    Language,
    Title,
    Reach,
}

impl Field {
    pub const ALL: [Self; 8] =
        [Self::Id, Self::Published, Self::Text, Self::Author, Self::Url, Self::Language, Self::Title, Self::Reach];

    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Published => "published",
            Self::Text => "text",
            Self::Author => "author",
            Self::Url => "url",
            Self::Language => "language",
            Self::Title => "title",
            Self::Reach => "reach",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// The longest value, in bytes.
    pub fn bytes_max(self) -> usize {
        match self {
            Self::Id => ID_BYTES_MAX,
            Self::Published => PUBLISHED_BYTES_MAX,
            Self::Text => MENTION_TEXT_BYTES_MAX,
            Self::Author => AUTHOR_BYTES_MAX,
            Self::Url => URL_BYTES_MAX,
            Self::Language => LANGUAGE_BYTES_MAX,
            Self::Title => TITLE_BYTES_MAX,
            Self::Reach => REACH_BYTES_MAX,
        }
    }

    /// Running text may hold line breaks and tabs; whatever names something may not.
    fn is_prose(self) -> bool {
        matches!(self, Self::Text | Self::Title)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name())
    }
}

/// Every field by name, for messages.
pub fn known_fields() -> String {
    Field::ALL.map(Field::name).join(", ")
}

/// The values of one mention before they are checked.
#[derive(Debug, Default)]
pub struct Draft([Option<String>; Field::ALL.len()]);

impl Draft {
    pub fn set(&mut self, field: Field, value: String) {
        self.0[field as usize] = Some(value);
    }

    /// Sets a field that may be left out, where the value fits; what a stranger wrote wrongly costs the field and not the
    /// mention.
    pub fn set_if_fits(&mut self, field: Field, value: String) {
        let fits = match field {
            Field::Url => is_web_address(&value),
            Field::Language => is_language_tag(&value),
            Field::Published => time(&value).is_ok(),
            Field::Reach => reach(&value).is_ok(),
            Field::Id | Field::Text | Field::Author | Field::Title => true,
        };
        if fits && check_bounds(field, &value).is_ok() {
            self.set(field, value);
        }
    }

    pub fn get(&self, field: Field) -> Option<&str> {
        self.0[field as usize].as_deref()
    }

    /// The mention, or the first field that does not fit. A field left blank is a field left out.
    pub fn check(mut self) -> Result<Mention, FormError> {
        for field in Field::ALL {
            if let Some(value) = self.get(field) {
                check_bounds(field, value)?;
            }
        }
        let id = self.take(Field::Id).ok_or(FormError::Missing(Field::Id))?;
        let title = self.take(Field::Title);
        let text = self.take(Field::Text);
        if text.is_none() && title.is_none() {
            return Err(FormError::Missing(Field::Text));
        }
        let url = self.take(Field::Url);
        if let Some(url) = url.as_deref().filter(|url| !is_web_address(url)) {
            return Err(FormError::NotWeb(excerpt(url)));
        }
        let language = self.take(Field::Language);
        if let Some(tag) = language.as_deref().filter(|tag| !is_language_tag(tag)) {
            return Err(FormError::NotLanguage(excerpt(tag)));
        }
        let published = self.take(Field::Published).as_deref().map(time).transpose()?;
        let author = self.take(Field::Author);
        let reach = self.take(Field::Reach).as_deref().map(reach).transpose()?;
        Ok(Mention { id, title, text: text.unwrap_or_default(), author, url, language, published, reach })
    }

    fn take(&mut self, field: Field) -> Option<String> {
        self.0[field as usize].take().filter(|value| !value.trim().is_empty())
    }
}

/// Reads an RFC 3339 time.
pub fn time(text: &str) -> Result<Timestamp, FormError> {
    let text = text.trim();
    let plain = text.len() <= PUBLISHED_BYTES_MAX
        && text.bytes().all(|b| b.is_ascii_digit() || b"TtZz:.+- ".contains(&b))
        && text.starts_with(|c: char| c.is_ascii_digit());
    let parsed = if plain { text.parse().ok() } else { None };
    parsed.ok_or_else(|| FormError::NotTime(excerpt(text)))
}

fn reach(text: &str) -> Result<u32, FormError> {
    let text = text.trim();
    let plain = text.bytes().all(|b| b.is_ascii_digit());
    let read = text.parse().ok().filter(|reach| plain && *reach <= REACH_MAX);
    read.ok_or_else(|| FormError::NotReach(excerpt(text)))
}

/// The beginning of a text that fits, ending with a whole character.
pub fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

fn check_bounds(field: Field, value: &str) -> Result<(), FormError> {
    if value.len() > field.bytes_max() {
        return Err(FormError::TooLong { field, bytes: value.len() });
    }
    let refused = |c: char| if field.is_prose() { c == '\0' } else { c.is_control() };
    // Controls are ASCII, or begin with the one byte of these.
    let may_hold_one = |byte: u8| byte == 0 || (!field.is_prose() && (byte < b' ' || matches!(byte, 0x7f | 0xc2)));
    if !value.bytes().any(may_hold_one) {
        return Ok(());
    }
    match value.chars().find(|c| refused(*c)) {
        Some(control) => Err(FormError::Control { field, code: u32::from(control) }),
        None => Ok(()),
    }
}

fn is_web_address(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    web && host.contains(char::is_alphanumeric) && !url.contains(char::is_whitespace)
}

fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    (2..=8).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A short piece of someone else's text, with everything that could disturb a terminal or a log escaped.
pub fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(EXCERPT_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(EXCERPT_CHARS_MAX).is_some() {
        short.push('…');
    }
    short
}

/// Why something is not a mention.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    #[error("it is not JSON: {reason} (column {column}); write one JSON object with its strings in double quotes")]
    Json { reason: String, row: usize, column: usize },
    #[error(
        "it is {0}, where one JSON object such as {{\"id\": \"1\", \"text\": \"…\"}} is needed; several mentions go one object a line, not in a list"
    )]
    NotObject(&'static str),
    #[error("`{0}` is not a field of a mention; leave it out, the fields are {known}", known = known_fields())]
    Unknown(String),
    #[error("{0} is given twice; keep one")]
    Twice(Field),
    #[error("{field} is {found}, where text in double quotes is needed")]
    NotText { field: Field, found: &'static str },
    #[error("{0} is missing or empty; every mention needs it")]
    Missing(Field),
    #[error("{field} is {bytes} bytes long; at most {max} are taken, shorten it", max = .field.bytes_max())]
    TooLong { field: Field, bytes: usize },
    #[error("{field} holds the control character U+{code:04X}; remove it")]
    Control { field: Field, code: u32 },
    #[error("`url` is \"{0}\"; it must begin with https:// or http://, name a host and hold no blanks")]
    NotWeb(String),
    #[error("`language` is \"{0}\"; write a tag such as en or pt-BR")]
    NotLanguage(String),
    #[error("`published` is \"{0}\"; write the time as in 2026-11-20T14:05:00Z or 2026-11-20T09:05:00-05:00")]
    NotTime(String),
    #[error("`reach` is \"{0}\"; write how many people it reaches as a whole number, at most {REACH_MAX}")]
    NotReach(String),
    #[error("the id \"{id}\" is also on line {line}; give each mention an id of its own")]
    Repeated { id: String, line: usize },
    #[error("it is not UTF-8 text; save or send it as UTF-8")]
    NotUtf8,
    #[error("it is longer than {0} bytes; shorten it")]
    LineTooLong(usize),
    #[error(
        "a quoted value that begins here is never closed; end it with a double quote, and double the ones inside it"
    )]
    Unclosed,
    #[error(
        "it has {found} values under {columns} columns; give one value a column, in double quotes where it holds a comma"
    )]
    Columns { found: usize, columns: usize },
}
