//! Why a query matched a mention or did not, part by part. It reads the words one by one and shares no more with the
//! matcher than what a word is, so that each checks the other.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

use super::ast::{FieldTerm, Node, Query, Term, What};
use super::field::Field;
use super::matcher::tag_stretch;
use super::near::{Stretch, near, text_base};
use super::words::{each_tag, each_word};
use crate::core::mention::Mention;

/// One part of a query, what became of it, and what made it so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub kind: Kind,
    /// The operator, or the term as the query writes it.
    pub part: String,
    /// Of a NOT: whether the mention passes it.
    pub matched: bool,
    /// What in the mention made it so; only terms and NEAR have places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Self>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    And,
    Or,
    Not,
    Near,
    Term,
}

/// Words of a mention that a term was found at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    #[serde(rename = "in")]
    pub within: Where,
    /// First byte, and the byte after the last.
    pub bytes: Range<usize>,
    /// As the mention writes them; text from outside.
    pub words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Where {
    Title,
    Text,
    Author,
    Language,
    Url,
}

/// Says of each part of `query` whether `mention` meets it, and where.
pub fn explain(query: &Query, mention: &Mention) -> Explanation {
    let title = Section::read(Where::Title, mention.title.as_deref().unwrap_or_default(), 0);
    let text = Section::read(Where::Text, &mention.text, text_base(title.words.len()));
    Reading { source: query.source(), mention, sections: [title, text] }.node(query.root())
}

/// Title or text, cut into words.
struct Section<'m> {
    within: Where,
    text: &'m str,
    /// The number of the first word.
    base: usize,
    words: Vec<String>,
    spans: Vec<Range<usize>>,
    tags: Vec<(String, Range<usize>)>,
}

#[derive(Clone)]
struct Found {
    stretch: Stretch,
    place: Place,
}

impl<'m> Section<'m> {
    fn read(within: Where, text: &'m str, base: usize) -> Self {
        let (mut words, mut spans, mut tags) = (Vec::new(), Vec::new(), Vec::new());
        each_word(text, &mut |word, span| {
            words.push(word.to_owned());
            spans.push(span);
        });
        each_tag(text, |_| true, &mut |tag, span| tags.push((tag.to_owned(), span)));
        Self { within, text, base, words, spans, tags }
    }

    fn find(&self, term: &Term) -> Vec<Found> {
        let is = |wanted: &str, word: &str, last: bool| {
            if last && term.prefix { word.starts_with(wanted) } else { word == wanted }
        };
        match &term.what {
            What::Tag(wanted) => {
                let tags = self.tags.iter().filter(|(tag, _)| is(wanted, tag, true));
                tags.map(|(_, span)| self.found(tag_stretch(&self.spans, span, self.base), span.clone())).collect()
            }
            What::Words(wanted) => {
                let fits = |window: &[String]| {
                    window
                        .iter()
                        .zip(wanted)
                        .enumerate()
                        .all(|(at, (word, want))| is(want, word, at + 1 == wanted.len()))
                };
                let windows = self.words.windows(wanted.len()).zip(self.spans.windows(wanted.len()));
                let found = windows.enumerate().filter(|(_, (words, _))| fits(words));
                found
                    .filter_map(|(at, (_, spans))| {
                        let bytes = spans.first()?.start..spans.last()?.end;
                        let first = self.base + at;
                        Some(self.found(Stretch { first, last: first + wanted.len() - 1 }, bytes))
                    })
                    .collect()
            }
        }
    }

    fn found(&self, stretch: Stretch, bytes: Range<usize>) -> Found {
        let words = self.text[bytes.clone()].to_owned();
        Found { stretch, place: Place { within: self.within, bytes, words } }
    }
}

struct Reading<'q, 'm> {
    source: &'q str,
    mention: &'m Mention,
    sections: [Section<'m>; 2],
}

impl Reading<'_, '_> {
    fn node(&self, node: &Node) -> Explanation {
        match node {
            Node::Term(term) => self.term(term, self.find(term)),
            Node::Field(field) => self.field(field),
            Node::Near { within, left, right } => self.near(*within, left, right),
            Node::Not(inner) => {
                let inner = self.node(inner);
                joined(Kind::Not, "NOT", !inner.matched, vec![inner])
            }
            Node::And(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.node(part)).collect();
                joined(Kind::And, "AND", parts.iter().all(|part| part.matched), parts)
            }
            Node::Or(parts) => or(parts.iter().map(|part| self.node(part)).collect()),
        }
    }

    fn find(&self, term: &Term) -> Vec<Found> {
        self.sections.iter().flat_map(|section| section.find(term)).collect()
    }

    fn term(&self, term: &Term, found: Vec<Found>) -> Explanation {
        let places: Vec<_> = found.into_iter().map(|found| found.place).collect();
        let part = self.source[term.span.clone()].to_owned();
        Explanation { kind: Kind::Term, part, matched: !places.is_empty(), places, parts: Vec::new() }
    }

    fn field(&self, term: &FieldTerm) -> Explanation {
        let matched = term.field.keys(self.mention).contains(&term.value);
        let within = match term.field {
            Field::From => Where::Author,
            Field::Lang => Where::Language,
            Field::Site => Where::Url,
        };
        let said = term.field.of(self.mention).filter(|_| matched);
        let places = said.map(|said| Place { within, bytes: 0..said.len(), words: said.to_owned() });
        Explanation {
            kind: Kind::Term,
            part: self.source[term.span.clone()].to_owned(),
            matched,
            places: places.into_iter().collect(),
            parts: Vec::new(),
        }
    }

    fn near(&self, within: usize, left: &[Term], right: &[Term]) -> Explanation {
        let (left, left_part) = self.side(left);
        let (right, right_part) = self.side(right);
        let stretches = |side: &[Found]| side.iter().map(|found| found.stretch).collect::<Vec<_>>();
        let pair = near(within, &stretches(&left), &stretches(&right));
        let place = |side: &[Found], at: Stretch| {
            side.iter().find(|found| found.stretch == at).map(|found| found.place.clone())
        };
        let places = pair.map(|(one, other)| [place(&left, one), place(&right, other)]);
        Explanation {
            kind: Kind::Near,
            part: format!("NEAR/{within}"),
            matched: pair.is_some(),
            places: places.into_iter().flatten().flatten().collect(),
            parts: vec![left_part, right_part],
        }
    }

    /// All that one side of a NEAR was found at, in order, and its part of the tree.
    fn side(&self, terms: &[Term]) -> (Vec<Found>, Explanation) {
        let found: Vec<_> = terms.iter().map(|term| self.find(term)).collect();
        let mut parts: Vec<_> = terms.iter().zip(&found).map(|(term, found)| self.term(term, found.clone())).collect();
        let mut all = found.concat();
        all.sort_by_key(|found| found.stretch);
        let part = if parts.len() == 1 { parts.remove(0) } else { or(parts) };
        (all, part)
    }
}

fn or(parts: Vec<Explanation>) -> Explanation {
    joined(Kind::Or, "OR", parts.iter().any(|part| part.matched), parts)
}

fn joined(kind: Kind, part: &str, matched: bool, parts: Vec<Explanation>) -> Explanation {
    Explanation { kind, part: part.to_owned(), matched, places: Vec::new(), parts }
}

/// How many places one line shows; the rest are counted.
const PLACES_SHOWN_MAX: usize = 3;
const INDENT: usize = 2;

impl Explanation {
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        write!(f, "{:1$}{2}", "", depth * INDENT, self.part)?;
        let mut parts = self.parts.as_slice();
        let mut places = self.places.as_slice();
        // A term that is left out is said in one line; a group keeps its own below the NOT.
        if let (Kind::Not, [inner]) = (self.kind, parts)
            && inner.kind == Kind::Term
        {
            write!(f, " {}", inner.part)?;
            (parts, places) = (&[], &inner.places);
        }
        f.write_str(match (self.kind, self.matched) {
            (Kind::Not, true) => ": kept (not found)",
            (Kind::Not, false) => ": left out",
            (Kind::And | Kind::Or | Kind::Near | Kind::Term, true) => ": yes",
            (Kind::And | Kind::Or | Kind::Near | Kind::Term, false) => ": no",
        })?;
        for (at, place) in places.iter().take(PLACES_SHOWN_MAX).enumerate() {
            // Debug escapes what a terminal would act upon.
            write!(f, "{}{:?}", if at == 0 { ", at " } else { ", " }, place.words)?;
        }
        if places.len() > PLACES_SHOWN_MAX {
            write!(f, " and {} more", places.len() - PLACES_SHOWN_MAX)?;
        }
        parts.iter().try_for_each(|part| {
            f.write_str("\n")?;
            part.write(f, depth + 1)
        })
    }
}

/// An indented tree, a line a part.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}
