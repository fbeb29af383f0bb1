//! What happened in a simulation, counted by name, so that it cannot silently go idle.

use std::collections::BTreeMap;
use std::fmt::Debug;

use holdline::engine::{AnswerError, RecordError};

#[derive(Clone, Debug, Default)]
pub(super) struct Coverage(pub(super) BTreeMap<String, u64>);

impl Coverage {
    pub(super) fn saw(&mut self, what: &str) {
        self.count(what, 1);
    }

    pub(super) fn count(&mut self, what: &str, times: u64) {
        match self.0.get_mut(what) {
            Some(count) => *count += times,
            None => drop(self.0.insert(what.to_owned(), times)),
        }
    }

    pub(super) fn refused(&mut self, door: &str, error: &RecordError) {
        if let RecordError::Refused(refusal) = error {
            self.named(&format!("refused {door}"), refusal);
        }
    }

    pub(super) fn answered(&mut self, door: &str, answered: &Result<(), AnswerError>) {
        match answered {
            Ok(()) => self.saw(&format!("{door}: counted")),
            Err(AnswerError::Refused(refusal)) => self.named(&format!("refused {door}"), refusal),
            Err(error) => self.named(&format!("refused {door}"), error),
        }
    }

    /// Counts a variant by its name, without what is in it.
    pub(super) fn named(&mut self, what: &str, variant: &impl Debug) {
        let shown = format!("{variant:?}");
        let name = shown.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        self.saw(&format!("{what}: {name}"));
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            self.count(what, *times);
        }
    }

    pub(super) fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }
}
