//! The newsroom: our own page of official statements. What is recorded as posted is what it shows; nothing is sent.

use std::sync::Arc;

use serde::Deserialize;

use super::room::Room;
use super::{Channel, ChannelKind, ChannelSettings, Outside, Parsed, Settings};
use crate::core::name::ChannelName;
use crate::core::rules::{ChannelRules, Reach};

const NAME: &str = "newsroom";

pub(super) const KIND: ChannelKind = ChannelKind {
    name: NAME,
    docs: "\
The page of official statements that Holdline serves itself.

  title    how the page is named to those who approve; `newsroom` unless said
  length   bluesky, mastodon, x or a number of characters: the page then shows a short text, as that service would",
    example: "website: { newsroom: {} }",
    secrets: &[],
    paths: &[],
    parse,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewsroomSettings {
    title: Option<String>,
    length: Option<Room>,
}

#[derive(Debug)]
struct Newsroom {
    rules: ChannelRules,
}

fn parse(settings: Settings<'_, '_>, language: Option<String>) -> Parsed {
    let NewsroomSettings { title, length } = erased_serde::deserialize(settings)?;
    let rules = ChannelRules {
        kind: NAME.to_owned(),
        account: title.unwrap_or_else(|| NAME.to_owned()),
        reach: Reach::Page,
        limit: length.map(|room| room.0),
        language,
    };
    Ok(Box::new(Newsroom { rules }))
}

impl ChannelSettings for Newsroom {
    fn rules(&self) -> ChannelRules {
        self.rules.clone()
    }

    fn connect(&self, _: &ChannelName, _: &Outside) -> Option<Arc<dyn Channel>> {
        None
    }
}
