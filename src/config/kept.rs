//! A folder as it was taken: its files as text, without any secret. Kept beside the record, so that the last good folder, and
//! those that open incidents began with, can be read again when the files themselves are others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files::Folder;
use super::load::{MAIN, load_from};
use super::node::Table;
use super::problem::Problem;
use super::sheet::Sheet;
use super::{Loaded, Need, installation, keys, yaml};

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

/// The store that a folder names, however broken the rest of it is: a key of the whole file begins its line.
pub fn store_of(folder: &Path) -> Option<PathBuf> {
    let folder = Folder::open(folder).ok()?;
    let main = folder.read(MAIN).ok()?;
    let line = main.text().lines().find(|line| line.starts_with("store:")).unwrap_or("{}");
    let line = Sheet::new(MAIN.to_owned(), line.to_owned());
    let node = yaml::read(&line)?;
    installation::store(&Table::of(&line, MAIN, &node, &(0..0), keys::FILE), folder.root())
}
