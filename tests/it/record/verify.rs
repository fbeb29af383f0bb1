//! `holdline audit verify`: every kind of change is found and named, on large files, on copies, and while the daemon runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use super::{change, folder, says, write_entries};
use crate::test_app::TestApp;

/// Entries of the large file, and how long it may take, in debug and on a busy machine.
const MANY: u32 = 100_000;
const PATIENCE: Duration = Duration::from_secs(30);

/// What is done to a record of nine entries, and what must be said of it.
const CHANGES: &[(&str, &[&str])] = &[
    (
        "update events set body = replace(body, '0.2', '9.9') where seq = 3",
        &[
            "the body of entry 3 is not the one that was recorded",
            "number 3 of the installation, started, 2026-11-22 03:00:02 UTC",
        ],
    ),
    ("update events set header = replace(header, 'started', 'stopped') where seq = 3", &["entry 3 was changed"]),
    ("update events set mac = zeroblob(32) where seq = 3", &["entry 3 was changed"]),
    ("update events set salt = zeroblob(16) where seq = 3", &["the body of entry 3 is not the one"]),
    ("update events set salt = (select salt from events where seq = 4) where seq = 3", &["the body of entry 3"]),
    ("update events set salt = null where seq = 3", &["the body of entry 3"]),
    ("update events set body = null where seq = 3", &["the body of entry 3"]),
    (
        "update events set body = null, salt = null where seq in (3, 4)",
        &["the bodies of entries 3 to 4 are missing, and no erasure was recorded"],
    ),
    ("update events set incident = 7 where seq = 3", &["entry 3 is filed under another incident"]),
    ("update events set number = 70 where seq = 3", &["entry 3 is filed under another incident or number"]),
    ("update events set header = 'nothing' where seq = 3", &["entry 3 cannot be read"]),
    ("update events set header = x'ff00' where seq = 3", &["entry 3 cannot be read"]),
    ("delete from events where seq between 3 and 5", &["entries 3 to 5 are missing"]),
    ("delete from events where seq = 1", &["entry 1 is missing"]),
    ("delete from events where seq > 7", &["the record ends at entry 7 and should end at entry 9"]),
    (
        "delete from events where seq > 7; update head set seq = 7",
        &["the record's head does not belong to its last entry, 7", "cut off and the head made to fit"],
    ),
    ("update head set seal = zeroblob(32)", &["the record's head does not belong to its last entry, 9"]),
    ("update head set seq = 8", &["should end at entry 8 and goes on to entry 9"]),
    ("delete from head", &["the record's head is missing"]),
    (
        "update events set seq = 100 where seq = 4; update events set seq = 4 where seq = 6;
         update events set seq = 6 where seq = 100",
        &[
            "in the place of entry 4 stands what was written as entry 6",
            "in the place of entry 6 stands what was written as entry 4",
        ],
    ),
    (
        "insert into events (seq, incident, number, header, mac, salt, body)
         select 10, 0, 10, replace(header, '\"seq\":9', '\"seq\":10'), mac, salt, body from events where seq = 9;
         update head set seq = 10",
        &["entry 10 was changed", "put it in"],
    ),
    (
        "insert into events (seq, incident, number, header, mac, salt, body)
         select -1, 0, 99, header, mac, salt, body from events where seq = 9",
        &["a row numbered -1 stands before the first entry"],
    ),
    ("insert into rules (hash, body) values ('00', '{}')", &["the rules 00 were changed"]),
    // All of them are told, not the first alone.
    (
        "update events set body = 'other' where seq = 2; update events set header = replace(header, 'started', 'begun')
         where seq = 5; delete from events where seq = 7",
        &["the body of entry 2", "entry 5 was changed", "entry 7 is missing"],
    ),
];

#[test]
fn whatever_is_done_to_the_file_is_found_and_named_in_plain_words() {
    let folder = folder();
    let store = folder.path().join("holdline.db");
    write_entries(&store, 9, 1);
    let sound = fs::read(&store).unwrap();
    assert!(says(folder.path(), &["audit", "verify"], 0).contains("The record holds: 9 entries"));
    for (sql, sentences) in CHANGES {
        fs::write(&store, &sound).unwrap();
        change(&store, sql);
        let text = says(folder.path(), &["audit", "verify"], 1);
        for sentence in *sentences {
            assert!(text.contains(sentence), "{sql}\n{sentence} is missing in:\n{text}");
        }
        assert!(text.contains("What it may mean: ") && text.contains("The record does not hold."), "{text}");
        let problems = text.matches("BROKEN: ").count();
        assert!(problems <= sentences.len() + 2, "one change is told too often: {sql}\n{text}");
    }
}

#[test]
fn a_flood_of_problems_is_told_up_to_a_bound_and_counted() {
    let folder = folder();
    let store = folder.path().join("holdline.db");
    write_entries(&store, 300, 300);
    change(&store, "update events set body = 'other' where seq > 50");
    let text = says(folder.path(), &["audit", "verify"], 1);
    assert_eq!(text.matches("BROKEN: ").count(), 100);
    assert!(text.contains("... and 150 problems more."), "{text}");
}

#[test]
fn a_hundred_thousand_entries_are_followed_in_seconds() {
    let folder = folder();
    let store = folder.path().join("holdline.db");
    write_entries(&store, MANY, 10_000);
    let begun = Instant::now();
    let text = says(folder.path(), &["audit", "verify"], 0);
    let taken = begun.elapsed();
    assert!(text.contains("The record holds: 100000 entries"), "{text}");
    assert!(taken < PATIENCE, "{taken:?}");
    change(&store, "update events set body = 'other' where seq = 77777");
    assert!(says(folder.path(), &["audit", "verify"], 1).contains("the body of entry 77777"));
}

#[test]
fn a_copy_verifies_without_its_folder_also_where_nothing_can_be_written() {
    let folder = folder();
    write_entries(&folder.path().join("holdline.db"), 5, 1);
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy of it.db");
    fs::copy(folder.path().join("holdline.db"), &copy).unwrap();
    fs::copy(folder.path().join("audit-key"), elsewhere.path().join("key")).unwrap();
    let arguments = ["audit", "verify", "--store", "copy of it.db", "--key", "key"];
    assert!(says(elsewhere.path(), &arguments, 0).contains("The record holds: 5 entries"));
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o400)).unwrap();
    fs::set_permissions(elsewhere.path(), fs::Permissions::from_mode(0o500)).unwrap();
    says(elsewhere.path(), &arguments, 0);
    fs::set_permissions(elsewhere.path(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 2, "nothing was written beside the copy");
}

#[test]
fn what_cannot_be_checked_is_neither_sound_nor_broken() {
    let folder = folder();
    let store = folder.path().join("holdline.db");
    let path = folder.path();
    assert!(says(path, &["audit", "verify"], 2).contains("there is no store at"));
    write_entries(&store, 3, 1);
    fs::write(path.join("other-key"), "another key, which is long enough, too").unwrap();
    let text = says(path, &["audit", "verify", "--key", "other-key"], 2);
    assert!(text.contains("not one entry of this record was written with the key"), "{text}");
    assert!(says(path, &["audit", "verify", "--key", "no-key"], 2).contains("no-key cannot be read"));
    fs::write(path.join("noise"), "this is no database, however long it may be").unwrap();
    let text = says(path, &["audit", "verify", "--store", "noise", "--key", "audit-key"], 2);
    assert!(text.contains("is noise a store of Holdline"), "{text}");
    // A mistake elsewhere in the folder keeps nobody from verifying.
    fs::write(path.join("playbooks/data-breach.yaml"), "nonsense: [").unwrap();
    says(path, &["audit", "verify"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_verifies_while_the_daemon_writes_it() {
    let mut app = TestApp::start().await;
    for _ in 0..3 {
        app.spike(6).await;
        let folder = app.file("");
        let text = says(&folder, &["audit", "verify"], 0);
        assert!(text.contains("The record holds: "), "{text}");
    }
    // Rules that an incident names, changed or taken away: found offline, and the next start is refused.
    app.settle().await;
    let store = app.file("holdline.db");
    let copy = app.file("copy.db");
    let reader = holdline::store::Reader::new(&store);
    reader.back_up(&copy, app.clock.now()).unwrap();
    let arguments = ["audit", "verify", "--store", "copy.db"];
    change(&copy, "update rules set body = replace(body, '10m', '99m')");
    change(&copy, "update rules set body = body || ' '");
    assert!(says(&app.file(""), &arguments, 1).contains("were changed"));
    change(&copy, "delete from rules");
    assert!(says(&app.file(""), &arguments, 1).contains("names are missing"));
}
