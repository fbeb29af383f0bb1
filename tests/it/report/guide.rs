//! The guide for communications leads: every command in it is run as it stands, in order.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use holdline::app::{App, Mode};
use holdline::config::{Need, load};
use holdline::engine::Clock;
use holdline::mail::Mailbox;

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/communications-leads.md");

fn commands() -> Vec<String> {
    let guide = fs::read_to_string(GUIDE).unwrap();
    guide.lines().filter_map(|line| line.strip_prefix("    ")).map(str::to_owned).collect()
}

/// As a shell runs it, with this program in its path.
fn shell(folder: &Path, line: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_holdline")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("sh");
    command.args(["-c", &format!("exec {line}")]).current_dir(folder).env("PATH", path);
    command
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// What the guide's reader has by then: posts, counts, and an incident in either store.
async fn bring_along(place: &Path) {
    fs::write(place.join("posts.txt"), "Riverside General leaked it\nRiverside General store is open\n").unwrap();
    let rows = (0..14 * 24).map(|hour| format!("2026-11-{:02}T{:02}:00:00Z,{}\n", 1 + hour / 24, hour % 24, hour % 3));
    fs::write(place.join("counts.csv"), "timestamp,value\n".to_owned() + &rows.collect::<String>()).unwrap();
    let mailbox = || Mailbox::new("Riverside Holdline <holdline@riverside.example>").unwrap();
    let (demo, dry) = (Mode::Demo(mailbox()), Mode::DryRun(mailbox(), 0));
    for (need, mode) in [(Need::WithoutMail, demo), (Need::DryRun, dry)] {
        let loaded = load(&place.join("hospital"), need).unwrap_or_else(|problems| panic!("{problems:?}"));
        let app = App::start(loaded.config, mode, Clock::System).await.unwrap();
        app.engine.open(&"data-breach".into(), &"ana".into(), "a reporter called".to_owned()).await.unwrap();
        app.stop().await;
    }
}

/// A daemon runs until it is told to stop, and then ends well.
fn runs_and_stops(place: &Path, line: &str) {
    let mut daemon = shell(place, line).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(daemon.stderr.take().unwrap()).lines();
    let told = lines.by_ref().map(Result::unwrap).find(|line| line.contains("Holdline is running"));
    assert!(told.is_some(), "{line} ended before it ran");
    let stopped = Command::new("kill").arg(daemon.id().to_string()).status().unwrap();
    assert!(stopped.success());
    lines.for_each(drop);
    assert!(daemon.wait().unwrap().success(), "{line} did not stop well");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_guide_does_what_it_says() {
    let place = tempfile::tempdir().unwrap();
    let commands = commands();
    assert!(commands.len() >= 9, "{commands:?}");
    for line in &commands {
        assert!(line.starts_with("holdline "), "the guide shows something else than a command: {line}");
        if line.starts_with("holdline run ") {
            tokio::task::block_in_place(|| runs_and_stops(place.path(), line));
            continue;
        }
        let output = tokio::task::block_in_place(|| shell(place.path(), line).output().unwrap());
        let text = said(&output);
        assert!(output.status.success(), "{line}: {text}");
        if line.starts_with("holdline init ") {
            bring_along(place.path()).await;
        }
        if line.contains("--store") {
            assert!(text.contains("EXERCISE - NOT REAL"), "{line}: {text}");
        }
        if line.contains("try query") {
            assert!(text.contains("leaked") && !text.contains("store is open"), "{text}");
        }
    }
    let html = fs::read_to_string(place.path().join("report.html")).unwrap();
    assert!(html.contains("After-action report: Patient data breach") && !html.contains("EXERCISE"), "{html}");
}

#[test]
fn the_guide_links_to_what_is_there() {
    let guide = fs::read_to_string(GUIDE).unwrap();
    let links = guide.match_indices("](").map(|(at, _)| guide[at + 2..].split(')').next().unwrap());
    let folder = Path::new(GUIDE).parent().unwrap();
    for link in links {
        assert!(folder.join(link).exists(), "{link}");
    }
}
