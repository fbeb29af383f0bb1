//! The setting `length`: how much room a channel has, by the service it stands for or as a number.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

use crate::core::statement::Limit;

/// The least room that a statement could fit into, in characters.
pub(super) const CHARACTERS_MIN: u64 = 50;
/// More room than any short text needs, in characters.
pub(super) const CHARACTERS_MAX: u64 = 100_000;

/// `bluesky`, `mastodon`, `x`, or a number of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room(pub(super) Limit);

impl<'de> Deserialize<'de> for Room {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RoomVisitor)
    }
}

struct RoomVisitor;

impl Visitor<'_> for RoomVisitor {
    type Value = Room;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a length: bluesky, mastodon, x, or a number of characters from {CHARACTERS_MIN} to {CHARACTERS_MAX}")
    }

    fn visit_str<E: Error>(self, written: &str) -> Result<Room, E> {
        match written {
            "bluesky" => Ok(Room(Limit::Bluesky)),
            "mastodon" => Ok(Room(Limit::mastodon())),
            "x" => Ok(Room(Limit::X)),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Room, E> {
        match usize::try_from(number) {
            Ok(max) if (CHARACTERS_MIN..=CHARACTERS_MAX).contains(&number) => Ok(Room(Limit::Characters(max))),
            Ok(_) | Err(_) => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
        }
    }
}
