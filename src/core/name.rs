//! Names that people write in their files, each a type of its own so that one cannot stand for another.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(name.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(name)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

names! {
    /// A person, by the key under `people:`; addresses may change, this does not.
    PersonId
    /// A role, by the key under `roles:`.
    RoleName
    /// A step of a playbook's timeline.
    StepId
    /// A fact of a playbook.
    FactName
    /// A channel, by the key under `channels:`.
    ChannelName
    /// A feed, by the key under `feeds:`.
    FeedName
    /// A watch, by the key under `watches:`.
    WatchName
    /// A playbook, by its file name without `.yaml`.
    PlaybookName
    /// A statement template, by its path below `templates/statements` without length and language.
    TemplateName
}

/// The roles whose names carry a rule of their own.
pub mod role {
    /// Told first when no playbook says otherwise; one of those who may lift a block.
    pub const COMMS_LEAD: &str = "comms-lead";
    /// One of those who may lift a block that is not about privacy.
    pub const LEGAL: &str = "legal";
    /// One of those who may lift a block that is not about privacy.
    pub const EXECUTIVE: &str = "executive";
    /// The only role, beside its deputy, that lifts a privacy block.
    pub const PRIVACY_OFFICER: &str = "privacy-officer";
    /// The only role that may stand in for the privacy officer.
    pub const PRIVACY_DEPUTY: &str = "privacy-deputy";
}
