//! Words of a query that were rather meant as operators: `and` is a word like any other, and so is `ADN`.

use std::ops::Range;

use super::ast::{Node, Query, Term};
use super::error::QueryError;

const OPERATORS: [&str; 4] = ["AND", "OR", "NOT", "NEAR"];

impl Query {
    /// Words that stand without quotes and are operators but for their case or one slip of the finger, each with how to
    /// write what was meant. The query can be matched all the same.
    pub fn slips(&self) -> Vec<QueryError> {
        let mut terms = Vec::new();
        spans(self.root(), &mut terms);
        terms.sort_by_key(|span| span.start);
        terms.into_iter().filter_map(|span| slip(self.source().get(span.clone())?, span)).collect()
    }
}

fn spans(node: &Node, found: &mut Vec<Range<usize>>) {
    let all = |terms: &[Term]| terms.iter().map(|term| term.span.clone()).collect::<Vec<_>>();
    match node {
        Node::Term(term) => found.push(term.span.clone()),
        Node::Near { left, right, .. } => found.extend([all(left), all(right)].concat()),
        Node::Not(inner) => spans(inner, found),
        Node::And(parts) | Node::Or(parts) => parts.iter().for_each(|part| spans(part, found)),
        Node::Field(_) => {}
    }
}

/// `written` is as it stands in the source: what is quoted begins with its quote, and is no operator's name.
fn slip(written: &str, span: Range<usize>) -> Option<QueryError> {
    let word = written.split('/').next().unwrap_or(written);
    let same = OPERATORS.into_iter().find(|operator| word.eq_ignore_ascii_case(operator));
    let near = || OPERATORS.into_iter().find(|operator| is_one_slip(word, operator));
    let operator = same.or_else(near)?;
    let message = match same {
        Some(_) => format!("`{written}` is looked for as a word here, since operators are in capitals"),
        None => format!("`{written}` is looked for as a word here, and is one slip from {operator}"),
    };
    let as_operator = match written.split_once('/') {
        Some((_, words)) => format!("{operator}/{words}"),
        None if operator == "NEAR" => "NEAR/5".to_owned(),
        None => operator.to_owned(),
    };
    let help = format!("write {as_operator} if that is meant, or \"{written}\" in quotes to look for the word");
    Some(QueryError::new(span, message, help))
}

/// Two letters side by side in the other order, or one of them twice; all in capitals, since small letters are words.
fn is_one_slip(word: &str, operator: &str) -> bool {
    if !word.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return false;
    }
    let turned = |at: usize| {
        let mut letters = operator.as_bytes().to_vec();
        letters.swap(at, at + 1);
        letters
    };
    let doubled = |at: usize| {
        let mut letters = operator.as_bytes().to_vec();
        letters.insert(at, letters[at]);
        letters
    };
    let last = operator.len() - 1;
    (0..last).any(|at| turned(at) == word.as_bytes()) || (0..=last).any(|at| doubled(at) == word.as_bytes())
}
