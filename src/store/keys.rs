//! Audit keys: what one key makes, and the keys that a record was written under, the present one and earlier ones.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::chain::Head;

type HmacSha256 = Hmac<Sha256>;

/// What the first entry follows.
const START: &[u8] = b"holdline chain 1";
/// Separates the signing key from the chain's own key.
const SIGNING: &[u8] = b"holdline signed heads 1";
/// Separates the head's seal from an entry's MAC, so that an earlier entry cannot pass for the last one.
const SEALING: &[u8] = b"holdline head row 1";
/// Bytes of a fingerprint: enough to tell the keys of one installation apart.
const FINGERPRINT_BYTES: usize = 8;

/// One audit key. It is never in the database.
#[derive(Clone)]
pub struct Key {
    mac: HmacSha256,
    signing: SigningKey,
}

impl Key {
    pub fn new(bytes: &[u8]) -> Self {
        let mac = HmacSha256::new_from_slice(bytes).expect("HMAC takes keys of every length (RFC 2104, section 3)");
        let seed: [u8; 32] = mac.clone().chain_update(SIGNING).finalize().into_bytes().into();
        Self { mac, signing: SigningKey::from_bytes(&seed) }
    }

    /// The public key of its signatures, in hexadecimal; as mailed heads name it.
    pub fn public(&self) -> String {
        hex::encode(self.signing.verifying_key().to_bytes())
    }

    pub fn fingerprint(&self) -> String {
        fingerprint(&self.public())
    }

    /// A key for another purpose, from which this one cannot be told.
    pub fn derived(&self, purpose: &[u8]) -> Vec<u8> {
        self.made(&[purpose])
    }

    pub(super) fn start(&self) -> Vec<u8> {
        self.made(&[START])
    }

    /// The MAC of an entry that follows the one with the MAC `before`.
    pub(super) fn mac(&self, before: &[u8], header: &str) -> Vec<u8> {
        self.made(&[before, header.as_bytes()])
    }

    pub(super) fn is_mac(&self, mac: &[u8], before: &[u8], header: &str) -> bool {
        self.mac.clone().chain_update(before).chain_update(header).verify_slice(mac).is_ok()
    }

    /// What the head's row holds: only a holder of the key can say that an entry is the last.
    pub(super) fn seal(&self, head: &Head) -> Vec<u8> {
        self.made(&[SEALING, &head.seq.to_be_bytes(), &head.mac])
    }

    pub(super) fn is_seal(&self, seal: &[u8], head: &Head) -> bool {
        let sealed = self.mac.clone().chain_update(SEALING).chain_update(head.seq.to_be_bytes());
        sealed.chain_update(&head.mac).verify_slice(seal).is_ok()
    }

    pub(super) fn sign(&self, text: &str) -> String {
        hex::encode(self.signing.sign(text.as_bytes()).to_bytes())
    }

    fn made(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mac = parts.iter().fold(self.mac.clone(), |mac, part| mac.chain_update(part));
        mac.finalize().into_bytes().to_vec()
    }
}

/// A short name for a key, made of its public key: safe to show and to write down.
pub fn fingerprint(public_key: &str) -> String {
    hex::encode(&Sha256::digest(public_key)[..FINGERPRINT_BYTES])
}

/// Whether `signature` over `text` is of this public key; both in hexadecimal.
pub(super) fn is_signature(public_key: &str, signature: &str, text: &str) -> bool {
    let mut key = [0; 32];
    let mut signed = [0; 64];
    let read = hex::decode_to_slice(public_key, &mut key).and_then(|()| hex::decode_to_slice(signature, &mut signed));
    read.is_ok()
        && VerifyingKey::from_bytes(&key)
            .is_ok_and(|key| key.verify_strict(text.as_bytes(), &Signature::from_bytes(&signed)).is_ok())
}

/// The key that entries are written under now, and those of before it that are still at hand.
#[derive(Clone)]
pub struct Keys {
    current: Key,
    previous: Vec<Key>,
}

impl Keys {
    pub fn new(current: &[u8]) -> Self {
        Self { current: Key::new(current), previous: Vec::new() }
    }

    #[must_use]
    pub fn with_previous(mut self, key: &[u8]) -> Self {
        self.previous.push(Key::new(key));
        self
    }

    pub fn current(&self) -> &Key {
        &self.current
    }

    /// Whether the key of this public key is at hand.
    pub fn has(&self, public_key: &str) -> bool {
        self.with_public(public_key).is_some()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    pub(super) fn with_public(&self, public_key: &str) -> Option<&Key> {
        self.all().find(|key| key.public() == public_key)
    }
}

impl From<&[u8]> for Keys {
    fn from(key: &[u8]) -> Self {
        Self::new(key)
    }
}

impl<const N: usize> From<&[u8; N]> for Keys {
    fn from(key: &[u8; N]) -> Self {
        Self::new(key)
    }
}

impl From<&Vec<u8>> for Keys {
    fn from(key: &Vec<u8>) -> Self {
        Self::new(key)
    }
}
