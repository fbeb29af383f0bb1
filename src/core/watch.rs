//! A watch: which mentions count, from which feeds, and what number of them is a spike.

use std::collections::BTreeSet;
use std::fmt;

use super::detect::Detector;
use super::name::{FeedName, PlaybookName, WatchName};
use super::query::Query;

#[derive(Debug)]
pub struct Watch {
    pub name: WatchName,
    pub query: Query,
    pub feeds: BTreeSet<FeedName>,
    pub detector: Box<dyn Detector>,
    /// At least so many mentions in the window; the detector's own number where the watch does not say.
    pub at_least: Option<Mentions>,
    /// At least so many distinct authors in the window.
    pub from: Voices,
    /// The playbook a spike opens; without one a person picks.
    pub opens: Option<PlaybookName>,
}

impl Watch {
    /// The fewest mentions that are a spike.
    pub fn at_least(&self) -> u32 {
        self.at_least.map_or_else(|| self.detector.at_least(), |mentions| mentions.0)
    }
}

/// A number of mentions, as in `8 mentions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mentions(pub u32);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a number of mentions; write it as in `8 mentions`")]
pub struct MentionsError(String);

impl Mentions {
    pub fn parse(text: &str) -> Result<Self, MentionsError> {
        let refuse = || MentionsError(text.to_owned());
        let (number, word) = text.trim().split_once(' ').ok_or_else(refuse)?;
        let number: u32 = number.parse().map_err(|_| refuse())?;
        let fits = matches!(word.trim(), "mention" | "mentions") && number > 0;
        if fits { Ok(Self(number)) } else { Err(refuse()) }
    }
}

/// A number of distinct authors, as in `4 voices`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voices(pub u32);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a number of voices; write it as in `4 voices`")]
pub struct VoicesError(String);

impl Voices {
    pub fn parse(text: &str) -> Result<Self, VoicesError> {
        let refuse = || VoicesError(text.to_owned());
        let (number, word) = text.trim().split_once(' ').ok_or_else(refuse)?;
        let number: u32 = number.parse().map_err(|_| refuse())?;
        let fits = matches!(word.trim(), "voice" | "voices") && number > 0;
        if fits { Ok(Self(number)) } else { Err(refuse()) }
    }
}

impl fmt::Display for Voices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, if self.0 == 1 { "voice" } else { "voices" })
    }
}
