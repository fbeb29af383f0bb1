//! Who must say yes: a stage of an approval and its quorum.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::core::approval::Proof;
use crate::core::name::RoleName;
use crate::core::period::Period;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    pub name: String,
    pub quorum: Quorum,
    /// What a yes must be proven by at least.
    #[serde(default, skip_serializing_if = "Proof::is_mail")]
    pub proof: Proof,
    /// From the moment the stage is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Period>,
    /// Which role is asked as well where a role stays silent past the deadline.
    #[serde(rename = "else", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub otherwise: BTreeMap<RoleName, RoleName>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quorum {
    /// One person from any of the roles.
    AnyOf(Vec<RoleName>),
    /// One person from each role, and they are different people.
    AllOf(Vec<RoleName>),
    /// So many different people out of all the roles' people together.
    Of { count: usize, roles: Vec<RoleName> },
}

impl Quorum {
    pub fn roles(&self) -> &[RoleName] {
        match self {
            Self::AnyOf(roles) | Self::AllOf(roles) | Self::Of { roles, .. } => roles,
        }
    }

    /// How many people must say yes.
    pub fn people(&self) -> usize {
        match self {
            Self::AnyOf(_) => 1,
            Self::AllOf(roles) => roles.len(),
            Self::Of { count, .. } => *count,
        }
    }

    /// Whether one yes alone would pass it. An author's does not count there.
    pub fn one_passes(&self) -> bool {
        self.people() <= 1
    }
}

impl fmt::Display for Quorum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |roles: &[RoleName], word: &str| {
            roles.iter().map(RoleName::as_str).collect::<Vec<_>>().join(&format!(" {word} "))
        };
        match self {
            Self::AnyOf(roles) => write!(f, "one of {}", list(roles, "or")),
            Self::AllOf(roles) => write!(f, "{}", list(roles, "and")),
            Self::Of { count, roles } => write!(f, "{count} people out of {}", list(roles, "or")),
        }
    }
}
