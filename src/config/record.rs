//! What the commands about the record need of a folder, so that a mistake elsewhere or another secret keeps nobody from
//! verifying it or backing it up.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::files::Folder;
use super::kinds::Surroundings;
use super::load::MAIN;
use super::node::{Table, Value};
use super::problem::{Problem, Weight};
use super::secret::Secrets;
use super::{Audit, Need, installation, keys, yaml};
use crate::core::name::PersonId;

/// The part of `holdline.yaml` that says where the record is and how it is kept.
#[derive(Debug)]
pub struct Record {
    pub store: PathBuf,
    /// None where something is wrong with it, as when this machine does not have the key.
    pub audit: Option<Audit>,
    pub people: BTreeSet<PersonId>,
    pub problems: Vec<Problem>,
}

/// Reads the record's part of the folder; the problems where not even the store can be told.
pub fn record(folder: &Path) -> Result<Record, Vec<Problem>> {
    let folder = Folder::open(folder).map_err(|problem| vec![problem])?;
    let main = folder.read(MAIN).map_err(|problem| vec![problem])?;
    let read = {
        let secrets = Secrets { folder: folder.root(), need: Need::Run, stand_in: false };
        let around = Surroundings { sheet: &main, folder: &folder, secrets };
        yaml::read(&main).map(|node| {
            let top = 0..0;
            let file = Table::of(&main, MAIN, &node, &top, keys::FILE);
            let people = match file.get("people").map(|node| &node.value) {
                Some(Value::Map(people)) => people.iter().map(|entry| PersonId::from(entry.key.as_str())).collect(),
                Some(Value::Nothing | Value::Flag(_) | Value::Number(_) | Value::Text(_) | Value::List(_)) | None => {
                    BTreeSet::new()
                }
            };
            (installation::store(&file, folder.root()), installation::audit(&file, around), people)
        })
    };
    let problems = main.into_problems();
    match read {
        Some((Some(store), audit, people)) => {
            let refused = problems.iter().any(|problem| problem.weight == Weight::Refused);
            Ok(Record { store, audit: audit.filter(|_| !refused), people, problems })
        }
        Some((None, _, _)) | None => Err(problems),
    }
}
