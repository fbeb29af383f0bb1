//! Facts: the blanks that people fill in and confirm, and what may be written into them.

use std::fmt;

use jiff::civil::DateTime;
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::core::name::{FactName, RoleName};
use crate::core::statement::hidden_character;

/// The longest value of a fact, in characters.
pub const FACT_CHARS_MAX: usize = 2_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactSpec {
    pub name: FactName,
    /// The question put to people.
    pub ask: String,
    #[serde(rename = "type")]
    pub kind: FactKind,
    /// Only this role confirms it; anyone on the roster where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<RoleName>,
    /// Templates then say so in words; otherwise a statement that needs it waits.
    pub may_stay_unknown: bool,
    /// A suggestion, already rendered; unknown until a person confirms it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FactKind {
    /// Free text: who writes it counts as an author of what it stands in.
    Text,
    Number,
    Datetime,
    Phone,
    Link,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FactValue {
    Text(String),
    Number(i64),
    Datetime(Timestamp),
    Phone(String),
    Link(String),
}

#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum FactError {
    #[error("this is empty; write what is known, or leave the fact unknown")]
    Empty,
    #[error("this is longer than {FACT_CHARS_MAX} characters; shorten it")]
    TooLong,
    #[error("`{0}` is not a whole number; write digits, as in 1200 or 1,200")]
    Number(String),
    #[error("`{0}` is not a date and time; write it as 2026-11-20 14:30")]
    Datetime(String),
    #[error("`{0}` is not a telephone number; write digits, spaces and a leading + if needed")]
    Phone(String),
    #[error("`{0}` is not a web address; write it whole, beginning with https://")]
    Link(String),
    #[error("this holds a character that cannot be shown; type it again by hand")]
    Control,
}

impl FactKind {
    /// Reads what a person typed; a date without a zone is in the organisation's.
    pub fn parse(self, input: &str, zone: &TimeZone) -> Result<FactValue, FactError> {
        let input = input.replace("\r\n", "\n");
        let input = input.trim();
        if input.is_empty() {
            return Err(FactError::Empty);
        }
        if input.chars().count() > FACT_CHARS_MAX {
            return Err(FactError::TooLong);
        }
        if input.chars().any(|c| c.is_control() && c != '\n') || hidden_character(input).is_some() {
            return Err(FactError::Control);
        }
        match self {
            Self::Text => Ok(FactValue::Text(input.to_owned())),
            Self::Number => parse_number(input),
            Self::Datetime => parse_datetime(input, zone),
            Self::Phone => parse_phone(input),
            Self::Link => parse_link(input),
        }
    }

    /// Whether writing it is writing part of the statement.
    pub fn is_free_text(self) -> bool {
        match self {
            Self::Text => true,
            Self::Number | Self::Datetime | Self::Phone | Self::Link => false,
        }
    }
}

fn parse_number(input: &str) -> Result<FactValue, FactError> {
    let digits: String = input.chars().filter(|c| !matches!(c, ',' | ' ' | '_' | '\u{a0}' | '\u{202f}')).collect();
    digits.parse().map(FactValue::Number).map_err(|_| FactError::Number(input.to_owned()))
}

fn parse_datetime(input: &str, zone: &TimeZone) -> Result<FactValue, FactError> {
    let refuse = || FactError::Datetime(input.to_owned());
    if let Ok(at) = input.parse::<Timestamp>() {
        return Ok(FactValue::Datetime(at));
    }
    let civil: DateTime = input.replacen('T', " ", 1).parse().map_err(|_| refuse())?;
    let zoned = civil.to_zoned(zone.clone()).map_err(|_| refuse())?;
    Ok(FactValue::Datetime(zoned.timestamp()))
}

fn parse_phone(input: &str) -> Result<FactValue, FactError> {
    let digits = input.chars().filter(char::is_ascii_digit).count();
    let fits = input.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')' | '.' | '/'));
    if fits && (3..=20).contains(&digits) {
        Ok(FactValue::Phone(input.to_owned()))
    } else {
        Err(FactError::Phone(input.to_owned()))
    }
}

fn parse_link(input: &str) -> Result<FactValue, FactError> {
    let host = input.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let fits = host.is_some_and(|host| host.contains('.') && !host.contains('@'));
    if fits && input.chars().all(|c| c.is_ascii_graphic()) {
        Ok(FactValue::Link(input.to_owned()))
    } else {
        Err(FactError::Link(input.to_owned()))
    }
}

impl FactValue {
    pub fn kind(&self) -> FactKind {
        match self {
            Self::Text(_) => FactKind::Text,
            Self::Number(_) => FactKind::Number,
            Self::Datetime(_) => FactKind::Datetime,
            Self::Phone(_) => FactKind::Phone,
            Self::Link(_) => FactKind::Link,
        }
    }

    /// As a statement writes it, times in the organisation's zone.
    pub fn shown(&self, zone: &TimeZone) -> String {
        match self {
            Self::Text(text) | Self::Phone(text) | Self::Link(text) => text.clone(),
            Self::Number(number) => with_thousands(*number),
            Self::Datetime(at) => at.to_zoned(zone.clone()).strftime("%-d %B %Y, %H:%M %Z").to_string(),
        }
    }

    /// As conditions compare it: numbers as numbers, the rest as text, times in RFC 3339 UTC.
    pub fn compared(&self) -> serde_json::Value {
        match self {
            Self::Text(text) | Self::Phone(text) | Self::Link(text) => text.clone().into(),
            Self::Number(number) => (*number).into(),
            Self::Datetime(at) => at.to_string().into(),
        }
    }
}

impl fmt::Display for FactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Datetime => "datetime",
            Self::Phone => "phone",
            Self::Link => "link",
        })
    }
}

fn with_thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if number < 0 { format!("-{shown}") } else { shown }
}
