//! What an operator sees of a rehearsal with the team: log lines that cannot be taken for live ones, a record that nobody else
//! reads, and commands that need no readable folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use rustix::process::Signal;

use super::post::{Manner, PostOffice};
use super::running::{Running, mail_by};
use crate::test_app::hospital_folder;

fn holdline(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_holdline")).args(arguments).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// What everybody else on the machine may do with it, and its group.
fn of_others(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o077
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_with_a_broken_scenario_rehearses_with_the_team_and_says_so_in_every_line() {
    let folder = hospital_folder();
    let office = PostOffice::open(Manner::Takes).await;
    mail_by(folder.path(), &office.settings);
    let scenarios = folder.path().join("playbooks/scenarios");
    fs::create_dir_all(&scenarios).unwrap();
    fs::write(scenarios.join("broken.yaml"), "title: Broken\nplaybook: data-breach\nopened_by: zoe\n").unwrap();
    let mut running = Running::start(folder.path(), |command| {
        command.args(["--log", "json"]);
    });
    running.signal(Signal::HUP);
    running.until("the changed folder is taken up");
    let begun = holdline(&["rehearse", "data-breach", "--with-team", "--in", "1s"], folder.path());
    assert!(begun.status.success(), "{}", said(&begun));
    let opened = running.until("\"event\":\"opened\"");
    assert!(opened.contains("\"setting\":\"rehearsal\"") && opened.contains("\"incident\":1"), "{opened}");
    for name in ["holdline.db", "holdline.db-wal", "holdline.db-shm", "holdline.team.db", "holdline.team.db-wal"] {
        assert_eq!(of_others(&folder.path().join(name)), 0, "{name} is open to others");
    }
    // A folder that cannot be read by now keeps nobody from ending it.
    let main = folder.path().join("holdline.yaml");
    let good = fs::read_to_string(&main).unwrap();
    fs::write(&main, "people: [").unwrap();
    let listed = holdline(&["rehearse", "--list"], folder.path());
    assert!(listed.status.success() && said(&listed).contains("under way"), "{}", said(&listed));
    fs::remove_file(&main).unwrap();
    for (asked, answer) in [("--list", "under way"), ("--stop", "The rehearsal is over; everybody is told.")] {
        let refused = holdline(&["rehearse", asked], folder.path());
        assert!(!refused.status.success() && said(&refused).contains("--store FILE"), "{}", said(&refused));
        let done = holdline(&["rehearse", asked, "--store", "holdline.db"], folder.path());
        assert!(done.status.success() && said(&done).contains(answer), "{}", said(&done));
    }
    let ended = running.until("\"event\":\"broken_off\"");
    assert!(ended.contains("\"setting\":\"rehearsal\""), "{ended}");
    fs::write(&main, good).unwrap();
    let open = ["incident", "open", "data-breach", "--reason", "a call", "--by", "ana"];
    assert!(holdline(&open, folder.path()).status.success());
    let live = running.until("\"event\":\"opened\"");
    assert!(live.contains("\"incident\":1") && !live.contains("setting"), "{live}");
    running.signal(Signal::TERM);
    let (_, log, _) = running.end();
    let of_rehearsals = |line: &&String| line.contains("\"incident\":1") && line.contains("rehearsal");
    assert!(log.iter().filter(of_rehearsals).count() > 2, "{log:#?}");
    // Both records are copied, and words can be taken out of either.
    let copy = ["backup", "team.copy", "--store", "holdline.team.db"];
    assert!(holdline(&copy, folder.path()).status.success(), "{}", said(&holdline(&copy, folder.path())));
    let erase =
        ["audit", "erase", "--store", "holdline.team.db", "--incident", "1", "--by", "ana", "--reason", "law", "--yes"];
    let erased = holdline(&erase, folder.path());
    assert!(erased.status.success() && said(&erased).contains("the record holds and says so"), "{}", said(&erased));
}

#[test]
fn a_store_that_everybody_could_read_is_closed_to_them_at_the_next_start() {
    let folder = hospital_folder();
    let store = folder.path().join("holdline.db");
    fs::write(&store, "").unwrap();
    fs::set_permissions(&store, fs::Permissions::from_mode(0o644)).unwrap();
    let main = folder.path().join("holdline.yaml");
    let nowhere = "\nmail: { from: It <it@riverside.example>, smtp: { host: 127.0.0.1, port: 9, security: plain } }\n";
    fs::write(&main, fs::read_to_string(&main).unwrap() + nowhere).unwrap();
    let running = Running::start(folder.path(), |_| ());
    assert_eq!(of_others(&store), 0o040, "its group is the operator's choice");
    running.signal(Signal::TERM);
    running.end();
}
