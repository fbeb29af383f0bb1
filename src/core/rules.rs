//! Rules: everything that a decision of an incident reads. Stored under their hash, so that a replay has the same ones.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::name::{ChannelName, RoleName, TemplateName};
use super::playbook::Playbook;
use super::statement::{Digest, Length, Limit};

/// What a rehearsal's texts carry unless the organisation says otherwise; the wording hospitals use.
pub const STAMP: &str = "EXERCISE - NOT REAL";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    pub organisation: Organisation,
    pub playbook: Playbook,
    pub templates: Vec<Template>,
    pub channels: BTreeMap<ChannelName, ChannelRules>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    pub name: String,
    /// IANA name, already known to exist.
    pub timezone: String,
    pub hotline: String,
    pub press_office: String,
    /// The languages statements are written in; the first is the organisation's own.
    pub languages: Vec<String>,
    /// Names, numbers and domains that lint may meet in a statement.
    pub known: Vec<String>,
    pub stamp: String,
}

/// One template file: a statement's text for one length and one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    pub name: TemplateName,
    pub length: Length,
    pub language: String,
    pub source: String,
}

/// What the core knows of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRules {
    pub kind: String,
    pub account: String,
    pub reach: Reach,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// The one language it speaks; all of the organisation's without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// How a channel reaches people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// Posted over the network: intent, one call, outcome.
    Network,
    /// A page that reads the log: the commit itself confirms it.
    Page,
    /// A person of this role posts it and gives the address.
    Person(RoleName),
}

impl Rules {
    /// The hash an incident's first event names.
    pub fn hash(&self) -> Digest {
        Self::hash_of(&serde_json::to_vec(self).expect("a struct of strings and numbers always becomes JSON"))
    }

    /// The hash of rules as they are stored, whatever version wrote them.
    pub fn hash_of(stored: &[u8]) -> Digest {
        let hasher = Sha256::new().chain_update(b"holdline rules 1\n").chain_update(stored);
        Digest::from_bytes(hasher.finalize().into())
    }

    pub fn template(&self, name: &TemplateName, length: Length, language: &str) -> Option<&Template> {
        self.templates
            .iter()
            .find(|template| template.name == *name && template.length == length && template.language == language)
    }
}

impl Organisation {
    /// The zone, UTC should this machine's tables no longer hold it.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.timezone).unwrap_or(TimeZone::UTC)
    }
}
