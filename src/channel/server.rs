//! The addresses of servers in settings, as channels read them.

use serde::de::Error as _;
use sha2::{Digest as _, Sha256};

use super::SettingsError;
use crate::net::{Reach, Schemes, Url, server_address};

const WEB: Schemes = Schemes { secure: "https", open: "http", example: "https://cms.example/" };

/// Reads the address that the setting `key` holds.
pub(super) fn address(key: &str, written: &str, private: bool) -> Result<Url, SettingsError> {
    server_address(key, written, private, &WEB).map_err(SettingsError::custom)
}

/// How such a server may be reached.
pub(super) fn reach(private: bool) -> Reach {
    Reach::Server { private }
}

/// A server as those who approve read it, its port with it where that is not the usual one: another server, or another
/// program on the same one, is never taken for what was approved.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The first eight hexadecimal digits of a hash of what may be a secret, so that two of them can be told apart.
pub(super) fn mark(secret: &str) -> String {
    hex::encode(&Sha256::digest(secret)[..4])
}

/// The server's part of an address: what may be shown where the rest could hold a secret.
pub(super) fn origin(url: &Url) -> String {
    format!("{}/", url.origin().ascii_serialization())
}
