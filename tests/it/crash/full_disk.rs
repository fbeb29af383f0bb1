//! A disk that fills up under the running program, and has space again: nothing is accepted that is not kept, and it goes on by itself.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::SignedDuration;
use reqwest::{Client, Response, StatusCode, header};
use rusqlite::Connection;
use serde_json::json;

use super::daemon_child::Daemon;
use crate::test_app::hospital_folder;

/// A disk on which a store fits and little more.
const DISK_BYTES: &str = "1m";
const BIGGER_DISK_BYTES: &str = "16m";
const BATCH: usize = 40;
/// Deliveries, and looks at the health, within which such a disk is full.
const DELIVERIES_MAX: usize = 200;
const LOOKS_MAX: usize = 1_000;

/// A mounted file system of its own; gone with the test.
struct Disk(PathBuf);

impl Disk {
    /// None, said loudly, where nothing may be mounted.
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir(at).unwrap();
        let root = rustix::process::geteuid().is_root();
        let mounted = root && mount(at, &format!("size={DISK_BYTES},mode=0700"));
        let required = std::env::var("HOLDLINE_PEERS").is_ok_and(|peers| peers == "required");
        assert!(mounted || !required, "a file system must be mounted here, as root");
        if !mounted {
            eprintln!("NOT RUN: the full disk; it needs root, to mount a small file system");
        }
        mounted.then(|| Self(at.to_owned()))
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Takes every byte that is left.
    fn fill(&self) {
        let mut ballast = OpenOptions::new().append(true).create(true).open(self.ballast()).unwrap();
        while ballast.write_all(&[0; 4096]).is_ok() {}
    }

    /// Has space again.
    fn free(&self) {
        fs::remove_file(self.ballast()).unwrap();
        assert!(mount(&self.0, &format!("remount,size={BIGGER_DISK_BYTES}")));
    }
}

fn mount(at: &Path, options: &str) -> bool {
    let mut command = Command::new("mount");
    command.args(["-t", "tmpfs", "-o", options, "holdline-test"]).arg(at);
    command.output().is_ok_and(|output| output.status.success())
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, should the program still have its files open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn ids(batch: usize) -> impl Iterator<Item = String> {
    (0..BATCH).map(move |nth| format!("b{batch}-{nth}"))
}

async fn deliver(daemon: &Daemon, batch: usize) -> Response {
    let line = |id: String| json!({ "id": id, "text": "quiet words ".repeat(40) }).to_string();
    daemon.deliver_lines(ids(batch).map(line).collect::<Vec<_>>().join("\n")).await
}

fn comes_again_later(response: &Response) {
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key(header::RETRY_AFTER), "it does not say when to come again");
}

async fn health(daemon: &Daemon) -> Response {
    // Long enough after the last look that the store is proved anew.
    daemon.clock.set(daemon.clock.now() + SignedDuration::from_secs(15));
    Client::new().get(daemon.url("/health")).send().await.unwrap()
}

/// Mentions until one delivery is refused. Says which were taken, and which one was not.
async fn until_refused(daemon: &Daemon) -> (BTreeSet<String>, usize) {
    let mut taken = BTreeSet::new();
    for batch in 0..DELIVERIES_MAX {
        let response = deliver(daemon, batch).await;
        if response.status() != StatusCode::OK {
            comes_again_later(&response);
            return (taken, batch);
        }
        taken.extend(ids(batch));
    }
    panic!("the disk does not fill up");
}

async fn until_ill(daemon: &Daemon) {
    for _ in 0..LOOKS_MAX {
        let response = health(daemon).await;
        if response.status() != StatusCode::OK {
            comes_again_later(&response);
            let said = response.text().await.unwrap();
            assert!(said.contains("the disk is full"), "{said}");
            return;
        }
    }
    panic!("it says that it is well with a full disk");
}

/// Every page that writes says so in plain words; those that only read are there.
async fn the_pages_say_so(daemon: &Daemon, ana: &Client) {
    let opening = [("playbook", "data-breach"), ("reason", "a call")];
    let presses: [(&str, &[(&str, &str)]); 3] =
        [("/open", &opening), ("/sign-in", &[("email", "chi@riverside.example")]), ("/sign-out", &[])];
    for (path, form) in presses {
        let response = ana.post(daemon.url(path)).form(form).send().await.unwrap();
        comes_again_later(&response);
        let page = response.text().await.unwrap();
        assert!(page.contains("The disk is full") && page.contains("nothing was changed"), "{path}: {page}");
    }
    for path in ["/", "/newsroom", "/sign-in"] {
        assert_eq!(ana.get(daemon.url(path)).send().await.unwrap().status(), StatusCode::OK, "{path}");
    }
}

fn stored(store: &Path) -> Vec<String> {
    let db = Connection::open(store).unwrap();
    let mut statement = db.prepare("select foreign_id from mentions order by foreign_id").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_at_every_door_and_nothing_that_was_accepted_is_missing() {
    let folder = hospital_folder();
    let path = folder.path().join("holdline.yaml");
    let text = fs::read_to_string(&path).unwrap().replace("sqlite:holdline.db", "sqlite:disk/holdline.db");
    fs::write(&path, text).unwrap();
    let Some(disk) = Disk::mount(&folder.path().join("disk")) else { return };
    let mut daemon = Daemon::start(folder.path()).await;
    let ana = daemon.sign_in("ana").await;
    let (mut taken, refused) = until_refused(&daemon).await;
    disk.fill();
    until_ill(&daemon).await;
    the_pages_say_so(&daemon, &ana).await;
    comes_again_later(&deliver(&daemon, refused).await);
    assert!(daemon.app.engine.board().incidents.is_empty(), "an opening that was refused is not on the board");

    disk.free();
    assert_eq!(health(&daemon).await.status(), StatusCode::OK, "it does not recover by itself");
    assert_eq!(deliver(&daemon, refused).await.status(), StatusCode::OK, "the sender comes again");
    taken.extend(ids(refused));
    assert_eq!(deliver(&daemon, 0).await.status(), StatusCode::OK, "a repeat is known");
    let opened = ana.post(daemon.url("/open")).form(&[("playbook", "data-breach"), ("reason", "a call")]);
    assert_eq!(opened.send().await.unwrap().status(), StatusCode::SEE_OTHER);
    daemon.settle().await;
    let store = folder.path().join("disk/holdline.db");
    daemon.app.stop().await;
    assert_eq!(stored(&store), taken.into_iter().collect::<Vec<_>>(), "every accepted mention, once");
}
