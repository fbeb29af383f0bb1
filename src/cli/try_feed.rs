//! `holdline try feed`: the mentions that a feed brings, without a daemon and without storing anything.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::out;
use crate::core::shown::visible;
use crate::feed::rss::{DOCUMENT_BYTES_MAX, PRIVATE_HINT, Read, RssFeed, RssSettings, read};
use crate::feed::{Came, Fetched as _, Outside};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// A file, `-` for standard input, or the http(s) address of an RSS, Atom or JSON feed
    source: String,
    /// The address is in your own network
    #[arg(long)]
    private: bool,
}

/// Prints one mention a line as JSON. Exits with 1 where nothing can be read, or not all of it.
pub(super) fn run(options: &Options) -> ExitCode {
    let brought = if is_web_address(&options.source) { fetched(options) } else { from_file(&options.source) };
    let fail = |why: &str| out::fail(format_args!("{}: {}", visible(&options.source), visible(why)));
    match brought {
        Ok(Read { mentions, refused, broken }) => {
            for mention in &mentions {
                out::json(&serde_json::json!(mention).to_string());
            }
            for line in refused {
                out::error(visible(&line));
            }
            broken.map_or(ExitCode::SUCCESS, |why| fail(&why))
        }
        Err(why) => fail(&why),
    }
}

fn is_web_address(source: &str) -> bool {
    source.split_once("://").is_some_and(|(scheme, _)| matches!(scheme, "http" | "https"))
}

fn from_file(source: &str) -> Result<Read, String> {
    let mut body = Vec::new();
    // One byte more than is read, so that what is too long is told for that.
    let most = DOCUMENT_BYTES_MAX as u64 + 1;
    let taken = if source == "-" {
        io::stdin().lock().take(most).read_to_end(&mut body)
    } else {
        File::open(Path::new(source)).and_then(|file| file.take(most).read_to_end(&mut body))
    };
    taken.map_err(|error| error.to_string())?;
    read(&body, None, None).map(Read::of).map_err(|error| error.to_string())
}

fn fetched(options: &Options) -> Result<Read, String> {
    let settings = RssSettings { url: options.source.clone(), key: None, every: None, private: Some(options.private) };
    let feed = RssFeed::new(&settings).map_err(|error| error.to_string())?;
    let outside = Outside::new().map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let looked = runtime.map_err(|error| error.to_string())?.block_on(feed.fetch(&outside, None, Timestamp::now()));
    match looked.came {
        Came::Brought(batch) => Ok(Read { mentions: batch.mentions, refused: batch.refused, broken: None }),
        Came::Cut { batch, why } => Ok(Read { mentions: batch.mentions, refused: batch.refused, broken: Some(why) }),
        Came::Later { why, .. } | Came::Failed { why } | Came::Gone { why } => {
            Err(why.replace(PRIVATE_HINT, "add `--private` if it is in your own network"))
        }
    }
}
