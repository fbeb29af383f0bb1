//! A quoted mention: short, unlinked, and without what could point to a private person.

use jiff::tz::TimeZone;
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation as _;

use super::mask::masked;
use super::talk::source;
use super::visible;
use super::words::counted;
use crate::core::host::host_of;
use crate::core::incident::Story;
use crate::core::mention::Mention;
use crate::core::name::FeedName;
use crate::core::statement::{clock_time, links};

/// The longest quotation, in characters.
pub const QUOTE_CHARS_MAX: usize = 200;
/// How much of a mention is looked at for it, in characters; masking shortens what it finds.
const READ_CHARS_MAX: usize = 4_000;
/// The longest address that a page links to, in bytes.
const LINK_BYTES_MAX: usize = 2_048;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    pub feed: FeedName,
    pub text: String,
    /// The first letter of the author's name, where there is one.
    pub author: Option<String>,
    /// The site it was said on.
    pub host: Option<String>,
    /// Where it can be read, for a page to link to; mails say the site alone.
    pub link: Option<String>,
    /// How often and by how many its story is told, and where and when first.
    pub story: Option<String>,
}

impl Quote {
    pub fn of(feed: &FeedName, mention: &Mention) -> Self {
        let whole = match &mention.title {
            Some(title) => format!("{title}: {}", mention.text),
            None => mention.text.clone(),
        };
        let read = whole.char_indices().nth(READ_CHARS_MAX).map_or(whole.as_str(), |(end, _)| &whole[..end]);
        Self {
            feed: feed.clone(),
            text: quoted(read),
            author: mention.author.as_deref().and_then(initial),
            host: mention.url.as_deref().and_then(host),
            link: mention.url.clone().filter(|url| is_web_address(url)),
            story: None,
        }
    }

    /// With what is known of its story. `first` is its earliest mention, where that is still stored.
    #[must_use]
    pub fn with_story(self, story: &Story, first: Option<&Mention>, zone: &TimeZone) -> Self {
        let times = match story.mentions {
            1 => "told once".to_owned(),
            mentions => format!("one story x {mentions}, from {}", counted(story.voices, "voice")),
        };
        let place = first.and_then(|first| first.url.as_deref()).and_then(host);
        let place = place.unwrap_or_else(|| source(story.first.feed.as_str()));
        let at = clock_time(story.first_at, zone, "en");
        Self { story: Some(format!("{times}; first seen {at}, at {place}")), ..self }
    }
}

fn is_web_address(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
        && url.len() <= LINK_BYTES_MAX
        && !url.contains(|c: char| c.is_control() || c.is_whitespace())
}

/// Masking and shortening may each leave what reads as an address, so links are looked for after both.
fn quoted(whole: &str) -> String {
    let masked = unlinked(&masked(&unlinked(&visible(whole))));
    shortened(&unlinked(&shortened(&masked)))
}

/// Without anything that a mail program would turn into a link.
fn unlinked(text: &str) -> String {
    let mut addresses = links(text);
    // The longest first, so that none is cut in half by another that it contains.
    addresses.sort_by_key(|address| std::cmp::Reverse(address.len()));
    addresses.iter().fold(text.to_owned(), |text, address| text.replace(address.as_str(), "[link]"))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= QUOTE_CHARS_MAX {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut chars = 1;
    for cluster in text.graphemes(true) {
        chars += cluster.chars().count();
        if chars > QUOTE_CHARS_MAX {
            break;
        }
        short.push_str(cluster);
    }
    format!("{}…", short.trim_end())
}

fn initial(author: &str) -> Option<String> {
    let first = author.chars().find(|c| c.is_alphanumeric())?;
    Some(format!("{first}…"))
}

fn host(url: &str) -> Option<String> {
    // Dots in brackets: a reader knows the site, a mail program makes no link of it.
    Some(visible(&host_of(url)?.replace('.', "[.]")))
}
