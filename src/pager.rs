//! The pager: a second way to wake people, by webhook, for when mail is down or too slow. One call wakes whoever the other
//! end wakes; a page that may have arrived is sent again, since two are better than none.

use std::fmt;
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::net::{
    AddressError, Call, Fault, HeaderMap, HeaderValue, Http, Method, RETRY_AFTER_MAX, Reach, Schemes, StatusCode,
    Tries, Url, retry_after, server_address,
};

const WEB: Schemes = Schemes { secure: "https", open: "http", example: "https://hooks.example/page" };
/// How long one call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// The most that is read of an answer: nothing of it is needed.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// Asked again after this where the other end does not say.
const RETRY_AFTER: Duration = Duration::from_secs(30);
/// The longest title, in characters; telephones cut longer ones.
const TITLE_CHARS_MAX: usize = 150;

/// How a page is shaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Our own JSON, signed by the Standard Webhooks convention where there is a secret.
    Plain,
    /// An incoming webhook of Slack, and of what takes the same (Mattermost, Rocket.Chat).
    Slack,
    /// A workflow of Microsoft Teams: an adaptive card.
    Teams,
}

/// Where and how pages are sent.
#[derive(Clone, Debug)]
pub struct PagerSettings {
    pub shape: Shape,
    /// A secret itself: whoever has it can page.
    pub url: SecretString,
    pub secret: Option<SecretString>,
    /// In the user's own network.
    pub private: bool,
    /// For how long no mail was taken before alerts that wait for mail are paged.
    pub when_mail_fails_for: Duration,
}

/// One page. No word of a mention or of a draft is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The same at every try.
    pub key: String,
    pub organisation: String,
    pub incident: Option<u32>,
    pub severity: Option<String>,
    pub title: String,
    pub text: String,
    /// What is opened from it.
    pub url: String,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Paged {
    Done,
    /// Perhaps not taken: to be sent again.
    Later {
        why: PageReason,
        after: Duration,
    },
    /// It will not be taken as it is.
    Never(PageReason),
}

/// Why a page was not taken, as a closed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageReason {
    NotPublic,
    Unreachable,
    Lost,
    TooSlow,
    Moved,
    Refused,
    Busy,
    /// The address or the secret cannot be used in a request.
    NotCallable,
}

impl fmt::Display for PageReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotPublic => "its name leads to a private address; say `private: true` if that is meant",
            Self::Unreachable => "it could not be reached",
            Self::Lost => "the connection was lost before it answered",
            Self::TooSlow => "it did not answer in time",
            Self::Moved => "it points elsewhere, and a page is not sent on: correct its address",
            Self::Refused => "it refused the page: check the address",
            Self::Busy => "it asked to be tried again later",
            Self::NotCallable => "its address or its secret cannot be used in a request",
        })
    }
}

/// The pager, with its way out.
#[derive(Clone)]
pub struct Pager {
    http: Http,
    settings: PagerSettings,
}

/// Why an address cannot be a pager's.
pub fn check_address(url: &str, private: bool) -> Result<(), AddressError> {
    server_address("url", url, private, &WEB).map(drop)
}

impl Pager {
    pub fn new(http: Http, settings: PagerSettings) -> Self {
        Self { http, settings }
    }

    pub fn when_mail_fails_for(&self) -> Duration {
        self.settings.when_mail_fails_for
    }

    /// One call, no second try.
    pub async fn page(&self, page: &Page, now: Timestamp) -> Paged {
        let Some(call) = self.call(page, now) else { return Paged::Never(PageReason::NotCallable) };
        match self.http.call(call).await {
            Ok(answer) => ended(answer.status, retry_after(&answer.headers, now, RETRY_AFTER_MAX)),
            Err(fault) => failed(fault),
        }
    }

    fn call(&self, page: &Page, now: Timestamp) -> Option<Call> {
        let url = Url::parse(self.settings.url.expose_secret()).ok()?;
        let body = serde_json::to_vec(&body(self.settings.shape, page)).ok()?;
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        if let Some(secret) = &self.settings.secret {
            let timestamp = now.as_second().to_string();
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
            mac.update(format!("{}.{timestamp}.", page.key).as_bytes());
            mac.update(&body);
            let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
            headers.insert("webhook-id", HeaderValue::from_str(&page.key).ok()?);
            headers.insert("webhook-timestamp", HeaderValue::from_str(&timestamp).ok()?);
            headers.insert("webhook-signature", HeaderValue::from_str(&signature).ok()?);
        }
        let (method, reach) = (Method::POST, Reach::Server { private: self.settings.private });
        let (tries, within, body_bytes_max) = (Tries::One, CALL_TIMEOUT, ANSWER_BYTES_MAX);
        Some(Call { method, url, headers, body, reach, tries, within, body_bytes_max })
    }
}

fn failed(fault: Fault) -> Paged {
    let later = |why| Paged::Later { why, after: RETRY_AFTER };
    match fault {
        Fault::NotAllowed => later(PageReason::NotPublic),
        Fault::NotReached => later(PageReason::Unreachable),
        Fault::Redirects => Paged::Never(PageReason::Moved),
        Fault::Lost => later(PageReason::Lost),
        Fault::TooSlow => later(PageReason::TooSlow),
    }
}

fn ended(status: StatusCode, after: Option<Duration>) -> Paged {
    match status.as_u16() {
        200..=299 => Paged::Done,
        300..=399 => Paged::Never(PageReason::Moved),
        408 | 425 | 429 | 500..=599 => {
            Paged::Later { why: PageReason::Busy, after: after.unwrap_or(RETRY_AFTER).max(RETRY_AFTER) }
        }
        _ => Paged::Never(PageReason::Refused),
    }
}

fn body(shape: Shape, page: &Page) -> Value {
    let title: String = page.title.chars().take(TITLE_CHARS_MAX).collect();
    match shape {
        Shape::Plain => json!({
            "type": "alert",
            "key": page.key,
            "organisation": page.organisation,
            "incident": page.incident,
            "severity": page.severity,
            "title": title,
            "text": page.text,
            "url": page.url,
        }),
        Shape::Slack => {
            let said =
                format!("*{}*\n{}\n<{}|Open it in Holdline>", for_slack(&title), for_slack(&page.text), page.url);
            json!({ "text": said })
        }
        Shape::Teams => {
            let words =
                |text: &str, weight: &str| json!({ "type": "TextBlock", "text": text, "weight": weight, "wrap": true });
            let card = json!({
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": [words(&title, "Bolder"), words(&page.text, "Default")],
                "actions": [{ "type": "Action.OpenUrl", "title": "Open it in Holdline", "url": page.url }],
            });
            let attachment = json!({ "contentType": "application/vnd.microsoft.card.adaptive", "content": card });
            json!({ "type": "message", "attachments": [attachment] })
        }
    }
}

/// The three characters that Slack reads as markup, and the one that makes text bold.
fn for_slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('*', "·")
}
