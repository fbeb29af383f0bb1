//! Lines for people. A closed pipe ends the program quietly, as it does for any filter.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// Prints a line to standard output.
pub(super) fn line(text: impl Display) {
    // Whoever closed the pipe has read what they wanted.
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints a line to standard error.
pub(super) fn error(text: impl Display) {
    // Without standard error there is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says what went wrong and fails.
pub(super) fn fail(text: impl Display) -> ExitCode {
    error(format_args!("holdline: {text}"));
    ExitCode::FAILURE
}

/// Salts for what a command writes into the record.
pub(super) fn salts() -> crate::store::Salts {
    Box::new(|salt| rand::Rng::fill_bytes(&mut rand::rng(), salt))
}
