//! Every hostile input at hand through every door that it fits: refused in clear words or taken, never a panic, never more
//! than a quarter of a second, never much memory, and a valid neighbour is taken all the same.
//!
//! [`DOORS`] says which set goes through which door, [`NO_DOOR_YET`] which sets wait for a door that is not built;
//! a folder that is in neither fails a test.

mod conditions;
mod doors;
mod file_feed;
mod folder;
mod logs;
mod long;
mod mail;
mod meter;
mod outline;
mod pages;
pub(crate) mod payloads;
mod templates;
mod webhook;
mod yaml;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

pub(crate) use meter::Meter;

/// Each set, by its folder, and the tests here that put it through doors.
const DOORS: &[(&str, &[&str])] = &[
    ("JSONTestSuite", &["webhook", "file_feed", "doors"]),
    ("blns", &["logs", "webhook", "file_feed", "mail", "pages", "doors"]),
    ("generated/header-injection", &["mail"]),
    ("generated/template-injection", &["logs", "webhook", "file_feed", "templates", "pages", "doors"]),
    ("generated/unicode.json", &["logs", "webhook", "file_feed", "pages", "doors"]),
    ("generated/yaml", &["yaml"]),
    ("handlebars-spec", &["templates", "pages"]),
    // Its mails wait for replies; its odd addresses are people's.
    ("mail-parser", &["mail"]),
    ("mustache-spec", &["templates", "pages"]),
    ("xss-payload-list", &["logs", "webhook", "file_feed", "mail", "pages", "doors"]),
    ("yaml-test-suite", &["yaml"]),
];

/// Sets that wait for a door, and which.
const NO_DOOR_YET: &[(&str, &str)] = &[
    ("bounces-sisimai", "replies by mail"),
    ("email_reply_parser", "replies by mail"),
    ("espoofer", "replies by mail"),
    ("feedparser", "RSS and Atom feeds"),
    ("generated/archives", "archives"),
    ("generated/gzip", "what is fetched"),
    ("generated/replies.jsonl", "replies by mail"),
    ("generated/smtp-eod", "replies by mail"),
    ("generated/ssrf.txt", "what is fetched"),
    ("generated/xml", "RSS and Atom feeds"),
    ("mail-auth-dkim-dmarc-arc", "replies by mail"),
    ("talon", "replies by mail"),
];

/// Where the hostile inputs are, if they are here.
pub(crate) fn hostile() -> Option<PathBuf> {
    Some(crate::real_input::data()?.join("hostile"))
}

/// Every file below a folder whose name ends so, in order.
pub(crate) fn files_below(folder: &std::path::Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "nothing below {}", folder.display());
    found
}

#[test]
fn every_set_has_a_door_or_waits_for_one_and_no_name_is_stale() {
    let Some(folder) = hostile() else { return };
    let names = |folder: PathBuf, before: &str| -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| !name.starts_with("UPSTREAM")).map(|name| format!("{before}{name}")).collect()
    };
    let mut there: BTreeSet<String> = names(folder.clone(), "").into_iter().collect();
    assert!(there.remove("generated"));
    there.extend(names(folder.join("generated"), "generated/"));
    let known = DOORS.iter().map(|(set, _)| *set).chain(NO_DOOR_YET.iter().map(|(set, _)| *set));
    let listed: BTreeSet<String> = known.map(str::to_owned).collect();
    assert_eq!(there, listed, "a set is in neither list, or a list names one that is gone");
    for (set, doors) in DOORS {
        assert!(!NO_DOOR_YET.iter().any(|(waiting, _)| waiting == set), "{set} is in both lists");
        for door in *doors {
            let path = format!("{}/tests/it/hostile/{door}.rs", env!("CARGO_MANIFEST_DIR"));
            let test = fs::read_to_string(&path).unwrap_or_default();
            let word = set.rsplit('/').next().unwrap();
            assert!(test.contains(word), "{path} does not use {set}");
        }
    }
}
