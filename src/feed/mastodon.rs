//! The Mastodon feed: hashtags and public timelines by Mastodon's API, streamed where the server streams and polled where it
//! does not. A stream has no place to read on from, so a timeline is looked at after every connecting and from time to time.

mod follow;
pub mod place;
pub mod status;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::Error as _;

use super::streamed::{Keep, Opening, Pace, Session, Streamed};
use super::{Door, Feed, FeedKind, Settings, SettingsError};
use crate::net::{Call, HeaderMap, HeaderValue, Http, Method, Reach, Schemes, Tries, Url, server_address};
use follow::{ANSWER_TIMEOUT, Following, PAGE_BYTES_MAX};
use place::Places;

const NAME: &str = "mastodon";
const ADDRESS: Schemes = Schemes { secure: "https", open: "http", example: "https://mastodon.example" };
/// Hashtags of one feed: looked at once a minute, so many stay below what Mastodon allows (300 requests in five minutes).
pub const HASHTAGS_MAX: usize = 20;
pub const HASHTAG_CHARS_MAX: usize = 100;

pub(super) const KIND: FeedKind = FeedKind {
    name: NAME,
    docs: "\
Public statuses by Mastodon's API, from Mastodon or another server that speaks it: streamed where the server streams,
else looked at once a minute.

  server    its address
  hashtags  a list, 20 at most, with or without #
  public    all, or local: everything that the server shows in public; only what a watch matches is stored
  token     optional, { env: NAME } or { file: PATH }: an access token with the scope read; most servers stream to no one
            without one
  private   true where the server is in your own network

A status counts once, streamed or looked at: a changed one is the same mention, a deleted one stays counted. A boost is
a mention by who boosts. Its author is the full handle, its title what it warns of. What was said more than five minutes
before Holdline first listened is left out, and so is whatever is not public.",
    example: "fediverse: { mastodon: { server: https://mastodon.example, hashtags: [riversidegeneral], token: { env: HOLDLINE_MASTODON_TOKEN } } }",
    secrets: &["token"],
    paths: &[],
    parse,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MastodonSettings {
    server: String,
    #[serde(default)]
    hashtags: Vec<String>,
    public: Option<Public>,
    token: Option<SecretString>,
    #[serde(default)]
    private: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Public {
    All,
    Local,
}

fn parse(settings: Settings<'_, '_>) -> Result<Box<dyn Feed>, SettingsError> {
    let MastodonSettings { server, hashtags, public, token, private } = erased_serde::deserialize(settings)?;
    let url = server_address("server", &server, private, &ADDRESS).map_err(SettingsError::custom)?;
    if url.path() != "/" || url.query().is_some() {
        return Err(SettingsError::custom(
            "`server` holds more than a server; write it as in https://mastodon.example",
        ));
    }
    let feed = Mastodon::new(url, &hashtags, public, token, private).map_err(SettingsError::custom)?;
    Ok(Box::new(feed))
}

/// Why settings make no Mastodon feed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MastodonSettingsError {
    #[error("it does not say what is listened to: write `hashtags: [..]`, or `public: all`, or `public: local`")]
    Nothing,
    #[error("`hashtags` holds more than {HASHTAGS_MAX}; give the rest to a second feed")]
    TooMany,
    #[error(
        "`hashtags` holds what is no hashtag; write each as one word of letters, digits and _, as in riversidegeneral"
    )]
    Hashtag,
    #[error("`token` is no access token; copy it again from the server's settings")]
    Token,
}

/// What is read of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timeline {
    Hashtag(String),
    Public(Public),
}

impl Timeline {
    /// Under which its place is kept.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Hashtag(tag) => format!("tag:{tag}"),
            Self::Public(Public::All) => "public".to_owned(),
            Self::Public(Public::Local) => "local".to_owned(),
        }
    }
}

/// A server and what is read of it.
#[derive(Clone, Debug)]
pub struct Mastodon {
    url: Url,
    timelines: Vec<Timeline>,
    /// `Bearer` and the token.
    bearer: Option<HeaderValue>,
    private: bool,
    pace: Pace,
}

impl Feed for Mastodon {
    fn door(&self) -> Door<'_> {
        Door::Streamed(self)
    }
}

impl Streamed for Mastodon {
    fn open<'a>(&'a self, http: &'a Http, cursor: Option<String>, now: Timestamp) -> Opening<'a> {
        Box::pin(async move {
            let places = Places::read(cursor.as_deref(), &self.timelines, now)?;
            let session: Box<dyn Session> = Box::new(Following::begin(self.clone(), http.clone(), places, now).await);
            Ok(session)
        })
    }
}

impl Mastodon {
    pub fn new(
        url: Url,
        hashtags: &[String],
        public: Option<Public>,
        token: Option<SecretString>,
        private: bool,
    ) -> Result<Self, MastodonSettingsError> {
        if hashtags.len() > HASHTAGS_MAX {
            return Err(MastodonSettingsError::TooMany);
        }
        let mut timelines = Vec::new();
        for written in hashtags {
            let tag = Timeline::Hashtag(hashtag(written).ok_or(MastodonSettingsError::Hashtag)?);
            if !timelines.contains(&tag) {
                timelines.push(tag);
            }
        }
        timelines.extend(public.map(Timeline::Public));
        if timelines.is_empty() {
            return Err(MastodonSettingsError::Nothing);
        }
        let bearer = token.map(|token| HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())));
        let mut bearer = bearer.transpose().map_err(|_| MastodonSettingsError::Token)?;
        if let Some(bearer) = &mut bearer {
            bearer.set_sensitive(true);
        }
        Ok(Self { url, timelines, bearer, private, pace: Pace::default() })
    }

    #[must_use]
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// What completes the handles of the server's own people.
    fn host(&self) -> &str {
        self.url.host_str().unwrap_or(NAME)
    }

    fn keep(&self) -> Keep {
        let chosen = self.timelines.iter().all(|timeline| matches!(timeline, Timeline::Hashtag(_)));
        if chosen { Keep::All } else { Keep::Matching }
    }

    fn headers(&self) -> HeaderMap {
        self.bearer.iter().map(|bearer| (crate::net::AUTHORIZATION, bearer.clone())).collect()
    }

    fn to(&self, path: &[&str]) -> Call {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().push("api").extend(path);
        }
        Call {
            method: Method::GET,
            url,
            headers: self.headers(),
            body: Vec::new(),
            reach: Reach::Server { private: self.private },
            tries: Tries::One,
            within: ANSWER_TIMEOUT,
            body_bytes_max: PAGE_BYTES_MAX,
        }
    }
}

/// A hashtag as servers know it: without its sign, in lower case.
fn hashtag(written: &str) -> Option<String> {
    let tag = written.trim().trim_start_matches('#').to_lowercase();
    let fits =
        (1..=HASHTAG_CHARS_MAX).contains(&tag.chars().count()) && tag.chars().all(|c| c.is_alphanumeric() || c == '_');
    fits.then_some(tag)
}
