//! Where the record does not hold together: what is wrong, where, and what it may mean, in plain words.

use std::fmt;

use super::chain::Entry;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("entry {0} was changed, or the audit key is not the one that it was written with")]
    Changed(u64),
    #[error("in the place of entry {seq} stands what was written as entry {was}")]
    Moved { seq: u64, was: u64 },
    #[error("the body of entry {0} is not the one that was recorded")]
    Body(u64),
    #[error("entry {0} is filed under another incident or number than it was written with")]
    Filed(u64),
    #[error("{} missing", span(*first, *last))]
    Missing { first: u64, last: u64 },
    #[error("a row numbered {0} stands before the first entry")]
    BeforeTheFirst(i64),
    #[error("entry {0} cannot be read")]
    Unreadable(u64),
    #[error("{} missing, and no erasure was recorded", bodies(*first, *last))]
    Gone { first: u64, last: u64 },
    #[error("the body of entry {0} is there, though its erasure was recorded")]
    NotErased(u64),
    #[error("entry {0} tells of a change of the audit key that the two keys did not sign")]
    KeyChange(u64),
    #[error("from entry {0} on another audit key was used, and no entry says so")]
    OtherKey(u64),
    #[error("the record ends at entry {found} and should end at entry {head}")]
    Cut { head: u64, found: u64 },
    #[error("the record should end at entry {head} and goes on to entry {found}")]
    Beyond { head: u64, found: u64 },
    #[error("the record's head does not belong to its last entry, {0}")]
    HeadChanged(u64),
    #[error("the record's head is missing or cannot be read")]
    HeadMissing,
    #[error("the rules {hash} that entry {seq} names are missing")]
    RulesMissing { seq: u64, hash: String },
    #[error("the rules {hash} were changed")]
    RulesChanged { hash: String },
    #[error("there are rules that no entry names: {hash}")]
    RulesUnnamed { hash: String },
}

impl Broken {
    /// What a person should think of.
    pub fn may_mean(&self) -> &'static str {
        match self {
            Self::Changed(_) => {
                "Somebody who does not hold the audit key edited it or put it in, or what stood just before it was \
                 taken away. What it says cannot be relied on."
            }
            Self::Moved { .. } => "Entries were put into another order by somebody who does not hold the audit key.",
            Self::Body(_) => {
                "Somebody edited what happened, or the salt beside it. That it happened, and when, still stands."
            }
            Self::Filed(_) => "Somebody moved it to another incident's log, or to another place in it.",
            Self::Missing { .. } => {
                "Somebody deleted what happened there. The entry that follows cannot be told from a forged one."
            }
            Self::BeforeTheFirst(_) => "Somebody put it in; Holdline counts from one.",
            Self::Unreadable(_) => "Somebody wrote over it, or the disk damaged it.",
            Self::Gone { .. } => {
                "Somebody deleted the words without `holdline audit erase`. The headers still say what kind of thing \
                 happened, and when."
            }
            Self::NotErased(_) => "Somebody put back, from a copy, what had to be erased. Erase it again.",
            Self::KeyChange(_) => "Somebody pretends that the audit key was changed.",
            Self::OtherKey(_) => "Somebody took out the entry about the change of the key, or forged it.",
            Self::Cut { .. } => "The last entries were deleted.",
            Self::Beyond { .. } => "Somebody put entries behind the end, or put back an older head.",
            Self::HeadChanged(_) => {
                "The last entries were cut off and the head made to fit by somebody who does not hold the audit key, \
                 or the head was edited."
            }
            Self::HeadMissing => "Somebody deleted it. Without it nothing says where the record ends.",
            Self::RulesMissing { .. } | Self::RulesChanged { .. } => {
                "Somebody tried to change by which rules an incident was decided."
            }
            Self::RulesUnnamed { .. } => "Somebody put them in, or the opening that named them was taken away.",
        }
    }
}

/// What an entry's header says of itself; as untrusted as the entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub seq: u64,
    pub incident: u32,
    pub number: u32,
    pub kind: String,
    /// Milliseconds since 1970.
    pub at: i64,
}

impl From<&Entry> for Place {
    fn from(entry: &Entry) -> Self {
        let Entry { seq, at, incident, number, ref kind, .. } = *entry;
        Self { seq, incident, number, kind: kind.clone(), at }
    }
}

/// One thing that is wrong, and the entry it was found at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub broken: Broken,
    pub place: Option<Place>,
}

impl Problem {
    pub(super) fn at(broken: Broken, place: Option<Place>) -> Self {
        Self { broken, place }
    }
}

impl From<Broken> for Problem {
    fn from(broken: Broken) -> Self {
        Self { broken, place: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.broken)
    }
}

/// `the body of entry 3 is`, `the bodies of entries 3 to 5 are`.
fn bodies(first: u64, last: u64) -> String {
    format!("the {} of {}", if first == last { "body" } else { "bodies" }, span(first, last))
}

/// `entry 3 is`, `entries 3 to 5 are`.
fn span(first: u64, last: u64) -> String {
    if first == last { format!("entry {first} is") } else { format!("entries {first} to {last} are") }
}
