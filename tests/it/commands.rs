//! The commands as people type them: the built program, its output and its exit code.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use holdline::config::sample;

use crate::test_app::hospital_folder;

/// How long a daemon may take to say something; real time, since the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

fn holdline(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_holdline")).args(arguments).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The sample hospital in a folder, with its key.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in sample() {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(folder.path().join("audit-key"), "an audit key of the tests, which is long enough").unwrap();
    folder
}

#[test]
fn the_unattended_demo_posts_a_statement_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let output = holdline(&["demo", "--unattended", "--listen", "127.0.0.1:0"], folder.path());
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    for sentence in [
        "A spike opened the incident",
        "approved the statement holding",
        "The newsroom shows it",
        "approved standing down",
    ] {
        assert!(text.contains(sentence), "{sentence} is missing in:\n{text}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "the demo leaves nothing where it is started");
}

#[test]
fn the_demo_listens_to_this_machine_only() {
    let output = holdline(&["demo", "--listen", "0.0.0.0:0"], Path::new("/"));
    assert!(!output.status.success());
    assert!(said(&output).contains("127.0.0.1"), "{}", said(&output));
}

#[test]
fn check_passes_the_sample_and_names_what_is_wrong_with_a_folder() {
    let folder = folder();
    let fine = holdline(&["check"], folder.path());
    assert!(fine.status.success(), "{}", said(&fine));
    assert!(said(&fine).contains("`run` would refuse to start"), "the sample has no mail: {}", said(&fine));
    let path = folder.path().join("playbooks/data-breach.yaml");
    let text = fs::read_to_string(&path).unwrap().replace("by: privacy-officer", "by: privacy-oficer");
    fs::write(&path, text).unwrap();
    let wrong = holdline(&["check"], folder.path());
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        said(&wrong).contains("playbooks/data-breach.yaml:") && said(&wrong).contains("privacy-oficer"),
        "{}",
        said(&wrong)
    );
}

#[test]
fn run_without_mail_refuses_to_start() {
    let folder = folder();
    let output = holdline(&["run"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("mail"), "{}", said(&output));
}

#[test]
fn a_silence_before_the_first_start_says_what_to_do() {
    let folder = folder();
    let asked = ["silence", "breach", "--for", "2h", "--reason", "A drill", "--by", "ana"];
    let output = holdline(&asked, folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("start it with `holdline run`, then make the silence"), "{}", said(&output));
}

/// A daemon of the hospital's folder, and what it logs.
struct Daemon {
    child: Child,
    log: Receiver<String>,
}

impl Daemon {
    fn of(folder: &Path) -> Self {
        let command =
            Command::new(env!("CARGO_BIN_EXE_holdline")).arg("run").arg(folder).stderr(Stdio::piped()).spawn();
        let mut child = command.unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (tell, log) = mpsc::channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child, log }
    }

    fn says(&self, part: &str) -> String {
        loop {
            let line = self.log.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it never said: {part}"));
            if line.contains(part) {
                return line;
            }
        }
    }

    fn hears(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_running_daemon_looks_at_its_folder_when_it_is_asked_to_and_says_what_is_wrong_there() {
    let folder = hospital_folder();
    let path = folder.path().join("holdline.yaml");
    // Nobody listens there; nothing is mailed either.
    let mail =
        "mail: { from: It <it@riverside.example>, smtp: { host: 127.0.0.1, port: 9, security: plain } }\noperator:";
    let good = fs::read_to_string(&path).unwrap().replacen("operator:", mail, 1);
    fs::write(&path, &good).unwrap();
    let mut daemon = Daemon::of(folder.path());
    daemon.says("Holdline is running");
    daemon.hears("-HUP");
    daemon.says("the changed folder is taken up");
    fs::write(&path, good.replace("hotline:", "hotlime:").replace("[it@riverside.example]", "[it at riverside]"))
        .unwrap();
    daemon.hears("-HUP");
    let said = daemon.says("cannot be used");
    let line = good.lines().position(|line| line.contains("hotline:")).unwrap() + 1;
    assert!(said.contains(&format!("holdline.yaml:{line}:")) && !said.contains("hotlime"), "{said}");
    fs::write(&path, &good).unwrap();
    daemon.hears("-HUP");
    daemon.says("the changed folder is taken up");
    daemon.hears("-TERM");
    daemon.says("Holdline is stopping");
    assert!(daemon.child.wait().unwrap().success());
}

#[test]
fn a_restart_with_a_broken_folder_goes_on_with_the_one_that_was_taken_last() {
    let folder = hospital_folder();
    let path = folder.path().join("holdline.yaml");
    let mail =
        "mail: { from: It <it@riverside.example>, smtp: { host: 127.0.0.1, port: 9, security: plain } }\noperator:";
    let good = fs::read_to_string(&path).unwrap().replacen("operator:", mail, 1);
    let broken = good.replacen("organisation:", "organisation: [", 1);
    fs::write(&path, &broken).unwrap();
    let never = holdline(&["run", "."], folder.path());
    assert!(!never.status.success() && said(&never).contains("no folder that was taken before"), "{}", said(&never));

    fs::write(&path, &good).unwrap();
    let mut daemon = Daemon::of(folder.path());
    daemon.says("Holdline is running");
    daemon.hears("-KILL");
    daemon.child.wait().unwrap();
    for _ in 0..2 {
        fs::write(&path, &broken).unwrap();
        daemon = Daemon::of(folder.path());
        daemon.says("the changed folder cannot be used");
        daemon.says("Holdline is running");
        fs::write(&path, &good).unwrap();
        daemon.hears("-HUP");
        daemon.says("the changed folder is taken up");
        daemon.hears("-TERM");
        assert!(daemon.child.wait().unwrap().success());
    }

    fs::write(&path, &broken).unwrap();
    let db = rusqlite::Connection::open(folder.path().join("holdline.db")).unwrap();
    let forged = good.replace("ana@riverside.example", "ana@evil.example");
    let files = serde_json::json!({ "holdline.yaml": forged }).to_string();
    db.execute("update folders set files = ?1", [&files]).unwrap();
    drop(db);
    let refused = holdline(&["run", "."], folder.path());
    assert!(
        !refused.status.success() && said(&refused).contains("no folder that was taken before"),
        "{}",
        said(&refused)
    );
    // Filed under its own hash and named by an entry of its own, it is still not what the chain says.
    let kept = holdline::store::KeptFolder::new(files);
    let db = rusqlite::Connection::open(folder.path().join("holdline.db")).unwrap();
    db.execute("insert into folders (hash, files) values (?1, ?2)", [&kept.hash().to_string(), kept.files()]).unwrap();
    let body = format!(r#"{{"folder_taken":{{"waits":[],"folder":"{}"}}}}"#, kept.hash());
    db.execute("update events set body = ?1 where json_extract(header, '$.kind') = 'folder_taken'", [&body]).unwrap();
    drop(db);
    let refused = holdline(&["run", "."], folder.path());
    assert!(!refused.status.success() && !said(&refused).contains("Holdline is running"), "{}", said(&refused));
}

#[test]
fn try_query_says_which_part_matched_and_points_at_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let talk = folder.path().join("talk.txt");
    fs::write(&talk, "Riverside General leaked my records\nNothing to see\n").unwrap();
    let query = "\"riverside general\" AND leak*";
    let matched = holdline(&["try", "query", query, "talk.txt"], folder.path());
    let text = said(&matched);
    assert!(matched.status.success() && text.contains("1 matched.") && text.contains("leaked"), "{text}");
    let json = holdline(&["try", "query", query, "talk.txt", "--json"], folder.path());
    let lines: Vec<serde_json::Value> =
        String::from_utf8(json.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["matched"].as_bool().unwrap()).collect::<Vec<_>>(), [true, false]);
    let wrong = holdline(&["try", "query", "riverside AND (breach", "talk.txt"], folder.path());
    assert!(!wrong.status.success() && said(&wrong).contains('^'), "{}", said(&wrong));
}

#[test]
fn the_commands_of_the_record_say_what_they_do_and_what_their_exit_codes_mean() {
    for (arguments, sentences) in [
        (&["audit", "verify", "--help"][..], &["Exit codes: 0 the record holds", "--head <FILE>", "--key <FILE>"][..]),
        (&["audit", "erase", "--help"], &["--incident <N>", "Holdline must be stopped", "Backups and mails"]),
        (&["audit", "rotate-key", "--help"], &["audit.previous", "Links and codes that were mailed before are void"]),
        (&["backup", "--help"], &["never written over", "To restore, stop Holdline", "posts nothing again by itself"]),
    ] {
        let output = holdline(arguments, Path::new("/"));
        let text = said(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(output.status.success(), "{text}");
        for sentence in sentences {
            assert!(text.contains(sentence), "{arguments:?} does not say {sentence}: {text}");
        }
    }
}
