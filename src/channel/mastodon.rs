//! The Mastodon channel: statuses by Mastodon's API, on any server that speaks it. What such servers promise is not relied on:
//! some ignore the idempotency key, so a lost answer is looked up among the account's own statuses.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::answer::{cannot_tell, garbled, is_gone, not_asked, refused, unanswered};
use super::room::Room;
use super::server::{address, host, mark, reach};
use super::{
    Calling, Channel, ChannelKind, ChannelSettings, Found, Intent, Outcome, Outside, Parsed, Reason, Settings,
    SettingsError,
};
use crate::core::approval::ApprovedStatement;
use crate::core::name::ChannelName;
use crate::core::rules::{ChannelRules, Reach};
use crate::core::statement::{Limit, Package, Variant, even};
use crate::net::{Answer, Call, HeaderMap, HeaderValue, Http, Method, Tries, Url, read_html};

const NAME: &str = "mastodon";
/// For the call that posts, and for each that asks; together less than the engine waits.
const POST_TIMEOUT: Duration = Duration::from_secs(12);
const ASK_TIMEOUT: Duration = Duration::from_secs(6);
/// The most that is read of an answer; forty statuses of the longest kind fit.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How many statuses are asked for at once: the most that Mastodon gives.
const STATUSES: usize = 40;
/// How many servers give at least, where there are so many.
const STATUSES_USUAL: usize = 20;
/// How many times, going back.
const PAGES_MAX: usize = 3;
/// How far the server's clock may be behind ours.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

pub(super) const KIND: ChannelKind = ChannelKind {
    name: NAME,
    docs: "\
Posts a status by Mastodon's API, on Mastodon or another server that speaks it. Needs `language` beside it.

  server      its address
  token       { env: NAME } or { file: PATH }: an access token with the scopes read and write:statuses
  account     as in press@mastodon.example: checked before every post, so that no other account ever posts. Without it
              the token stands for the account, and an open incident posts with no other token after a restart
  visibility  public unless said; or unlisted, or private
  length      a number of characters, where the server allows other than 500
  private     true where the server is in your own network",
    example: "mastodon: { mastodon: { server: https://mastodon.example, token: { env: HOLDLINE_MASTODON_POST_TOKEN } }, language: en }",
    secrets: &["token"],
    paths: &[],
    parse,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MastodonSettings {
    server: String,
    token: SecretString,
    account: Option<String>,
    #[serde(default)]
    visibility: Visibility,
    length: Option<Room>,
    #[serde(default)]
    private: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Visibility {
    #[default]
    Public,
    Unlisted,
    Private,
}

#[derive(Clone, Debug)]
struct Server {
    url: Url,
    token: SecretString,
    /// The account that must be the token's.
    account: Option<String>,
    visibility: Visibility,
    private: bool,
}

#[derive(Debug)]
struct Mastodon {
    server: Server,
    rules: ChannelRules,
}

fn parse(settings: Settings<'_, '_>, language: Option<String>) -> Parsed {
    let settings: MastodonSettings = erased_serde::deserialize(settings)?;
    let url = address("server", &settings.server, settings.private)?;
    if url.path() != "/" || url.query().is_some() {
        return Err(SettingsError::custom(
            "`server` holds more than a server; write it as in https://mastodon.example",
        ));
    }
    if HeaderValue::from_str(settings.token.expose_secret()).is_err() {
        return Err(SettingsError::custom("`token` is no access token; copy it again from the server's settings"));
    }
    let Some(language) = language else {
        let message = "a status is in one language, and none is named; write `language: en` beside `mastodon`";
        return Err(SettingsError::custom(message));
    };
    let host = host(&url);
    let rules = ChannelRules {
        kind: NAME.to_owned(),
        // With its server, so that another server's is never taken for what was approved.
        account: match settings.account.as_deref().map(|account| account.trim_start_matches('@')) {
            Some(account) if account.split_once('@').is_some_and(|(_, server)| server != host) => {
                format!("{account} ({host})")
            }
            Some(account) if account.contains('@') => account.to_owned(),
            Some(account) => format!("{account}@{host}"),
            None => format!("the account of token {} ({host})", mark(settings.token.expose_secret())),
        },
        reach: Reach::Network,
        limit: Some(settings.length.map_or(Limit::mastodon(), |room| match room.0 {
            Limit::Characters(max) => Limit::Mastodon { max },
            other @ (Limit::X | Limit::Bluesky | Limit::Mastodon { .. }) => other,
        })),
        language: Some(language),
    };
    let server = Server {
        url,
        token: settings.token,
        account: settings.account,
        visibility: settings.visibility,
        private: settings.private,
    };
    Ok(Box::new(Mastodon { server, rules }))
}

impl ChannelSettings for Mastodon {
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

/// What is posted.
#[derive(Serialize)]
struct Draft<'a> {
    status: &'a str,
    language: &'a str,
    visibility: Visibility,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_reply_to_id: Option<String>,
}

/// What the server says of the account.
#[derive(Deserialize)]
struct Credentials {
    id: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    acct: String,
}

/// What the server says of a status.
#[derive(Deserialize)]
struct Status {
    id: String,
    url: Option<String>,
    uri: Option<String>,
    #[serde(default)]
    content: String,
    /// As it was posted; some servers tell.
    text: Option<String>,
    created_at: Option<Timestamp>,
}

impl Status {
    fn says(&self, wanted: &str) -> bool {
        self.text.as_ref().is_some_and(|text| even(text) == wanted) || even(&read_html(&self.content).text) == wanted
    }

    fn is_at(&self, url: &str) -> bool {
        [&self.url, &self.uri].into_iter().flatten().any(|known| known == url)
    }

    /// Where people see it.
    fn address(self) -> Option<String> {
        self.url.or(self.uri).filter(|address| !address.is_empty())
    }
}

impl Channel for Account {
    fn post<'a>(&'a self, statement: &'a ApprovedStatement, intent: &'a Intent) -> Calling<'a, Outcome> {
        Box::pin(async move {
            let texts = statement.texts_for(&self.name).unwrap_or_default();
            let Some((text, language)) = the_one(&texts) else { return Outcome::Never(Reason::OtherBytes) };
            if self.server.account.is_some()
                && let Err(refused) = self.credentials().await
            {
                return refused;
            }
            let in_reply_to_id = self.corrected(statement).await;
            let visibility = self.server.visibility;
            let draft = Draft { status: &text, language: &language, visibility, in_reply_to_id };
            let Ok(body) = serde_json::to_vec(&draft) else { return Outcome::Never(Reason::OtherBytes) };
            let mut call = self.to(Method::POST, &["statuses"], POST_TIMEOUT);
            // Of this version too: a number alone comes again where a store was begun anew.
            let key = Sha256::new().chain_update(&intent.key).chain_update(statement.digest().as_bytes()).finalize();
            if let Ok(key) = HeaderValue::from_str(&hex::encode(key)) {
                call.headers.insert("idempotency-key", key);
            }
            call.headers.insert("content-type", HeaderValue::from_static("application/json"));
            call.body = body;
            match self.http.call(call).await {
                Ok(answer) => refused(&answer, Timestamp::now()).unwrap_or_else(|| {
                    let posted = read::<Status>(&answer).and_then(Status::address);
                    posted.map_or(Outcome::Unknown(Reason::Garbled), |url| Outcome::Done { url })
                }),
                Err(fault) => unanswered(fault),
            }
        })
    }

    fn find<'a>(&'a self, sent: &'a Package, intent: &'a Intent) -> Calling<'a, Found> {
        Box::pin(async move {
            let texts: Vec<_> = sent.variants_for(&self.name).collect();
            let Some((text, _)) = the_one(&texts) else { return Found::CannotTell(Reason::OtherBytes) };
            let wanted = even(&text);
            let since = intent.at.checked_sub(CLOCKS_APART).unwrap_or(Timestamp::MIN);
            let is_it = |status: &Status| status.created_at.is_none_or(|at| at >= since) && status.says(&wanted);
            let recent = match self.recent(since).await {
                Ok(recent) => recent,
                Err(outcome) => return cannot_tell(&outcome),
            };
            let whole = recent.whole;
            let mut found: Vec<Status> = recent.statuses.into_iter().filter(is_it).collect();
            match (found.pop(), found.is_empty()) {
                (Some(_), false) => Found::CannotTell(Reason::Several),
                (Some(only), true) if whole => {
                    only.address().map_or(Found::CannotTell(Reason::Garbled), |url| Found::There { url })
                }
                (None, _) if whole => Found::Nothing,
                // There is more since then than was read.
                (Some(_) | None, _) => Found::CannotTell(Reason::TooMany),
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

/// The account's latest statuses, newest first.
struct Recent {
    statuses: Vec<Status>,
    /// Whether they are all since the time that was asked for.
    whole: bool,
}

impl Account {
    /// The status that a correction answers to, where it is among the latest.
    async fn corrected(&self, statement: &ApprovedStatement) -> Option<String> {
        let url = statement.corrects_on(&self.name)?;
        let latest = self.recent(Timestamp::MIN).await.ok()?.statuses;
        latest.into_iter().find(|status| status.is_at(url)).map(|status| status.id)
    }

    /// Whose the token is; an error where it is not the account's that settings name.
    async fn credentials(&self) -> Result<Credentials, Outcome> {
        let answer = self.ask(self.to(Method::GET, &["accounts", "verify_credentials"], ASK_TIMEOUT)).await?;
        let credentials: Credentials = read(&answer).ok_or_else(garbled)?;
        match &self.server.account {
            Some(wanted) if !self.is_called(&credentials, wanted) => Err(Outcome::Never(Reason::OtherAccount)),
            Some(_) | None => Ok(credentials),
        }
    }

    /// `press`, `@press` and `press@server` are the same account of this server.
    fn is_called(&self, credentials: &Credentials, wanted: &str) -> bool {
        let wanted = wanted.trim_start_matches('@');
        let (name, host) = wanted.split_once('@').unwrap_or((wanted, ""));
        let here = host.is_empty() || self.server.url.host_str().is_some_and(|own| own.eq_ignore_ascii_case(host));
        let whole = credentials.acct.eq_ignore_ascii_case(wanted);
        whole || (here && credentials.username.eq_ignore_ascii_case(name))
    }

    async fn recent(&self, since: Timestamp) -> Result<Recent, Outcome> {
        let Credentials { id, .. } = self.credentials().await?;
        let mut statuses: Vec<Status> = Vec::new();
        for _ in 0..PAGES_MAX {
            let mut call = self.to(Method::GET, &["accounts", &id, "statuses"], ASK_TIMEOUT);
            let limit = STATUSES.to_string();
            call.url.query_pairs_mut().append_pair("limit", &limit).append_pair("exclude_reblogs", "true");
            if let Some(oldest) = statuses.last() {
                call.url.query_pairs_mut().append_pair("max_id", &oldest.id);
            }
            let page: Vec<Status> = read(&self.ask(call).await?).ok_or_else(garbled)?;
            let given = page.len();
            let fresh: Vec<Status> =
                page.into_iter().filter(|status| statuses.iter().all(|known| known.id != status.id)).collect();
            if fresh.is_empty() {
                // The end; or a server that cannot go back and gives the same statuses again, perhaps not all of them.
                return Ok(Recent { statuses, whole: given < STATUSES_USUAL });
            }
            let back = fresh.iter().any(|status| status.created_at.is_some_and(|at| at < since));
            statuses.extend(fresh);
            if back {
                return Ok(Recent { statuses, whole: true });
            }
        }
        Ok(Recent { statuses, whole: false })
    }

    async fn delete(&self, url: &str) -> Result<(), Outcome> {
        let latest = self.recent(Timestamp::MIN).await?.statuses;
        let status = latest.iter().find(|status| status.is_at(url)).ok_or(Outcome::Never(Reason::NotThere))?;
        let call = self.to(Method::DELETE, &["statuses", &status.id], POST_TIMEOUT);
        let answer = self.http.call(call).await.map_err(unanswered)?;
        if !is_gone(answer.status) {
            return refused(&answer, Timestamp::now()).map_or(Ok(()), Err);
        }
        // Gone already; or the server knows no such call and says the same.
        let still = self.recent(Timestamp::MIN).await?.statuses.iter().any(|status| status.is_at(url));
        if still { Err(Outcome::Never(Reason::CannotTakeDown)) } else { Ok(()) }
    }

    async fn ask(&self, call: Call) -> Result<Answer, Outcome> {
        let answer = self.http.call(call).await.map_err(|fault| not_asked(unanswered(fault)))?;
        match refused(&answer, Timestamp::now()) {
            None => Ok(answer),
            Some(outcome) => Err(not_asked(outcome)),
        }
    }

    fn to(&self, method: Method, path: &[&str], within: Duration) -> Call {
        let mut url = self.server.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(["api", "v1"]).extend(path);
        }
        let mut headers = HeaderMap::new();
        if let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {}", self.server.token.expose_secret())) {
            bearer.set_sensitive(true);
            headers.insert("authorization", bearer);
        }
        Call {
            method,
            url,
            headers,
            body: Vec::new(),
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
