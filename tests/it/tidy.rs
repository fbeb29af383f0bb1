//! The house rules, as a test: who may import whom, how long a file may be, what must be registered, what documents name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const LINES_MAX: usize = 500;
const ARCHITECTURE_LINES_MAX: usize = 200;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` whose name ends so, as a path from the root, with its text.
fn files(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("node_modules") {
                    folders.push(path);
                }
            } else if path.to_string_lossy().ends_with(ending) {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(!found.is_empty(), "nothing below {folder}");
    found
}

/// Which parts of the crate each part may name.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("core", &["core"]),
    ("crash.rs", &[]),
    ("store", &["store", "core", "crash"]),
    ("net", &["net", "core"]),
    ("pager.rs", &["pager", "net", "core"]),
    ("feed", &["feed", "net", "core"]),
    ("chart", &["chart", "core"]),
    ("report", &["report", "core"]),
    ("mail", &["mail", "chart", "core"]),
    ("channel", &["channel", "net", "core", "crash"]),
    ("engine", &["engine", "store", "feed", "mail", "channel", "core", "crash", "pager"]),
    ("rehearsal", &["rehearsal", "engine", "mail", "channel", "core", "pager"]),
    ("config", &["config", "feed", "channel", "mail", "core", "pager"]),
    ("web", &["web", "engine", "store", "feed", "mail", "channel", "chart", "report", "core"]),
    ("control.rs", &["control", "engine", "core"]),
    ("control", &["control", "engine", "core"]),
    (
        "cli",
        &[
            "cli",
            "app",
            "config",
            "control",
            "rehearsal",
            "engine",
            "store",
            "feed",
            "mail",
            "channel",
            "chart",
            "report",
            "core",
            "pager",
        ],
    ),
    (
        "app",
        &[
            "app",
            "config",
            "control",
            "web",
            "rehearsal",
            "engine",
            "store",
            "feed",
            "mail",
            "channel",
            "net",
            "core",
            "pager",
        ],
    ),
    (
        "app.rs",
        &["app", "config", "control", "web", "engine", "store", "feed", "mail", "channel", "net", "core", "pager"],
    ),
];

#[test]
fn nobody_imports_whom_they_may_not() {
    for (file, text) in files("src", ".rs") {
        let part = file.strip_prefix("src/").unwrap().split('/').next().unwrap();
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == part) else {
            assert!(matches!(part, "lib.rs" | "main.rs"), "{file} belongs to no part that this test knows");
            continue;
        };
        for (line, named) in
            text.lines().flat_map(|line| line.match_indices("crate::").map(move |(at, _)| (line, &line[at + 7..])))
        {
            let name = named.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            assert!(allowed.contains(&name), "{file} may not import {name}: {line}");
        }
    }
}

#[test]
fn the_core_reads_no_clock_socket_or_file() {
    let banned = [
        "std::fs", "std::net", "std::env", "tokio", "rusqlite", "reqwest", "axum", "rand::", "HashMap", "HashSet",
        "::now()",
    ];
    for (file, text) in files("src/core", ".rs") {
        for word in banned {
            assert!(!text.contains(word), "{file} names {word}");
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for folder in ["src", "tests", "benches"] {
        for (file, text) in files(folder, ".rs") {
            let lines = text.lines().count();
            assert!(lines <= LINES_MAX, "{file} has {lines} lines; split it by meaning");
            assert!(text.starts_with("//!"), "{file} does not say what it is for");
        }
    }
}

#[test]
fn nothing_is_left_open_or_named_for_nothing() {
    // Put together here, so that this file does not find itself.
    let open = [
        ["// TO", "DO"].concat(),
        ["// FIX", "ME"].concat(),
        ["todo", "!("].concat(),
        ["unimplemented", "!("].concat(),
    ];
    for folder in ["src", "tests", "benches", "playbooks", "templates"] {
        for (file, text) in files(folder, "") {
            // Fixtures of lint hold what it must find.
            let own = file.contains("fixtures") || file.contains("placeholder") || file.contains("words");
            assert!(own || !open.iter().any(|word| text.contains(word.as_str())), "{file} leaves something open");
            let name = Path::new(&file).file_stem().unwrap().to_string_lossy().into_owned();
            let empty = ["utils", "util", "helpers", "helper", "common", "misc", "manager", "handlers"];
            assert!(!empty.contains(&name.as_str()), "{file} is named for nothing");
        }
    }
}

/// The modules that `mod.rs` of a folder registers in its table, against the files that are there.
fn registered(folder: &str, except: &[&str]) {
    let table = fs::read_to_string(root().join(folder).join("mod.rs")).unwrap();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_file() && name != "mod" && !except.contains(&name.as_str()) {
            let row = [format!("{name}::KIND"), format!("{name}::RULE")];
            assert!(row.iter().any(|row| table.contains(row)), "{} is in no table", path.display());
        }
    }
}

#[test]
fn every_plug_in_is_in_its_table() {
    registered("src/feed", &["streamed"]);
    registered("src/channel", &["answer", "room", "server", "stage"]);
    registered("src/core/detect", &[]);
    registered("src/core/lint", &[]);
}

#[test]
fn what_was_approved_is_never_read_from_bytes() {
    for (file, text) in files("src", ".rs") {
        for name in ["ApprovedStatement", "Ballot", "Incident", "StageVote"] {
            for declared in [format!("pub struct {name} {{"), format!("pub struct {name}<")] {
                if let Some(at) = text.find(&declared) {
                    let before = &text[text[..at].rfind("\n\n").unwrap_or(0)..at];
                    let mut derives = before.lines().filter(|line| line.starts_with("#["));
                    assert!(
                        !derives.any(|line| line.contains("Deserialize")),
                        "{file}: {name} must not be Deserialize"
                    );
                }
            }
            assert!(!text.contains(&format!("for {name} ")) || !text.contains("impl<'de> Deserialize<'de>"), "{file}");
        }
        let made = text.contains("ApprovedStatement {") && !text.contains("pub struct ApprovedStatement {");
        assert!(!made, "{file} makes an ApprovedStatement; only a met ballot does");
        let reads_events = text.contains("from_str::<Event>")
            || text.contains("Result<Option<Event>, StoreError>") && text.contains("from_str");
        assert!(!reads_events || file == "src/store/reader.rs", "{file} makes events out of bytes");
    }
}

#[test]
fn few_places_know_whether_it_is_a_rehearsal() {
    for (file, text) in files("src", ".rs") {
        let known = [
            "src/core/setting.rs",
            "src/app/mode.rs",
            "src/engine/hands.rs",
            "src/core/lint/rehearsal_leak.rs",
            "src/core/incident/exercise.rs",
        ];
        let own = known.contains(&file.as_str())
            || file.starts_with("src/core/statement/")
            || file.starts_with("src/mail/compose")
            || file.starts_with("src/web");
        assert!(own || !text.contains("Setting::Rehearsal"), "{file} branches on the setting");
    }
}

#[test]
fn phases_and_events_are_matched_in_full() {
    for folder in ["src/core/incident", "src/core/playbook"] {
        for (file, text) in files(folder, ".rs") {
            let own = text.lines().filter(|line| line.trim_start().starts_with("_ =>")).count();
            // Rungs of an alert and units of a period are numbers and letters, not enums of ours.
            let allowed = usize::from(file.ends_with("alert.rs"));
            assert!(own <= allowed, "{file} has an arm that hides what is new");
        }
    }
    for file in ["src/core/approval.rs", "src/core/approval/stage.rs"] {
        let approval = fs::read_to_string(root().join(file)).unwrap();
        assert!(!approval.contains("_ =>"), "{file} has an arm that hides what is new");
    }
}

#[test]
fn the_architecture_names_what_is_there() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(text.lines().count() <= ARCHITECTURE_LINES_MAX, "ARCHITECTURE.md is too long to be read");
    for path in text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.contains('/') && !word.contains([' ', '{', '<', ':', '*']))
    {
        let path = path.trim_start_matches("./");
        if ["src/", "tests/", "playbooks/", "templates/", "deploy/"].iter().any(|folder| path.starts_with(folder)) {
            assert!(root().join(path).exists(), "ARCHITECTURE.md names {path}, which is not there");
        }
    }
}
