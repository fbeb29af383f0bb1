//! Watches: queries, their feeds, what is a spike, and which playbook it opens.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::node::{Entry, Node, Table, Word};
use super::sheet::{Sheet, listed, meant};
use super::{keys, spelling};
use crate::core::detect::{Detector, KINDS};
use crate::core::name::{FeedName, PlaybookName, WatchName};
use crate::core::query::{Matcher, Query};
use crate::core::watch::{Besides, Mentions, Percent, Voices, Watch};

/// What a watch may name.
pub(super) struct Named<'a> {
    pub(super) feeds: &'a BTreeSet<String>,
    /// The feeds that call authors otherwise than people do, and what those names begin with.
    pub(super) authors: &'a BTreeMap<FeedName, &'static str>,
    pub(super) playbooks: &'a BTreeSet<String>,
}

pub(super) fn read(sheet: &Sheet, node: Option<&Node>, named: &Named<'_>) -> Vec<Watch> {
    let entries = node.map(|node| node.entries(sheet)).unwrap_or_default();
    let watches: Vec<Watch> = entries.iter().filter_map(|entry| watch(sheet, entry, named)).collect();
    let queries: Vec<Query> = watches.iter().map(|watch| watch.query.clone()).collect();
    if let (Some(node), Err(error)) = (node, Matcher::new(&queries)) {
        sheet.refuse_error(&node.at, &error);
    }
    watches
}

fn watch(sheet: &Sheet, entry: &Entry, named: &Named<'_>) -> Option<Watch> {
    spelling::check_name(sheet, &entry.at, &entry.key);
    let table = Table::of(sheet, &entry.key, &entry.value, &entry.at, keys::WATCH);
    let written = table.need_word("query", "\"riverside general\" AND breach");
    let query = written.and_then(|word| query(sheet, word));
    let mut feeds = BTreeSet::new();
    for word in table.need("feeds", "[local-news]").map(|node| node.words(sheet)).unwrap_or_default() {
        if !named.feeds.contains(word.text) {
            let help = meant(word.text, named.feeds.iter().map(String::as_str));
            sheet.refuse(word.at, format!("there is no feed called `{}`", word.text), help);
        }
        feeds.insert(FeedName::from(word.text));
    }
    if let Some(node) = table.get("feeds").filter(|node| node.is_empty_list()) {
        sheet.refuse(&node.at, "this watch looks at no feed", "name at least one of `feeds:`");
    }
    if let (Some(word), Some(query)) = (written, &query) {
        expect_authors(sheet, word, query, &feeds, named);
    }
    let opens = table.word("opens");
    if let Some(word) = opens.filter(|word| !named.playbooks.contains(word.text)) {
        let help = meant(word.text, named.playbooks.iter().map(String::as_str));
        sheet.refuse(word.at, format!("there is no playbook called `{}`", word.text), help);
    }
    let spike = table.need("spike", "{ more_than: 5 mentions in 15m, from: 4 voices }");
    let Asks { detector, at_least, from, besides } = spike.and_then(|node| spike_of(sheet, node))?;
    Some(Watch {
        name: WatchName::from(entry.key.as_str()),
        query: query?,
        feeds,
        detector,
        at_least,
        from,
        besides,
        opens: opens.map(|word| PlaybookName::from(word.text)),
    })
}

fn query(sheet: &Sheet, word: Word<'_>) -> Option<Query> {
    let error = match Query::parse(word.text) {
        Ok(query) => {
            for slip in query.slips() {
                sheet.warn(&within(sheet, word, &slip.span), slip.message, slip.help);
            }
            return Some(query);
        }
        Err(error) => error,
    };
    sheet.refuse(&within(sheet, word, &error.span), error.message, error.help);
    None
}

/// Warns of an author that a feed of the watch knows by another kind of name: nothing of theirs would be found there.
fn expect_authors(sheet: &Sheet, word: Word<'_>, query: &Query, feeds: &BTreeSet<FeedName>, named: &Named<'_>) {
    let authors = query.authors();
    for (feed, begins) in feeds.iter().filter_map(|feed| named.authors.get_key_value(feed)) {
        // Who is named both ways is found there.
        if authors.iter().any(|(_, author)| author.starts_with(begins)) {
            continue;
        }
        if let Some((span, author)) = authors.first() {
            let message =
                format!("nobody on `{feed}` is called `{author}`: authors there have names that begin with `{begins}`");
            let help = format!("add what the account's own page says, as in (from:{author} OR from:{begins}plc:...)");
            sheet.warn(&within(sheet, word, span), message, help);
        }
    }
}

/// The bytes of the file that `part` of a text stands for; the whole text where it is written with escapes or folds.
pub(super) fn within(sheet: &Sheet, word: Word<'_>, part: &Range<usize>) -> Range<usize> {
    let raw = sheet.text().get(word.at.clone()).unwrap_or_default();
    let begins = word.at.start + usize::from(raw.starts_with(['"', '\'']));
    let ends = begins + word.text.len();
    if sheet.text().get(begins..ends) == Some(word.text) && part.end <= word.text.len() {
        return begins + part.start..begins + part.end;
    }
    word.at.clone()
}

fn people(text: &str) -> Result<u64, String> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| plain && *number > 0);
    number.ok_or_else(|| format!("`{text}` is not a number of people; write it as in 10000"))
}

/// What a `spike:` asks.
struct Asks {
    detector: Box<dyn Detector>,
    at_least: Option<Mentions>,
    from: Voices,
    besides: Besides,
}

fn spike_of(sheet: &Sheet, node: &Node) -> Option<Asks> {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let all: Vec<&str> = names.iter().chain(keys::SPIKE_COMMON).copied().collect();
    let table = Table::of(sheet, "spike", node, &node.at, &all);
    let at_least = table.parsed("at_least", Mentions::parse);
    let from = table.parsed("from", Voices::parse).unwrap_or(Voices(1));
    let besides = Besides { negative: table.parsed("negative", Percent::parse), reach: table.parsed("reach", people) };
    let mut chosen = KINDS.iter().filter_map(|kind| Some((kind, table.entry(kind.name)?)));
    let Some((kind, entry)) = chosen.next() else {
        let known = node.entries(sheet).iter().any(|entry| !all.contains(&entry.key.as_str()));
        if !known {
            let example = KINDS.first().map(|kind| format!("{}: {}", kind.name, kind.example)).unwrap_or_default();
            sheet.refuse(
                &node.at,
                "this does not say what is a spike",
                format!("write one of {}, as in `{example}`", listed(&names)),
            );
        }
        return None;
    };
    if let Some((_, second)) = chosen.next() {
        sheet.refuse(
            &second.at,
            format!("`{}` is one too many here", second.key),
            "a spike is told in one way; make two watches",
        );
    }
    let detector = entry.value.word(sheet)?.parsed(sheet, kind.parse)?;
    Some(Asks { detector, at_least, from, besides })
}
