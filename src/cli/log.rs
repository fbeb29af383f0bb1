//! Log lines: one line an event, whatever stood in what is logged.

use std::io::{self, Write};

use crate::core::shown::visible;

/// Logs go to standard error, as much as `HOLDLINE_LOG` asks for.
pub(super) fn begin(default: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("HOLDLINE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Lines(io::stderr()))
        .with_ansi(false)
        .with_target(false)
        .init();
}

/// Writes each event as one line. What it is given at once is one event. It has no colours: theirs could not be told from
/// those that a stranger wrote.
#[derive(Debug)]
pub struct Lines<W>(pub W);

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = visible(text.strip_suffix('\n').unwrap_or(&text));
        writeln!(self.0, "{}", line.replace('\n', "\\n"))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
