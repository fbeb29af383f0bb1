//! A person posts: asked to, with the approved text, and gives back the address of the post.

use std::sync::Arc;

use serde::Deserialize;

use super::room::Room;
use super::{Channel, ChannelKind, ChannelSettings, Outside, Parsed, Settings};
use crate::core::name::{ChannelName, RoleName};
use crate::core::rules::{ChannelRules, Reach};
use crate::core::statement::{Seen, Variant};

const NAME: &str = "by_hand";
/// How the account is named where the settings do not say.
const ACCOUNT: &str = "posted by a person";

pub(super) const KIND: ChannelKind = ChannelKind {
    name: NAME,
    docs: "\
A person posts the approved text and gives the post's address to Holdline.

  to       the role that is asked
  account  the account it is posted under, as those who approve shall read it
  length   bluesky, mastodon, x or a number of characters, where the place has a limit",
    example: "facebook: { by_hand: { to: comms-lead, account: facebook.com/riverside } }",
    secrets: &[],
    paths: &[],
    parse,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByHandSettings {
    to: String,
    account: Option<String>,
    length: Option<Room>,
}

#[derive(Debug)]
struct ByHand {
    rules: ChannelRules,
}

fn parse(settings: Settings<'_, '_>, language: Option<String>) -> Parsed {
    let ByHandSettings { to, account, length } = erased_serde::deserialize(settings)?;
    let rules = ChannelRules {
        kind: NAME.to_owned(),
        account: account.unwrap_or_else(|| ACCOUNT.to_owned()),
        reach: Reach::Person(RoleName::from(to)),
        limit: length.map(|room| room.0),
        language,
    };
    Ok(Box::new(ByHand { rules }))
}

impl ChannelSettings for ByHand {
    fn rules(&self) -> ChannelRules {
        self.rules.clone()
    }

    fn connect(&self, _: &ChannelName, _: &Outside) -> Option<Arc<dyn Channel>> {
        None
    }
}

/// Looks at the address that a person gave, where anything outside may be looked at.
pub async fn look_at(_: &Outside, _: &str, _: &[&Variant]) -> Seen {
    Seen::CouldNotBeSeen { why: "nothing outside is looked at from here".to_owned() }
}
