//! The addresses of servers in settings: whole, without a sign-in, https unless the server is called private.

use serde::de::Error as _;

use super::SettingsError;
use crate::net::{Reach, Url, is_global};

/// Reads the address that the setting `key` holds.
pub(super) fn address(key: &str, written: &str, private: bool) -> Result<Url, SettingsError> {
    let refuse = |why: &str, help: &str| SettingsError::custom(format!("`{key}` {why}; {help}"));
    let url = Url::parse(written).map_err(|_| refuse("is no address", "write it whole, as in https://cms.example/"))?;
    let Some(host) = url.host_str() else {
        return Err(refuse("names no server", "write it whole, as in https://cms.example/"));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("holds a sign-in", "leave it out of the address"));
    }
    if url.fragment().is_some() {
        return Err(refuse("holds a `#`", "leave it out, and what follows it"));
    }
    match url.scheme() {
        "https" => {}
        "http" if private => {}
        "http" => return Err(refuse("is not encrypted", "write https, or `private: true` for a server of your own")),
        _ => return Err(refuse("is not a web address", "write https")),
    }
    let inside = host.trim_matches(['[', ']']).parse().is_ok_and(|address| !is_global(address));
    if inside && !private {
        return Err(refuse("is not a public address", "write `private: true` beside it for a server of your own"));
    }
    Ok(url)
}

/// How such a server may be reached.
pub(super) fn reach(private: bool) -> Reach {
    Reach::Server { private }
}

/// The server's part of an address: what may be shown where the rest could hold a secret.
pub(super) fn origin(url: &Url) -> String {
    format!("{}/", url.origin().ascii_serialization())
}
