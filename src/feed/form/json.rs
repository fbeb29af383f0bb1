//! One JSON object to the draft of a mention: no unknown field, no field twice, every value text; `reach` may be a number.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Draft, Field, FormError, excerpt};

/// Reads one object. A field that is null is a field left out.
pub fn draft(text: &str) -> Result<Draft, FormError> {
    let pairs = match serde_json::from_str(text).map_err(|error| syntax(&error))? {
        Top::Object(pairs) => pairs,
        Top::Other(found) => return Err(FormError::NotObject(found)),
    };
    let mut draft = Draft::default();
    let mut seen = [false; Field::ALL.len()];
    for (key, value) in pairs {
        let field = Field::named(&key).ok_or_else(|| FormError::Unknown(excerpt(&key)))?;
        if std::mem::replace(&mut seen[field as usize], true) {
            return Err(FormError::Twice(field));
        }
        match value {
            Value::String(text) => draft.set(field, text),
            Value::Null => {}
            Value::Number(number) if field == Field::Reach => draft.set(field, number.to_string()),
            Value::Bool(_) => return Err(FormError::NotText { field, found: "true or false" }),
            Value::Number(_) => return Err(FormError::NotText { field, found: "a number" }),
            Value::Array(_) => return Err(FormError::NotText { field, found: "a list" }),
            Value::Object(_) => return Err(FormError::NotText { field, found: "an object" }),
        }
    }
    Ok(draft)
}

/// The parser's reason without its own place: the caller knows where the text begins.
fn syntax(error: &serde_json::Error) -> FormError {
    let said = error.to_string();
    let reason = said.rsplit_once(" at line ").map_or(said.as_str(), |(reason, _)| reason);
    FormError::Json { reason: reason.to_owned(), row: error.line(), column: error.column() }
}

/// What stands at the top, with the object's pairs as written: a map would hide a key given twice.
enum Top {
    Object(Vec<(String, Value)>),
    Other(&'static str),
}

impl<'de> Deserialize<'de> for Top {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TopVisitor)
    }
}

struct TopVisitor;

impl<'de> Visitor<'de> for TopVisitor {
    type Value = Top;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Top::Object(pairs))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Top, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Top::Other("a list"))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Top, E> {
        Ok(Top::Other("true or false"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Top, E> {
        Ok(Top::Other("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Top, E> {
        Ok(Top::Other("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Top, E> {
        Ok(Top::Other("a number"))
    }

    fn visit_str<E>(self, _: &str) -> Result<Top, E> {
        Ok(Top::Other("a piece of text"))
    }

    fn visit_unit<E>(self) -> Result<Top, E> {
        Ok(Top::Other("null"))
    }
}
