//! The only module that reads by the YAML crate: a text becomes a tree whose every node knows its bytes.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::options::MergeKeyPolicy;
use serde_yaml::{Location, Options, Spanned};

use super::node::{Entry, Node, Value};
use super::sheet::Sheet;
use super::yaml_words;

/// Deeper nesting than any file of ours needs.
pub(super) const DEPTH_MAX: usize = 32;
/// The most values in one file: a thousand people fit. Keeps a look at a file short, and stops aliases that multiply.
pub(super) const NODES_MAX: usize = 20_000;
pub(super) const ALIASES_MAX: usize = 200;

/// Reads the sheet; none where it is no YAML, which is then said on the sheet.
pub(super) fn read(sheet: &Sheet) -> Option<Node> {
    match serde_yaml::from_str_with_options::<Tree>(sheet.text(), options()) {
        Ok(tree) => Some(tree.into_node(sheet.text())),
        Err(error) => {
            let bytes = error.location().map_or(0..0, |location| bytes_of(location, sheet.text()));
            let said = error.without_snippet().to_string();
            let (message, help) = yaml_words::reworded(&said);
            super::clear::hide_all(sheet);
            sheet.refuse(&bytes, message, help);
            None
        }
    }
}

fn options() -> Options {
    serde_yaml::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        merge_keys: MergeKeyPolicy::Error,
        reject_unsupported_tags: true,
        with_snippet: false,
        budget: serde_yaml::budget! {
            max_depth: DEPTH_MAX,
            max_nodes: NODES_MAX,
            max_events: 4 * NODES_MAX,
            max_aliases: ALIASES_MAX,
            max_anchors: ALIASES_MAX,
        },
    }
}

/// Byte offsets where the crate knows them, else found by line and column.
fn bytes_of(location: Location, text: &str) -> Range<usize> {
    let span = location.span();
    let known = span.byte_offset().zip(span.byte_len());
    let to_usize = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let exact = known.map(|(start, length)| to_usize(start)..to_usize(start).saturating_add(to_usize(length)));
    exact.filter(|bytes| bytes.end <= text.len()).unwrap_or_else(|| {
        let start = byte_at(text, to_usize(location.line()), to_usize(location.column()));
        start..text[start..].chars().next().map_or(start, |c| start + c.len_utf8())
    })
}

/// The byte where a line and column, both counted from one, lie.
pub(super) fn byte_at(text: &str, line: usize, column: usize) -> usize {
    let mut start = 0;
    for (index, piece) in text.split_inclusive('\n').enumerate() {
        if index + 1 == line {
            return start + piece.char_indices().nth(column.saturating_sub(1)).map_or(piece.len(), |(byte, _)| byte);
        }
        start += piece.len();
    }
    text.len()
}

/// A value as the crate gives it.
struct Tree {
    here: Location,
    /// Where an alias leads.
    written: Location,
    branch: Branch,
}

enum Branch {
    Nothing,
    Flag(bool),
    Number,
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(Spanned<String>, Tree)>),
}

impl Tree {
    fn into_node(self, text: &str) -> Node {
        let value = match self.branch {
            Branch::Nothing => Value::Nothing,
            Branch::Flag(flag) => Value::Flag(flag),
            Branch::Number => {
                Value::Number(text.get(bytes_of(self.written, text)).unwrap_or_default().trim().to_owned())
            }
            Branch::Text(written) => Value::Text(written),
            Branch::List(items) => Value::List(items.into_iter().map(|item| item.into_node(text)).collect()),
            Branch::Map(pairs) => {
                let entry = |(key, value): (Spanned<String>, Self)| Entry {
                    at: bytes_of(key.referenced, text),
                    key: key.value,
                    value: value.into_node(text),
                };
                Value::Map(pairs.into_iter().map(entry).collect())
            }
        };
        Node { at: bytes_of(self.here, text), value }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Branch>::deserialize(deserializer)?;
        Ok(Self { here: spanned.referenced, written: spanned.defined, branch: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Branch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BranchVisitor)
    }
}

struct BranchVisitor;

impl<'de> Visitor<'de> for BranchVisitor {
    type Value = Branch;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Branch, E> {
        Ok(Branch::Nothing)
    }

    fn visit_none<E>(self) -> Result<Branch, E> {
        Ok(Branch::Nothing)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Branch, E> {
        Ok(Branch::Flag(flag))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Branch, E> {
        Ok(Branch::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Branch, E> {
        Ok(Branch::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Branch, E> {
        Ok(Branch::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<Branch, E> {
        Ok(Branch::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Branch, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Branch::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Branch, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Branch::Map(pairs))
    }
}
