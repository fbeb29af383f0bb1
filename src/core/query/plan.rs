//! Queries compiled for the matcher: every distinct term is numbered once, and each query is listed under the terms
//! without one of which it cannot match.

use std::collections::BTreeMap;

use super::ast::{FieldTerm, Node, Term, What};
use super::field::Field;
use super::near::{Stretch, near};

/// Where a term, by its number, was found. A named part (`from:`) has no words; its stretch is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub(super) term: usize,
    pub(super) stretch: Stretch,
}

impl Hit {
    /// A hit of which nobody asks where.
    pub(super) fn somewhere(term: usize) -> Self {
        Self { term, stretch: Stretch { first: 0, last: 0 } }
    }
}

/// A query with numbers for terms.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    Has(usize),
    Near { within: usize, left: Vec<usize>, right: Vec<usize> },
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

impl Plan {
    /// `hits` must be sorted.
    pub(super) fn holds(&self, hits: &[Hit]) -> bool {
        match self {
            Self::Has(term) => !hits_of(hits, *term).is_empty(),
            Self::Near { within, left, right } => {
                near(*within, &stretches(hits, left), &stretches(hits, right)).is_some()
            }
            Self::Not(inner) => !inner.holds(hits),
            Self::And(parts) => parts.iter().all(|part| part.holds(hits)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(hits)),
        }
    }
}

fn hits_of(hits: &[Hit], term: usize) -> &[Hit] {
    let start = hits.partition_point(|hit| hit.term < term);
    let len = hits[start..].partition_point(|hit| hit.term == term);
    &hits[start..start + len]
}

fn stretches(hits: &[Hit], terms: &[usize]) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = terms.iter().flat_map(|&term| hits_of(hits, term)).map(|hit| hit.stretch).collect();
    found.sort_unstable();
    found
}

/// What the automaton looks for.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    pub(super) term: usize,
    pub(super) words: usize,
    pub(super) is_tag: bool,
    /// A NEAR asks where it stands; of the others it is enough to know that they are there.
    pub(super) placed: bool,
}

/// Every distinct term of all queries.
#[derive(Debug, Default)]
pub(super) struct Terms {
    pub(super) patterns: Vec<Pattern>,
    pub(super) fields: BTreeMap<Field, BTreeMap<String, usize>>,
    /// By term: the queries to look at when it is found.
    pub(super) listeners: Vec<Vec<usize>>,
    by_text: BTreeMap<String, usize>,
    /// By term: how seldom it may be expected, to list a query under its rarest part.
    rarity: Vec<usize>,
}

impl Terms {
    /// Compiles query number `query` and lists it.
    pub(super) fn add(&mut self, query: usize, root: &Node) -> Plan {
        let plan = self.plan(root);
        // The parser refused every query that needs nothing to be said, so there is always such a list.
        for term in self.anchors(&plan, true).unwrap_or_default() {
            self.listeners[term].push(query);
        }
        plan
    }

    fn plan(&mut self, node: &Node) -> Plan {
        match node {
            Node::Term(term) => Plan::Has(self.term(term, false)),
            Node::Field(field) => Plan::Has(self.field(field)),
            Node::Near { within, left, right } => {
                let mut side = |terms: &[Term]| terms.iter().map(|term| self.term(term, true)).collect();
                Plan::Near { within: *within, left: side(left), right: side(right) }
            }
            Node::Not(inner) => Plan::Not(Box::new(self.plan(inner))),
            Node::And(parts) => Plan::And(parts.iter().map(|part| self.plan(part)).collect()),
            Node::Or(parts) => Plan::Or(parts.iter().map(|part| self.plan(part)).collect()),
        }
    }

    fn term(&mut self, term: &Term, placed: bool) -> usize {
        let text = term.pattern();
        if let Some(&at) = self.by_text.get(&text) {
            self.patterns[at].placed |= placed;
            return self.patterns[at].term;
        }
        let number = self.number(text.len());
        self.by_text.insert(text.clone(), self.patterns.len());
        let is_tag = matches!(term.what, What::Tag(_));
        self.patterns.push(Pattern { text, term: number, words: term.words(), is_tag, placed });
        number
    }

    fn field(&mut self, term: &FieldTerm) -> usize {
        if let Some(&known) = self.fields.get(&term.field).and_then(|values| values.get(&term.value)) {
            return known;
        }
        let rarity = match term.field {
            Field::From | Field::Site => term.value.len(),
            Field::Lang => 0,
        };
        let number = self.number(rarity);
        self.fields.entry(term.field).or_default().insert(term.value.clone(), number);
        number
    }

    fn number(&mut self, rarity: usize) -> usize {
        self.rarity.push(rarity);
        self.listeners.push(Vec::new());
        self.rarity.len() - 1
    }

    /// Terms of which at least one must be found for `plan` to come out as `wanted`; nothing if it can do without.
    fn anchors(&self, plan: &Plan, wanted: bool) -> Option<Vec<usize>> {
        match plan {
            Plan::Has(term) => wanted.then(|| vec![*term]),
            Plan::Near { left, right, .. } => wanted.then(|| self.rarer([left.clone(), right.clone()]))?,
            Plan::Not(inner) => self.anchors(inner, !wanted),
            Plan::And(parts) if wanted => self.rarer(self.each(parts, wanted).into_iter().flatten()),
            Plan::Or(parts) if !wanted => self.rarer(self.each(parts, wanted).into_iter().flatten()),
            Plan::And(parts) | Plan::Or(parts) => {
                let all: Option<Vec<_>> = self.each(parts, wanted).into_iter().collect();
                all.map(|lists| distinct(lists.concat()))
            }
        }
    }

    fn each(&self, parts: &[Plan], wanted: bool) -> Vec<Option<Vec<usize>>> {
        parts.iter().map(|part| self.anchors(part, wanted)).collect()
    }

    fn rarer(&self, lists: impl IntoIterator<Item = Vec<usize>>) -> Option<Vec<usize>> {
        let commonest = |list: &Vec<usize>| list.iter().map(|&term| self.rarity[term]).min();
        lists.into_iter().max_by_key(commonest).map(distinct)
    }
}

fn distinct(mut terms: Vec<usize>) -> Vec<usize> {
    terms.sort_unstable();
    terms.dedup();
    terms
}
