//! The Bluesky channel: posts as records of the account's own server (PDS), by the AT protocol. A post's name is made from
//! the intent, so that putting it there again is the same post, and a lost answer is looked up under that name.

mod record;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Value, json};

use super::answer::{cannot_tell, garbled, not_asked, refused, unanswered};
use super::server::{address, host, reach};
use super::{
    Calling, Channel, ChannelKind, ChannelSettings, Found, Intent, Outcome, Outside, Parsed, Reason, Settings,
    SettingsError,
};
use crate::core::approval::ApprovedStatement;
use crate::core::name::ChannelName;
use crate::core::rules::{ChannelRules, Reach};
use crate::core::statement::{Digest, Limit, Package, Variant, even};
use crate::net::{Answer, Call, HeaderMap, HeaderValue, Http, Method, Tries, Url};
use record::{POSTS, key, post};

const NAME: &str = "bluesky";
/// Where people read posts.
const PAGES: &str = "https://bsky.app/profile";
/// For the call that posts, and for each that asks; together less than the engine waits.
const POST_TIMEOUT: Duration = Duration::from_secs(12);
const ASK_TIMEOUT: Duration = Duration::from_secs(6);
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

pub(super) const KIND: ChannelKind = ChannelKind {
    name: NAME,
    docs: "\
Posts on Bluesky. Needs `language` beside it.

  service   the account's own server, as in https://bsky.social
  account   its handle or its DID: checked before every post, so that no other account ever posts
  password  { env: NAME } or { file: PATH }: an app password, made under Settings > Privacy and security
  private   true where the server is in your own network

Addresses that begin with https:// become links. A correction answers to the post that it corrects.",
    example: "bluesky: { bluesky: { service: https://bsky.example, account: riverside.example, password: { env: HOLDLINE_BLUESKY_PASSWORD } }, language: en }",
    secrets: &["password"],
    paths: &[],
    parse,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlueskySettings {
    service: String,
    account: String,
    password: SecretString,
    #[serde(default)]
    private: bool,
}

#[derive(Clone, Debug)]
struct Server {
    url: Url,
    account: String,
    password: SecretString,
    private: bool,
}

#[derive(Debug)]
struct Bluesky {
    server: Server,
    rules: ChannelRules,
}

fn parse(settings: Settings<'_, '_>, language: Option<String>) -> Parsed {
    let settings: BlueskySettings = erased_serde::deserialize(settings)?;
    let url = address("service", &settings.service, settings.private)?;
    if url.path() != "/" || url.query().is_some() {
        return Err(SettingsError::custom("`service` holds more than a server; write it as in https://bsky.example"));
    }
    let account = settings.account.trim_start_matches('@').to_owned();
    if !account.starts_with("did:") && !account.contains('.') {
        return Err(SettingsError::custom("`account` is no handle; write it whole, as in riverside.example"));
    }
    let Some(language) = language else {
        let message = "a post is in one language, and none is named; write `language: en` beside `bluesky`";
        return Err(SettingsError::custom(message));
    };
    let rules = ChannelRules {
        kind: NAME.to_owned(),
        account: format!("{account} ({})", host(&url)),
        reach: Reach::Network,
        limit: Some(Limit::Bluesky),
        language: Some(language),
    };
    let server = Server { url, account, password: settings.password, private: settings.private };
    Ok(Box::new(Bluesky { server, rules }))
}

impl ChannelSettings for Bluesky {
    fn rules(&self) -> ChannelRules {
        self.rules.clone()
    }

    fn connect(&self, name: &ChannelName, outside: &Outside) -> Option<Arc<dyn Channel>> {
        let http = outside.http.clone()?;
        Some(Arc::new(Account { name: name.clone(), http, server: self.server.clone() }))
    }
}

/// An account as a live channel.
struct Account {
    name: ChannelName,
    http: Http,
    server: Server,
}

/// A sign-in of the account, for one piece of work.
#[derive(Deserialize)]
struct SignIn {
    #[serde(rename = "accessJwt")]
    token: String,
    did: String,
    handle: String,
}

/// A post as the server holds it.
#[derive(Deserialize)]
struct Held {
    uri: String,
    cid: String,
    value: Value,
}

impl Channel for Account {
    fn post<'a>(&'a self, statement: &'a ApprovedStatement, intent: &'a Intent) -> Calling<'a, Outcome> {
        Box::pin(async move {
            let texts = statement.texts_for(&self.name).unwrap_or_default();
            let Some((text, language)) = the_one(&texts) else { return Outcome::Never(Reason::OtherBytes) };
            let sign_in = match self.sign_in().await {
                Ok(sign_in) => sign_in,
                Err(refused) => return refused,
            };
            let answered = match statement.corrects_on(&self.name) {
                Some(url) => self.held(&sign_in, name_in(url)).await.ok().flatten(),
                None => None,
            };
            let mut record = post(&text, &language, intent.at);
            if let Some(Held { uri, cid, value }) = answered {
                let parent = json!({ "uri": uri, "cid": cid });
                let root = if value["reply"]["root"].is_object() { &value["reply"]["root"] } else { &parent };
                record["reply"] = json!({ "root": root, "parent": parent });
            }
            let key = key(intent, statement.digest());
            let body = json!({ "repo": sign_in.did, "collection": POSTS, "rkey": key, "record": record });
            let call = self.to("com.atproto.repo.putRecord", Some(&sign_in), Some(&body), POST_TIMEOUT);
            match self.http.call(call).await {
                Ok(answer) => refused(&answer, Timestamp::now()).unwrap_or_else(|| {
                    let put = read::<Value>(&answer).is_some_and(|put| put["uri"].is_string());
                    if put {
                        Outcome::Done { url: page(&sign_in.did, &key) }
                    } else {
                        Outcome::Unknown(Reason::Garbled)
                    }
                }),
                Err(fault) => unanswered(fault),
            }
        })
    }

    fn find<'a>(&'a self, sent: &'a Package, intent: &'a Intent) -> Calling<'a, Found> {
        Box::pin(async move {
            let texts: Vec<_> = sent.variants_for(&self.name).collect();
            let Some((text, _)) = the_one(&texts) else { return Found::CannotTell(Reason::OtherBytes) };
            match self.look(&key(intent, sent.digest())).await {
                Ok(None) => Found::Nothing,
                // Under the name that is this intent's alone, so other words there are another's doing.
                Ok(Some((_, held))) if held["text"].as_str().is_none_or(|said| even(said) != even(&text)) => {
                    Found::CannotTell(Reason::OtherBytes)
                }
                Ok(Some((url, _))) => Found::There { url },
                Err(outcome) => cannot_tell(&outcome),
            }
        })
    }

    fn take_down<'a>(&'a self, url: &'a str, _: &'a str) -> Calling<'a, Outcome> {
        Box::pin(async move {
            match self.delete(url).await {
                Ok(()) => Outcome::Done { url: url.to_owned() },
                Err(outcome) => outcome,
            }
        })
    }
}

/// The one text, and its language.
fn the_one(texts: &[&Variant]) -> Option<(String, String)> {
    match texts {
        [text] => Some((text.text(), text.language.clone())),
        _ => None,
    }
}

fn page(did: &str, key: &str) -> String {
    format!("{PAGES}/{did}/post/{key}")
}

/// The post's name in its address.
fn name_in(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

impl Account {
    /// Signs in; an error where it is not the account that settings name.
    async fn sign_in(&self) -> Result<SignIn, Outcome> {
        let password = self.server.password.expose_secret();
        let body = json!({ "identifier": self.server.account, "password": password });
        let call = self.to("com.atproto.server.createSession", None, Some(&body), ASK_TIMEOUT);
        let sign_in: SignIn = read(&self.ask(call).await?).ok_or_else(garbled)?;
        let own = self.server.account.eq_ignore_ascii_case(&sign_in.handle) || self.server.account == sign_in.did;
        if own { Ok(sign_in) } else { Err(Outcome::Never(Reason::OtherAccount)) }
    }

    /// The post of this name, and its address.
    async fn look(&self, key: &str) -> Result<Option<(String, Value)>, Outcome> {
        let sign_in = self.sign_in().await?;
        let held = self.held(&sign_in, key).await?;
        Ok(held.map(|held| (page(&sign_in.did, key), held.value)))
    }

    async fn held(&self, sign_in: &SignIn, key: &str) -> Result<Option<Held>, Outcome> {
        let mut call = self.to("com.atproto.repo.getRecord", Some(sign_in), None, ASK_TIMEOUT);
        for (name, value) in [("repo", sign_in.did.as_str()), ("collection", POSTS), ("rkey", key)] {
            call.url.query_pairs_mut().append_pair(name, value);
        }
        let answer = self.http.call(call).await.map_err(|fault| not_asked(unanswered(fault)))?;
        if answer.status.is_client_error()
            && read::<Value>(&answer).is_some_and(|said| said["error"] == "RecordNotFound")
        {
            return Ok(None);
        }
        match refused(&answer, Timestamp::now()) {
            None => read(&answer).map(Some).ok_or_else(garbled),
            Some(outcome) => Err(not_asked(outcome)),
        }
    }

    async fn delete(&self, url: &str) -> Result<(), Outcome> {
        let (sign_in, key) = (self.sign_in().await?, name_in(url));
        let own = [&sign_in.did, &sign_in.handle].iter().any(|account| page(account, key) == url);
        if !own || self.held(&sign_in, key).await?.is_none() {
            return Err(Outcome::Never(Reason::NotThere));
        }
        let body = json!({ "repo": sign_in.did, "collection": POSTS, "rkey": key });
        let call = self.to("com.atproto.repo.deleteRecord", Some(&sign_in), Some(&body), POST_TIMEOUT);
        let answer = self.http.call(call).await.map_err(unanswered)?;
        refused(&answer, Timestamp::now()).map_or(Ok(()), Err)
    }

    async fn ask(&self, call: Call) -> Result<Answer, Outcome> {
        let answer = self.http.call(call).await.map_err(|fault| not_asked(unanswered(fault)))?;
        match refused(&answer, Timestamp::now()) {
            None => Ok(answer),
            Some(outcome) => Err(not_asked(outcome)),
        }
    }

    fn to(&self, method: &str, sign_in: Option<&SignIn>, body: Option<&Value>, within: Duration) -> Call {
        let mut url = self.server.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(["xrpc", method]);
        }
        let mut headers = HeaderMap::new();
        let bearer = sign_in.and_then(|sign_in| HeaderValue::from_str(&format!("Bearer {}", sign_in.token)).ok());
        if let Some(mut bearer) = bearer {
            bearer.set_sensitive(true);
            headers.insert("authorization", bearer);
        }
        if body.is_some() {
            headers.insert("content-type", HeaderValue::from_static("application/json"));
        }
        Call {
            method: if body.is_some() { Method::POST } else { Method::GET },
            url,
            headers,
            body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
            reach: reach(self.server.private),
            tries: Tries::One,
            within,
            body_bytes_max: ANSWER_BYTES_MAX,
        }
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Option<T> {
    serde_json::from_slice(answer.body.as_deref()?).ok()
}
