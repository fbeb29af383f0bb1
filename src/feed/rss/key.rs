//! The secret of a feed's address: put in for the request alone, and taken out of all that comes back.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::Read;
use crate::core::mention::Mention;

/// Where the secret belongs in an address, and what is shown in its place.
pub const KEY_PLACE: &str = "{key}";
/// The shortest secret, in bytes: a shorter one stands in words that mean something else.
pub const KEY_BYTES_MIN: usize = 8;

/// None for most feeds.
#[derive(Clone, Default)]
pub(super) struct Key(Option<SecretString>);

impl Key {
    pub(super) fn new(key: Option<SecretString>) -> Self {
        Self(key)
    }

    pub(super) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The address as it is asked for.
    pub(super) fn put_into(&self, shown: &str) -> String {
        match self.in_an_address() {
            Some(key) => shown.replace(KEY_PLACE, &key),
            None => shown.to_owned(),
        }
    }

    /// A text without the secret, as it is and as addresses write it.
    pub(super) fn take_out_of(&self, text: &str) -> String {
        let (Some(key), Some(written)) = (&self.0, self.in_an_address()) else { return text.to_owned() };
        text.replace(key.expose_secret(), KEY_PLACE).replace(&written, KEY_PLACE)
    }

    /// An address that was shown, with its secret; none where it is no address.
    pub(super) fn restore(&self, shown: &str) -> Option<Url> {
        Url::parse(&self.put_into(shown)).ok()
    }

    /// What a document brings without the secret: feeds link to themselves, and relative links begin with their address.
    pub(super) fn take_out_of_all(&self, read: Read) -> Read {
        if self.is_none() {
            return read;
        }
        let text = |text: String| self.take_out_of(&text);
        let mention = |mention: Mention| Mention {
            id: text(mention.id),
            title: mention.title.map(text),
            text: text(mention.text),
            author: mention.author.map(text),
            url: mention.url.map(text),
            ..mention
        };
        Read {
            mentions: read.mentions.into_iter().map(mention).collect(),
            refused: read.refused.into_iter().map(text).collect(),
            broken: read.broken.map(text),
        }
    }

    fn in_an_address(&self) -> Option<String> {
        self.0.as_ref().map(|key| byte_serialize(key.expose_secret().as_bytes()).collect())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_none() { "Key(none)" } else { "Key(hidden)" })
    }
}
