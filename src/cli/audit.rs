//! `holdline audit verify`: the chain, followed offline, and compared with a head that was mailed out.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use secrecy::ExposeSecret as _;

use super::{check, out};
use crate::config::Need;
use crate::store::Reader;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The folder with holdline.yaml
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// A head that was mailed out, as `ENTRY:MAC`: the record must still hold exactly this entry
    #[arg(long)]
    head: Option<String>,
}

pub(super) fn verify(options: &Options) -> ExitCode {
    let mailed = match options.head.as_deref().map(parse).transpose() {
        Ok(mailed) => mailed,
        Err(why) => return out::fail(why),
    };
    let Some(config) = check::load(&options.folder, Need::WithoutMail) else { return ExitCode::FAILURE };
    let mut erased = 0_usize;
    let mut found = false;
    let verified = Reader::new(&config.store).verify(config.audit.key.expose_secret().as_bytes(), |entry| {
        erased += usize::from(entry.body.is_none());
        found |= mailed.as_ref().is_some_and(|(seq, mac)| entry.seq == *seq && entry.mac == *mac);
    });
    match verified {
        Ok(_) if mailed.is_some() && !found => {
            out::fail("the record holds in itself, but the mailed head is not in it: its tail was cut or written anew")
        }
        Ok(head) => {
            out::line(format_args!("The record holds: {} entries, head {}.", head.seq, hex::encode(&head.mac)));
            if erased > 0 {
                out::line(format_args!("{erased} of them were erased; their headers stand."));
            }
            ExitCode::SUCCESS
        }
        Err(error) => out::fail(error),
    }
}

fn parse(head: &str) -> Result<(u64, Vec<u8>), String> {
    let read =
        head.split_once(':').and_then(|(seq, mac)| Some((seq.trim().parse().ok()?, hex::decode(mac.trim()).ok()?)));
    read.ok_or_else(|| format!("`{head}` is not a head; write it as in the mail, entry and MAC, as in 120:9f0c..."))
}
