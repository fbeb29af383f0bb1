//! The chain: HMAC-SHA-256 over each entry and the one before it, and ed25519 signatures over heads that are mailed out.

use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

type HmacSha256 = Hmac<Sha256>;

/// What the first entry follows.
const START: &[u8] = b"holdline chain 1";
/// Separates the signing key from the chain's own key.
const SIGNING: &[u8] = b"holdline signed heads 1";

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

/// Where the record does not hold together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("entry {0} was changed, or the audit key is not the one that it was written with")]
    Changed(u64),
    #[error("the body of entry {0} is not the one that was recorded")]
    Body(u64),
    #[error("entry {expected} is missing; entry {found} stands in its place")]
    Missing { expected: u64, found: u64 },
    #[error("the record ends at entry {found} and should end at entry {head}")]
    Cut { head: u64, found: u64 },
    #[error("entry {0} cannot be read")]
    Unreadable(u64),
}

/// Keys the chain; knows its end.
#[derive(Clone)]
pub struct Chain {
    key: HmacSha256,
    signing: SigningKey,
    head: Head,
}

impl Chain {
    /// An empty chain under `key`, which is never in the database.
    pub fn new(key: &[u8]) -> Self {
        let keyed = HmacSha256::new_from_slice(key).expect("HMAC takes keys of every length (RFC 2104, section 3)");
        let seed: [u8; 32] = keyed.clone().chain_update(SIGNING).finalize().into_bytes().into();
        let mac = keyed.clone().chain_update(START).finalize().into_bytes().to_vec();
        Self { key: keyed, signing: SigningKey::from_bytes(&seed), head: Head { seq: 0, mac } }
    }

    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Hashes a body so that it can be erased without the chain noticing.
    pub fn body_hash(salt: &[u8], body: &[u8]) -> String {
        hex::encode(Sha256::new().chain_update(salt).chain_update(body).finalize())
    }

    /// Adds an entry with this header and gives its MAC.
    pub fn append(&mut self, header: &str) -> Vec<u8> {
        let mac = self.mac(header);
        self.head = Head { seq: self.head.seq + 1, mac: mac.clone() };
        mac
    }

    /// Checks that a stored entry follows the ones seen so far, and takes it as the head.
    pub fn follow(
        &mut self,
        seq: u64,
        header: &str,
        mac: &[u8],
        body: Option<(&[u8], &[u8])>,
    ) -> Result<Entry, Broken> {
        if seq != self.head.seq + 1 {
            return Err(Broken::Missing { expected: self.head.seq + 1, found: seq });
        }
        if self.key.clone().chain_update(&self.head.mac).chain_update(header).verify_slice(mac).is_err() {
            return Err(Broken::Changed(seq));
        }
        let entry: Entry = serde_json::from_str(header).map_err(|_| Broken::Unreadable(seq))?;
        if entry.seq != seq || body.is_some_and(|(salt, body)| Self::body_hash(salt, body) != entry.body) {
            return Err(Broken::Body(seq));
        }
        self.head = Head { seq, mac: mac.to_vec() };
        Ok(entry)
    }

    /// Signs the head, for the mail.
    pub fn sign_head(&self, at: i64) -> SignedHead {
        let mac = hex::encode(&self.head.mac);
        let signature = self.signing.sign(signed_text(self.head.seq, &mac, at).as_bytes());
        SignedHead {
            seq: self.head.seq,
            mac,
            at,
            signature: hex::encode(signature.to_bytes()),
            public_key: hex::encode(self.signing.verifying_key().to_bytes()),
        }
    }

    fn mac(&self, header: &str) -> Vec<u8> {
        self.key.clone().chain_update(&self.head.mac).chain_update(header).finalize().into_bytes().to_vec()
    }
}

impl SignedHead {
    /// Whether the signature is right under the public key that the head itself names.
    pub fn verifies(&self) -> bool {
        let mut key = [0; 32];
        let mut signature = [0; 64];
        let read = hex::decode_to_slice(&self.public_key, &mut key)
            .and_then(|()| hex::decode_to_slice(&self.signature, &mut signature));
        let text = signed_text(self.seq, &self.mac, self.at);
        read.is_ok()
            && VerifyingKey::from_bytes(&key)
                .is_ok_and(|key| key.verify(text.as_bytes(), &Signature::from_bytes(&signature)).is_ok())
    }
}

fn signed_text(seq: u64, mac: &str, at: i64) -> String {
    format!("holdline head 1\n{seq}\n{mac}\n{at}")
}
