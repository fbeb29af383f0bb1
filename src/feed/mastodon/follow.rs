//! Following a server: its stream where it has one, its timelines after every connecting and from time to time.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::status::{Frame, read_frame, read_page};
use super::{Mastodon, Places, Public, Timeline};
use crate::feed::Cost;
use crate::feed::streamed::{
    Heard, Hearing, Line, MESSAGE_BYTES_MAX, Session, StreamError, broken, not_called, not_dialled, not_text, refused,
};
use crate::net::{Answer, Dial, HeaderMap, Http, RETRY_AFTER_MAX, Reach, Said, Url, retry_after};

/// For one call, from the look-up to the last byte.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// The most that is read of an answer; forty statuses of the longest kind fit.
pub(super) const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How many statuses are asked for at once: the most that Mastodon gives.
const PAGE: &str = "40";
/// Requests that are left to others of the same account or address.
const REQUESTS_LEFT: u32 = 10;
const SIGN_IN: &str = "make an access token with the scope read in the server's settings, and name it under `token`";

pub(super) struct Following {
    feed: Mastodon,
    http: Http,
    places: Places,
    /// None while the server does not stream: then its timelines are polled.
    line: Option<Line>,
    /// When the timelines are looked at next, and which of them is.
    look: Instant,
    at: usize,
    /// When the stream is tried again.
    retry: Instant,
    note: Option<String>,
    /// Why it does not stream, as it was told last: the same is not told again.
    told: Option<String>,
}

impl Session for Following {
    fn hear(&mut self, now: Timestamp) -> Hearing<'_> {
        Box::pin(async move {
            let mut heard = self.next(now).await?;
            heard.keep = self.feed.keep();
            heard.note = heard.note.or_else(|| self.note.take());
            Ok(heard)
        })
    }
}

impl Following {
    /// Connects first and looks then, so that nothing falls between.
    pub(super) async fn begin(feed: Mastodon, http: Http, places: Places, at: Timestamp) -> Self {
        let now = Instant::now();
        let mut following =
            Self { feed, http, places, line: None, look: now, at: 0, retry: now, note: None, told: None };
        following.connect(at).await;
        following
    }

    async fn connect(&mut self, at: Timestamp) {
        match self.dial(at).await {
            Ok(line) => {
                self.line = Some(line);
                self.told = None;
                (self.look, self.at) = (Instant::now(), 0);
            }
            Err(error) => {
                if self.told.as_ref() != Some(&error.why) {
                    self.note = Some(format!("it does not stream, and is looked at instead: {error}"));
                }
                self.told = Some(error.why);
                self.retry = Instant::now() + self.feed.pace.retry;
            }
        }
    }

    async fn next(&mut self, at: Timestamp) -> Result<Heard, StreamError> {
        let now = Instant::now();
        if now >= self.look {
            return self.turn_page(at).await;
        }
        let until = self.look.min(now + self.feed.pace.wait);
        if let Some(line) = &mut self.line {
            // Nothing is lost with a connection: the look after the next one finds what was said.
            let messages = line.messages(until - now).await.map_err(broken)?;
            return self.read(messages);
        }
        if now >= self.retry {
            self.connect(at).await;
            return Ok(Heard::default());
        }
        sleep_until(until.min(self.retry)).await;
        Ok(Heard::default())
    }

    fn read(&mut self, messages: Vec<Said>) -> Result<Heard, StreamError> {
        let mut heard = Heard::default();
        let Some(line) = &mut self.line else { return Ok(heard) };
        heard.cost = line.take_cost();
        for message in messages {
            let read = match message {
                Said::Text(text) => read_frame(&text, self.feed.host()),
                Said::Bytes => Err(not_text()),
            };
            line.readable(read.is_ok())?;
            heard.answered |= matches!(read, Ok(Frame::Said(_) | Frame::Nothing));
            match read {
                Ok(Frame::Said(mention)) => heard.mentions.push(mention),
                Ok(Frame::Nothing) => {}
                Ok(Frame::Refused(why)) => {
                    self.note = Some(format!(
                        "it does not stream this, and is looked at instead: it says \"{why}\"; {SIGN_IN}"
                    ));
                    self.line = None;
                    self.look = Instant::now();
                    self.retry = self.look + self.feed.pace.retry;
                    return Ok(heard);
                }
                Err(why) => heard.refused.add(why),
            }
        }
        Ok(heard)
    }

    /// Looks at one page of one timeline.
    async fn turn_page(&mut self, at: Timestamp) -> Result<Heard, StreamError> {
        let timeline = self.feed.timelines[self.at].clone();
        let Some(place) = self.places.of(&timeline) else { return Ok(Heard::default()) };
        let mut call = match &timeline {
            Timeline::Hashtag(tag) => self.feed.to(&["v1", "timelines", "tag", tag]),
            Timeline::Public(_) => self.feed.to(&["v1", "timelines", "public"]),
        };
        let local = (timeline == Timeline::Public(Public::Local)).then_some("true");
        for (key, value) in
            [("limit", Some(PAGE)), ("local", local), ("since_id", place.since()), ("max_id", place.before())]
        {
            if let Some(value) = value {
                call.url.query_pairs_mut().append_pair(key, value);
            }
        }
        match self.http.call(call).await {
            Err(fault) => self.failed(not_called(fault, "server")),
            Ok(answer) if !answer.status.is_success() => {
                let after = rest(&answer.headers, true, at);
                let why = refused(answer.status.as_u16(), "server", SIGN_IN);
                self.failed(StreamError { why, after })
            }
            Ok(answer) => match self.page(&timeline, &answer, at) {
                Ok(heard) => Ok(heard),
                Err(why) => self.failed(StreamError::new(why)),
            },
        }
    }

    fn page(&mut self, timeline: &Timeline, answer: &Answer, at: Timestamp) -> Result<Heard, String> {
        let body = answer.body.as_deref().ok_or("a page of the timeline broke off, or is larger than any may be")?;
        let rows = read_page(body, self.feed.host())?;
        let cost = Cost { requests: 1, bytes: body.len() as u64 };
        let mut heard = Heard { answered: true, cost, ..Heard::default() };
        let before = self.places.write();
        let Some(place) = self.places.of(timeline) else { return Ok(heard) };
        let ours: Vec<bool> = rows.iter().map(|row| place.is_ours(row)).collect();
        let turned = place.turn(&rows);
        for row in rows.into_iter().zip(ours).filter_map(|(row, ours)| ours.then_some(row)) {
            match row.said {
                Ok(said) => heard.mentions.extend(said),
                Err(why) => heard.refused.add(why),
            }
        }
        // Oldest first, as they were said.
        heard.mentions.reverse();
        if turned.cut_off {
            heard.note =
                Some("more was said since the last look than one look reads: the oldest of it is left out".to_owned());
        }
        if !turned.more {
            self.next_timeline();
        }
        if let Some(rest) = rest(&answer.headers, false, at) {
            self.look = self.look.max(Instant::now() + rest);
        }
        let after = self.places.write();
        heard.cursor = (after != before).then_some(after);
        Ok(heard)
    }

    fn next_timeline(&mut self) {
        self.at += 1;
        if self.at >= self.feed.timelines.len() {
            let pace = &self.feed.pace;
            self.at = 0;
            self.look = Instant::now() + if self.line.is_some() { pace.verify } else { pace.poll };
        }
    }

    /// A stream goes on without its timelines; without a stream there is nothing left to follow.
    fn failed(&mut self, error: StreamError) -> Result<Heard, StreamError> {
        if self.line.is_none() {
            return Err(error);
        }
        self.next_timeline();
        if let Some(after) = error.after {
            self.look = Instant::now() + after;
        }
        Ok(Heard { note: Some(error.why), ..Heard::default() })
    }

    /// Opens the stream with what is listened to first, and asks for the rest.
    async fn dial(&self, at: Timestamp) -> Result<Line, StreamError> {
        let url = self.streaming().await?;
        let same = url.host_str() == self.feed.url.host_str();
        let (first, rest) =
            self.feed.timelines.split_first().ok_or_else(|| StreamError::new("nothing is listened to"))?;
        let mut dial = Dial {
            url,
            headers: self.feed.headers(),
            // Only the server that settings name is trusted with more than a stranger's address.
            reach: if same { Reach::Server { private: self.feed.private } } else { Reach::Public },
            message_bytes_max: MESSAGE_BYTES_MAX,
            silence: self.feed.pace.silence,
        };
        for (key, value) in stream(first) {
            dial.url.query_pairs_mut().append_pair(key, value);
        }
        let mut socket = self.http.dial(dial).await.map_err(|fault| not_dialled(&fault, "server", SIGN_IN, at))?;
        for timeline in rest {
            let mut subscribe: serde_json::Map<_, _> =
                stream(timeline).map(|(key, value)| (key.to_owned(), value.into())).collect();
            subscribe.insert("type".to_owned(), "subscribe".into());
            socket.say(serde_json::Value::Object(subscribe).to_string()).await.map_err(broken)?;
        }
        Ok(Line::new(socket))
    }

    /// Where the server streams: where it says, or at its own address.
    async fn streaming(&self) -> Result<Url, StreamError> {
        let own = if self.feed.url.scheme() == "http" { "ws" } else { "wss" };
        let said = match self.instance("v2", "/configuration/urls/streaming").await {
            None => self.instance("v1", "/urls/streaming_api").await,
            said => said,
        };
        let here = || Url::parse(&self.feed.url.as_str().replacen(self.feed.url.scheme(), own, 1)).ok();
        // What is not encrypted would carry the token in clear.
        let secure = |url: &Url| matches!(url.scheme(), "wss") || (own == "ws" && url.scheme() == "ws");
        let mut url = said.filter(secure).or_else(here).ok_or_else(|| StreamError::new("the server has no address"))?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1", "streaming"]);
        }
        Ok(url)
    }

    async fn instance(&self, version: &str, place: &str) -> Option<Url> {
        let answer = self.http.call(self.feed.to(&[version, "instance"])).await.ok()?;
        let said: serde_json::Value = serde_json::from_slice(answer.body.as_deref()?).ok()?;
        Url::parse(said.pointer(place)?.as_str()?).ok()
    }
}

/// The stream that carries a timeline, as Mastodon's documentation of streaming names it.
fn stream(timeline: &Timeline) -> impl Iterator<Item = (&'static str, &str)> {
    let (name, tag) = match timeline {
        Timeline::Hashtag(tag) => ("hashtag", Some(tag.as_str())),
        Timeline::Public(Public::All) => ("public", None),
        Timeline::Public(Public::Local) => ("public:local", None),
    };
    [("stream", name)].into_iter().chain(tag.map(|tag| ("tag", tag)))
}

/// How long the server wants to be left alone: what it says, or until it counts requests anew where few are left.
fn rest(headers: &HeaderMap, refused: bool, now: Timestamp) -> Option<Duration> {
    let said = |name: &str| headers.get(name)?.to_str().ok();
    let few = said("x-ratelimit-remaining")
        .and_then(|left| left.parse::<u32>().ok())
        .is_some_and(|left| left < REQUESTS_LEFT);
    let reset = said("x-ratelimit-reset").and_then(|reset| reset.parse::<Timestamp>().ok());
    let reset = reset.and_then(|reset| Duration::try_from(reset.duration_since(now)).ok());
    let asked = if refused { retry_after(headers, now, RETRY_AFTER_MAX) } else { None };
    asked.or(reset.filter(|_| few)).map(|rest| rest.min(RETRY_AFTER_MAX))
}
