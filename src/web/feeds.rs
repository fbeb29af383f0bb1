//! The feeds: when each was last heard, how late what it brings is, what went wrong, and what it costs.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::Site;
use super::problem::Problem;
use super::session::Visitor;
use super::webhook::TurnedAway;
use crate::core::health::{Costs, Health};
use crate::core::name::FeedName;
use crate::core::shown::sentence;
use crate::engine::{FeedHealth, Way};

/// How many feeds the page shows; those that need somebody first.
const SHOWN_MAX: usize = 200;
/// How many blind spots the desk names.
const NAMED_MAX: usize = 5;

#[derive(Serialize)]
struct Feeds {
    count: usize,
    failing: usize,
    blind: usize,
    lines: Vec<Line>,
    /// How many are not shown.
    more: usize,
}

#[derive(Serialize)]
struct Line {
    name: String,
    state: &'static str,
    class: &'static str,
    why: Option<String>,
    /// What its latest answer is called, and when it was.
    latest: &'static str,
    answered: String,
    heard: String,
    lag: Option<String>,
    next: String,
    cost: String,
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Problem> {
    let feeds: BTreeMap<FeedName, FeedHealth> = site.engine.feeds().await?;
    let (now, turned_away) = (site.engine.time(), site.hooks.turned_away());
    let mut order: Vec<(&FeedName, &FeedHealth)> = feeds.iter().collect();
    order.sort_by_key(|(name, feed)| (feed.health.blind.is_none(), feed.health.failures == 0, *name));
    let shown = Feeds {
        count: feeds.len(),
        failing: feeds.values().filter(|feed| feed.health.failures > 0).count(),
        blind: feeds.values().filter(|feed| feed.health.blind.is_some()).count(),
        lines: order.iter().take(SHOWN_MAX).map(|(name, feed)| line(name, feed, turned_away.get(*name), now)).collect(),
        more: feeds.len().saturating_sub(SHOWN_MAX),
    };
    Ok(site.page("feeds", &site.frame("Feeds", Some(&visitor)), &shown))
}

impl Site {
    /// The feeds that nothing is heard of, for the desk. Where the store does not answer, the desk shows what it can.
    pub(super) fn blind(&self) -> Vec<String> {
        let feeds = self.engine.blind_feeds().unwrap_or_else(|error| {
            tracing::error!(%error, "the blind spots could not be read");
            BTreeMap::new()
        });
        let named = feeds.iter().take(NAMED_MAX).filter_map(|(name, feed)| {
            let (since, blind) = feed.blind?;
            Some(format!("{name} {blind} (told {})", ago(since, self.engine.time())))
        });
        let more = feeds.len().saturating_sub(NAMED_MAX);
        named.chain((more > 0).then(|| format!("and {more} more"))).collect()
    }
}

fn line(name: &FeedName, feed: &FeedHealth, turned_away: Option<&TurnedAway>, now: Timestamp) -> Line {
    let FeedHealth { way, health } = feed;
    let (state, class) = match (health.blind.is_some(), health.failures, health.succeeded) {
        (true, _, _) => ("Blind spot", "critical"),
        (false, 0, Some(_)) => ("Heard", "quiet"),
        (false, 0, None) => ("Not heard yet", "quiet"),
        (false, _, _) => ("Failing", "serious"),
    };
    let silent = health.blind.filter(|_| health.failures == 0).map(|(_, blind)| sentence(&format!("it {blind}")));
    let failed = health.why.as_deref().map(|why| match health.failures {
        1 => sentence(why),
        failures => format!("{} It failed {failures} times in a row.", sentence(why)),
    });
    let turned_away = turned_away.map(|TurnedAway { count, at, why }| {
        let latest =
            format!("{}, the latest {}: {}", many(u64::from(*count), "delivery"), ago(*at, now), sentence(why));
        format!("Not taken since the last that was: {latest}")
    });
    Line {
        name: name.to_string(),
        state,
        class,
        why: failed.or(turned_away).or(silent),
        latest: latest(*way),
        answered: health.succeeded.map_or_else(|| "never".to_owned(), |at| ago(at, now)),
        heard: health.heard.map_or_else(|| "never".to_owned(), |at| ago(at, now)),
        lag: health.lag.map(|seconds| length(SignedDuration::from_secs(seconds))),
        next: next(*way, now),
        cost: cost(*way, health),
    }
}

fn latest(way: Way) -> &'static str {
    match way {
        Way::Fetched { .. } | Way::Read { .. } => "Last read",
        Way::Streamed => "Last heard",
        Way::Delivered => "Last delivery",
    }
}

fn next(way: Way, now: Timestamp) -> String {
    match way {
        Way::Fetched { due: Some(at) } if at <= now => "Next look now.".to_owned(),
        Way::Fetched { due: Some(at) } => format!("Next look in {}.", length(at.duration_since(now))),
        Way::Fetched { due: None } => "It is not asked for any more: correct its address, or take it out.".to_owned(),
        Way::Streamed => "It stays connected.".to_owned(),
        Way::Read { is_over: false } => "Its file is followed.".to_owned(),
        Way::Read { is_over: true } => "Its file was played to its end.".to_owned(),
        Way::Delivered => "Others deliver to it.".to_owned(),
    }
}

fn cost(way: Way, health: &Health) -> String {
    let Costs { requests, bytes, mentions } = health.cost;
    let mentions = many(mentions, "mention");
    match way {
        Way::Fetched { .. } | Way::Streamed => format!("{mentions}, {}, {}", many(requests, "request"), size(bytes)),
        Way::Delivered => format!("{mentions}, {}, {}", many(requests, "delivery"), size(bytes)),
        Way::Read { .. } => mentions,
    }
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    format!("{} ago", length(now.duration_since(at)))
}

/// In the largest unit that is not nought.
fn length(length: SignedDuration) -> String {
    let seconds = length.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn many(number: u64, what: &str) -> String {
    match (number, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {what}s"),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}
