//! The addresses of servers in settings: whole, without a sign-in, encrypted unless the server is called private.

use std::net::IpAddr;

use reqwest::Url;

use super::global::{is_global, is_metadata};

/// What an address may begin with, and how one is written.
#[derive(Clone, Copy, Debug)]
pub struct Schemes {
    pub secure: &'static str,
    /// For a server of one's own.
    pub open: &'static str,
    pub example: &'static str,
}

/// Why a setting holds no address of a server: the setting, what is wrong, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` {why}; {help}")]
pub struct AddressError {
    key: String,
    why: &'static str,
    help: String,
}

/// The address that a host is, where it is written out and no name.
pub fn written_address(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

/// Reads the address that the setting `key` holds.
pub fn server_address(key: &str, written: &str, private: bool, schemes: &Schemes) -> Result<Url, AddressError> {
    let refuse = |why, help: String| AddressError { key: key.to_owned(), why, help };
    let whole = || format!("write it whole, as in {}", schemes.example);
    let url = Url::parse(written).map_err(|_| refuse("is no address", whole()))?;
    let Some(host) = url.host_str() else {
        return Err(refuse("names no server", whole()));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("holds a sign-in", "leave it out of the address".to_owned()));
    }
    if url.fragment().is_some() {
        return Err(refuse("holds a `#`", "leave it out, and what follows it".to_owned()));
    }
    let secure = schemes.secure;
    match url.scheme() {
        scheme if scheme == secure => {}
        scheme if scheme == schemes.open && private => {}
        scheme if scheme == schemes.open => {
            let help = format!("write {secure}, or `private: true` for a server of your own");
            return Err(refuse("is not encrypted", help));
        }
        _ => return Err(refuse("is not a web address", format!("write {secure}"))),
    }
    let written = written_address(host);
    if written.is_some_and(is_metadata) {
        return Err(refuse(
            "is where a cloud keeps its machines' own keys",
            "write the server's own address".to_owned(),
        ));
    }
    let inside = written.is_some_and(|address| !is_global(address));
    if inside && !private {
        let help = "write `private: true` beside it for a server of your own".to_owned();
        return Err(refuse("is not a public address", help));
    }
    Ok(url)
}
