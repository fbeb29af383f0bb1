//! The feeds that are fetched: when each was last read, how late what it brings is, what went wrong, and what it costs.

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
use crate::core::name::FeedName;
use crate::core::schedule::Schedule;
use crate::core::shown::sentence;

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
    read: String,
    heard: String,
    lag: Option<String>,
    next: Option<String>,
    cost: String,
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Problem> {
    let feeds: BTreeMap<FeedName, Schedule> = site.engine.feeds()?;
    let now = site.engine.time();
    let mut order: Vec<(&FeedName, &Schedule)> = feeds.iter().collect();
    order.sort_by_key(|(name, feed)| (feed.blind.is_none(), feed.failures == 0, *name));
    let shown = Feeds {
        count: feeds.len(),
        failing: feeds.values().filter(|feed| feed.failures > 0).count(),
        blind: feeds.values().filter(|feed| feed.blind.is_some()).count(),
        lines: order.iter().take(SHOWN_MAX).map(|(name, feed)| line(name, feed, now)).collect(),
        more: feeds.len().saturating_sub(SHOWN_MAX),
    };
    Ok(site.page("feeds", &site.frame("Feeds", Some(&visitor)), &shown))
}

impl Site {
    /// The feeds that nothing is heard of, for the desk. Where the store does not answer, the desk shows what it can.
    pub(super) fn blind(&self) -> Vec<String> {
        let feeds = self.engine.blind_feeds().unwrap_or_else(|error| {
            tracing::error!(%error, "the feeds' schedules could not be read");
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

fn line(name: &FeedName, feed: &Schedule, now: Timestamp) -> Line {
    let (state, class) = match (feed.blind.is_some(), feed.failures) {
        (true, _) => ("Blind spot", "critical"),
        (false, 0) => ("Heard", "quiet"),
        (false, _) => ("Failing", "serious"),
    };
    let silent = feed.blind.filter(|_| feed.failures == 0).map(|(_, blind)| sentence(&format!("it {blind}")));
    let failed = feed.why.as_deref().map(|why| match feed.failures {
        1 => sentence(why),
        failures => format!("{} {failures} looks in a row failed.", sentence(why)),
    });
    let Schedule { cost, .. } = feed;
    Line {
        name: name.to_string(),
        state,
        class,
        why: failed.or(silent),
        read: feed.succeeded.map_or_else(|| "never".to_owned(), |at| ago(at, now)),
        heard: feed.heard.map_or_else(|| "never".to_owned(), |at| ago(at, now)),
        lag: feed.lag.map(|seconds| length(SignedDuration::from_secs(seconds))),
        next: feed
            .due
            .map(|at| if at <= now { "now".to_owned() } else { format!("in {}", length(at.duration_since(now))) }),
        cost: format!("{}, {}, {}", many(cost.mentions, "mention"), many(cost.requests, "request"), size(cost.bytes)),
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
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}
