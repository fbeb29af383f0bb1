//! What is known of a feed since the last look: how to ask whether it changed, and which of its entries were brought.

use serde::{Deserialize, Serialize};

use super::ENTRIES_MAX;
use super::entry::hash;
use super::key::Key;
use crate::core::mention::Mention;
use crate::net::Validators;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cursor {
    /// The feed's address as settings have it: another one begins anew.
    url: String,
    /// Where the last answer came from in the end.
    from: Option<String>,
    etag: Option<String>,
    last_modified: Option<String>,
    /// Of the last body.
    body: u64,
    /// Of the last body's mentions, in order.
    seen: Vec<u64>,
}

impl Cursor {
    /// A cursor of another address, or none, is an empty one.
    pub(super) fn read(text: Option<&str>, url: &str) -> Self {
        let read = text.and_then(|text| serde_json::from_str::<Self>(text).ok());
        let new = || Self { url: url.to_owned(), ..Self::default() };
        read.filter(|cursor| cursor.url == url).unwrap_or_else(new)
    }

    pub(super) fn write(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    pub(super) fn validators(&self, key: &Key) -> Option<Validators> {
        let url = key.restore(self.from.as_deref()?)?;
        Some(Validators { url, etag: self.etag.clone(), last_modified: self.last_modified.clone() })
    }

    /// With what the latest answer is known by.
    pub(super) fn known_by(mut self, validators: Option<Validators>, key: &Key) -> Self {
        let (from, etag, last_modified) = match validators {
            Some(known) => (Some(key.take_out_of(known.url.as_str())), known.etag, known.last_modified),
            None => (None, None, None),
        };
        (self.from, self.etag, self.last_modified) = (from, etag, last_modified);
        self
    }

    pub(super) fn is_body(&self, body: u64) -> bool {
        self.body == body && body != 0
    }

    /// Of the whole entries of a body that was cut off those that are new or were changed. The body is known by nothing, so
    /// that the next look asks for all of it; what the rest of it brought before is not new then.
    pub(super) fn take_part(&mut self, mentions: Vec<Mention>) -> Vec<Mention> {
        let before = self.seen.clone();
        let new = self.known_by_nothing().take(0, mentions);
        self.seen.extend(before.into_iter().filter(|print| !self.seen.contains(print)).collect::<Vec<_>>());
        self.seen.truncate(ENTRIES_MAX);
        new
    }

    fn known_by_nothing(&mut self) -> &mut Self {
        (self.from, self.etag, self.last_modified) = (None, None, None);
        self
    }

    /// Of a body's mentions those that are new or were changed; the cursor then knows them all.
    pub(super) fn take(&mut self, body: u64, mentions: Vec<Mention>) -> Vec<Mention> {
        let now: Vec<u64> = mentions.iter().map(fingerprint).collect();
        let mut before = std::mem::replace(&mut self.seen, now.clone());
        before.sort_unstable();
        self.body = body;
        let new = mentions.into_iter().zip(now).filter(|(_, print)| before.binary_search(print).is_err());
        new.map(|(mention, _)| mention).collect()
    }
}

fn fingerprint(mention: &Mention) -> u64 {
    let words = |text: &Option<String>| text.clone().unwrap_or_default();
    hash(&[&mention.id, &words(&mention.title), &mention.text])
}
