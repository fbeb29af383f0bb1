//! The Bluesky feed: every public post, from a Jetstream server, matched here. Jetstream is a web socket of JSON events
//! with a place in time to read on from; its events and options are those of the bluesky-social/jetstream project.

pub mod event;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::Error as _;

use super::streamed::{
    Heard, Hearing, Keep, Line, MESSAGE_BYTES_MAX, Opening, Pace, Session, StreamError, Streamed, broken, not_dialled,
    not_text,
};
use super::{Door, Feed, FeedKind, Settings, SettingsError};
use crate::net::{Dial, HeaderMap, Http, Reach, Said, Schemes, SocketFault, Url, server_address};
use event::{Event, POSTS};

const NAME: &str = "bluesky";
const ADDRESS: Schemes = Schemes { secure: "wss", open: "ws", example: "wss://jetstream.example/subscribe" };
const MICROSECONDS: i64 = 1_000_000;
/// How far behind the last place it reads on: servers hand events on a little out of order.
pub const REWIND_SECONDS: i64 = 5;
/// How far ahead of this machine's clock a server's time may be; a later one moves no place.
pub const AHEAD_SECONDS_MAX: i64 = 300;
/// How long nothing may have been said before a place that is not reached again is told.
pub const GAP_SECONDS: i64 = 60;

pub(super) const KIND: FeedKind = FeedKind {
    name: NAME,
    docs: "\
Every public post on Bluesky, from a Jetstream server. Only posts that a watch matches are stored.

  jetstream  its address
  private    true where the server is in your own network

A post counts once, however often the server sends it: a changed one is the same mention, a deleted one stays counted.
Its author is the account's DID, which stays when a handle changes. Its title is that of a link's card.
Texts of pictures count; a quoted post does not, it is somebody else's.",
    example: "bluesky: { bluesky: { jetstream: wss://jetstream.example/subscribe } }",
    secrets: &[],
    paths: &[],
    parse,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlueskySettings {
    jetstream: String,
    #[serde(default)]
    private: bool,
}

fn parse(settings: Settings<'_, '_>) -> Result<Box<dyn Feed>, SettingsError> {
    let BlueskySettings { jetstream, private } = erased_serde::deserialize(settings)?;
    let url = server_address("jetstream", &jetstream, private, &ADDRESS).map_err(SettingsError::custom)?;
    Ok(Box::new(Bluesky::new(url, private)))
}

/// A Jetstream server.
#[derive(Clone, Debug)]
pub struct Bluesky {
    url: Url,
    private: bool,
    pace: Pace,
}

impl Feed for Bluesky {
    fn door(&self) -> Door<'_> {
        Door::Streamed(self)
    }

    fn authors(&self) -> Option<&'static str> {
        Some("did:")
    }
}

impl Streamed for Bluesky {
    fn open<'a>(&'a self, http: &'a Http, cursor: Option<String>, now: Timestamp) -> Opening<'a> {
        Box::pin(async move {
            let place = cursor.as_deref().map(read_place).transpose()?;
            let dial = Dial {
                url: self.address(place),
                headers: HeaderMap::new(),
                reach: Reach::Server { private: self.private },
                message_bytes_max: MESSAGE_BYTES_MAX,
                silence: self.pace.silence,
            };
            let sign_in = "name another Jetstream server";
            let socket = http.dial(dial).await.map_err(|fault| not_dialled(&fault, "jetstream", sign_in, now))?;
            let session: Box<dyn Session> =
                Box::new(Following { line: Line::new(socket), pace: self.pace, place, reached: place.is_none() });
            Ok(session)
        })
    }
}

impl Bluesky {
    pub fn new(url: Url, private: bool) -> Self {
        Self { url, private, pace: Pace::default() }
    }

    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    fn address(&self, place: Option<i64>) -> Url {
        let mut url = self.url.clone();
        let mut query = url.query_pairs_mut();
        query.append_pair("wantedCollections", POSTS);
        // A server that heeds it never sends what would end the connection.
        query.append_pair("maxMessageSizeBytes", &MESSAGE_BYTES_MAX.to_string());
        if let Some(place) = place {
            let rewound = place.saturating_sub(REWIND_SECONDS * MICROSECONDS).max(0);
            query.append_pair("cursor", &rewound.to_string());
        }
        drop(query);
        url
    }
}

/// A place is a time of the server's, in microseconds since 1970.
fn read_place(cursor: &str) -> Result<i64, StreamError> {
    cursor.parse().map_err(|_| {
        StreamError::new(
            "the place reached was written by another kind of feed; give the feed another name to begin anew",
        )
    })
}

struct Following {
    line: Line,
    pace: Pace,
    place: Option<i64>,
    /// The first event after connecting was seen, so that it is known whether something is missing before it.
    reached: bool,
}

impl Session for Following {
    fn hear(&mut self, now: Timestamp) -> Hearing<'_> {
        Box::pin(async move {
            match self.line.messages(self.pace.wait).await {
                Ok(messages) => self.read(messages, now.as_microsecond()),
                Err(SocketFault::TooLarge) => Ok(self.pass_over(now.as_microsecond())),
                Err(fault) => Err(broken(fault)),
            }
        })
    }
}

impl Following {
    /// `now` is in microseconds since 1970, as the server counts.
    fn read(&mut self, messages: Vec<Said>, now: i64) -> Result<Heard, StreamError> {
        let latest = now.saturating_add(AHEAD_SECONDS_MAX * MICROSECONDS);
        let mut heard = Heard { keep: Keep::Matching, ..Heard::default() };
        let before = self.place;
        for message in messages {
            let read = match message {
                Said::Text(text) => event::read(&text),
                Said::Bytes => Err(not_text()),
            };
            self.line.readable(read.is_ok())?;
            heard.answered |= read.is_ok();
            let Event { at, said } = match read {
                Ok(event) => event,
                Err(why) => {
                    heard.refused.add(why);
                    continue;
                }
            };
            heard.mentions.extend(said);
            if (0..=latest).contains(&at) {
                heard.note = heard.note.or(self.gap(at, now));
                self.place = self.place.max(Some(at));
            }
        }
        heard.cost = self.line.take_cost();
        heard.cursor = self.place.filter(|_| self.place != before).map(|place| place.to_string());
        Ok(heard)
    }

    /// Says so where the server goes on later than it was left: a while ago, so that it is no quiet server's silence.
    fn gap(&mut self, at: i64, now: i64) -> Option<String> {
        if std::mem::replace(&mut self.reached, true) {
            return None;
        }
        let left = self.place?;
        let missing = at.saturating_sub(left) > GAP_SECONDS * MICROSECONDS;
        let kept_no_longer = now.saturating_sub(at) > GAP_SECONDS * MICROSECONDS;
        (missing && kept_no_longer).then(|| {
            let time = |at| Timestamp::from_microsecond(at).map(|at| format!("{at:.0}")).unwrap_or_default();
            format!(
                "the server goes on at {}, and was left at {}: it may not keep what was said between",
                time(at),
                time(left)
            )
        })
    }

    /// After an event that is larger than any may be: goes on a second later than it stands, or it would come for ever.
    fn pass_over(&mut self, now: i64) -> Heard {
        let left = self.place.unwrap_or(now);
        let on = left.saturating_add((1 + REWIND_SECONDS) * MICROSECONDS);
        self.place = Some(on);
        let mut heard = Heard { keep: Keep::Matching, cursor: Some(on.to_string()), ..Heard::default() };
        heard.refused.add(format!(
            "an event of more than {MESSAGE_BYTES_MAX} bytes; it is passed over, with what else came within a second of it"
        ));
        heard
    }
}
