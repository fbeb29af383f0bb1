//! `holdline audit find`: what is kept of somebody, so that it can be shown to them or erased.

use std::process::ExitCode;

use clap::Args;

use super::{Where, moment};
use crate::cli::out;
use crate::core::shown::visible;
use crate::store::{Entry, Found, INSTALLATION, Reader};

#[derive(Debug, Args)]
#[command(after_help = "\
Searches the words, authors and addresses of mentions, and the bodies of entries, whatever the case; beside the running \
daemon or in a copy. It shows where the words stand and not what stands around them. `holdline audit erase` takes away \
what is found: mentions with --mentions-with, entries with --entry, incidents with --incident.")]
pub(in crate::cli) struct Options {
    /// What is looked for: a name, an address, an account
    words: String,
    #[command(flatten)]
    at: Where,
}

pub(super) fn run(options: &Options) -> ExitCode {
    let words = options.words.trim();
    if words.is_empty() {
        return out::fail("say what is looked for");
    }
    let Some(store) = options.at.store() else { return ExitCode::FAILURE };
    if !store.is_file() {
        return out::fail(format_args!("there is no store at {}", store.display()));
    }
    let (mut mentions, mut entries) = (0_u32, 0_u32);
    let found = Reader::new(&store).find(words, |found| match found {
        Found::Mention { mention, received } => {
            mentions += 1;
            let (feed, id) = (visible(mention.feed.as_str()), visible(&mention.mention));
            out::line(format_args!("mention {id} of the feed {feed}, received {}", moment(received)));
        }
        Found::Entry { seq, incident, header } => {
            entries += 1;
            let of = if incident == INSTALLATION { String::new() } else { format!(" of incident {incident}") };
            match serde_json::from_str::<Entry>(&header) {
                Ok(entry) => {
                    out::line(format_args!("entry {seq}{of}, {}, {}", moment(entry.at), visible(&entry.kind)));
                }
                Err(_) => out::line(format_args!("entry {seq}{of}, whose header cannot be read")),
            }
        }
    });
    match found {
        Ok(()) => {
            out::line(format_args!("{mentions} mentions and {entries} entries."));
            ExitCode::SUCCESS
        }
        Err(error) => out::fail(error),
    }
}
