//! `from:`, `lang:` and `site:`: what they ask, and what a mention answers.

use super::fold::fold_keeping;
use crate::core::host;
use crate::core::mention::Mention;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    From,
    Lang,
    Site,
}

impl Field {
    pub(super) const ALL: [Self; 3] = [Self::From, Self::Lang, Self::Site];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::Lang => "lang",
            Self::Site => "site",
        }
    }

    /// What the mention itself says here.
    pub(super) fn of(self, mention: &Mention) -> Option<&str> {
        match self {
            Self::From => mention.author.as_deref(),
            Self::Lang => mention.language.as_deref(),
            Self::Site => mention.url.as_deref(),
        }
    }

    /// Every value of this field that a query may name to find the mention: a host and the hosts above it, a language
    /// and the tags it refines.
    pub(super) fn keys(self, mention: &Mention) -> Vec<String> {
        let Some(said) = self.of(mention) else { return Vec::new() };
        match self {
            Self::From => vec![fold_author(said)],
            Self::Lang if said.len() > LANGUAGE_BYTES_MAX => Vec::new(),
            Self::Lang => prefixes(&fold_language(said)),
            Self::Site => host_of(said).map(|host| suffixes(&host)).unwrap_or_default(),
        }
    }

    /// The value a query names, in the form of `keys`; nothing if it cannot be one.
    pub(super) fn value(self, written: &str) -> Option<String> {
        let value = match self {
            Self::From => fold_author(written),
            Self::Lang => fold_language(written),
            Self::Site => fold_host(written),
        };
        let fits = match self {
            Self::From => value.contains(char::is_alphanumeric),
            Self::Lang => value.split('-').all(|tag| {
                (1..=LANGUAGE_SUBTAG_LETTERS_MAX).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric())
            }),
            Self::Site => value
                .split('.')
                .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))),
        };
        fits.then_some(value)
    }
}

/// BCP 47 allows no longer part.
const LANGUAGE_SUBTAG_LETTERS_MAX: usize = 8;
/// No tag in use comes near this; a longer one is not read.
const LANGUAGE_BYTES_MAX: usize = 64;
/// RFC 1035; a longer host is not read.
const HOST_BYTES_MAX: usize = 253;

/// Names keep their signs and spaces: `a.b` and `ab` are two authors.
fn fold_author(author: &str) -> String {
    const KEPT: &str = " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    let author = author.trim();
    let mut folded = String::new();
    fold_keeping(author.strip_prefix(['@', '＠']).unwrap_or(author), KEPT, &mut folded);
    folded
}

fn fold_language(tag: &str) -> String {
    tag.trim().replace('_', "-").to_ascii_lowercase()
}

fn fold_host(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_lowercase()
}

fn host_of(url: &str) -> Option<String> {
    let host = host::host_of(url).filter(|host| host.len() <= HOST_BYTES_MAX)?;
    Some(fold_host(host))
}

fn prefixes(tag: &str) -> Vec<String> {
    let ends = tag.match_indices('-').map(|(at, _)| at);
    ends.chain([tag.len()]).map(|end| tag[..end].to_owned()).collect()
}

fn suffixes(host: &str) -> Vec<String> {
    let starts = host.match_indices('.').map(|(at, _)| at + 1);
    [0].into_iter().chain(starts).map(|start| host[start..].to_owned()).collect()
}
