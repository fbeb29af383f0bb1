//! Log lines as JSON: one object an event, with the fields of the spans it lies in, the incident's number among them.

use std::fmt::{self, Debug};
use std::io::Write;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::core::shown::visible;

/// The longest field, in characters: what comes from outside may be as long as it likes.
pub const FIELD_CHARS_MAX: usize = 8 * 1024;

/// Writes each event to what `to` gives.
pub struct Json<M> {
    to: M,
}

impl<M> Json<M> {
    pub fn new(to: M) -> Self {
        Self { to }
    }
}

/// The fields of a span, kept beside it.
struct Fields(Map<String, Value>);

impl<S, M, W> Layer<S> for Json<M>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    M: Fn() -> W + 'static,
    W: Write,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Map::new();
        attributes.record(&mut Into(&mut fields));
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Fields(fields));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(Fields(fields)) = span.extensions_mut().get_mut()
        {
            values.record(&mut Into(fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Map::new();
        for span in context.event_scope(event).into_iter().flatten().collect::<Vec<_>>().iter().rev() {
            if let Some(Fields(fields)) = span.extensions().get::<Fields>() {
                line.extend(fields.clone());
            }
        }
        event.record(&mut Into(&mut line));
        // Last, so that no field can pass for them.
        line.insert("time".to_owned(), Timestamp::now().to_string().into());
        line.insert("level".to_owned(), event.metadata().level().as_str().to_lowercase().into());
        // Without standard error there is nobody left to tell.
        let _ = writeln!((self.to)(), "{}", Value::Object(line));
    }
}

/// Puts fields into an object.
struct Into<'a>(&'a mut Map<String, Value>);

impl Into<'_> {
    fn put(&mut self, field: &Field, value: impl std::convert::Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn put_text(&mut self, field: &Field, text: &str) {
        let text = match text.char_indices().nth(FIELD_CHARS_MAX) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        };
        self.put(field, visible(&text));
    }
}

impl Visit for Into<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put_text(field, &fmt::format(format_args!("{value:?}")));
    }
}
