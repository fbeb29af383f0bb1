//! Secrets in clear text where no key says so: a password within an address, as in `https://name:password@host`, and a key
//! within its query, as in `?api_key=`.

use super::node::{Entry, Node, Value};
use super::sheet::Sheet;

/// Names under which addresses carry secrets, without regard to case and to what joins their words.
const SECRETS: &[&str] = &[
    "accesskey",
    "accesstoken",
    "apikey",
    "apitoken",
    "appkey",
    "appsecret",
    "auth",
    "authkey",
    "authtoken",
    "authorization",
    "bearer",
    "bearertoken",
    "clientsecret",
    "credential",
    "credentials",
    "feedtoken",
    "idtoken",
    "jwt",
    "pass",
    "passwd",
    "password",
    "privatetoken",
    "pwd",
    "refreshtoken",
    "rsstoken",
    "sastoken",
    "secret",
    "secretkey",
    "session",
    "sessionid",
    "sharedsecret",
    "subscriptionkey",
    "token",
    "userkey",
    "usertoken",
    "xapikey",
];
/// Names that carry a secret where their value is as long as one.
const PERHAPS: &[&str] = &["code", "hash", "key", "sig", "signature"];
/// From how many characters on a value is as long as a secret.
const SECRET_CHARS_MIN: usize = 16;

/// Where a secret stands in an address, and how a feed names it instead.
const OF_A_FEED: &str = "write {key} in its place, and beside `url` the key as in `key: { file: feed-key }`, with the secret in that file alone";
const OF_OTHERS: &str = "take it out of the address; a secret is named by { env: NAME } or { file: PATH }";

/// Says every address of the file that holds a secret.
pub(super) fn check(sheet: &Sheet, node: &Node) {
    look(sheet, node, OF_OTHERS);
}

fn look(sheet: &Sheet, node: &Node, help: &str) {
    match &node.value {
        Value::Text(text) => {
            if holds_a_password(text) {
                sheet.hide(&node.at);
                sheet.refuse(&node.at, "a password stands in this address in clear text", OF_OTHERS);
            } else if let Some(name) = secret_in_query(text) {
                sheet.hide(&node.at);
                sheet.refuse(&node.at, format!("a secret stands in this address in clear text, as its `{name}`"), help);
            }
        }
        Value::List(items) => items.iter().for_each(|item| look(sheet, item, help)),
        Value::Map(entries) => {
            for entry in entries {
                // Whatever is said of the line, as that it holds a slip, its secret is not shown.
                if names_a_secret(&entry.key) && matches!(entry.value.value, Value::Text(_) | Value::Number(_)) {
                    sheet.hide(&entry.value.at);
                }
                look(sheet, &entry.value, help_for(entry, help));
            }
        }
        Value::Nothing | Value::Flag(_) | Value::Number(_) => {}
    }
}

/// Of a file that is no YAML: whatever follows the name of a secret in its line is not shown.
pub(super) fn hide_all(sheet: &Sheet) {
    let mut start = 0;
    for line in sheet.text().split_inclusive('\n') {
        let names = line.match_indices(':').map(|(at, _)| at);
        let secret = names.into_iter().find(|at| {
            names_a_secret(
                line[..*at].rsplit(|c: char| !c.is_alphanumeric() && !"-_".contains(c)).next().unwrap_or_default(),
            )
        });
        if let Some(at) = secret {
            sheet.hide(&(start + at + 1..start + line.trim_end().len()));
        }
        start += line.len();
    }
}

fn names_a_secret(key: &str) -> bool {
    let plain = plain(key);
    plain == "key" || plain == "oldsecret" || SECRETS.contains(&plain.as_str())
}

/// A name without regard to case and to what joins its words.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

fn help_for<'h>(entry: &Entry, outside: &'h str) -> &'h str {
    if entry.key == crate::feed::rss::NAME { OF_A_FEED } else { outside }
}

fn holds_a_password(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let authority = rest.split(|c: char| c.is_whitespace() || "/?#\"'".contains(c)).next().unwrap_or_default();
        authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, word)| !word.is_empty()))
    })
}

/// The name of a part of an address's query, or of what follows its `#`, that carries a secret.
fn secret_in_query(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let pairs = rest.split(['?', '&', '#', ';']).skip(1).filter_map(|pair| pair.split_once('='));
    pairs.filter(|(_, value)| !value.is_empty() && !value.contains(crate::feed::rss::KEY_PLACE)).find_map(
        |(name, value)| {
            let is_one_of = |names: &[&str]| names.contains(&plain(name).as_str());
            let is_long = value.chars().count() >= SECRET_CHARS_MIN;
            (is_one_of(SECRETS) || (is_long && is_one_of(PERHAPS))).then_some(name)
        },
    )
}
