//! The channels that can be called: those of the folder, and beside them those that open incidents began with.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use super::folder::place;
use super::mode::{Mode, Parted};
use crate::channel::{ChannelSettings, Outside};
use crate::config::{Config, Files, Need, Problem, load_kept};
use crate::core::name::ChannelName;
use crate::engine::{Board, Hands, LiveChannel, LiveHands, RecordError};
use crate::store::KeptFolder;

pub(super) type Channels = BTreeMap<ChannelName, Vec<LiveChannel>>;

/// The channels that can be called, as they are written since `since`.
pub(super) fn connect(
    channels: &BTreeMap<ChannelName, Box<dyn ChannelSettings>>,
    written: &BTreeMap<ChannelName, String>,
    outside: &Outside,
    since: Timestamp,
) -> Channels {
    let connected = channels.iter().filter_map(|(name, settings)| {
        let (channel, rules) = (settings.connect(name, outside)?, settings.rules());
        let written = written.get(name).cloned().unwrap_or_default();
        Some((name.clone(), vec![LiveChannel { rules, channel, written, since }]))
    });
    connected.collect()
}

/// The hands of a new folder. A channel that is written as before keeps its age; one that open incidents may post to stays
/// beside its successor. A rehearsal's stage stays as it is.
pub(super) fn with_those_of_before(fresh: Hands, before: &Hands, board: &Board) -> Hands {
    match (fresh, before) {
        (Hands::Live(LiveHands { channels, outside, pager }), Hands::Live(before)) => {
            Hands::Live(LiveHands { channels: beside(&before.channels, channels, board), outside, pager })
        }
        (_, Hands::Rehearsal(stage)) => Hands::Rehearsal(stage.clone()),
        (fresh @ Hands::Rehearsal(_), Hands::Live(_)) => fresh,
    }
}

fn beside(before: &Channels, mut fresh: Channels, board: &Board) -> Channels {
    for (name, channels) in before {
        for channel in channels {
            let successors = fresh.entry(name.clone()).or_default();
            match successors.iter_mut().find(|successor| successor.written == channel.written) {
                Some(same) => same.since = channel.since,
                None if is_posted_to(name, channel, board) => successors.push(channel.clone()),
                None => {}
            }
        }
    }
    fresh.retain(|_, channels| !channels.is_empty());
    fresh
}

fn is_posted_to(name: &ChannelName, channel: &LiveChannel, board: &Board) -> bool {
    let mut running = board.incidents.values().filter(|entry| entry.incident.is_running());
    running.any(|entry| entry.rules.channels.get(name) == Some(&channel.rules))
}

/// The hands of a start: also with the channels of earlier folders that open incidents may post to.
pub(super) async fn of_the_start(mode: &Mode, config: &Config, with: Parted<'_>) -> Result<Hands, RecordError> {
    let (since, before) = with.engine.folders_of_before().await?;
    let board = with.engine.board();
    let mut earlier: Option<Hands> = None;
    for (since, kept) in before {
        match read(&config.folder, &kept, mode) {
            Ok(config) => {
                let hands = mode.hands(&config, with, since);
                earlier = Some(match &earlier {
                    Some(before) => with_those_of_before(hands, before, &board),
                    None => hands,
                });
            }
            Err(problems) => tracing::error!(
                at =
                    problems.iter().map(|problem| place(&problem.to_string()).to_owned()).collect::<Vec<_>>().join(" "),
                "an open incident began with an earlier folder, whose channels cannot be had any more"
            ),
        }
    }
    let hands = mode.hands(config, with, since);
    Ok(match &earlier {
        Some(before) => with_those_of_before(hands, before, &board),
        None => hands,
    })
}

fn read(folder: &Path, kept: &KeptFolder, mode: &Mode) -> Result<Config, Vec<Problem>> {
    let files = Files::of_json(kept.files()).unwrap_or_default();
    // A secret of then that is gone costs what it was for, and nothing else.
    let need = if mode.need() == Need::Run { Need::Check } else { mode.need() };
    load_kept(folder, files, need).map(|loaded| loaded.config)
}
