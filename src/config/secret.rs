//! Secrets are named in the folder, never written in it: `{ env: NAME }` or `{ file: PATH }`.

use std::env;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use super::Need;
use super::node::{Node, Value};
use super::sheet::{Sheet, meant};

/// The largest secret, in bytes.
const SECRET_BYTES_MAX: u64 = 64 * 1024;
/// Where systemd puts a unit's credentials.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
/// What `check` goes on with where a secret is not on its machine, and a rehearsal in any case; long enough for every use.
const STAND_IN: &str = "a stand-in where nothing is done with the secret";

/// Whether it stands for a secret that this machine does not have.
pub(super) fn is_stand_in(secret: &SecretString) -> bool {
    secret.expose_secret().starts_with(STAND_IN)
}

/// The bits of a file's mode that are everybody's.
const OTHERS: u32 = 0o007;

const FORM: &str = "write { env: NAME } or { file: PATH }, and keep the secret itself out of this folder";

/// Where secrets are looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Secrets<'a> {
    pub(super) folder: &'a Path,
    pub(super) need: Need,
    /// Whether none is read: something stands in for each.
    pub(super) stand_in: bool,
}

impl Secrets<'_> {
    /// What `node` names; none where it is written wrong or cannot be had, which is said on the sheet. A file that is open to
    /// all is warned of.
    pub(super) fn find(self, sheet: &Sheet, node: &Node) -> Option<SecretString> {
        let found = self.take(sheet, node)?;
        // A warning and no refusal: what a container mounts is often open to all, and all may be this program alone.
        if let Some(path) = self.file_of(node).filter(|path| !self.stand_in && is_open_to_all(path)) {
            let message = format!("everybody on this machine can read the secret's file {}", path.display());
            sheet.warn(&node.at, message, format!("`chmod 600 {}` leaves it to its owner", path.display()));
        }
        Some(found)
    }

    /// The same without a look at the file's permissions.
    pub(super) fn take(self, sheet: &Sheet, node: &Node) -> Option<SecretString> {
        let Value::Map(entries) = &node.value else {
            sheet.hide(&node.at);
            sheet.refuse(&node.at, "a secret stands here in clear text", FORM);
            return None;
        };
        let [entry] = entries.as_slice() else {
            sheet.refuse(&node.at, "a secret is named by one key", FORM);
            return None;
        };
        let word = match entry.key.as_str() {
            "env" | "file" => entry.value.word(sheet)?,
            other => {
                sheet.refuse(&entry.at, format!("a secret has no key `{other}`"), meant(other, ["env", "file"]));
                return None;
            }
        };
        if self.stand_in {
            return Some(SecretString::from(format!("{STAND_IN}, {}", word.text)));
        }
        let found = if entry.key == "env" { of_environment(word.text) } else { self.of_file(word.text) };
        match (found, self.need) {
            (Ok(secret), _) => Some(SecretString::from(secret)),
            (Err(why), Need::Check) => {
                sheet.warn(word.at, why, "set it before `holdline run`; everything else was checked without it");
                Some(SecretString::from(format!("{STAND_IN}, {}", word.text)))
            }
            (Err(why), Need::Run | Need::WithoutMail | Need::DryRun | Need::Rehearsal) => {
                sheet.refuse(word.at, why, "set it, or name another place");
                None
            }
        }
    }

    /// A hash of every secret that is named within `node`, so that what is written alike and means another one differs.
    pub(super) fn fingerprint(self, node: &Node) -> String {
        let mut hasher = Sha256::new();
        self.add_to(&mut hasher, node);
        hex::encode(hasher.finalize())
    }

    fn add_to(self, hasher: &mut Sha256, node: &Node) {
        match &node.value {
            Value::Map(entries) => {
                for entry in entries {
                    if let Value::Text(named) = &entry.value.value {
                        let found = match entry.key.as_str() {
                            "env" => of_environment(named),
                            "file" => self.of_file(named),
                            _ => continue,
                        };
                        hasher.update(found.unwrap_or_default());
                        hasher.update([0]);
                    }
                    self.add_to(hasher, &entry.value);
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.add_to(hasher, item)),
            Value::Nothing | Value::Flag(_) | Value::Number(_) | Value::Text(_) => {}
        }
    }

    /// The file that `node` names, where it names one.
    pub(super) fn file_of(self, node: &Node) -> Option<PathBuf> {
        let Value::Map(entries) = &node.value else { return None };
        let entry = entries.first().filter(|entry| entry.key == "file")?;
        match &entry.value.value {
            Value::Text(written) | Value::Number(written) => Some(self.path(written.trim())),
            Value::Nothing | Value::Flag(_) | Value::List(_) | Value::Map(_) => None,
        }
    }

    fn of_file(self, written: &str) -> Result<String, String> {
        let path = self.path(written);
        let refuse = |why: &str| format!("the secret's file {} {why}", path.display());
        let mut secret = String::new();
        // Whoever opens a pipe waits for its other end.
        if path.exists() && !path.is_file() {
            return Err(refuse("is no file"));
        }
        let file = File::open(&path).map_err(|error| refuse(&unreadable(&error)))?;
        let bytes = file.take(SECRET_BYTES_MAX + 1).read_to_string(&mut secret);
        let bytes = bytes.map_err(|error| refuse(&unreadable(&error)))?;
        if u64::try_from(bytes).unwrap_or(u64::MAX) > SECRET_BYTES_MAX {
            return Err(refuse("is too large for a secret"));
        }
        let secret = secret.trim_end_matches(['\n', '\r']);
        if secret.is_empty() { Err(refuse("is empty")) } else { Ok(secret.to_owned()) }
    }

    /// A file name alone is looked for in systemd's credentials folder first.
    fn path(self, written: &str) -> PathBuf {
        let alone = !written.contains('/');
        let credentials = env::var_os(CREDENTIALS).filter(|_| alone).map(|folder| PathBuf::from(folder).join(written));
        credentials.filter(|path| path.exists()).unwrap_or_else(|| self.folder.join(written))
    }
}

/// Why a file gave nothing, as a person would say it.
fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "is not there".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by this user".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

/// Whether others than the file's owner and group can read it or write to it.
pub(super) fn is_open_to_all(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| about.permissions().mode() & OTHERS != 0)
}

fn of_environment(name: &str) -> Result<String, String> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        Ok(_) => Err(format!("the environment variable `{name}` is empty")),
        Err(env::VarError::NotPresent) => Err(format!("the environment variable `{name}` is not set")),
        Err(env::VarError::NotUnicode(_)) => Err(format!("the environment variable `{name}` is not text")),
    }
}
