//! The addresses of servers in settings, as channels read them.

use serde::de::Error as _;

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

/// The server's part of an address: what may be shown where the rest could hold a secret.
pub(super) fn origin(url: &Url) -> String {
    format!("{}/", url.origin().ascii_serialization())
}
