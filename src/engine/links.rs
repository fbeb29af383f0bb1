//! Links and codes: made from a request and a key that is not in the database, so that none of them is stored anywhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::core::incident::{Incident, IncidentId, Request};
use crate::core::proved::Proved;
use crate::core::setting::Setting;
use crate::store::Key;

type HmacSha256 = Hmac<Sha256>;

/// Crockford's base 32: no letter that reads as a digit (crockford.com/base32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
pub const CODE_CHARS: usize = 6;
const MAC_BYTES: usize = 32;
const NUMBER_BYTES: usize = 4;

/// What a link is for. A link of one kind, incident or setting is void for every other.
#[derive(Clone, Copy)]
pub enum Audience<'a> {
    Approval { incident: &'a Incident, request: &'a Request },
    SignIn { setting: Setting, number: u32, proved: &'a Proved, until: Timestamp },
}

#[derive(Clone)]
pub struct Links {
    key: HmacSha256,
}

impl Links {
    pub fn new(key: &[u8]) -> Self {
        Self::of(&Key::new(key))
    }

    /// Another audit key makes other links and codes: a change of it voids those of before.
    pub fn of(key: &Key) -> Self {
        let own = key.derived(b"holdline links 1");
        Self { key: HmacSha256::new_from_slice(&own).expect("HMAC takes keys of every length (RFC 2104, section 3)") }
    }

    /// The last segment of the link's path.
    pub fn token(&self, audience: Audience<'_>) -> String {
        let (incident, number) = audience.numbers();
        let mut bytes = Vec::with_capacity(2 * NUMBER_BYTES + MAC_BYTES);
        bytes.extend(incident.to_be_bytes());
        bytes.extend(number.to_be_bytes());
        bytes.extend(self.mac("link", audience));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether `token` is the one of `audience`, in constant time.
    pub fn is_token(&self, token: &str, audience: Audience<'_>) -> bool {
        self.token(audience).as_bytes().ct_eq(token.as_bytes()).into()
    }

    /// Which request a token claims to be of; says nothing about whether it is genuine.
    pub fn claimed(token: &str) -> Option<(IncidentId, u32)> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| bytes.len() == 2 * NUMBER_BYTES + MAC_BYTES)?;
        let (incident, rest) = bytes.split_first_chunk::<NUMBER_BYTES>()?;
        let (number, _) = rest.split_first_chunk::<NUMBER_BYTES>()?;
        Some((u32::from_be_bytes(*incident), u32::from_be_bytes(*number)))
    }

    /// The code printed in the mail: thirty bits.
    pub fn code(&self, audience: Audience<'_>) -> String {
        let mac = self.mac("code", audience);
        let bits = mac.iter().take(4).fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte));
        let letter = |place: usize| {
            let index = usize::try_from(bits >> (5 * place) & 31).unwrap_or(0);
            char::from(ALPHABET[index])
        };
        (0..CODE_CHARS).map(letter).collect()
    }

    /// Whether a person typed the code: case, blanks and the look-alikes that Crockford names do not matter.
    pub fn is_code(&self, typed: &str, audience: Audience<'_>) -> bool {
        let letters = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(CODE_CHARS + 1);
        let typed: String = letters
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        typed.as_bytes().ct_eq(self.code(audience).as_bytes()).into()
    }

    /// A short name for this installation, the same at every start.
    pub fn installation(&self) -> String {
        hex::encode(&self.key.clone().chain_update(b"installation").finalize().into_bytes()[..4])
    }

    fn mac(&self, purpose: &str, audience: Audience<'_>) -> [u8; MAC_BYTES] {
        self.key.clone().chain_update(audience.bound_to(purpose)).finalize().into_bytes().into()
    }
}

impl Audience<'_> {
    fn numbers(self) -> (u32, u32) {
        match self {
            Self::Approval { incident, request } => (incident.id, request.number),
            Self::SignIn { number, .. } => (crate::store::INSTALLATION, number),
        }
    }

    /// Everything that a link or code is bound to.
    fn bound_to(self, purpose: &str) -> Vec<u8> {
        let bound = match self {
            Self::Approval { incident, request } => serde_json::to_vec(&(
                purpose,
                "approval",
                incident.setting,
                incident.id,
                incident.opened_at,
                incident.rules,
                request,
            )),
            Self::SignIn { setting, number, proved, until } => {
                serde_json::to_vec(&(purpose, "sign-in", setting, number, proved, until))
            }
        };
        bound.expect("numbers, strings and times always become JSON")
    }
}
