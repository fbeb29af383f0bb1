//! `holdline init`: a folder to start from, with keys of its own. Nothing that is there is ever written over.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::out;
use crate::config::{StartFor, start};

/// Keys are as long as the hashes that they key.
const KEY_BYTES: usize = 32;
/// Read and written by their owner alone.
const KEY_MODE: u32 = 0o600;
const FILE_MODE: u32 = 0o644;
/// The files that keys are made for.
const KEYS: [&str; 2] = ["audit-key", "webhook-secret"];

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The folder to make; one that is there already keeps everything that it holds
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Whose folder it is: it says which people, playbook and watch you start from
    #[arg(long = "for", value_name = "WHO", default_value = "hospital")]
    who: Who,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Who {
    Hospital,
    Organisation,
}

pub(super) fn run(options: &Options) -> ExitCode {
    match begin(options) {
        Ok(()) => {
            let folder = options.folder.display();
            out::line(format_args!("{folder} is a folder to start from, with keys that only you can read."));
            out::line("Its README.md says what to change first. Then:");
            out::line(format_args!("    holdline check {folder}"));
            ExitCode::SUCCESS
        }
        Err(why) => out::fail(why),
    }
}

fn begin(options: &Options) -> Result<(), String> {
    let files = start(match options.who {
        Who::Hospital => StartFor::Hospital,
        Who::Organisation => StartFor::Other,
    });
    let names = files.iter().map(|(name, _)| name.as_str()).chain(KEYS);
    // A link counts too, wherever it leads.
    let there: Vec<&str> = names.filter(|name| fs::symlink_metadata(options.folder.join(name)).is_ok()).collect();
    if !there.is_empty() {
        return Err(format!(
            "{} already holds {}, and nothing is written over; name another folder, or move them away",
            options.folder.display(),
            there.join(", ")
        ));
    }
    let made = |name: &str, text: &str, mode: u32| {
        let path = options.folder.join(name);
        write(&path, text, mode).map_err(|error| format!("{} cannot be written: {error}", path.display()))
    };
    for name in KEYS {
        let key: [u8; KEY_BYTES] = rand::random();
        made(name, &format!("{}\n", hex::encode(key)), KEY_MODE)?;
    }
    files.iter().try_for_each(|(name, text)| made(name, text, FILE_MODE))
}

/// Makes a file; one that came there meanwhile stays as it is.
fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
