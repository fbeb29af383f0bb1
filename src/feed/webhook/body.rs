//! A delivery's body to mentions: all of them or none.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use super::{BODY_BYTES_MAX, CONTENT_TYPES, DeliveryError, MENTIONS_MAX};
use crate::core::mention::Mention;
use crate::feed::form::{Draft, FormError, excerpt, json};

/// Reads one JSON object, which may span lines, or JSON lines: one object a line, blank lines skipped.
pub fn parse(body: &[u8], content_type: Option<&str>) -> Result<Vec<Mention>, DeliveryError> {
    if body.len() > BODY_BYTES_MAX {
        return Err(DeliveryError::BodyTooLong(body.len()));
    }
    check_content_type(content_type)?;
    if body.starts_with(b"\xEF\xBB\xBF") {
        return Err(DeliveryError::ByteOrderMark);
    }
    let text = std::str::from_utf8(body).map_err(|error| {
        let line = body[..error.valid_up_to()].split(|b| *b == b'\n').count();
        DeliveryError::Line { line, why: FormError::NotUtf8 }
    })?;
    if text.trim().is_empty() {
        return Err(DeliveryError::Empty);
    }
    let mut lines = text.split('\n').zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let (first, number) = lines.clone().next().ok_or(DeliveryError::Empty)?;
    if goes_on(first) {
        return whole(text, number).map(|mention| vec![mention]);
    }
    let mut mentions = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    lines.try_for_each(|(line, number)| {
        if mentions.len() == MENTIONS_MAX {
            return Err(DeliveryError::TooManyMentions { line: number });
        }
        let mention = one(line, number)?;
        if let Some(before) = places.insert(mention.id.clone(), number) {
            let why = FormError::Repeated { id: excerpt(&mention.id), line: before };
            return Err(DeliveryError::Line { line: number, why });
        }
        mentions.push(mention);
        Ok(())
    })?;
    Ok(mentions)
}

fn one(text: &str, line: usize) -> Result<Mention, DeliveryError> {
    json::draft(text).and_then(Draft::check).map_err(|why| DeliveryError::Line { line, why })
}

/// An object over several lines: the whole body, so that the parser's rows are the body's lines.
fn whole(text: &str, first: usize) -> Result<Mention, DeliveryError> {
    one(text, first).map_err(|error| match error {
        DeliveryError::Line { why: FormError::Json { reason, row, column }, .. } => {
            DeliveryError::Line { line: row, why: FormError::Json { reason, row, column } }
        }
        other => other,
    })
}

/// Whether the line is the beginning of an object that ends on a later one.
fn goes_on(line: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(line).is_err_and(|error| error.is_eof())
}

fn check_content_type(content_type: Option<&str>) -> Result<(), DeliveryError> {
    let Some(given) = content_type else { return Ok(()) };
    let mut parts = given.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let known = CONTENT_TYPES.iter().any(|known| known.eq_ignore_ascii_case(kind));
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        Some(_) | None => true,
    });
    if known && utf8 { Ok(()) } else { Err(DeliveryError::ContentType { found: excerpt(given) }) }
}
