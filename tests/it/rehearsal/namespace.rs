//! Nothing leaves: rehearsals in a network namespace whose one way out is counted, and whose calls are all written down.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use holdline::control::{Answer, RehearsalRequest, Request, ask, socket_of};
use holdline::core::period::Period;
use reqwest::StatusCode;

use super::terminal::{said, shipped};
use crate::crash::sink::{self, Arrived};
use crate::test_app::hospital_folder;

const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Every address is this machine's own, so that whatever is called, and whatever name is looked up, is counted.
const SET_UP: &str = "\
set -e
ip link set lo up
ip route add local 0.0.0.0/0 dev lo
mount --bind resolv.conf /etc/resolv.conf
";

/// Runs a shell's line in a namespace of its own: what it said, whether it ended well, and how many packets were sent to
/// anybody at all. None where this machine lets nobody make one.
fn in_a_namespace(line: &str, folder: &Path) -> Option<(String, bool, u64)> {
    fs::write(folder.join("resolv.conf"), "nameserver 10.77.0.53\noptions timeout:1 attempts:1\n").unwrap();
    let script = format!("{SET_UP}set +e\n{line}\necho \"ended $?\" >&2\nexec cat /proc/net/dev");
    let output = Command::new("unshare").args(["-n", "-m", "sh", "-c", &script]).current_dir(folder).output().ok()?;
    let text = said(&output);
    let counted = text.lines().find_map(|line| line.trim().strip_prefix("lo:"));
    // The tenth number of an interface's line is how many packets were sent.
    let sent = counted.and_then(|numbers| numbers.split_whitespace().nth(9)?.parse().ok());
    let Some(sent) = sent else {
        eprintln!("not run: no network namespace could be made here: {text}");
        return None;
    };
    Some((text.clone(), text.contains("ended 0"), sent))
}

/// A folder whose channels are all over the network, so that a live call of any of them would be a packet.
fn over_the_network(folder: &Path) {
    let main = folder.join("holdline.yaml");
    let text = fs::read_to_string(&main).unwrap();
    let (before, rest) = text.split_once("\nchannels:\n").unwrap();
    let after = rest.find("\nwatches:").map_or("", |at| &rest[at..]);
    let channels = "
channels:
  website: { newsroom: {} }
  bluesky: { webhook: { url: \"https://10.77.0.9/post\", secret: { file: no-such-secret }, private: true, length: bluesky }, language: en }
  staff-board: { mastodon: { server: \"https://social.example\", account: riverside@social.example, length: 5000, token: { file: no-such-token } }, language: en }
";
    fs::write(&main, format!("{before}{channels}{after}")).unwrap();
}

#[test]
fn the_canary_hears_a_call_that_does_leave() {
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_holdline");
    let feed = format!("timeout 10 {program} try feed http://feed.example/news.xml");
    if let Some((text, ended, sent)) = in_a_namespace(&feed, folder.path()) {
        assert!(!ended && sent > 0, "the name was looked up, and nobody heard it: {text}");
    }
}

#[test]
fn every_shipped_playbook_is_rehearsed_and_no_packet_leaves() {
    for (playbook, folder) in shipped() {
        if playbook == "data-breach" {
            over_the_network(folder.path());
        }
        let line = format!("{} rehearse {playbook}", env!("CARGO_BIN_EXE_holdline"));
        let Some((text, ended, sent)) = in_a_namespace(&line, folder.path()) else { return };
        assert!(ended && text.contains("approved the statement holding"), "{playbook}: {text}");
        assert_eq!(sent, 0, "{playbook} sent packets: {text}");
    }
}

#[test]
fn a_rehearsal_in_the_terminal_opens_no_socket_at_all() {
    for (playbook, folder) in shipped() {
        let trace = folder.path().join("trace");
        let traced = Command::new("strace")
            .args(["-f", "-qq", "-e", "trace=socket,connect,bind,sendto,sendmsg", "-o"])
            .arg(&trace)
            .args([env!("CARGO_BIN_EXE_holdline"), "rehearse", playbook])
            .current_dir(folder.path())
            .output();
        let Ok(output) = traced else {
            eprintln!("not run: strace is not installed");
            return;
        };
        assert!(output.status.success(), "{playbook}: {}", said(&output));
        let calls = fs::read_to_string(&trace).unwrap();
        let opened = calls.lines().filter(|line| line.contains('(') && !line.contains("---")).count();
        assert_eq!(opened, 0, "{playbook}: {calls}");
    }
}

/// Waits for a letter that has arrived.
async fn letter(folder: &Path, wanted: impl Fn(&Arrived) -> bool) -> Arrived {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let found = async {
        loop {
            looks.tick().await;
            if let Some(letter) = sink::arrived(folder).into_iter().find(&wanted) {
                return letter;
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect("the letter does not come")
}

async fn asked(folder: &Path, request: RehearsalRequest) -> Answer {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let answered = async {
        loop {
            looks.tick().await;
            let request = Request::Rehearsal(request.clone());
            if let Ok(answer) = ask(&socket_of(&folder.join("holdline.db")), &request).await {
                return answer;
            }
        }
    };
    tokio::time::timeout(PATIENCE, answered).await.expect("the daemon does not answer")
}

/// Ends with the test, however that ends.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        // One that has ended already is what is wanted.
        let _ = self.0.kill();
    }
}

/// The daemon, its calls of others written down in `trace`.
fn traced(folder: &Path, trace: &Path) -> Option<Daemon> {
    Command::new("strace")
        // The program is our own child, and strace its grandchild.
        .args(["-D", "-f", "-qq", "-e", "trace=connect,sendto,sendmmsg", "-o"])
        .arg(trace)
        .args([env!("CARGO_BIN_EXE_holdline"), "run"])
        .arg(folder)
        .stderr(Stdio::null())
        .spawn()
        .ok()
        .map(Daemon)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_with_the_team_calls_the_mail_server_and_nobody_else() {
    let (folder, kept) = (hospital_folder(), tempfile::tempdir().unwrap());
    let letters = kept.path().join("letters");
    let port = sink::start(&letters).port;
    over_the_network(folder.path());
    let main = folder.path().join("holdline.yaml");
    let by_smtp = format!(
        "\nmail: {{ from: holdline@riverside.example, smtp: {{ host: 127.0.0.1, port: {port}, security: plain }} }}\n"
    );
    fs::write(&main, fs::read_to_string(&main).unwrap() + &by_smtp).unwrap();
    for secret in ["no-such-secret", "no-such-token"] {
        fs::write(folder.path().join(secret), "a credential that is long enough for all").unwrap();
    }
    let trace = kept.path().join("trace");
    let Some(mut daemon) = traced(folder.path(), &trace) else {
        eprintln!("not run: strace is not installed");
        return;
    };
    let begin = RehearsalRequest::Begin { playbook: "data-breach".into(), by: None, after: Some(Period::seconds(1)) };
    let Answer::Done(_) = asked(folder.path(), begin).await else { panic!("it does not begin") };
    let request =
        letter(&letters, |letter| letter.to.starts_with("eve@") && letter.text.contains("/rehearsal/a/")).await;
    let after = |mark: &str| request.text.split(mark).nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let (link, code) = (after("Open "), after("Type this code there: "));
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let form = [("code", code.as_str()), ("press", "approve"), ("words", "")];
    let answered = client.post(&link).form(&form).send().await.unwrap();
    assert_eq!(answered.status(), StatusCode::SEE_OTHER, "{link}");
    letter(&letters, |letter| letter.text.contains("rehearsal:staff-board/")).await;
    for letter in sink::arrived(&letters) {
        assert!(letter.text.contains("EXERCISE - NOT REAL"), "{}", letter.text);
    }
    let ended = Command::new("kill").arg(daemon.0.id().to_string()).status().unwrap();
    assert!(ended.success() && daemon.0.wait().unwrap().success(), "it ends as it is asked to");
    let calls = fs::read_to_string(&trace).unwrap();
    let abroad: Vec<&str> = calls.lines().filter(|line| line.contains("AF_INET")).collect();
    assert!(!abroad.is_empty(), "the mail server was called: {calls}");
    for call in abroad {
        let called = call.contains(&format!("sin_port=htons({port})")) && call.contains("inet_addr(\"127.0.0.1\")");
        assert!(called, "somebody else was called: {call}");
    }
}
