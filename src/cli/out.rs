//! Lines for people. A closed pipe ends the program quietly, as it does for any filter.

use std::fmt::{Display, Write as _};
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::core::statement::hidden_character;

/// Prints a line to standard output.
pub(super) fn line(text: impl Display) {
    // Whoever closed the pipe has read what they wanted.
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints a line of JSON with every character written out that a terminal would act on or hide; it stands for the same.
pub(super) fn json(json: &str) {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if hidden_character(c.encode_utf8(&mut [0; 4])).is_some() {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing into a string does not fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    line(escaped);
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
