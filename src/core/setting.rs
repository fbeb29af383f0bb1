//! Live or rehearsal: decided once, where the program is put together, and written into every incident's first event.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Setting {
    Live,
    Rehearsal,
}

impl Setting {
    /// What many of it are called, as a heading.
    pub fn name_of_many(self) -> &'static str {
        match self {
            Self::Live => "Live incidents",
            Self::Rehearsal => "Rehearsals",
        }
    }

    /// What stands in a Message-ID, so that no mail program takes a live letter for a copy of a rehearsed one.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Live => "",
            Self::Rehearsal => "rehearsal.",
        }
    }

    /// What stands in a log line; nothing where it is live.
    pub fn logged(self) -> Option<&'static str> {
        match self {
            Self::Live => None,
            Self::Rehearsal => Some("rehearsal"),
        }
    }

    /// Says what happens, or what would happen in earnest.
    pub fn worded(self, live: String, in_earnest: String) -> String {
        match self {
            Self::Live => live,
            Self::Rehearsal => in_earnest,
        }
    }

    /// What a text of this setting must carry.
    pub fn stamp(self, organisation_stamp: &str) -> Option<String> {
        match self {
            Self::Live => None,
            Self::Rehearsal => Some(organisation_stamp.to_owned()),
        }
    }
}
