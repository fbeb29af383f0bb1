//! What counting needs to know of a mention.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::core::hash::number;
use crate::core::host::host_of;
use crate::core::language::Language;
use crate::core::mention::Mention;
use crate::core::name::FeedName;
use crate::core::story::Sketch;
use crate::core::tone::Tone;

/// The longest name of a host (RFC 1035); a longer one is none.
const HOST_BYTES_MAX: usize = 253;

#[derive(Clone, Debug)]
pub struct Said {
    /// Who: see [`voice_of`].
    pub voice: u64,
    /// Where: the host of its address, else its feed.
    pub source: Arc<str>,
    /// What, to know its copies by; a mention without is a story of its own.
    pub sketch: Option<Arc<Sketch>>,
    pub language: Option<Language>,
    /// Unknown where the language is not one whose tone can be told.
    pub tone: Option<Tone>,
    /// How many people its author reaches; 0 where the feed does not say.
    pub reach: u32,
}

impl Said {
    pub fn of(mention: &Mention, feed: &FeedName) -> Self {
        let language = Language::of(mention);
        Self {
            voice: voice_of(mention, feed),
            source: site_of(mention).map_or_else(|| feed.as_str().into(), |host| host.to_lowercase().into()),
            sketch: Some(Arc::new(Sketch::of(mention))),
            language,
            tone: Tone::of(mention, language),
            reach: mention.reach.unwrap_or(0),
        }
    }
}

/// A voice of which nothing else is known, as in a history of counts.
impl From<u64> for Said {
    fn from(voice: u64) -> Self {
        Self { voice, source: Arc::default(), sketch: None, language: None, tone: None, reach: 0 }
    }
}

/// A distinct author as a number: of the author, else the site, else the feed, so that the nameless are one voice.
pub fn voice_of(mention: &Mention, feed: &FeedName) -> u64 {
    let (kind, name) = match (&mention.author, site_of(mention)) {
        (Some(author), _) if !author.trim().is_empty() => {
            ("author", author.trim().trim_start_matches('@').to_lowercase())
        }
        (_, Some(host)) => ("site", host.to_lowercase()),
        (_, None) => ("feed", feed.to_string()),
    };
    number(&Sha256::digest(format!("{kind}\n{name}")))
}

fn site_of(mention: &Mention) -> Option<&str> {
    let host = host_of(mention.url.as_deref()?)?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    Some(host).filter(|host| !host.is_empty() && host.len() <= HOST_BYTES_MAX)
}
