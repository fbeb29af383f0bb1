//! Feeds and channels: one-key tables whose key is looked up in the tables of kinds, and whose value the kind reads.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use secrecy::ExposeSecret as _;

use super::files::Folder;
use super::node::{Entry, Node, Value};
use super::secret::Secrets;
use super::settings::Reading;
use super::sheet::{Sheet, listed, meant};
use super::{Need, keys, people, spelling};
use crate::channel::{self, ChannelSettings};
use crate::core::name::{ChannelName, FeedName};
use crate::core::rules::Reach;
use crate::feed::{self, Door, Feed};

/// What a kind's settings are made ready with.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) sheet: &'a Sheet,
    pub(super) folder: &'a Folder,
    pub(super) secrets: Secrets<'a>,
}

pub(super) fn feeds(around: Surroundings<'_>, node: Option<&Node>) -> BTreeMap<FeedName, Box<dyn Feed>> {
    let mut feeds = BTreeMap::new();
    let mut doors: Vec<String> = Vec::new();
    let names: Vec<&str> = feed::KINDS.iter().map(|kind| kind.name).collect();
    for entry in node.map(|node| node.entries(around.sheet)).unwrap_or_default() {
        let Some(chosen) = choose(around.sheet, entry, &names, keys::FEED_COMMON, "feed") else { continue };
        let Some(kind) = feed::KINDS.iter().find(|kind| kind.name == chosen.key) else { continue };
        let settings = with_common(around.sheet, entry, chosen);
        let Some(ready) = around.ready(&settings, kind.secrets, kind.paths) else { continue };
        let read = |settings: feed::Settings<'_, '_>| (kind.parse)(settings);
        let Some(feed) = parsed(around.sheet, chosen, &ready, kind.example, read) else { continue };
        if let Door::Webhook(webhook) = feed.door() {
            if doors.iter().any(|path| path == webhook.path()) {
                let message = format!("two feeds listen at {}", webhook.path());
                around.sheet.refuse(&chosen.at, message, "give each a `path` of its own");
            }
            doors.push(webhook.path().to_owned());
        }
        feeds.insert(FeedName::from(entry.key.as_str()), feed);
    }
    feeds
}

pub(super) fn channels(
    around: Surroundings<'_>,
    node: Option<&Node>,
    languages: &[String],
    people: &people::People,
) -> BTreeMap<ChannelName, Box<dyn ChannelSettings>> {
    let mut channels = BTreeMap::new();
    let sheet = around.sheet;
    let names: Vec<&str> = channel::KINDS.iter().map(|kind| kind.name).collect();
    for entry in node.map(|node| node.entries(sheet)).unwrap_or_default() {
        let Some(chosen) = choose(sheet, entry, &names, keys::CHANNEL_COMMON, "channel") else { continue };
        let Some(kind) = channel::KINDS.iter().find(|kind| kind.name == chosen.key) else { continue };
        let Some(ready) = around.ready(&chosen.value, kind.secrets, kind.paths) else { continue };
        let language = language(sheet, entry, languages);
        let read = |settings: channel::Settings<'_, '_>| (kind.parse)(settings, language.clone());
        let Some(channel) = parsed(sheet, chosen, &ready, kind.example, read) else { continue };
        if let Reach::Person(role) = channel.rules().reach {
            people.expect_role(sheet, &place_named(chosen, &ready, role.as_str()), role.as_str());
        }
        channels.insert(ChannelName::from(entry.key.as_str()), channel);
    }
    channels
}

fn language(sheet: &Sheet, entry: &Entry, languages: &[String]) -> Option<String> {
    let common = |other: &&Entry| keys::CHANNEL_COMMON.contains(&other.key.as_str());
    let value = entry.value.entries(sheet).iter().find(common)?;
    let word = value.value.word(sheet)?;
    if !languages.iter().any(|language| language == word.text) {
        let message = format!("the organisation does not write in `{}`", word.text);
        sheet.refuse(word.at, message, meant(word.text, languages.iter().map(String::as_str)));
        return None;
    }
    Some(word.text.to_owned())
}

/// A feed's settings with those that stand beside its kind, where a bare address is its `url`.
fn with_common(sheet: &Sheet, named: &Entry, chosen: &Entry) -> Node {
    let mut settings = chosen.value.clone();
    let is_fetched = chosen.key == feed::rss::NAME;
    let is_address = matches!(&settings.value, Value::Text(text) if is_fetched || text.contains("://"));
    if is_address {
        let url = Entry { at: settings.at.clone(), key: "url".to_owned(), value: settings.clone() };
        settings.value = Value::Map(vec![url]);
    }
    let beside = named.value.entries(sheet).iter().filter(|entry| keys::FEED_COMMON.contains(&entry.key.as_str()));
    let mut beside = beside.cloned().peekable();
    if beside.peek().is_some() && matches!(settings.value, Value::Nothing) {
        settings.value = Value::Map(Vec::new());
    }
    if let Value::Map(entries) = &mut settings.value {
        entries.extend(beside);
    }
    settings
}

/// The kind's entry in `name: { kind: { .. } }`.
fn choose<'n>(sheet: &Sheet, named: &'n Entry, kinds: &[&str], common: &[&str], what: &str) -> Option<&'n Entry> {
    spelling::check_name(sheet, &named.at, &named.key);
    let mut others = named.value.entries(sheet).iter().filter(|entry| !common.contains(&entry.key.as_str()));
    let Some(chosen) = others.next() else {
        let help = format!("write one of {} beneath it", listed(kinds));
        sheet.refuse(&named.at, format!("the {what} `{}` does not say its kind", named.key), help);
        return None;
    };
    if !kinds.contains(&chosen.key.as_str()) {
        let message = format!("there is no kind of {what} called `{}`", chosen.key);
        sheet.refuse(&chosen.at, message, meant(&chosen.key, kinds.iter().copied()));
        return None;
    }
    if let Some(second) = others.next() {
        let message = format!("`{}` is one too many: a {what} has one kind", second.key);
        sheet.refuse(&second.at, message, format!("keep `{}`, or give the other a name of its own", chosen.key));
    }
    Some(chosen)
}

impl Surroundings<'_> {
    /// A rehearsal reads no credential of a channel, and so has none.
    pub(super) fn for_channels(self) -> Self {
        let stand_in = match self.secrets.need {
            Need::Run | Need::WithoutMail | Need::Check => self.secrets.stand_in,
            Need::DryRun | Need::Rehearsal => true,
        };
        Self { secrets: Secrets { stand_in, ..self.secrets }, ..self }
    }

    /// The settings with secrets looked up and paths made absolute.
    fn ready(self, settings: &Node, secrets: &[&str], paths: &[&str]) -> Option<Node> {
        let mut ready = settings.clone();
        if matches!(ready.value, Value::Nothing) {
            ready.value = Value::Map(Vec::new());
        }
        let Value::Map(entries) = &mut ready.value else {
            settings.entries(self.sheet);
            return None;
        };
        let mut whole = true;
        for entry in entries {
            let found = if secrets.contains(&entry.key.as_str()) {
                self.secrets.find(self.sheet, &entry.value).map(|secret| secret.expose_secret().to_owned())
            } else if paths.contains(&entry.key.as_str()) {
                self.path(&entry.value)
            } else {
                continue;
            };
            whole &= found.is_some();
            entry.value.value = found.map_or(Value::Nothing, Value::Text);
        }
        whole.then_some(ready)
    }

    fn path(self, node: &Node) -> Option<String> {
        let word = node.word(self.sheet)?;
        let path = self.folder.inside(self.sheet, word)?;
        if path.to_str().is_none() {
            self.sheet.refuse(word.at, "the folder's own path is not UTF-8", "move the folder");
        }
        path.to_str().map(str::to_owned)
    }
}

/// Lets the kind read its settings; its error is put where the mistake is.
fn parsed<T>(
    sheet: &Sheet,
    chosen: &Entry,
    ready: &Node,
    example: &str,
    read: impl FnOnce(feed::Settings<'_, '_>) -> Result<T, erased_serde::Error>,
) -> Option<T> {
    let last = RefCell::new(chosen.at.clone());
    let mut erased = <dyn erased_serde::Deserializer<'_>>::erase(Reading::new(ready, &last));
    let error = match read(&mut erased) {
        Ok(value) => return Some(value),
        Err(error) => error.to_string(),
    };
    let quoted: Vec<&str> = error.split('`').skip(1).step_by(2).collect();
    let first = quoted.first().copied().unwrap_or_default();
    let example = example.lines().next().unwrap_or_default();
    if error.starts_with("unknown field") {
        let message = format!("`{}` has no setting `{first}`", chosen.key);
        sheet.refuse(&last.borrow(), message, meant(first, quoted.iter().skip(1).copied()));
    } else if error.starts_with("missing field") {
        sheet.refuse(&chosen.at, format!("`{}` has no `{first}`", chosen.key), format!("write it as in `{example}`"));
    } else if let Some((found, wanted)) = error.split_once(", expected ") {
        let message = format!("{} does not fit here", found_in_words(found));
        sheet.refuse(&last.borrow(), message, format!("write {}", wanted_in_words(wanted)));
    } else {
        let value = last.borrow().clone();
        let inner = (value != ready.at).then_some(value);
        let place = setting(ready, first).map(|node| node.at.clone()).or(inner).unwrap_or_else(|| chosen.at.clone());
        if error.contains("; ") || error.contains(": ") {
            sheet.refuse_error(&place, &error);
        } else {
            sheet.refuse(&place, error, format!("write it as in `{example}`"));
        }
    }
    None
}

/// What serde says it found.
fn found_in_words(found: &str) -> String {
    let found = found.split_once(": ").map_or(found, |(_, value)| value);
    let found = found.strip_prefix("unknown variant ").unwrap_or(found);
    match found {
        "sequence" => return "a list".to_owned(),
        "map" => return "a table".to_owned(),
        "unit value" | "null" | "Option value" => return "nothing".to_owned(),
        _ => {}
    }
    let value = ["integer ", "string ", "floating point ", "boolean "].iter().find_map(|kind| found.strip_prefix(kind));
    value.unwrap_or(found).to_owned()
}

/// What serde says it wanted.
fn wanted_in_words(wanted: &str) -> &str {
    match wanted {
        "a string" | "string" | "str" => "a text",
        "a boolean" | "bool" => "true or false",
        "a sequence" | "sequence" => "a list, as in [one, other]",
        "a map" | "map" => "a table, as in { name: value }",
        "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        other if other.starts_with("struct ") => "a table of settings",
        other => other,
    }
}

fn setting<'n>(settings: &'n Node, key: &str) -> Option<&'n Node> {
    match &settings.value {
        Value::Map(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
        Value::Nothing | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => None,
    }
}

/// Where a setting says `text`; the kind's own place where none does.
fn place_named(chosen: &Entry, settings: &Node, text: &str) -> Range<usize> {
    let Value::Map(entries) = &settings.value else { return chosen.at.clone() };
    let says = |entry: &&Entry| matches!(&entry.value.value, Value::Text(written) if written == text);
    entries.iter().find(says).map_or_else(|| chosen.at.clone(), |entry| entry.value.at.clone())
}
