//! `holdline try detect`: what it reads, what it refuses and where, and what it says of the whole.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_holdline"));
    program.args(["try", "detect"]).args(arguments).current_dir(folder);
    program
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program(folder, arguments).output().unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Days of five-minute counts, quiet but for a burst at the end.
fn days(days: u32) -> String {
    let start: jiff::Timestamp = "2026-11-16T00:00:00Z".parse().unwrap();
    let mut text = "timestamp,value\n".to_owned();
    for bin in 0..days * 288 {
        let at = start + jiff::SignedDuration::from_mins(5 * i64::from(bin));
        let count = if bin + 6 >= days * 288 { 40 } else { bin % 3 };
        let _ = writeln!(text, "{},{count}", at.strftime("%Y-%m-%d %H:%M:%S"));
    }
    text
}

#[test]
fn rows_come_back_as_they_were_with_one_score_for_one_incident() {
    let folder = tempfile::tempdir().unwrap();
    let text = days(4);
    fs::write(folder.path().join("counts.csv"), &text).unwrap();
    let output = run(folder.path(), &["counts.csv", "--out", "alarms.csv"]);
    assert!(output.status.success(), "{}", errors(&output));
    let alarms = fs::read_to_string(folder.path().join("alarms.csv")).unwrap();
    let stripped: String = alarms.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned() + "\n").collect();
    assert_eq!(stripped, text);
    assert_eq!(alarms.lines().filter(|line| line.ends_with(",1")).count(), 1);
    let said = errors(&output);
    for part in [
        "1 incident would have opened in 1152 rows; this setting alarms by chance at most 1 per week.",
        "For the first 2 days it only listened.",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert!(!said.contains("gap"), "{said}");
}

#[test]
fn gaps_are_told_and_taken_for_unheard() {
    let folder = tempfile::tempdir().unwrap();
    let all: Vec<String> = days(4).lines().map(str::to_owned).collect();
    let kept: Vec<&str> = all
        .iter()
        .enumerate()
        .filter(|(at, _)| !(100..103).contains(at) && !(200..240).contains(at))
        .map(|(_, line)| line.as_str())
        .collect();
    fs::write(folder.path().join("counts.csv"), kept.join("\n")).unwrap();
    let output = run(folder.path(), &["counts.csv", "--json"]);
    let said = errors(&output);
    let part = "2 gaps with 43 rows missing, taken for unheard and not for silent; the longest, of 40, after \
                2026-11-16 16:30:00.";
    assert!(said.contains(part), "{said}");
    let rows: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 1152 - 43);
    assert_eq!(rows[0]["why"], "warming up");
    assert_eq!(rows.iter().filter(|row| row["alarm"] == true).count(), 1);
}

#[test]
fn lines_of_json_are_read_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let line = |at: u32| format!("{{\"timestamp\":\"2026-11-16T00:{at:02}:00Z\",\"value\":{}}}\n", at % 2 * 9);
    fs::write(folder.path().join("counts.jsonl"), (0..10).map(line).collect::<String>()).unwrap();
    let output = run(folder.path(), &["counts.jsonl", "--spike", "more_than: 5 mentions in 1m"]);
    let rows = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(rows.lines().nth(1).unwrap().contains("\"alarm\":true"), "{rows}");
    assert_eq!(rows.lines().count(), 10, "{}", errors(&output));
}

#[test]
fn a_file_that_is_no_series_says_where_and_why() {
    let rows = |rows: &str| format!("timestamp,value\n{rows}");
    let cases = [
        ("a.csv", String::new(), "the file is empty"),
        ("b.csv", "2026-11-20 00:00:00,1\n".to_owned(), "b.csv:1: the first line must be `timestamp,value`"),
        ("c.csv", rows(""), "two counts or more are needed"),
        ("d.csv", rows("2026-11-20 00:00:00,1\n2026-11-20 00:00:00,1\n"), "d.csv:3: its time is not later"),
        ("e.csv", rows("2026-11-20 00:05:00,1\n2026-11-20 00:00:00,1\n"), "e.csv:3: its time is not later"),
        ("f.csv", rows("2026-11-20 00:00:00,1\n2026-11-20 00:05:00,\n"), "f.csv:3: there is no count"),
        ("g.csv", rows("2026-11-20 00:00:00,1\n,\n"), "g.csv:3: there is no count"),
        ("h.csv", rows("2026-11-20 00:00:00,1\n\n2026-11-20 00:05:00,soon\n"), "h.csv:4: `soon` is not a count"),
        (
            "i.csv",
            rows("2026-11-20 00:00:00,1\n2026-11-20 00:05:00,1\n2026-11-20 00:12:00,1\n"),
            "i.csv:4: its time is no multiple of 300 seconds",
        ),
        ("j.csv", rows("2026-11-20 00:00:00,1\n2026-12-20 00:00:00,1\n"), "j.csv:3: counts are 2592000 seconds apart"),
        (
            "k.csv",
            rows("1990-01-01 00:00:00,1\n1990-01-01 00:00:01,1\n2026-11-20 00:00:00,1\n"),
            "k.csv:4: it lies more than",
        ),
        ("l.csv", "\0".repeat(600_000), "l.csv:1: "),
        ("m.txt", "x".to_owned(), "a CSV file (.csv) or JSON lines (.jsonl)"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, text, why) in &cases {
        fs::write(folder.path().join(name), text).unwrap();
        let output = run(folder.path(), &[name, "--out", "out.csv"]);
        let said = errors(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains(why) && said.len() < 1_000, "{name}: {said}");
        assert!(!folder.path().join("out.csv").exists(), "{name} leaves nothing behind");
    }
}

#[test]
fn what_never_ends_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("zero.csv")).unwrap();
    let output = run(folder.path(), &["zero.csv"]);
    assert!(!output.status.success() && errors(&output).contains("this is not a plain file"), "{}", errors(&output));
}

#[test]
fn whoever_closes_the_pipe_has_read_enough() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("counts.csv"), days(30)).unwrap();
    let mut running =
        program(folder.path(), &["counts.csv"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first, "timestamp,value,anomaly_score\n");
    let status = running.wait().unwrap();
    let mut said = String::new();
    running.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(status.success() && said.is_empty(), "{said}");
}
