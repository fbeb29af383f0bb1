//! YAML as holdline.yaml and as a playbook: yaml-test-suite and generated/yaml, looked at as `holdline check` does.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::folder::Folder;
use super::{Meter, files_below, hostile};

/// A playbook with a mistake of its own, which must be told whatever its neighbours are.
const NEIGHBOUR: &str = "title: A neighbour\nwhen_to_use: Never.\ntitle: Twice\n";

#[derive(Deserialize)]
struct Case {
    #[serde(default)]
    yaml: String,
}

/// The documents, with the suite's visible marks turned into what they stand for, and the suite's own files.
fn documents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut documents = Vec::new();
    for file in files_below(&folder.join("yaml-test-suite/src"), ".yaml") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap();
        for (nth, case) in serde_yaml::from_str::<Vec<Case>>(&text).unwrap().into_iter().enumerate() {
            let mut document = case.yaml;
            for (mark, meant) in [
                ("␣", " "),
                ("———»", "\t"),
                ("——»", "\t"),
                ("—»", "\t"),
                ("»", "\t"),
                ("↵", ""),
                ("←", "\r"),
                ("⇔", "\u{feff}"),
                ("∎\n", ""),
            ] {
                document = document.replace(mark, meant);
            }
            documents.push((format!("{name}, case {nth}"), document.into_bytes()));
        }
        documents.push((name, text.into_bytes()));
    }
    for file in files_below(&folder.join("generated/yaml"), ".yaml") {
        documents.push((file.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&file).unwrap()));
    }
    documents
}

fn refused_as(file: &'static str, set: &'static str) {
    let Some(hostile) = hostile() else { return };
    let folder = Folder::with(file);
    fs::write(folder.path().join("playbooks/neighbour.yaml"), NEIGHBOUR).unwrap();
    if file == "holdline.yaml" {
        // Nothing of it is looked at where the main file is no YAML; its reading would only take time here.
        fs::remove_dir_all(folder.path().join("templates")).unwrap();
        fs::remove_file(folder.path().join("playbooks/data-breach.yaml")).unwrap();
    }
    let mut meter = Meter::of(set);
    for (name, document) in documents(&hostile) {
        let problems = folder.check(&mut meter, &name, &document);
        assert!(!folder.refused(&problems).is_empty(), "{name} was taken as {file}");
        let neighbour = problems.iter().find(|problem| problem.file() == "playbooks/neighbour.yaml");
        let neighbour = neighbour.unwrap_or_else(|| panic!("{name}: nothing is said of its neighbour"));
        assert_eq!((neighbour.line(), neighbour.column()), (3, 1), "{name}: {neighbour}");
    }
    meter.end();
}

#[test]
fn no_hostile_yaml_is_an_installation() {
    refused_as("holdline.yaml", "yaml-test-suite and generated/yaml as holdline.yaml");
}

#[test]
fn no_hostile_yaml_is_a_playbook() {
    refused_as("playbooks/hostile.yaml", "yaml-test-suite and generated/yaml as a playbook");
}
