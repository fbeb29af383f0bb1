//! A quoted mention: short, unlinked, and without what could point to a private person.

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation as _;

use super::visible;
use crate::core::mention::Mention;
use crate::core::name::FeedName;
use crate::core::statement::links;

/// The longest quotation, in characters.
pub const QUOTE_CHARS_MAX: usize = 200;
/// How much of a mention is looked at for it, in characters; masking shortens what it finds.
const READ_CHARS_MAX: usize = 4_000;
/// Fewer digits in a row than this are left to be read: they are years, counts and times.
const MASKED_DIGITS_MIN: usize = 5;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    pub feed: FeedName,
    pub text: String,
    /// The first letter of the author's name, where there is one.
    pub author: Option<String>,
    /// The site it was said on.
    pub host: Option<String>,
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
        }
    }
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

/// Without mail addresses, account names and long numbers.
fn masked(text: &str) -> String {
    let words = text.split_whitespace().map(|word| match word.find('@') {
        Some(0) => format!("@{}…", word.chars().nth(1).map(String::from).unwrap_or_default()),
        Some(_) => "[address]".to_owned(),
        None => without_long_numbers(word),
    });
    without_phone_numbers(&words.collect::<Vec<_>>())
}

fn without_long_numbers(word: &str) -> String {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    if digits < MASKED_DIGITS_MIN {
        return word.to_owned();
    }
    word.chars().map(|c| if c.is_ascii_digit() { '•' } else { c }).collect()
}

/// Neighbouring groups of digits are one number, as in `555 010 0100`.
fn without_phone_numbers(words: &[String]) -> String {
    let is_group = |word: &String| {
        word.chars().any(|c| c.is_ascii_digit() || c == '•')
            && word.chars().all(|c| c.is_ascii_digit() || "•+-().,/".contains(c))
    };
    let mut shown: Vec<String> = Vec::new();
    let mut rest = words;
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|word| is_group(word)).count();
        let digits: usize = rest[..run].iter().map(|word| word.chars().filter(char::is_ascii_digit).count()).sum();
        if run > 1 && digits >= MASKED_DIGITS_MIN {
            shown.push("•••".to_owned());
            rest = &rest[run..];
        } else {
            shown.push(first.clone());
            rest = &rest[1..];
        }
    }
    shown.join(" ")
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
    let rest = url.split_once("://")?.1;
    let host = rest.split(['/', '?', '#', ':']).next()?.rsplit('@').next()?;
    // Dots in brackets: a reader knows the site, a mail program makes no link of it.
    (!host.is_empty()).then(|| visible(&host.replace('.', "[.]")))
}
