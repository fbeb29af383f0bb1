//! A query as a tree. It is made by the parser only, so a `Query` is always one that can be matched.

use std::ops::Range;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::QueryError;
use super::field::Field;
use super::parse::parse;

/// A query that was read and found in order; kept with the source it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    source: String,
    root: Node,
}

impl Query {
    /// Reads a query; the error says where it is wrong and how to mend it.
    pub fn parse(source: &str) -> Result<Self, QueryError> {
        Ok(Self { root: parse(source)?, source: source.to_owned() })
    }

    /// The query as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it says after `from:`, each with its bytes in the source.
    pub fn authors(&self) -> Vec<(Range<usize>, &str)> {
        let mut found = Vec::new();
        self.root.authors(&mut found);
        found
    }

    pub(super) fn root(&self) -> &Node {
        &self.root
    }
}

impl Serialize for Query {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

impl<'de> Deserialize<'de> for Query {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let source = String::deserialize(deserializer)?;
        Self::parse(&source).map_err(|error| D::Error::custom(format!("{}; {}", error.message, error.help)))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Term(Term),
    Field(FieldTerm),
    Near { within: usize, left: Vec<Term>, right: Vec<Term> },
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

impl Node {
    fn authors<'q>(&'q self, found: &mut Vec<(Range<usize>, &'q str)>) {
        match self {
            Self::Field(FieldTerm { span, field: Field::From, value }) => found.push((span.clone(), value)),
            Self::Field(FieldTerm { field: Field::Lang | Field::Site, .. }) | Self::Term(_) | Self::Near { .. } => {}
            Self::Not(inner) => inner.authors(found),
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.authors(found)),
        }
    }
}

/// A word, a phrase, a handle or a hashtag.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Term {
    /// Its bytes in the query's source.
    pub(super) span: Range<usize>,
    pub(super) what: What,
    /// A star stands at its end.
    pub(super) prefix: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    /// Folded, at least one.
    Words(Vec<String>),
    /// Folded, with its sign.
    Tag(String),
}

impl Term {
    /// What to look for in words with a space before and behind each.
    pub(super) fn pattern(&self) -> String {
        let mut pattern = String::new();
        match &self.what {
            What::Words(words) => words.iter().for_each(|word| pattern.extend([" ", word])),
            What::Tag(tag) => pattern.extend([" ", tag]),
        }
        if !self.prefix {
            pattern.push(' ');
        }
        pattern
    }

    /// How many words it covers; a handle's words are counted where it is found.
    pub(super) fn words(&self) -> usize {
        match &self.what {
            What::Words(words) => words.len(),
            What::Tag(_) => 1,
        }
    }
}

/// A part that asks about something other than the words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FieldTerm {
    pub(super) span: Range<usize>,
    pub(super) field: Field,
    /// In the form that `Field::keys` gives for a mention.
    pub(super) value: String,
}
