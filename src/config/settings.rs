//! A table of settings as serde sees it, so that feeds and channels read theirs with plain structs. Remembers the place
//! that was read last: when reading fails, that is where the mistake is.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use serde::de::value::{MapAccessDeserializer, StrDeserializer, StringDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::node::{Entry, Node, Value};

#[derive(Debug)]
pub(super) struct Mistake(String);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mistake {}

impl de::Error for Mistake {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

#[derive(Clone, Copy)]
pub(super) struct Reading<'n> {
    node: &'n Node,
    last: &'n RefCell<Range<usize>>,
}

impl<'n> Reading<'n> {
    pub(super) fn new(node: &'n Node, last: &'n RefCell<Range<usize>>) -> Self {
        Self { node, last }
    }

    fn here(&self) {
        self.last.replace(self.node.at.clone());
    }

    fn map(self, entries: &'n [Entry]) -> Entries<'n> {
        Entries { map: self.node, rest: entries.iter(), value: None, last: self.last }
    }

    fn scalar<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.node.value {
            Value::Text(text) | Value::Number(text) => visitor.visit_str(text),
            Value::Nothing | Value::Flag(_) | Value::List(_) | Value::Map(_) => self.deserialize_any(visitor),
        }
    }
}

impl<'de> Deserializer<'de> for Reading<'_> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.here();
        match &self.node.value {
            Value::Nothing => visitor.visit_unit(),
            Value::Flag(flag) => visitor.visit_bool(*flag),
            Value::Number(written) => match (written.parse::<u64>(), written.parse::<i64>(), written.parse::<f64>()) {
                (Ok(number), _, _) => visitor.visit_u64(number),
                (_, Ok(number), _) => visitor.visit_i64(number),
                (_, _, Ok(number)) => visitor.visit_f64(number),
                (Err(_), Err(_), Err(_)) => visitor.visit_str(written),
            },
            Value::Text(text) => visitor.visit_str(text),
            Value::List(items) => visitor.visit_seq(Items { items: items.iter(), last: self.last }),
            Value::Map(entries) => visitor.visit_map(self.map(entries)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.node.value {
            Value::Nothing => visitor.visit_none(),
            Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
                visitor.visit_some(self)
            }
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.here();
        self.scalar(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.here();
        self.scalar(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        self.here();
        match &self.node.value {
            Value::Map(entries) => visitor.visit_enum(MapAccessDeserializer::new(self.map(entries))),
            Value::Text(text) => visitor.visit_enum(StrDeserializer::<Mistake>::new(text)),
            Value::Nothing | Value::Flag(_) | Value::Number(_) | Value::List(_) => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'n> {
    items: std::slice::Iter<'n, Node>,
    last: &'n RefCell<Range<usize>>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mistake> {
        self.items.next().map(|node| seed.deserialize(Reading::new(node, self.last))).transpose()
    }
}

struct Entries<'n> {
    map: &'n Node,
    rest: std::slice::Iter<'n, Entry>,
    value: Option<&'n Node>,
    last: &'n RefCell<Range<usize>>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mistake> {
        let Some(entry) = self.rest.next() else {
            self.last.replace(self.map.at.clone());
            return Ok(None);
        };
        self.last.replace(entry.at.clone());
        self.value = Some(&entry.value);
        let key: StringDeserializer<Mistake> = entry.key.clone().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Mistake> {
        let node = self.value.take().ok_or_else(|| Mistake("a key without a value".to_owned()))?;
        seed.deserialize(Reading::new(node, self.last))
    }
}
