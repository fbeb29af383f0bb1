//! `holdline audit rotate-key`: a new audit key, and an entry under the old one that names it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use super::{check, folder_record};
use crate::cli::out;
use crate::config::Look;
use crate::engine::change_key;
use crate::store::{Key, Keys};

/// Bytes of a new key, before they are written in hexadecimal.
const KEY_BYTES: usize = 32;
/// The owner's alone.
const MODE: u32 = 0o600;

#[derive(Debug, Args)]
#[command(after_help = "\
Holdline must be stopped. The new key takes the old one's place in its file; the old one is kept beside it, as \
`<file>.<fingerprint>`, and must be named under `audit.previous` in holdline.yaml: older entries are checked with it.\n\n\
Links and codes that were mailed before are void, and everybody signs in again; whoever is waited for is asked again, \
with a new link, when Holdline starts. Mailed heads stay good: keep them.")]
pub(in crate::cli) struct Options {
    /// The folder with holdline.yaml
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(super) fn run(options: &Options) -> ExitCode {
    match rotate(&options.folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Some(why)) => out::fail(why),
        Err(None) => ExitCode::FAILURE,
    }
}

/// The error is none where it was said already. Every step can be interrupted: with the new key in place and the old one
/// under `audit.previous`, the next start records the change by itself.
fn rotate(folder: &Path) -> Result<(), Option<String>> {
    let record = folder_record(folder).ok_or(None)?;
    check::show(&record.problems, Look::Plain);
    let audit = record.audit.as_ref().ok_or(None)?;
    let file = audit.key_file.as_deref().ok_or_else(|| {
        Some(
            "the audit key is in an environment variable, which this command cannot change. Put a new key there by hand \
             (`openssl rand -hex 32`), name the old one under audit.previous, and the next start records the change"
                .to_owned(),
        )
    })?;
    if !record.store.is_file() {
        return Err(Some(format!(
            "there is no store at {} yet; without a record the key's file can simply be replaced",
            record.store.display()
        )));
    }
    let old = audit.key.expose_secret();
    let fresh = hex::encode(rand::random::<[u8; KEY_BYTES]>());
    let with_earlier =
        |keys: Keys| audit.previous.iter().fold(keys, |keys, key| keys.with_previous(key.expose_secret().as_bytes()));
    // Nothing is touched where the record does not hold or is in use.
    let salts = out::salts();
    let now = Timestamp::now();
    change_key(&record.store, with_earlier(Keys::new(old.as_bytes())), salts, now)
        .map_err(|error| Some(error.to_string()))?;

    let fingerprint = Key::new(old.as_bytes()).fingerprint();
    let kept = beside(file, &fingerprint);
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: io::Error| Some(format!("{path} cannot be written: {error}; the key was not changed"))
    };
    write(&kept, old).map_err(failed(&kept))?;
    let partial = beside(file, "new");
    write(&partial, &fresh).and_then(|()| fs::rename(&partial, file)).map_err(failed(file))?;
    sync_folder(file).map_err(failed(file))?;

    let keys = with_earlier(Keys::new(fresh.as_bytes()).with_previous(old.as_bytes()));
    change_key(&record.store, keys, out::salts(), now).map_err(|error| {
        Some(format!("{error}. The new key is in place; the next start records the change, once the old key is named under audit.previous"))
    })?;
    let name = kept.file_name().map_or_else(|| kept.display().to_string(), |name| name.to_string_lossy().into_owned());
    out::line(format_args!(
        "The record goes on under a new key, {}. The old one, {fingerprint}, is kept in {}.\n\
         Now write in holdline.yaml, before Holdline is started again:\n\n    \
         audit:\n      previous: [{}]\n\n\
         Links and codes mailed before are void; whoever is waited for is asked again at the next start.",
        Key::new(fresh.as_bytes()).fingerprint(),
        kept.display(),
        previous(&name, audit.previous.len())
    ));
    Ok(())
}

/// What to write under `previous`: the latest first, and those that are there already after it.
fn previous(name: &str, already: usize) -> String {
    let latest = format!("{{ file: {name} }}");
    if already == 0 { latest } else { format!("{latest}, ...those that are there already") }
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".");
    path.push(ending);
    PathBuf::from(path)
}

/// Writes a key that only its owner can read, on disk when this returns.
fn write(path: &Path, key: &str) -> io::Result<()> {
    let mut file = File::options().write(true).create(true).truncate(true).mode(MODE).open(path)?;
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(MODE))?;
    writeln!(file, "{key}")?;
    file.sync_all()
}

fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
