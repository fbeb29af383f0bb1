//! Nothing leaves: rehearsals in a network namespace whose one way out is counted, and whose calls are all written down.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::terminal::{said, shipped};

/// Every name and every address leads into an interface that swallows what it is given and counts it.
const SET_UP: &str = "\
set -e
sysctl -qw net.ipv6.conf.all.disable_ipv6=1
ip link set lo up
ip link add canary type dummy
ip addr add 10.77.0.1/24 dev canary
ip link set canary up
ip route add default via 10.77.0.2
mount --bind resolv.conf /etc/resolv.conf
";

/// Runs a shell's line in a namespace of its own: what it said, how it ended, and how many packets tried to leave. None
/// where this machine lets nobody make one.
fn in_a_namespace(line: &str, folder: &Path) -> Option<(String, bool, u64)> {
    fs::write(folder.join("resolv.conf"), "nameserver 10.77.0.53\noptions timeout:1 attempts:1\n").unwrap();
    let script = format!("{SET_UP}set +e\n{line}\necho \"ended $?\" >&2\nexec cat /proc/net/dev");
    let output = Command::new("unshare").args(["-n", "-m", "sh", "-c", &script]).current_dir(folder).output().ok()?;
    let text = said(&output);
    let counted = text.lines().find_map(|line| line.trim().strip_prefix("canary:"));
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
  staff-board: { mastodon: { server: \"https://social.example\", account: riverside, token: { file: no-such-token } }, language: en }
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
