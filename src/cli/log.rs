//! Log lines: one line an event, whatever stood in what is logged, plain or as JSON.

pub mod json;

use std::any::Any;
use std::io::{self, Write};
use std::panic;

use clap::ValueEnum;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use self::json::Json;
use crate::core::shown::visible;

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Plain,
    /// One JSON object a line, for programs
    Json,
}

/// Logs go to standard error, as much as `HOLDLINE_LOG` asks for.
pub(super) fn begin(default: &str, format: Format) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("HOLDLINE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let subscriber = tracing_subscriber::registry().with(filter);
    match format {
        Format::Plain => {
            let lines = tracing_subscriber::fmt::layer().with_writer(|| Lines(io::stderr()));
            subscriber.with(lines.with_ansi(false).with_target(false)).init();
        }
        Format::Json => subscriber.with(Json::new(io::stderr)).init(),
    }
    panic::set_hook(Box::new(|info| {
        let at = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(at, "{}", said(info.payload()));
    }));
}

/// What a panic says, where that was written in the source: one that was put together may hold anybody's words.
fn said(payload: &dyn Any) -> &str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("a panic; what it says is not logged")
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
