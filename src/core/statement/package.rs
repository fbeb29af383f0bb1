//! A package: a version's every byte that the public can read or follow, and what lint said of it. Approvals bind to its hash.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};

use super::length::Limit;
use crate::core::lint::Finding;
use crate::core::name::{ChannelName, StepId};

/// The largest package, in bytes of its canonical form.
pub const PACKAGE_BYTES_MAX: usize = 512 * 1024;

/// Separates a package's hash from any other use of SHA-256 here; the number is the canonical form's.
const DOMAIN: &[u8] = b"holdline package 1\n";

/// The audience that is everybody, as playbooks write it.
const PUBLIC: &str = "public";

/// Which of a statement's two texts this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Length {
    Long,
    Short,
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Long => "long",
            Self::Short => "short",
        })
    }
}

/// A version's text for one length and one language, exactly as it goes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    pub length: Length,
    pub language: String,
    /// The headline; short texts have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub body: String,
}

impl Variant {
    /// Everything a reader sees of it, the headline first. What a channel without headlines posts.
    pub fn text(&self) -> String {
        self.title.as_ref().map_or_else(|| self.body.clone(), |title| format!("{title}\n\n{}", self.body))
    }

    /// `long text, en`.
    pub fn label(&self) -> String {
        format!("{} text, {}", self.length, self.language)
    }
}

/// Which variants go to which channel, under which account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    pub channel: ChannelName,
    /// The channel's kind, as in `newsroom`.
    pub kind: String,
    /// The account or place it is posted under, in the words of the channel's settings.
    pub account: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// Indices into [`Package::variants`].
    pub variants: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    pub statement: StepId,
    pub audience: String,
    pub variants: Vec<Variant>,
    pub placements: Vec<Placement>,
    /// Addresses in the texts that a reader can follow, in order of first appearance.
    pub links: Vec<String>,
    /// The time promised for the next word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_update: Option<Timestamp>,
    /// The public statement that this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Corrects>,
    /// The playbook's step, where this is a later round of a statement that comes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_of: Option<StepId>,
    /// The stamp that a rehearsal's texts carry; none live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<String>,
    pub findings: Vec<Finding>,
}

/// What a correction corrects, as far as readers can follow it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrects {
    /// The playbook's step that both come from.
    pub step: StepId,
    pub statement: StepId,
    /// The hash of the words that are corrected.
    pub digest: Digest,
    pub posted_at: Timestamp,
    /// Where each channel shows them; no address where they may be public and nobody knows.
    pub posts: BTreeMap<ChannelName, Option<String>>,
}

impl Package {
    /// The playbook's step that it comes from.
    pub fn step(&self) -> &StepId {
        let corrected = self.corrects.as_ref().map(|corrects| &corrects.step);
        corrected.or(self.round_of.as_ref()).unwrap_or(&self.statement)
    }

    /// SHA-256 over the canonical form: the struct's JSON, whose field order is fixed by its declaration.
    pub fn digest(&self) -> Digest {
        let mut hasher = Sha256::new();
        hasher.update(DOMAIN);
        hasher.update(self.wire());
        Digest(hasher.finalize().into())
    }

    /// The canonical bytes.
    pub fn wire(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a struct of strings and numbers always becomes JSON")
    }

    pub fn placement(&self, channel: &ChannelName) -> Option<&Placement> {
        self.placements.iter().find(|placement| placement.channel == *channel)
    }

    /// The variants that `channel` takes.
    pub fn variants_for<'a>(&'a self, channel: &ChannelName) -> impl Iterator<Item = &'a Variant> {
        let indices = self.placement(channel).map_or(&[][..], |placement| &placement.variants);
        indices.iter().filter_map(|&index| self.variants.get(index))
    }

    /// The first long text's headline, else the first line of the first text.
    pub fn headline(&self) -> &str {
        let titled = self.variants.iter().find_map(|variant| variant.title.as_deref());
        titled.or_else(|| self.variants.first().and_then(|variant| variant.body.lines().next())).unwrap_or_default()
    }
}

/// Whether a statement for this audience is for everybody.
pub fn is_public(audience: &str) -> bool {
    audience.trim().eq_ignore_ascii_case(PUBLIC)
}

/// The SHA-256 that decisions bind to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first eight hexadecimal digits, for people to compare.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..4])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({})", self.short())
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(String::deserialize(deserializer)?, &mut bytes).map_err(D::Error::custom)?;
        Ok(Self(bytes))
    }
}
