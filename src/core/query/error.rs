//! What can be wrong with a query, said to the person who wrote it.

use std::ops::Range;

/// Why a query was refused, or was rather meant otherwise: where in it, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// Bytes of the source that the message is about.
    pub span: Range<usize>,
    pub message: String,
    pub help: String,
}

impl QueryError {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: help.into() }
    }
}

/// Why queries that are each in order could not be joined into one matcher.
#[derive(Debug, thiserror::Error)]
#[error("the watches' queries hold more words than one matcher can carry; shorten or remove some queries")]
pub struct MatcherError {
    #[from]
    source: aho_corasick::BuildError,
}
