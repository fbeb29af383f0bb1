//! The chain as it is written: HMAC-SHA-256 over each entry and the one before it, and its head.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::keys::Key;
use super::signed::{KeyChange, SignedHead};

/// The header of an entry: what stays when a body is erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub seq: u64,
    /// Milliseconds since 1970.
    pub at: i64,
    pub incident: u32,
    pub number: u32,
    pub kind: String,
    /// SHA-256 over salt and body, in hexadecimal.
    pub body: String,
}

/// The chain's last entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub seq: u64,
    pub mac: Vec<u8>,
}

/// Keys what is appended; knows the chain's end.
#[derive(Clone)]
pub struct Chain {
    key: Key,
    head: Head,
}

impl Chain {
    /// An empty chain under `key`, which is never in the database.
    pub fn new(key: &[u8]) -> Self {
        Self::start(Key::new(key))
    }

    pub(super) fn start(key: Key) -> Self {
        let mac = key.start();
        Self { key, head: Head { seq: 0, mac } }
    }

    /// The chain as it was found to end.
    pub(super) fn at(key: Key, head: Head) -> Self {
        Self { key, head }
    }

    pub fn head(&self) -> &Head {
        &self.head
    }

    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Hashes a body so that it can be erased without the chain noticing.
    pub fn body_hash(salt: &[u8], body: &[u8]) -> String {
        hex::encode(Sha256::new().chain_update(salt).chain_update(body).finalize())
    }

    /// Adds an entry with this header and gives its MAC.
    pub fn append(&mut self, header: &str) -> Vec<u8> {
        let mac = self.key.mac(&self.head.mac, header);
        self.head = Head { seq: self.head.seq + 1, mac: mac.clone() };
        mac
    }

    /// Goes on under `key`. The entry that says so was the last under the key of before.
    pub(super) fn go_on_under(&mut self, key: Key) {
        self.key = key;
    }

    /// What the entry about a change to `key` says, as the next of this chain.
    pub(super) fn change_to(&self, key: &Key) -> KeyChange {
        KeyChange::new(&self.key, key, &self.head)
    }

    pub(super) fn seal(&self) -> Vec<u8> {
        self.key.seal(&self.head)
    }

    /// Signs the head, for the mail.
    pub fn sign_head(&self, at: i64) -> SignedHead {
        SignedHead::new(&self.key, &self.head, at)
    }
}
