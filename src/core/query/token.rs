//! A query's text cut into tokens: brackets, operators, and terms already folded.

use std::ops::Range;

use winnow::combinator::{alt, delimited, not, preceded, terminated};
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location};
use winnow::token::{any, one_of, take_till, take_while};

use super::ast::{FieldTerm, Term, What};
use super::error::QueryError;
use super::field::Field;
use super::fold::is_word_char;
use super::parse::{NEAR_WORDS_MAX, WILDCARD_LETTERS_MIN};
use super::words::{each_word, split_sign, whole_tag};

#[derive(Clone, Debug)]
pub(super) enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Near(usize),
    Term(Term),
    Field(FieldTerm),
}

type Input<'s> = LocatingSlice<&'s str>;

/// A piece as it stands in the source, before anybody asks what it means.
#[derive(Clone, Copy)]
enum Lexeme<'s> {
    Open,
    Close,
    Minus,
    Quoted(&'s str),
    NamedQuoted(&'s str, &'s str),
    Bare(&'s str),
}

/// The quotes that word processors put in the place of straight ones.
const CURLY: [char; 3] = ['“', '”', '„'];

fn is_bare(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '(' | ')' | '"') && !CURLY.contains(&c)
}

fn quoted<'s>(input: &mut Input<'s>) -> winnow::Result<&'s str> {
    alt((delimited('"', take_till(0.., '"'), '"'), delimited(one_of(CURLY), take_till(0.., CURLY), one_of(CURLY))))
        .parse_next(input)
}

fn lexeme<'s>(input: &mut Input<'s>) -> winnow::Result<Lexeme<'s>> {
    let name = terminated(take_while(1.., char::is_alphabetic), ':');
    let ends = alt((winnow::combinator::eof.void(), any.verify(|c: &char| c.is_whitespace() || *c == ')').void()));
    alt((
        '('.value(Lexeme::Open),
        ')'.value(Lexeme::Close),
        terminated('-', not(ends)).value(Lexeme::Minus),
        quoted.map(Lexeme::Quoted),
        (name, quoted).map(|(name, value)| Lexeme::NamedQuoted(name, value)),
        take_while(1.., is_bare).map(Lexeme::Bare),
    ))
    .parse_next(input)
}

/// Cuts the whole source; the first thing that is wrong ends it.
pub(super) fn tokens(source: &str) -> Result<Vec<(Token, Range<usize>)>, QueryError> {
    let mut input = Input::new(source);
    let mut tokens = Vec::new();
    while !source[input.current_token_start()..].trim().is_empty() {
        let found: winnow::Result<_> =
            preceded(take_while(0.., char::is_whitespace), lexeme.with_span()).parse_next(&mut input);
        let Ok((lexeme, span)) = found else {
            return Err(unclosed_quote(source, input.current_token_start()));
        };
        tokens.push((token(lexeme, span.clone())?, span));
    }
    Ok(tokens)
}

/// Nothing but a quote without its partner fails to be a lexeme.
fn unclosed_quote(source: &str, from: usize) -> QueryError {
    let at = source[from..].find(|c: char| c == '"' || CURLY.contains(&c)).map_or(from, |skip| from + skip);
    let help = "put a second quote at the end of the phrase";
    QueryError::new(at..source.len(), "this quote is never closed", help)
}

fn token(lexeme: Lexeme<'_>, span: Range<usize>) -> Result<Token, QueryError> {
    match lexeme {
        Lexeme::Open => Ok(Token::Open),
        Lexeme::Close => Ok(Token::Close),
        Lexeme::Minus => Ok(Token::Not),
        Lexeme::Quoted(text) if split_sign(text).is_some() && !text.contains(char::is_whitespace) => term(text, span),
        Lexeme::Quoted(text) => words(text, span),
        Lexeme::NamedQuoted(name, value) => field(name, value, span),
        Lexeme::Bare(text) => bare(text, span),
    }
}

fn bare(text: &str, span: Range<usize>) -> Result<Token, QueryError> {
    match text {
        "AND" => return Ok(Token::And),
        "OR" => return Ok(Token::Or),
        "NOT" => return Ok(Token::Not),
        "NEAR" => return Err(near_distance(span)),
        _ => {}
    }
    if let Some(distance) = text.strip_prefix("NEAR/") {
        let within = distance.parse().ok().filter(|within| (1..=NEAR_WORDS_MAX).contains(within));
        return within.map(Token::Near).ok_or_else(|| near_distance(span));
    }
    match text.split_once(':') {
        Some((name, value)) if is_name(name) && !value.starts_with("//") => field(name, value, span),
        Some(_) | None => term(text, span),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(char::is_alphabetic)
}

fn near_distance(span: Range<usize>) -> QueryError {
    QueryError::new(
        span,
        format!("NEAR says how many words apart, from 1 to {NEAR_WORDS_MAX}"),
        "write it as NEAR/5, or put \"near\" in quotes to look for the word",
    )
}

fn field(name: &str, written: &str, span: Range<usize>) -> Result<Token, QueryError> {
    let Some(field) = Field::ALL.into_iter().find(|field| field.name().eq_ignore_ascii_case(name)) else {
        return Err(QueryError::new(
            span,
            format!("there is no {name}: in queries"),
            "the parts that can be named are from:, lang: and site:; put the text in quotes to look for it as words",
        ));
    };
    let help = match field {
        Field::From => {
            "write the author's name after the colon, as in from:riverside or from:\"Jane Doe\", without a star"
        }
        Field::Lang => "write a language tag after the colon, as in lang:en or lang:pt-BR",
        Field::Site => "write a host name after the colon, as in site:example.org; hosts below it are found too",
    };
    let value = field.value(written).filter(|_| !written.contains('*'));
    match value {
        Some(value) => Ok(Token::Field(FieldTerm { span, field, value })),
        None if written.is_empty() => Err(QueryError::new(span, format!("{}: names nothing", field.name()), help)),
        None => Err(QueryError::new(span, format!("{}: cannot be \"{written}\"", field.name()), help)),
    }
}

/// One bare word, a handle or a hashtag.
fn term(text: &str, span: Range<usize>) -> Result<Token, QueryError> {
    let Some((sign, rest)) = split_sign(text) else { return words(text, span) };
    let (name, prefix) = split_star(rest, &span)?;
    match whole_tag(sign, name) {
        Some(tag) => Ok(Token::Term(Term { span, what: What::Tag(tag), prefix })),
        None => Err(QueryError::new(
            span,
            format!("\"{text}\" is not a handle or a hashtag"),
            "after the sign come letters, digits and _ (in handles . and - too), as in @riversidegeneral or #databreach",
        )),
    }
}

fn words(text: &str, span: Range<usize>) -> Result<Token, QueryError> {
    let (text, prefix) = split_star(text, &span)?;
    let mut words = Vec::new();
    each_word(text, &mut |word, _| words.push(word.to_owned()));
    if words.is_empty() {
        return Err(QueryError::new(
            span,
            "there is no word in this",
            "write letters or digits; signs and emoji are not searched for",
        ));
    }
    Ok(Token::Term(Term { span, what: What::Words(words), prefix }))
}

/// Parts the star from the end and sees that it may stand there.
fn split_star<'s>(text: &'s str, span: &Range<usize>) -> Result<(&'s str, bool), QueryError> {
    let Some(star) = text.find('*') else { return Ok((text, false)) };
    let before = &text[..star];
    if star + 1 != text.len() {
        return Err(QueryError::new(
            span.clone(),
            "a star can stand only at the end of a word or of a phrase's last word",
            "write the beginning of the word and one star, as in hack* or \"data leak*\"",
        ));
    }
    let letters = before.chars().rev().take_while(|&c| is_word_char(c)).filter(|c| c.is_alphanumeric()).count();
    if letters < WILDCARD_LETTERS_MIN {
        return Err(QueryError::new(
            span.clone(),
            format!("a star needs at least {WILDCARD_LETTERS_MIN} letters right before it"),
            "a shorter beginning would find far too much; write more of the word",
        ));
    }
    Ok((before, true))
}
