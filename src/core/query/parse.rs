//! From tokens to a tree: NOT before NEAR before AND before OR.

use std::ops::Range;

use super::ast::{Node, Term};
use super::error::QueryError;
use super::token::{Token, tokens};

/// The longest query, in bytes.
pub const QUERY_BYTES_MAX: usize = 4 * 1024;
/// The most words, phrases and named parts in one query.
pub const TERMS_MAX: usize = 256;
/// The deepest that parentheses and NOTs may stand within one another.
pub const NESTING_MAX: usize = 32;
/// The farthest that NEAR reaches, in words.
pub const NEAR_WORDS_MAX: usize = 100;
/// The fewest letters before a star.
pub const WILDCARD_LETTERS_MIN: usize = 2;

pub(super) fn parse(source: &str) -> Result<Node, QueryError> {
    let whole = 0..source.len();
    if source.len() > QUERY_BYTES_MAX {
        let message = format!("this query is {} bytes long; the most is {QUERY_BYTES_MAX}", source.len());
        return Err(QueryError::new(whole, message, "split it over two watches"));
    }
    let tokens = tokens(source)?;
    if tokens.is_empty() {
        return Err(QueryError::new(whole, "this query is empty", "write at least one word to listen for"));
    }
    let mut terms = tokens.iter().filter(|(token, _)| matches!(token, Token::Term(_) | Token::Field(_)));
    if let Some((_, span)) = terms.nth(TERMS_MAX) {
        let message = format!("this query has more than {TERMS_MAX} terms");
        return Err(QueryError::new(span.clone(), message, "split it over two watches, or use a star"));
    }
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let root = parser.or()?;
    if let Some((_, span)) = parser.tokens.get(parser.at) {
        let help = "remove it, or add the opening parenthesis";
        return Err(QueryError::new(span.clone(), "this parenthesis closes nothing", help));
    }
    if !demands(&root, true) {
        return Err(QueryError::new(
            whole,
            "this query can be met by leaving words out alone, so it would match nearly everything",
            "say what to look for as well, as in: riverside NOT store",
        ));
    }
    Ok(root)
}

/// True if a mention has to say something for `node` to come out as `wanted`.
fn demands(node: &Node, wanted: bool) -> bool {
    match node {
        Node::Term(_) | Node::Field(_) | Node::Near { .. } => wanted,
        Node::Not(inner) => demands(inner, !wanted),
        Node::And(parts) if wanted => parts.iter().any(|part| demands(part, wanted)),
        Node::And(parts) => parts.iter().all(|part| demands(part, wanted)),
        Node::Or(parts) if wanted => parts.iter().all(|part| demands(part, wanted)),
        Node::Or(parts) => parts.iter().any(|part| demands(part, wanted)),
    }
}

struct Parser {
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    /// Parts joined by OR.
    fn or(&mut self) -> Result<Node, QueryError> {
        let mut parts = vec![self.and()?];
        while matches!(self.peek(), Some(Token::Or)) {
            self.at += 1;
            parts.push(self.and()?);
        }
        Ok(one_or(parts, Node::Or))
    }

    /// Parts joined by AND, written or not.
    fn and(&mut self) -> Result<Node, QueryError> {
        let mut parts = vec![self.near()?];
        loop {
            match self.peek() {
                Some(Token::And) => self.at += 1,
                Some(Token::Open | Token::Not | Token::Term(_) | Token::Field(_)) => {}
                Some(Token::Close | Token::Or | Token::Near(_)) | None => break,
            }
            parts.push(self.near()?);
        }
        Ok(one_or(parts, Node::And))
    }

    fn near(&mut self) -> Result<Node, QueryError> {
        let left = self.not()?;
        let Some((Token::Near(within), span)) = self.tokens.get(self.at).cloned() else {
            return Ok(left);
        };
        self.at += 1;
        let right = self.not()?;
        if let Some((Token::Near(_), span)) = self.tokens.get(self.at) {
            let help = "join two at a time, as in: (a NEAR/5 b) AND (b NEAR/5 c)";
            return Err(QueryError::new(span.clone(), "NEAR joins two sides, not three", help));
        }
        Ok(Node::Near { within, left: near_side(left, &span)?, right: near_side(right, &span)? })
    }

    fn not(&mut self) -> Result<Node, QueryError> {
        if !matches!(self.peek(), Some(Token::Not)) {
            return self.primary();
        }
        self.enter()?;
        let inner = self.not()?;
        self.depth -= 1;
        Ok(Node::Not(Box::new(inner)))
    }

    /// A term or a group.
    fn primary(&mut self) -> Result<Node, QueryError> {
        match self.tokens.get(self.at).cloned() {
            Some((Token::Term(term), _)) => {
                self.at += 1;
                Ok(Node::Term(term))
            }
            Some((Token::Field(field), _)) => {
                self.at += 1;
                Ok(Node::Field(field))
            }
            Some((Token::Open, open)) => self.group(open),
            Some((Token::Close | Token::And | Token::Or | Token::Not | Token::Near(_), _)) | None => {
                Err(self.missing())
            }
        }
    }

    fn group(&mut self, open: Range<usize>) -> Result<Node, QueryError> {
        self.enter()?;
        let inner = self.or()?;
        self.depth -= 1;
        match self.peek() {
            Some(Token::Close) => {
                self.at += 1;
                Ok(inner)
            }
            Some(Token::Near(_)) => Err(self.missing()),
            Some(_) | None => {
                let help = "add the closing parenthesis";
                Err(QueryError::new(open, "this parenthesis is never closed", help))
            }
        }
    }

    /// Steps over a parenthesis or a NOT, which both go one level down.
    fn enter(&mut self) -> Result<(), QueryError> {
        if self.depth == NESTING_MAX {
            let span = self.tokens.get(self.at).map_or(0..0, |(_, span)| span.clone());
            let message = format!("this query is nested more than {NESTING_MAX} deep");
            return Err(QueryError::new(span, message, "remove parentheses that change nothing"));
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// A term was due here and something else, or nothing, stands in its place.
    fn missing(&self) -> QueryError {
        let help = "put a word, a phrase or a group there; in quotes an operator is a word like any other";
        let here = self.tokens.get(self.at);
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        if let Some((name, span)) = before.and_then(|(token, span)| Some((operator(token)?, span))) {
            return QueryError::new(span.clone(), format!("{name} has nothing after it"), help);
        }
        if let Some((name, span)) = here.and_then(|(token, span)| Some((operator(token)?, span))) {
            return QueryError::new(span.clone(), format!("{name} has nothing before it"), help);
        }
        match (before, here) {
            (Some((_, open)), Some((_, close))) => {
                QueryError::new(open.start..close.end, "these parentheses hold nothing", help)
            }
            (Some((_, open)), None) => {
                QueryError::new(open.clone(), "this parenthesis is never closed", "add the closing parenthesis")
            }
            (None, Some((_, close))) => {
                let help = "remove it, or add the opening parenthesis";
                QueryError::new(close.clone(), "this parenthesis closes nothing", help)
            }
            (None, None) => QueryError::new(0..0, "this query is empty", help),
        }
    }
}

fn operator(token: &Token) -> Option<&'static str> {
    match token {
        Token::And => Some("AND"),
        Token::Or => Some("OR"),
        Token::Not => Some("NOT"),
        Token::Near(_) => Some("NEAR"),
        Token::Open | Token::Close | Token::Term(_) | Token::Field(_) => None,
    }
}

fn one_or(mut parts: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

/// The terms that a side of NEAR may be: one, or any of a group.
fn near_side(node: Node, near: &Range<usize>) -> Result<Vec<Term>, QueryError> {
    let refuse = |help: &str| {
        let message = "NEAR joins words, phrases, handles, hashtags and groups of these with OR";
        Err(QueryError::new(near.clone(), message, help))
    };
    match node {
        Node::Term(term) => Ok(vec![term]),
        Node::Or(parts) => {
            let sides: Result<Vec<_>, _> = parts.into_iter().map(|part| near_side(part, near)).collect();
            Ok(sides?.concat())
        }
        Node::Not(_) => refuse("NOT binds tighter than NEAR; to leave out what stands near, write NOT (a NEAR/5 b)"),
        Node::And(_) => refuse("write each pair on its own, as in: (a NEAR/5 c) AND (b NEAR/5 c)"),
        Node::Near { .. } => refuse("join two at a time, as in: (a NEAR/5 b) AND (b NEAR/5 c)"),
        Node::Field(_) => refuse("from:, lang: and site: stand nowhere in the text; join them with AND"),
    }
}
