//! A value of a file with its place, and how tables, lists and texts are taken out of it. What does not fit is said on
//! the sheet, and reading goes on, so that one look shows every mistake.

use std::fmt;
use std::ops::Range;

use super::sheet::{Sheet, listed, meant, nearest};
use crate::core::statement::hidden_character;

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: Range<usize>,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Nothing,
    Flag(bool),
    /// As written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) at: Range<usize>,
    pub(super) key: String,
    pub(super) value: Node,
}

/// A text with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'n> {
    pub(super) text: &'n str,
    pub(super) at: &'n Range<usize>,
}

/// A table whose keys are a fixed set.
pub(super) struct Table<'n> {
    pub(super) sheet: &'n Sheet,
    /// Where to say that something is missing.
    pub(super) at: &'n Range<usize>,
    name: &'n str,
    entries: &'n [Entry],
    /// It is one: of what is none, that alone is said.
    whole: bool,
    /// Entries whose keys are none of the set but for a slip, with what was meant.
    misspelt: Vec<(&'n Entry, String)>,
}

impl Node {
    fn kind(&self) -> &'static str {
        match self.value {
            Value::Nothing => "nothing",
            Value::Flag(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a table",
        }
    }

    fn is_not(&self, wanted: &str, example: &str, sheet: &Sheet) {
        sheet.refuse(&self.at, format!("this is {}, not {wanted}", self.kind()), format!("write it as in `{example}`"));
    }

    /// The value alone, whatever its places: two that are written alike give the same.
    pub(super) fn written(&self) -> String {
        match &self.value {
            Value::Nothing => "null".to_owned(),
            Value::Flag(flag) => flag.to_string(),
            Value::Number(number) => number.clone(),
            Value::Text(text) => format!("{text:?}"),
            Value::List(items) => format!("[{}]", items.iter().map(Self::written).collect::<Vec<_>>().join(",")),
            Value::Map(entries) => {
                let written = entries.iter().map(|entry| format!("{:?}:{}", entry.key, entry.value.written()));
                format!("{{{}}}", written.collect::<Vec<_>>().join(","))
            }
        }
    }

    pub(super) fn is_empty_list(&self) -> bool {
        matches!(&self.value, Value::List(items) if items.is_empty())
    }

    pub(super) fn entries<'n>(&'n self, sheet: &Sheet) -> &'n [Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Nothing | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                self.is_not("a table", "name: { ... }", sheet);
                &[]
            }
        }
    }

    pub(super) fn items<'n>(&'n self, sheet: &Sheet) -> &'n [Self] {
        match &self.value {
            Value::List(items) => items,
            Value::Nothing | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => {
                self.is_not("a list", "[one, other]", sheet);
                &[]
            }
        }
    }

    /// Any one value, as written.
    pub(super) fn word<'n>(&'n self, sheet: &Sheet) -> Option<Word<'n>> {
        let text = match &self.value {
            Value::Text(text) | Value::Number(text) => text.as_str(),
            Value::Flag(true) => "true",
            Value::Flag(false) => "false",
            Value::Nothing | Value::List(_) | Value::Map(_) => {
                self.is_not("a text", "key: words", sheet);
                return None;
            }
        };
        if text.trim().is_empty() {
            sheet.refuse(&self.at, "this is empty", "write something, or leave the key out");
            return None;
        }
        if let Some(hidden) =
            text.chars().find(|c| *c != '\t' && hidden_character(c.encode_utf8(&mut [0; 4])).is_some())
        {
            let message = format!("a character that nobody sees stands in this text, U+{:04X}", u32::from(hidden));
            sheet.refuse(&self.at, message, "type the words anew by hand; what was copied brought it along");
            return None;
        }
        Some(Word { text: text.trim(), at: &self.at })
    }

    pub(super) fn flag(&self, sheet: &Sheet) -> Option<bool> {
        match &self.value {
            Value::Flag(flag) => Some(*flag),
            Value::Nothing | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
                self.is_not("true or false", "key: true", sheet);
                None
            }
        }
    }

    pub(super) fn words<'n>(&'n self, sheet: &Sheet) -> Vec<Word<'n>> {
        self.items(sheet).iter().filter_map(|item| item.word(sheet)).collect()
    }

    /// The one entry of a table that must hold one alone, such as the kind of a step.
    pub(super) fn only_entry<'n>(&'n self, sheet: &Sheet, known: &[&str]) -> Option<&'n Entry> {
        match self.entries(sheet) {
            [] if !matches!(self.value, Value::Map(_)) => None,
            [entry] => Some(entry),
            [] => {
                sheet.refuse(&self.at, "this is empty", format!("write one of {}", listed(known)));
                None
            }
            [_, second, ..] => {
                let help = format!("write one of {} here, and nothing beside it", listed(known));
                sheet.refuse(&second.at, format!("`{}` is one too many here", second.key), help);
                None
            }
        }
    }
}

impl Word<'_> {
    /// What `parse` makes of it, or its error said on the sheet.
    pub(super) fn parsed<T, E: fmt::Display>(
        self,
        sheet: &Sheet,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        parse(self.text).map_err(|error| sheet.refuse_error(self.at, &error)).ok()
    }
}

impl<'n> Table<'n> {
    /// The table at `node`; keys that are not `keys` are said at once.
    pub(super) fn of(sheet: &'n Sheet, name: &'n str, node: &'n Node, at: &'n Range<usize>, keys: &[&str]) -> Self {
        let entries = node.entries(sheet);
        let mut misspelt = Vec::new();
        for entry in entries.iter().filter(|entry| !keys.contains(&entry.key.as_str())) {
            let message = format!("`{name}` has no key `{}`", entry.key);
            sheet.refuse(&entry.at, message, meant(&entry.key, keys.iter().copied()));
            let meant = nearest(&entry.key, keys.iter().copied());
            misspelt.extend(meant.map(|key| (entry, key.to_owned())));
        }
        Self { sheet, at, name, entries, whole: matches!(node.value, Value::Map(_)), misspelt }
    }

    /// The entry of a key, also where it is misspelt: that was said already, and what rests on it is not wrong for it.
    pub(super) fn entry(&self, key: &str) -> Option<&'n Entry> {
        let written = self.entries.iter().find(|entry| entry.key == key);
        written.or_else(|| self.misspelt.iter().find(|(_, meant)| meant == key).map(|(entry, _)| *entry))
    }

    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &str, example: &str) -> Option<&'n Node> {
        let found = self.get(key);
        if found.is_none() && self.whole {
            let message = format!("`{}` has no `{key}`", self.name);
            self.sheet.refuse(self.at, message, format!("add it, as in `{key}: {example}`"));
        }
        found
    }

    pub(super) fn word(&self, key: &str) -> Option<Word<'n>> {
        self.get(key)?.word(self.sheet)
    }

    pub(super) fn need_word(&self, key: &str, example: &str) -> Option<Word<'n>> {
        self.need(key, example)?.word(self.sheet)
    }

    pub(super) fn text(&self, key: &str, example: &str) -> Option<String> {
        Some(self.need_word(key, example)?.text.to_owned())
    }

    /// A text that stands where there is one line: a name, a subject.
    pub(super) fn line(&self, key: &str, example: &str) -> Option<String> {
        let word = self.need_word(key, example)?;
        if word.text.contains(['\n', '\r']) {
            self.sheet.refuse(word.at, format!("a line break stands in this {key}"), "write it in one line");
            return None;
        }
        Some(word.text.to_owned())
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.get(key)?.flag(self.sheet)
    }

    /// A sub-table that may be left out.
    pub(super) fn table(&self, key: &'n str, keys: &[&str]) -> Option<Self> {
        let entry = self.entry(key)?;
        Some(Self::of(self.sheet, key, &entry.value, &entry.at, keys))
    }

    /// A sub-table that must be there.
    pub(super) fn need_table(&self, key: &'n str, example: &str, keys: &[&str]) -> Option<Self> {
        self.need(key, example)?;
        self.table(key, keys)
    }

    pub(super) fn parsed<T, E: fmt::Display>(&self, key: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        self.word(key)?.parsed(self.sheet, parse)
    }
}
