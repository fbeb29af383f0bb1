//! `holdline try query`: which mentions a query matches, and why.

use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::out;
use crate::core::mention::Mention;
use crate::core::query::{Explanation, Query, QueryError, explain};
use crate::core::shown::visible;

/// The largest input, in bytes.
const INPUT_BYTES_MAX: u64 = 64 * 1024 * 1024;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The query, as a watch has it
    query: String,
    /// Mentions: JSON lines (.jsonl), or plain text with one mention a line; standard input without it
    file: Option<PathBuf>,
    /// One JSON object a line, also for plain text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> ExitCode {
    let query = match Query::parse(&options.query) {
        Ok(query) => query,
        Err(error) => return out::fail(pointed(&options.query, &error)),
    };
    for slip in query.slips() {
        out::error(format_args!("warning: {}", pointed(&options.query, &slip)));
    }
    let input = match read(options) {
        Ok(input) => input,
        Err(error) => return out::fail(error),
    };
    let lines = options.file.as_ref().and_then(|file| file.extension()).is_some_and(|ending| ending == "jsonl");
    let mut matched = 0_usize;
    let mut failed = false;
    for (number, line) in (1..).zip(input.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let mention = match if lines { parsed(line) } else { Ok(plain(number, line)) } {
            Ok(mention) => mention,
            Err(error) => {
                out::error(format_args!("line {number}: {}", visible(&error)));
                failed = true;
                continue;
            }
        };
        let explanation = explain(&query, &mention);
        matched += usize::from(explanation.matched);
        show(&mention, &explanation, lines || options.json);
    }
    if !lines && !options.json {
        out::line(format_args!("{matched} matched."));
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn read(options: &Options) -> io::Result<String> {
    let mut input = String::new();
    match &options.file {
        Some(file) => {
            std::fs::File::open(file)
                .and_then(|opened| opened.take(INPUT_BYTES_MAX).read_to_string(&mut input))
                .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
        }
        None => {
            io::stdin().lock().take(INPUT_BYTES_MAX).read_to_string(&mut input)?;
        }
    }
    Ok(input)
}

fn parsed(line: &str) -> Result<Mention, String> {
    serde_json::from_str(line).map_err(|error| format!("this is not a mention: {error}"))
}

fn plain(number: usize, line: &str) -> Mention {
    let id = number.to_string();
    Mention {
        id,
        title: None,
        text: line.to_owned(),
        author: None,
        url: None,
        language: None,
        published: None,
        reach: None,
    }
}

fn show(mention: &Mention, explanation: &Explanation, json: bool) {
    if json {
        let line = serde_json::json!({ "id": mention.id, "matched": explanation.matched, "why": explanation });
        out::json(&line.to_string());
    } else {
        let verdict = if explanation.matched { "matches" } else { "does not match" };
        out::line(format_args!("{}: {verdict}\n{}", mention.id.escape_debug(), visible(&explanation.to_string())));
    }
}

/// The query with a mark under what is wrong.
fn pointed(query: &str, error: &QueryError) -> String {
    let shown = visible(query).replace('\n', " ");
    if shown != query {
        return format!("{}\n  {shown}\n{}", visible(&error.message), error.help);
    }
    let before = query.get(..error.span.start).unwrap_or(query).chars().count();
    let width = query.get(error.span.clone()).map_or(1, |part| part.chars().count()).max(1);
    format!("{}\n  {query}\n  {}{}\n{}", error.message, " ".repeat(before), "^".repeat(width), error.help)
}
