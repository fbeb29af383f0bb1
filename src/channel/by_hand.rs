//! A person posts: asked to, with the approved text, and gives back the address of the post, which is then looked at.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::room::Room;
use super::{Channel, ChannelKind, ChannelSettings, Outside, Parsed, Settings};
use crate::core::name::{ChannelName, RoleName};
use crate::core::rules::{ChannelRules, Reach};
use crate::core::statement::{Seen, Unseen, Variant, sighted};
use crate::net::{self, Answer, Call, Fault, HeaderMap, HeaderValue, Http, Method, Tries, Url, read_html};

const NAME: &str = "by_hand";
/// How the account is named where the settings do not say.
const ACCOUNT: &str = "posted by a person";
/// Longest time for a whole look, redirects and all.
const LOOK_TIMEOUT: Duration = Duration::from_secs(20);
/// The largest page that is read, in bytes, decoded.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

pub(super) const KIND: ChannelKind = ChannelKind {
    name: NAME,
    docs: "\
A person posts the approved text and gives the post's address to Holdline.

  to       the role that is asked
  account  the account it is posted under, as those who approve shall read it
  length   bluesky, mastodon, x or a number of characters, where the place has a limit",
    example: "facebook: { by_hand: { to: comms-lead, account: facebook.com/riverside } }",
    secrets: &[],
    paths: &[],
    parse,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ByHandSettings {
    to: String,
    account: Option<String>,
    length: Option<Room>,
}

#[derive(Debug)]
struct ByHand {
    rules: ChannelRules,
}

fn parse(settings: Settings<'_, '_>, language: Option<String>) -> Parsed {
    let ByHandSettings { to, account, length } = erased_serde::deserialize(settings)?;
    let rules = ChannelRules {
        kind: NAME.to_owned(),
        account: account.unwrap_or_else(|| ACCOUNT.to_owned()),
        reach: Reach::Person(RoleName::from(to)),
        limit: length.map(|room| room.0),
        language,
    };
    Ok(Box::new(ByHand { rules }))
}

impl ChannelSettings for ByHand {
    fn rules(&self) -> ChannelRules {
        self.rules.clone()
    }

    fn connect(&self, _: &ChannelName, _: &Outside) -> Option<Arc<dyn Channel>> {
        None
    }
}

/// Looks at the address that a person gave: whether the page there shows these texts. Only public addresses are called,
/// and nothing of ours goes along.
pub async fn look_at(http: &Http, url: &str, approved: &[&Variant]) -> Seen {
    let Ok(url) = Url::parse(url) else { return unseen(Unseen::Address) };
    let mut headers = HeaderMap::new();
    headers.insert("accept", HeaderValue::from_static("text/html, application/xhtml+xml, text/plain"));
    let call = Call {
        method: Method::GET,
        url,
        headers,
        body: Vec::new(),
        reach: net::Reach::Public,
        tries: Tries::WithRedirects,
        within: LOOK_TIMEOUT,
        body_bytes_max: PAGE_BYTES_MAX,
    };
    match http.call(call).await {
        Ok(answer) => seen_in(&answer, approved),
        Err(Fault::NotAllowed) => unseen(Unseen::Address),
        Err(Fault::TooSlow) => unseen(Unseen::TooSlow),
        Err(Fault::NotReached | Fault::Lost) => unseen(Unseen::Unreachable),
        Err(Fault::Redirects) => unseen(Unseen::Failed),
    }
}

/// What an answer shows of these texts.
pub fn seen_in(answer: &Answer, approved: &[&Variant]) -> Seen {
    match answer.status.as_u16() {
        200..=299 => {}
        401 | 403 | 407 => return unseen(Unseen::SignIn),
        404 | 410 => return unseen(Unseen::Gone),
        _ => return unseen(Unseen::Failed),
    }
    let Some(body) = &answer.body else { return unseen(Unseen::TooLarge) };
    let body = String::from_utf8_lossy(body);
    let said = answer.headers.get("content-type").and_then(|said| said.to_str().ok()).unwrap_or("text/html");
    let kind = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "text/html" | "application/xhtml+xml" => {
            let page = read_html(&body);
            let shown: Vec<String> = [page.text].into_iter().chain(page.summaries).collect();
            sighted(approved, &shown)
        }
        "text/plain" => sighted(approved, &[body.into_owned()]),
        _ => unseen(Unseen::NotAPage),
    }
}

fn unseen(why: Unseen) -> Seen {
    Seen::CouldNotBeSeen { why }
}
