//! What a run reaches the public with: live channels, or a rehearsal's stage. Neither can be made from the other, so the
//! compiler refuses a rehearsal with a live channel.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::channel::{Channel, Outside, Stage};
use crate::core::name::ChannelName;
use crate::core::rules::ChannelRules;
use crate::core::setting::Setting;
use crate::pager::Pager;

/// Decided where the program is put together, and the same until it ends.
pub enum Hands {
    Live(LiveHands),
    Rehearsal(Stage),
}

/// The channels that can be called, and what they are called with.
pub struct LiveHands {
    /// Under one name also those of before a change of the folder, as long as an open incident may post to them.
    pub channels: BTreeMap<ChannelName, Vec<LiveChannel>>,
    pub outside: Outside,
    pub pager: Option<Pager>,
}

/// A channel that can be called, and what the core was told of it.
#[derive(Clone)]
pub struct LiveChannel {
    pub rules: ChannelRules,
    pub channel: Arc<dyn Channel>,
    /// How the folder writes it, without secrets.
    pub written: String,
    /// Since when a folder is taken that writes it so.
    pub since: Timestamp,
}

impl Hands {
    pub fn setting(&self) -> Setting {
        match self {
            Self::Live(_) => Setting::Live,
            Self::Rehearsal(_) => Setting::Rehearsal,
        }
    }

    /// The channel for an incident that opened at `opened_at` with these rules of it; none where the incident is of the
    /// other setting.
    pub(super) fn channel(
        &self,
        setting: Setting,
        name: &ChannelName,
        approved: &ChannelRules,
        opened_at: Timestamp,
    ) -> Option<Arc<dyn Channel>> {
        if setting != self.setting() {
            return None;
        }
        match self {
            Self::Live(hands) => hands.channel(name, approved, opened_at),
            Self::Rehearsal(stage) => Some(stage.channel(name)),
        }
    }

    /// The pager for an incident of this setting; a rehearsal wakes nobody by it.
    pub(super) fn pager(&self, setting: Setting) -> Option<&Pager> {
        match self {
            Self::Live(hands) if setting == self.setting() => hands.pager.as_ref(),
            Self::Live(_) | Self::Rehearsal(_) => None,
        }
    }

    /// What addresses that people give are looked at with; a rehearsal looks at none.
    pub(super) fn outside(&self) -> Option<&Outside> {
        match self {
            Self::Live(hands) => Some(&hands.outside),
            Self::Rehearsal(_) => None,
        }
    }
}

impl LiveHands {
    /// Only where it still is what the incident opened with: the same kind, account and settings.
    fn channel(&self, name: &ChannelName, approved: &ChannelRules, opened_at: Timestamp) -> Option<Arc<dyn Channel>> {
        let live = self.channels.get(name)?.iter().filter(|live| live.rules == *approved);
        // The one of the time when it opened, however the folder was changed since.
        let (before, after): (Vec<_>, Vec<_>) = live.partition(|live| live.since <= opened_at);
        let of_then = before.into_iter().max_by_key(|live| live.since);
        let live = of_then.or_else(|| after.into_iter().min_by_key(|live| live.since))?;
        Some(Arc::clone(&live.channel))
    }
}
