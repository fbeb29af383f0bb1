//! Live or rehearsal: decided once, where the program is put together, and written into every incident's first event.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Setting {
    Live,
    Rehearsal,
}

impl Setting {
    /// What stands in a Message-ID, so that no mail program takes a live letter for a copy of a rehearsed one.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Live => "",
            Self::Rehearsal => "rehearsal.",
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
