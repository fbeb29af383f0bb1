//! Every command in the documents: those that can be typed as they stand are run, in their order, in a folder of their own;
//! of those that stand for others (with `[DIR]`, `WATCH` or `a|b`) the words and the options must be there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rustix::process::Signal;

use super::post::{Manner, PostOffice};
use super::running::Running;

const DOCUMENTS: &[&str] = &["README.md", "docs/operating.md", "docs/security.md"];

/// The indented lines that begin with one of ours, without their remarks.
fn commands(document: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).unwrap();
    let indented = text.lines().filter(|line| line.starts_with("    "));
    let ours = indented.map(str::trim).filter(|line| line.starts_with("holdline ") || line.contains("| holdline "));
    let bare = ours.flat_map(|line| line.split("  #").next().unwrap_or_default().split(" · "));
    bare.map(|command| command.trim().to_owned()).collect()
}

/// Whether it stands for other commands and cannot be typed.
fn is_a_pattern(command: &str) -> bool {
    if command.contains(['[', '…']) || command.contains("...") {
        return true;
    }
    let stands_for = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c == '|');
    let is_quoted = command.contains(['\'', '"']);
    !is_quoted && (command.contains('|') || command.split_whitespace().any(stands_for))
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The words before the first that stands for something, each alternative of the last one, with the options named.
fn pattern_holds(command: &str) {
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    let is_plain =
        |word: &str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '|') && !word.starts_with("--");
    let named: Vec<&str> = words.iter().copied().take_while(|word| is_plain(word)).collect();
    let (last, before) = named.split_last().unwrap_or_else(|| panic!("no command in {command}"));
    for last in last.split('|') {
        let mut help = Command::new(env!("CARGO_BIN_EXE_holdline"));
        let output = help.args(before).args([last, "--help"]).output().unwrap();
        assert!(output.status.success(), "{command}: {}", said(&output));
        let options = words.iter().map(|word| word.trim_start_matches('[').trim_end_matches(['.', ']']));
        for option in options.filter(|word| word.starts_with("--")) {
            assert!(said(&output).contains(option), "{command}: {last} has no {option}\n{}", said(&output));
        }
    }
}

/// What a reader has by then: a mail server of their own, a free port, and files of the past.
fn made_ready(home: &Path, office: &PostOffice) {
    let main = home.join("hospital/holdline.yaml");
    let text = fs::read_to_string(&main).unwrap();
    let smtp = format!("smtp: {{ host: {}, port: {}, security: plain }}\n", office.settings.host, office.settings.port);
    let lines = text.lines().map(|line| match line.trim_start() {
        there if there.starts_with("smtp:") => format!("  {smtp}"),
        there if there.starts_with("server:") => {
            "server: { listen: 127.0.0.1:0, url: http://127.0.0.1:0 }\n".to_owned()
        }
        _ => format!("{line}\n"),
    });
    fs::write(&main, lines.collect::<String>()).unwrap();
    let minutes = (0..4 * 24 * 60).map(|minute| {
        let at = jiff::Timestamp::from_second(1_795_000_000 / 60 * 60 + minute * 60).unwrap();
        format!("{at},{}\n", if minute == 5_000 { 400 } else { minute % 3 })
    });
    fs::write(home.join("counts.csv"), format!("timestamp,value\n{}", minutes.collect::<String>())).unwrap();
    let from = jiff::Timestamp::from_second(1_795_000_000 / 60 * 60 + 5_000 * 60).unwrap();
    let to = jiff::Timestamp::from_second(1_795_000_000 / 60 * 60 + 5_060 * 60).unwrap();
    fs::write(home.join("known.csv"), format!("start,end\n{from},{to}\n")).unwrap();
}

async fn run_all(document: &str) {
    let place = tempfile::tempdir().unwrap();
    let home: PathBuf = place.path().to_owned();
    let office = PostOffice::open(Manner::Takes).await;
    let mut running: Option<Running> = None;
    for command in commands(document).iter().filter(|command| !is_a_pattern(command)) {
        if command.starts_with("holdline run ") {
            running.get_or_insert_with(|| Running::start(&home.join("hospital"), |_| {}));
            continue;
        }
        let typed = command.replacen("holdline ", &format!("{} ", env!("CARGO_BIN_EXE_holdline")), 1);
        let mut shell = Command::new("sh");
        shell.args(["-c", &typed]).current_dir(&home);
        let output = tokio::task::spawn_blocking(move || shell.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{document}: {command}: {}", said(&output));
        if command.starts_with("holdline init ") {
            made_ready(&home, &office);
        }
    }
    if let Some(running) = running {
        running.signal(Signal::TERM);
        let (status, log, _) = running.end();
        assert!(status.success(), "{document}: {log:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_that_can_be_typed_does_what_it_says() {
    for document in DOCUMENTS {
        run_all(document).await;
    }
}

#[test]
fn every_command_that_stands_for_others_is_one() {
    let mut patterns = 0;
    for document in DOCUMENTS {
        for command in commands(document).iter().filter(|command| is_a_pattern(command)) {
            pattern_holds(command);
            patterns += 1;
        }
    }
    assert!(patterns > 10, "the documents show only {patterns}");
}

/// Commands within sentences, also those that break over two lines: the words and the options must be there.
#[test]
fn every_command_in_a_sentence_is_one() {
    let mut found = 0;
    for document in DOCUMENTS.iter().chain(&["docs/communications-leads.md", "CONTRIBUTING.md"]) {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).unwrap();
        let prose: Vec<&str> = text.lines().filter(|line| !line.starts_with("    ")).collect();
        let prose = prose.join(" ");
        for command in prose.split('`').skip(1).step_by(2).filter(|command| command.starts_with("holdline ")) {
            pattern_holds(command);
            found += 1;
        }
    }
    assert!(found > 20, "the documents name only {found}");
}

/// A document that names what is not there misleads whoever needs it most.
#[test]
fn the_documents_name_files_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for document in DOCUMENTS {
        let text = fs::read_to_string(root.join(document)).unwrap();
        for word in text.split('`').skip(1).step_by(2).filter(|word| !word.contains([' ', '<', '*', '{', '\n'])) {
            let ours = ["src/", "tests/", "docs/", "deploy/", "playbooks/", "templates/"];
            let is_a_path = ours.iter().any(|folder| word.starts_with(folder) && word.len() > folder.len());
            assert!(!is_a_path || root.join(word).exists(), "{document} names {word}, which is not there");
        }
    }
}
