//! What is signed with ed25519 for those who do not hold the audit key: heads that are mailed out, and changes of the key.

use serde::{Deserialize, Serialize};

use super::chain::Head;
use super::keys::{Key, fingerprint, is_signature};

/// A head as it is mailed out, so that a cut tail shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    pub seq: u64,
    pub mac: String,
    pub at: i64,
    pub signature: String,
    pub public_key: String,
}

impl SignedHead {
    pub(super) fn new(key: &Key, head: &Head, at: i64) -> Self {
        let mac = hex::encode(&head.mac);
        let signature = key.sign(&head_text(head.seq, &mac, at));
        Self { seq: head.seq, mac, at, signature, public_key: key.public() }
    }

    /// Whether the signature is right under the public key that the head itself names.
    pub fn verifies(&self) -> bool {
        is_signature(&self.public_key, &self.signature, &head_text(self.seq, &self.mac, self.at))
    }
}

fn head_text(seq: u64, mac: &str, at: i64) -> String {
    format!("holdline head 1\n{seq}\n{mac}\n{at}")
}

/// A change of the audit key: the last entry under the old key, signed by both, so that whoever trusts the old public
/// key can trust the new one, and nobody without the new key can pretend a change to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    pub old_public_key: String,
    pub new_public_key: String,
    pub signed_by_old: String,
    pub signed_by_new: String,
}

impl KeyChange {
    pub(super) fn new(old: &Key, new: &Key, before: &Head) -> Self {
        let (old_public_key, new_public_key) = (old.public(), new.public());
        let text = change_text(&old_public_key, &new_public_key, before);
        let (signed_by_old, signed_by_new) = (old.sign(&text), new.sign(&text));
        Self { old_public_key, new_public_key, signed_by_old, signed_by_new }
    }

    /// Whether both keys signed this change at this place of the chain.
    pub(super) fn verifies(&self, before: &Head) -> bool {
        let text = change_text(&self.old_public_key, &self.new_public_key, before);
        is_signature(&self.old_public_key, &self.signed_by_old, &text)
            && is_signature(&self.new_public_key, &self.signed_by_new, &text)
    }

    pub fn old_fingerprint(&self) -> String {
        fingerprint(&self.old_public_key)
    }

    pub fn new_fingerprint(&self) -> String {
        fingerprint(&self.new_public_key)
    }
}

fn change_text(old: &str, new: &str, before: &Head) -> String {
    format!("holdline key change 1\n{old}\n{new}\n{}\n{}", before.seq, hex::encode(&before.mac))
}
