//! The two wires that the public reads. They answer, fail, hang, lie and forget; what they show is what counts.

use std::collections::BTreeMap;
use std::time::Duration;

use holdline::channel::{Found, Outcome, Reason};
use holdline::core::incident::{Event, IncidentId};
use holdline::core::name::{ChannelName, StepId};
use holdline::core::statement::{Seen, Unseen};
use holdline::store::{Claimed, Settled};
use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;

use super::world::World;

/// What one post is: of which incident and statement, on which channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) incident: IncidentId,
    pub(super) statement: String,
    pub(super) channel: String,
}

/// Something that the public can read, or will in a moment.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) place: Place,
    pub(super) text: String,
    pub(super) from: Timestamp,
    /// It shows in the wire's own list of its posts.
    listed: bool,
    /// It was taken down since.
    down: bool,
    /// The channel said that it certainly did not take it.
    pub(super) denied: bool,
}

#[derive(Default)]
pub(super) struct Channels {
    pub(super) shown: Vec<Shown>,
    /// Second posts that somebody else than Holdline has to answer for: the channel lied, or a person did.
    pub(super) excused: BTreeMap<Place, usize>,
}

/// A call that was sent arrives within this, whatever the caller heard.
const ARRIVES_WITHIN_SECONDS: i64 = 25;

impl Channels {
    pub(super) fn times(&self, place: &Place) -> usize {
        self.shown.iter().filter(|shown| shown.place == *place).count()
    }

    pub(super) fn url(place: &Place) -> String {
        format!("https://{}.example/{}/{}", place.channel, place.incident, place.statement)
    }

    pub(super) fn excuse(&mut self, place: &Place) {
        *self.excused.entry(place.clone()).or_default() += 1;
    }
}

impl World {
    /// One call of a wire: what it does, and what it says.
    pub(super) fn wire_takes(&mut self, place: &Place, text: String) -> Outcome {
        let url = Channels::url(place);
        let later = |after| Outcome::Later { why: Reason::Unreachable, after: Duration::from_secs(after) };
        let drawn = if self.calm { 0 } else { self.rng.random_range(0..100) };
        let (takes, hangs, outcome) = match drawn {
            0..46 => (true, false, Outcome::Done { url }),
            46..54 => (true, false, Outcome::Unknown(Reason::TimedOut)),
            54..64 => (true, true, Outcome::Unknown(Reason::TimedOut)),
            64..72 => (false, false, Outcome::Unknown(Reason::TimedOut)),
            72..88 => (false, false, later(self.rng.random_range(0..120))),
            88..94 => (false, false, Outcome::Never(Reason::Refused)),
            94..97 => (true, false, Outcome::Never(Reason::Refused)),
            _ => (true, false, later(0)),
        };
        if takes {
            let delay = if hangs { self.rng.random_range(1..ARRIVES_WITHIN_SECONDS) } else { 0 };
            let from = self.clocks.truth + SignedDuration::from_secs(delay);
            let listed = self.calm || self.chance(75);
            let denied = matches!(outcome, Outcome::Later { .. } | Outcome::Never(_));
            self.channels.shown.push(Shown { place: place.clone(), text, from, listed, down: false, denied });
            if denied {
                // It said that it certainly did not take it. Whoever believes it posts once more.
                self.channels.excuse(place);
                self.coverage.saw("a channel lied");
            }
        }
        self.coverage.named("a channel said", &outcome);
        outcome
    }

    /// What the wire's own list says of earlier posts: it lags, misses, and cannot always be asked.
    pub(super) fn wire_lists(&mut self, place: &Place) -> Found {
        let now = self.clocks.truth;
        let shows = self.channels.shown.iter().filter(|shown| shown.listed && shown.is_seen(place, now)).count();
        let drawn = if self.calm { 0 } else { self.rng.random_range(0..100) };
        let found = match (shows, drawn) {
            (_, 75..85) => Found::CannotTell(Reason::Unreachable),
            (0, _) | (1, 85..95) => Found::Nothing,
            (2.., _) | (1, 95..) => Found::CannotTell(Reason::Several),
            (1, _) => Found::There { url: Channels::url(place) },
        };
        self.coverage.named("a look-up said", &found);
        found
    }

    /// Whether a person who looks at the wire now sees it there.
    pub(super) fn is_public(&self, place: &Place) -> bool {
        let now = self.clocks.truth;
        self.channels.shown.iter().any(|shown| shown.is_seen(place, now))
    }

    /// What stands at an address that a person gave.
    pub(super) fn look_at_an_address(&mut self, row: &Claimed, statement: StepId, channel: ChannelName, url: String) {
        let seen = match self.rng.random_range(0..100) {
            0..80 => Seen::Matches,
            80..90 => Seen::Differs,
            _ => Seen::CouldNotBeSeen { why: Unseen::Unreachable },
        };
        let event = Event::PostSeen { statement, channel, url, seen };
        self.settle(row, &Settled::Done(event.kind().to_owned()), Some(event));
    }

    /// A wire is asked to take a post down; a repeat does no harm.
    pub(super) fn call_to_take_down(&mut self, row: &Claimed, statement: StepId, channel: ChannelName) {
        let place = Place { incident: row.id.incident, statement: statement.to_string(), channel: channel.to_string() };
        let drawn = if self.calm { 0 } else { self.rng.random_range(0..100) };
        if drawn < 60 {
            let there = self.channels.shown.iter_mut().filter(|shown| shown.place == place);
            there.for_each(|shown| shown.down = true);
        }
        let (how, event) = match drawn {
            0..50 => (None, Some(Event::TakenDown { statement, channel, by: None })),
            50..65 => (Some(Settled::NotBefore(self.clocks.machine() + SignedDuration::from_secs(30))), None),
            _ => (None, Some(Event::TakeDownFailed { statement, channel, why: "it cannot".to_owned() })),
        };
        self.settle(row, &how.unwrap_or(Settled::Done("ended".to_owned())), event);
    }
}

impl Shown {
    fn is_seen(&self, place: &Place, now: Timestamp) -> bool {
        self.place == *place && self.from <= now && !self.down
    }
}
