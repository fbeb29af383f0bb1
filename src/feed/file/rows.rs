//! CSV: the header's columns, and a row to the draft of a mention.

use csv::{ReaderBuilder, StringRecord, Terminator};

use crate::feed::form::{Draft, Field, FormError, excerpt, known_fields};

/// Which field each column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns(Vec<Field>);

impl Columns {
    /// Reads the header. Case and blanks around a name do not matter; `timestamp` and `time` are other words for `published`.
    pub fn read(header: &str) -> Result<Self, String> {
        let names = row(header);
        let mut fields = Vec::new();
        for name in &names {
            let lower = name.trim().to_lowercase();
            let field = match lower.as_str() {
                "timestamp" | "time" => Some(Field::Published),
                other => Field::named(other),
            };
            let field = field.ok_or_else(|| {
                format!(
                    "the column \"{}\" is not known; name the columns in the first line as {}, and leave out the others",
                    excerpt(name),
                    known_fields()
                )
            })?;
            if fields.contains(&field) {
                return Err(format!("two columns are {field}; keep one"));
            }
            fields.push(field);
        }
        if fields.contains(&Field::Text) {
            Ok(Self(fields))
        } else {
            Err("the first line names no column `text`; every mention needs one".to_owned())
        }
    }

    pub fn draft(&self, text: &str) -> Result<Draft, FormError> {
        let values = row(text);
        if values.len() != self.0.len() {
            return Err(FormError::Columns { found: values.len(), columns: self.0.len() });
        }
        let mut draft = Draft::default();
        for (field, value) in self.0.iter().zip(&values) {
            if !value.is_empty() {
                draft.set(*field, value.to_owned());
            }
        }
        Ok(draft)
    }
}

/// The values of one row. Text in, so that the reader can neither fail to read nor meet bad UTF-8.
fn row(text: &str) -> StringRecord {
    // The reader takes one byte order mark for its own; one that stands here is text.
    let marked = text.starts_with('\u{feff}').then(|| format!("\u{feff}{text}"));
    let text = marked.as_deref().unwrap_or(text);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .terminator(Terminator::Any(b'\n'))
        .buffer_capacity(text.len() + 1)
        .from_reader(text.as_bytes());
    let mut values = StringRecord::new();
    match reader.read_record(&mut values) {
        Ok(_) => values,
        Err(_) => StringRecord::new(),
    }
}
