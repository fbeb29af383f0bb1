//! `holdline audit rotate-key`: the chain goes on under a new key, and what the old one made is void.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use holdline::store::{InstallationEvent, Keys, Reader, Seen, Writer};
use reqwest::StatusCode;

use super::{change, folder, now, salts, says, write_entries};
use crate::test_app::TestApp;

/// Rotates, and writes what the command says into holdline.yaml. Gives the old key's file.
fn rotate(folder: &Path) -> PathBuf {
    let text = says(folder, &["audit", "rotate-key"], 0);
    let name = text.split("{ file: ").nth(1).unwrap().split(" }").next().unwrap().to_owned();
    let path = folder.join("holdline.yaml");
    let yaml = fs::read_to_string(&path).unwrap();
    let yaml = if yaml.contains("previous: [") {
        yaml.replace("previous: [", &format!("previous: [{{ file: {name} }}, "))
    } else {
        yaml.replace("key: { file: audit-key }", &format!("key: {{ file: audit-key }}, previous: [{{ file: {name} }}]"))
    };
    fs::write(&path, yaml).unwrap();
    folder.join(name)
}

fn more_entries(folder: &Path, keys: Keys, count: u32) {
    let mut writer = Writer::open(&folder.join("holdline.db"), keys, salts(), |_| Ok(())).unwrap();
    for number in 0..count {
        let event = InstallationEvent::Started { version: format!("more {number}") };
        writer.commit(|batch| batch.append_installation(&event, now()).map(drop)).unwrap();
    }
}

/// Three stretches under three keys: entries 1 to 3 and a change, 5 to 6 and a change, 8 to 9.
fn thrice() -> (tempfile::TempDir, [PathBuf; 3]) {
    let folder = folder();
    let path = folder.path();
    write_entries(&path.join("holdline.db"), 3, 1);
    let key = |file: &Path| fs::read_to_string(file).unwrap().trim_end().to_owned();
    let first = rotate(path);
    let keys = Keys::new(key(&path.join("audit-key")).as_bytes()).with_previous(key(&first).as_bytes());
    more_entries(path, keys, 2);
    let second = rotate(path);
    let keys = Keys::new(key(&path.join("audit-key")).as_bytes());
    more_entries(path, keys.with_previous(key(&first).as_bytes()).with_previous(key(&second).as_bytes()), 2);
    let third = path.join("audit-key");
    (folder, [first, second, third])
}

#[test]
fn the_record_is_followed_across_keys_and_without_one_it_says_what_it_could_not_check() {
    let (folder, [first, second, third]) = thrice();
    let path = folder.path();
    assert!(says(path, &["audit", "verify"], 0).contains("The record holds: 9 entries"));
    for key in [&first, &second, &third] {
        assert_eq!(fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600, "{}", key.display());
    }
    let store = path.join("holdline.db");
    let verify = |keys: &[&PathBuf], code: i32| {
        let mut arguments = vec!["audit", "verify", "--store", store.to_str().unwrap()];
        arguments.extend(keys.iter().flat_map(|key| ["--key", key.to_str().unwrap()]));
        says(path, &arguments, code)
    };
    verify(&[&second, &third, &first], 0);
    let text = verify(&[&third], 2);
    assert!(text.contains("Could not be checked: entries 1 to 4, written under the earlier key"), "{text}");
    assert!(text.contains("entries 5 to 7") && text.contains("What could be checked holds: 2 entries"), "{text}");
    let text = verify(&[&third, &first], 2);
    assert!(text.contains("Could not be checked: entries 5 to 7") && !text.contains("entries 1 to 4"), "{text}");
    let text = verify(&[&first], 2);
    assert!(text.contains("entries 5 to 7") && text.contains("entries 8 to 9"), "{text}");
    // Without the earlier keys the daemon does not start, and says which file it wants.
    let yaml = fs::read_to_string(path.join("holdline.yaml")).unwrap();
    let without = yaml
        .replace("previous:", "heads_too:")
        .replace("heads_too: [", "every: 6h, heads_to: [it@riverside.example], x: [");
    assert_ne!(yaml, without);
    let refused = Writer::open(&store, fs::read_to_string(&third).unwrap().trim_end().as_bytes(), salts(), |_| Ok(()));
    let error = refused.err().unwrap().to_string();
    let name = first.extension().unwrap().to_str().unwrap();
    assert!(error.contains("entries 1 to 4") && error.contains(name) && error.contains("audit.previous"), "{error}");
}

#[test]
fn what_is_done_around_a_change_of_the_key_is_found() {
    let (folder, _) = thrice();
    let store = folder.path().join("holdline.db");
    let sound = fs::read(&store).unwrap();
    let find = |sql: &str, sentence: &str| {
        fs::write(&store, &sound).unwrap();
        change(&store, sql);
        let text = says(folder.path(), &["audit", "verify"], 1);
        assert!(text.contains(sentence), "{sql}\n{text}");
        assert!(text.matches("BROKEN: ").count() <= 2, "{sql}\n{text}");
    };
    find("update events set header = replace(header, 'started', 'stopped') where seq = 2", "entry 2 was changed");
    find("update events set header = replace(header, 'key_changed', 'key_kept') where seq = 4", "entry 4 was changed");
    find("update events set body = replace(body, 'signed_by_old', 'signed_by') where seq = 4", "the body of entry 4");
    find("delete from events where seq = 4", "entry 4 is missing");
    find("delete from events where seq = 5", "entry 5 is missing");
    find("delete from events where seq > 6; update head set seq = 6", "head does not belong to its last entry, 6");
}

#[test]
fn a_change_that_somebody_pretends_is_not_taken_even_where_the_old_key_is_not_at_hand() {
    let (folder, [_, second, third]) = thrice();
    let store = folder.path().join("holdline.db");
    // Entry 3, under a key that the verifier lacks, becomes a change from another key: its signatures cannot be right.
    let db = rusqlite::Connection::open(&store).unwrap();
    let body: String = db.query_row("select body from events where seq = 4", [], |row| row.get(0)).unwrap();
    let salt = [9_u8; 16];
    let header = format!(
        "{{\"seq\":3,\"at\":0,\"incident\":0,\"number\":3,\"kind\":\"key_changed\",\"body\":\"{}\"}}",
        holdline::store::Chain::body_hash(&salt, body.as_bytes())
    );
    db.execute("update events set header = ?1, body = ?2, salt = ?3 where seq = 3", (header, body, salt)).unwrap();
    drop(db);
    let read = |path: &Path| fs::read_to_string(path).unwrap().trim_end().to_owned();
    let keys = Keys::new(read(&third).as_bytes()).with_previous(read(&second).as_bytes());
    let mut problems = Vec::new();
    let audit = Reader::new(&store).audit(&keys, |seen| {
        if let Seen::Problem(problem) = seen {
            problems.push(problem.to_string());
        }
        Ok(())
    });
    assert!(audit.is_ok());
    assert!(problems.iter().any(|problem| problem.contains("the two keys did not sign")), "{problems:?}");
}

#[test]
fn a_rotation_refuses_what_it_cannot_do_and_a_key_open_to_all_is_warned_of() {
    let folder = folder();
    let path = folder.path();
    assert!(says(path, &["audit", "rotate-key"], 1).contains("there is no store at"));
    write_entries(&path.join("holdline.db"), 2, 1);
    let open = Writer::open(&path.join("holdline.db"), super::KEY, salts(), |_| Ok(())).unwrap();
    assert!(says(path, &["audit", "rotate-key"], 1).contains("in use by another Holdline"));
    drop(open);
    change(&path.join("holdline.db"), "update events set body = 'x' where seq = 2");
    assert!(says(path, &["audit", "rotate-key"], 1).contains("the record is damaged"));
    assert_eq!(fs::read(path.join("audit-key")).unwrap(), super::KEY, "nothing was touched");
    assert!(!says(path, &["check"], 0).contains("can read the audit key's file"));
    fs::set_permissions(path.join("audit-key"), fs::Permissions::from_mode(0o644)).unwrap();
    let text = says(path, &["check"], 0);
    assert!(
        text.contains("everybody on this machine can read the audit key's file") && text.contains("chmod 600"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_was_broken_off_is_recorded_by_the_next_start() {
    let mut app = TestApp::start().await;
    app.spike(6).await;
    app.stop().await;
    // The new key is in place and the old one beside it, and then the power went.
    fs::copy(app.file("audit-key"), app.file("audit-key.old")).unwrap();
    fs::write(app.file("audit-key"), "the next audit key, which is long enough, too").unwrap();
    assert!(says(&app.file(""), &["audit", "verify"], 2).contains("not one entry of this record was written with"));
    let yaml = fs::read_to_string(app.file("holdline.yaml")).unwrap();
    let named = yaml.replace("audit: { key:", "audit: { previous: [{ file: audit-key.old }], key:");
    fs::write(app.file("holdline.yaml"), named).unwrap();
    says(&app.file(""), &["audit", "verify"], 0);
    app.run().await;
    app.settle().await;
    let listed = says(&app.file(""), &["audit", "list", "--incident", "0"], 0);
    assert_eq!(listed.matches("key_changed").count(), 1, "{listed}");
    says(&app.file(""), &["audit", "verify"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_codes_and_sessions_of_before_are_void_and_whoever_is_waited_for_is_asked_again() {
    let mut app = TestApp::start().await;
    app.spike(6).await;
    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    app.settle().await;
    let before = app.asked("eve").expect("the staff statement is asked");
    let letters = app.letters("eve", "Approve").len();
    let base = app.base.clone();
    app.stop().await;
    rotate(&app.file(""));
    app.run().await;
    app.settle().await;
    assert_ne!(app.base, base, "the port is another one, so an old link is tried by its path");
    let answered = app.press(&before, &before.code, "approve", "").await;
    assert_eq!(answered.status(), StatusCode::NOT_FOUND, "an old link opens nothing");
    let old = ana.back_at(&app).get("/incident/1").await;
    assert_ne!(old.status(), StatusCode::OK, "and an old session neither");
    // The command works by the machine's clock, which is later than the test's: reminders may come beside it.
    assert_eq!(app.letters("eve", "Approve").len(), letters + 1, "she is asked again, once");
    let after = app.asked("eve").unwrap();
    assert_ne!(after, before);
    app.approve("eve").await;
    assert!(says(&app.file(""), &["audit", "verify"], 0).contains("The record holds: "));
    // A second start under the same key asks nobody again.
    let letters = app.letters("eve", "Approve").len();
    app.restart().await;
    app.settle().await;
    assert_eq!(app.letters("eve", "Approve").len(), letters);
}
