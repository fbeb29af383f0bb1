//! The webhook channel: a signed POST to a server of the user's own, by the Standard Webhooks convention.

use std::sync::Arc;
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::answer::{cannot_tell, is_gone, refused, unanswered};
use super::room::Room;
use super::server::{address, host, mark, origin, reach};
use super::{
    Calling, Channel, ChannelKind, ChannelSettings, Found, Intent, Outcome, Outside, Parsed, Reason, Settings,
    SettingsError,
};
use crate::core::approval::ApprovedStatement;
use crate::core::name::ChannelName;
use crate::core::rules::{ChannelRules, Reach};
use crate::core::statement::Package;
use crate::net::{Call, HeaderMap, HeaderValue, Http, Method, Tries, Url};

const NAME: &str = "webhook";
/// Shorter than the engine waits for a call, so that the reason is this channel's own.
const CALL_TIMEOUT: Duration = Duration::from_secs(18);
/// The most that is read of an answer: an address and little else.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const URL_BYTES_MAX: usize = 2_048;
/// Before a secret that is written in base 64, as the convention has it.
const SECRET_PREFIX: &str = "whsec_";
/// The least that the convention allows.
const SECRET_BYTES_MIN: usize = 24;

pub(super) const KIND: ChannelKind = ChannelKind {
    name: NAME,
    docs: "\
Posts to a program of your own: signed JSON with type, key, channel, statement, texts and links, by the Standard Webhooks
convention (webhook-id, webhook-timestamp, webhook-signature). A 2xx answer takes it; its JSON may hold the post's `url`.

  url         where the post is sent
  secret      { env: NAME } or { file: PATH }, 24 bytes or more, plain or as whsec_ and base 64
  old_secret  the secret before, signed with too while receivers change over
  look_up     asked with ?key=.. whether a post arrived: 200 with its `url`, or 404; without it a person is asked
  take_down   true where the program takes posts down: the same call, with type `take_down` and the post's url
  private     true where the server is in your own network
  account     how the place is named to those who approve; the server's name unless said
  length      bluesky, mastodon, x or a number of characters, where the place has a limit",
    example: "cms: { webhook: { url: https://cms.example/holdline, secret: { env: HOLDLINE_CMS_SECRET } } }",
    secrets: &["secret", "old_secret"],
    paths: &[],
    parse,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookSettings {
    url: String,
    secret: SecretString,
    old_secret: Option<SecretString>,
    look_up: Option<String>,
    #[serde(default)]
    take_down: bool,
    #[serde(default)]
    private: bool,
    account: Option<String>,
    length: Option<Room>,
}

/// Where it is and how it is signed.
#[derive(Clone, Debug)]
struct Endpoint {
    url: Url,
    look_up: Option<Url>,
    secrets: Vec<SecretString>,
    take_down: bool,
    private: bool,
}

#[derive(Debug)]
struct Webhook {
    endpoint: Endpoint,
    rules: ChannelRules,
}

fn parse(settings: Settings<'_, '_>, language: Option<String>) -> Parsed {
    let settings: WebhookSettings = erased_serde::deserialize(settings)?;
    let url = address("url", &settings.url, settings.private)?;
    let look_up = settings.look_up.map(|look_up| address("look_up", &look_up, settings.private)).transpose()?;
    let secrets: Vec<SecretString> = [Some(settings.secret), settings.old_secret].into_iter().flatten().collect();
    for (secret, key) in secrets.iter().zip(["secret", "old_secret"]) {
        if signing_key(secret).is_none_or(|key| key.len() < SECRET_BYTES_MIN) {
            let help = "`openssl rand -hex 32` makes a good one";
            let message = format!("`{key}` is no secret of {SECRET_BYTES_MIN} bytes or more; {help}");
            return Err(SettingsError::custom(message));
        }
    }
    // The rest of the address may be a secret, and is a place of its own on many a server.
    let place = if url.path() == "/" && url.query().is_none() {
        host(&url)
    } else {
        format!("{}, address {}", host(&url), mark(url.as_str()))
    };
    let rules = ChannelRules {
        kind: NAME.to_owned(),
        // With its server, so that another server is never taken for what was approved.
        account: settings.account.map_or_else(|| place.clone(), |account| format!("{account} ({place})")),
        reach: Reach::Network,
        limit: settings.length.map(|room| room.0),
        language,
    };
    let endpoint = Endpoint { url, look_up, secrets, take_down: settings.take_down, private: settings.private };
    Ok(Box::new(Webhook { endpoint, rules }))
}

impl ChannelSettings for Webhook {
    fn rules(&self) -> ChannelRules {
        self.rules.clone()
    }

    fn connect(&self, name: &ChannelName, outside: &Outside) -> Option<Arc<dyn Channel>> {
        let http = outside.http.clone()?;
        Some(Arc::new(Receiver { name: name.clone(), http, endpoint: self.endpoint.clone() }))
    }
}

/// The webhook as a live channel.
struct Receiver {
    name: ChannelName,
    http: Http,
    endpoint: Endpoint,
}

/// What is sent.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Message<'a> {
    Post {
        key: &'a str,
        channel: &'a str,
        statement: &'a str,
        texts: Vec<Text<'a>>,
        links: &'a [String],
        /// The post that this one corrects.
        #[serde(skip_serializing_if = "Option::is_none")]
        corrects: Option<&'a str>,
    },
    TakeDown {
        key: &'a str,
        channel: &'a str,
        url: &'a str,
    },
}

#[derive(Serialize)]
struct Text<'a> {
    language: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    body: &'a str,
}

/// What may come back.
#[derive(Deserialize)]
struct Receipt {
    url: Option<String>,
}

impl Channel for Receiver {
    fn post<'a>(&'a self, statement: &'a ApprovedStatement, intent: &'a Intent) -> Calling<'a, Outcome> {
        Box::pin(async move {
            let Some(texts) = statement.texts_for(&self.name).filter(|texts| !texts.is_empty()) else {
                return Outcome::Never(Reason::OtherBytes);
            };
            let message = Message::Post {
                key: &intent.key,
                channel: self.name.as_str(),
                statement: statement.package().statement.as_str(),
                texts: texts
                    .iter()
                    .map(|text| Text { language: &text.language, title: text.title.as_deref(), body: &text.body })
                    .collect(),
                links: &statement.package().links,
                corrects: statement.corrects_on(&self.name),
            };
            self.send(&intent.key, &message).await
        })
    }

    fn find<'a>(&'a self, _: &'a Package, intent: &'a Intent) -> Calling<'a, Found> {
        Box::pin(async move {
            let Some(look_up) = &self.endpoint.look_up else { return Found::CannotTell(Reason::CannotLook) };
            let mut url = look_up.clone();
            url.query_pairs_mut().append_pair("key", &intent.key);
            let Some(call) = self.signed(Method::GET, url, &intent.key, Vec::new()) else {
                return Found::CannotTell(Reason::Garbled);
            };
            match self.http.call(call).await {
                Ok(answer) if is_gone(answer.status) => Found::Nothing,
                Ok(answer) => match refused(&answer, Timestamp::now()) {
                    None => receipt(answer.body.as_deref())
                        .map_or(Found::CannotTell(Reason::Garbled), |url| Found::There { url }),
                    Some(outcome) => cannot_tell(&outcome),
                },
                Err(fault) => cannot_tell(&unanswered(fault)),
            }
        })
    }

    fn take_down<'a>(&'a self, url: &'a str, key: &'a str) -> Calling<'a, Outcome> {
        Box::pin(async move {
            if !self.endpoint.take_down {
                return Outcome::Never(Reason::CannotTakeDown);
            }
            self.send(key, &Message::TakeDown { key, channel: self.name.as_str(), url }).await
        })
    }
}

impl Receiver {
    async fn send(&self, key: &str, message: &Message<'_>) -> Outcome {
        let call = serde_json::to_vec(message).ok();
        let call = call.and_then(|body| self.signed(Method::POST, self.endpoint.url.clone(), key, body));
        let Some(call) = call else { return Outcome::Never(Reason::OtherBytes) };
        match self.http.call(call).await {
            Ok(answer) => refused(&answer, Timestamp::now()).unwrap_or_else(|| Outcome::Done {
                // The endpoint's own address may hold a secret, so only its server is named.
                url: receipt(answer.body.as_deref()).unwrap_or_else(|| origin(&self.endpoint.url)),
            }),
            Err(fault) => unanswered(fault),
        }
    }

    fn signed(&self, method: Method, url: Url, key: &str, body: Vec<u8>) -> Option<Call> {
        let timestamp = Timestamp::now().as_second().to_string();
        let signatures: Vec<String> = self
            .endpoint
            .secrets
            .iter()
            .filter_map(|secret| {
                let mut mac = Hmac::<Sha256>::new_from_slice(&signing_key(secret)?).ok()?;
                mac.update(format!("{key}.{timestamp}.").as_bytes());
                mac.update(&body);
                Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
            })
            .collect();
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("webhook-id", HeaderValue::from_str(key).ok()?);
        headers.insert("webhook-timestamp", HeaderValue::from_str(&timestamp).ok()?);
        headers.insert("webhook-signature", HeaderValue::from_str(&signatures.join(" ")).ok()?);
        Some(Call {
            method,
            url,
            headers,
            body,
            reach: reach(self.endpoint.private),
            tries: Tries::One,
            within: CALL_TIMEOUT,
            body_bytes_max: ANSWER_BYTES_MAX,
        })
    }
}

/// The bytes that are signed with: what follows `whsec_` in base 64, else the secret as it is.
fn signing_key(secret: &SecretString) -> Option<Vec<u8>> {
    let secret = secret.expose_secret();
    match secret.strip_prefix(SECRET_PREFIX) {
        Some(encoded) => STANDARD.decode(encoded).ok(),
        None => Some(secret.as_bytes().to_vec()),
    }
}

/// The address in an answer, where there is one that can be followed.
fn receipt(body: Option<&[u8]>) -> Option<String> {
    let url = serde_json::from_slice::<Receipt>(body?).ok()?.url?;
    let parsed = Url::parse(&url).ok().filter(|parsed| matches!(parsed.scheme(), "http" | "https"));
    parsed.filter(|_| url.len() <= URL_BYTES_MAX).map(String::from)
}
