//! A folder as it was taken: its files as text, without the secrets that they name. Kept beside the record, so that the last good folder, and
//! those that open incidents began with, can be read again when the files themselves are others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files::Folder;
use super::kinds::Surroundings;
use super::load::{MAIN, load_from};
use super::node::Table;
use super::problem::Problem;
use super::secret::Secrets;
use super::sheet::Sheet;
use super::{Audit, Loaded, Need, installation, keys, yaml};

/// The files of a folder without mistakes, by their paths within it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Files(BTreeMap<String, String>);

impl Files {
    pub(super) fn add(&mut self, name: &str, text: &str) {
        self.0.insert(name.to_owned(), text.to_owned());
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn of_json(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// As it is kept.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a map of texts always becomes JSON")
    }
}

/// Reads what was kept of `folder` as if it still stood there. Secrets are read where the files name them, as they are now.
pub fn load_kept(folder: &Path, files: Files, need: Need) -> Result<Loaded, Vec<Problem>> {
    load_from(&Folder::kept(folder, files).map_err(|problem| vec![problem])?, need)
}

/// The store that a folder names, however broken the rest of it is.
pub fn store_of(folder: &Path) -> Option<PathBuf> {
    let folder = Folder::open(folder).ok()?;
    let alone = alone(&folder, "store")?;
    let node = yaml::read(&alone)?;
    installation::store(&Table::of(&alone, MAIN, &node, &(0..0), keys::FILE), folder.root())
}

/// The audit key that a folder names, however broken the rest of it is.
pub fn audit_of(folder: &Path) -> Option<Audit> {
    let folder = Folder::open(folder).ok()?;
    let alone = alone(&folder, "audit")?;
    let node = yaml::read(&alone)?;
    let secrets = Secrets { folder: folder.root(), need: Need::Run, stand_in: false };
    let around = Surroundings { sheet: &alone, folder: &folder, secrets };
    let audit = installation::audit(&Table::of(&alone, MAIN, &node, &(0..0), keys::FILE), around);
    audit.filter(|_| alone.is_sound())
}

/// One key of the whole file by itself: its line, which it begins, and what is indented below.
fn alone(folder: &Folder, key: &str) -> Option<Sheet> {
    let main = folder.read(MAIN).ok()?;
    let begins = |line: &&str| !line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    let mut lines = main.text().lines().skip_while(begins);
    let first = lines.next().unwrap_or("{}");
    let below = lines.take_while(|line| line.starts_with([' ', '\t']) || line.trim().is_empty());
    let text: Vec<&str> = std::iter::once(first).chain(below).collect();
    Some(Sheet::new(MAIN.to_owned(), text.join("\n")))
}
