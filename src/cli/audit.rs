//! `holdline audit verify`: the chain, followed offline.

use std::path::Path;
use std::process::ExitCode;

use secrecy::ExposeSecret as _;

use super::{check, out};
use crate::config::Need;
use crate::store::Reader;

pub(super) fn verify(folder: &Path) -> ExitCode {
    let Some(config) = check::load(folder, Need::WithoutMail) else { return ExitCode::FAILURE };
    match Reader::new(&config.store).verify(config.audit.key.expose_secret().as_bytes()) {
        Ok(head) => {
            out::line(format_args!("The record holds: {} entries, head {}.", head.seq, hex::encode(&head.mac)));
            ExitCode::SUCCESS
        }
        Err(error) => out::fail(error),
    }
}
