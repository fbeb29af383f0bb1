//! `holdline rehearse`: a playbook in simulated time, with a cast that answers, by the built program.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use holdline::config::{StartFor, sample, start};

const STAMP: &str = "EXERCISE - NOT REAL";

pub(super) fn holdline(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_holdline")).args(arguments).current_dir(folder).output().unwrap()
}

pub(super) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A folder of these files, without any of the keys and secrets that they name.
pub(super) fn folder_of<N: AsRef<str>, T: AsRef<str>>(files: impl IntoIterator<Item = (N, T)>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name.as_ref());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.as_ref()).unwrap();
    }
    folder
}

pub(super) fn sample_folder() -> tempfile::TempDir {
    folder_of(sample().iter().copied())
}

/// Every playbook that is shipped, in the folder that it is shipped in.
pub(super) fn shipped() -> Vec<(&'static str, tempfile::TempDir)> {
    vec![
        ("data-breach", sample_folder()),
        ("data-breach", folder_of(start(StartFor::Hospital))),
        ("violence-active-threat", folder_of(start(StartFor::Hospital))),
        ("service-outage", folder_of(start(StartFor::Other))),
    ]
}

#[test]
fn every_shipped_playbook_is_rehearsed_to_its_end_without_a_secret() {
    for (playbook, folder) in shipped() {
        let before = files(folder.path());
        let output = holdline(&["rehearse", playbook, "--out", "kept"], folder.path());
        let text = said(&output);
        assert!(output.status.success(), "{playbook}: {text}");
        for words in
            [STAMP, "claimed the incident", "approved the statement holding", "approved standing down", "Score"]
        {
            assert!(text.contains(words), "{playbook} does not say {words}:\n{text}");
        }
        assert!(text.contains("Called on, never heard   nobody"), "{text}");
        // What staff hear first is no statement to the public.
        let holding = text.split("    holding: ").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
        assert!(text.contains(&format!("First statement after    {holding}\n")), "{text}");
        assert!(!text.contains("not posted, 0 versions"), "a round that was not due says nothing: {text}");
        let kept: BTreeSet<String> =
            files(folder.path()).difference(&before).map(|name| name.replacen("kept/", "", 1)).collect();
        assert!(kept.contains("timeline.txt"), "{kept:?}");
        let of = |sub: &str, ending: &str| {
            kept.iter().filter(|name| name.starts_with(sub) && name.ends_with(ending)).count()
        };
        assert!(of("mails/", ".eml") > 5 && of("mails/", ".eml") == of("mails/", ".html"), "{kept:?}");
        assert_eq!(of("mails/", ".eml"), of("mails/", ".txt"), "{kept:?}");
        assert!(of("drafts/holding-v1", ".txt") == 1, "{kept:?}");
        for name in kept.iter().filter(|name| name.starts_with("drafts/") || name.starts_with("mails/")) {
            let text = fs::read_to_string(folder.path().join("kept").join(name)).unwrap();
            // Encoded parts of a mail are read in its other two files.
            let encoded = Path::new(name).extension().is_some_and(|ending| ending == "eml");
            assert!(encoded || text.contains(STAMP), "{name} is not stamped:\n{text}");
        }
        for name in ["report.html", "report.md"] {
            let report = fs::read_to_string(folder.path().join("kept").join(name)).unwrap();
            let is_one = report.contains("After-action report") && report.contains("In short");
            assert!(is_one && report.contains(STAMP), "{name}: {report}");
        }
        let again = holdline(&["rehearse", playbook, "--out", "kept"], folder.path());
        assert!(again.status.code() == Some(1) && said(&again).contains("nothing is written over"));
    }
}

/// Every file below a folder, by its path.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found
}

#[test]
fn of_several_who_approve_at_one_time_the_last_brings_it_out() {
    let folder = folder_of(start(StartFor::Hospital));
    let text = said(&holdline(&["rehearse", "data-breach", "--at", "2026-11-22 09:00"], folder.path()));
    let approved: Vec<&str> = text.lines().filter(|line| line.contains("approved the statement update,")).collect();
    let [.., before, last] = approved[..] else { panic!("two approve it: {text}") };
    let clock = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
    assert_eq!(clock(before), clock(last), "they approve at one time: {text}");
    let brings = |line: &str| line.contains("With it, update is posted on website.");
    assert!(brings(last) && !brings(before), "{approved:#?}");
}

#[test]
fn the_same_rehearsal_tells_the_same_story() {
    let folder = sample_folder();
    let play = || {
        let at = "2026-11-22 09:00";
        let arguments = ["rehearse", "data-breach", "--scenario", "data-breach-second-wave", "--at", at];
        String::from_utf8(holdline(&arguments, folder.path()).stdout).unwrap()
    };
    let (one, other) = (play(), play());
    assert!(one.contains("begins at 22 November 2026, 09:00 EST"), "{one}");
    assert_eq!(one, other);
}

#[test]
fn people_who_are_away_by_then_are_not_asked() {
    let files = sample().iter().map(|(name, text)| {
        let away = "dev: { name: Dev Patel, away: 2026-12-20..2027-01-04,";
        (*name, text.replace("dev: { name: Dev Patel,", away))
    });
    let folder = folder_of(files);
    let on = |day: &str| {
        let output = holdline(&["rehearse", "data-breach", "--at", &format!("{day} 22:00")], folder.path());
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    assert!(on("2026-12-19").contains("Dev Patel approved"));
    let away = on("2026-12-24");
    assert!(!away.contains("Dev Patel") && away.contains("Fay Lind approved"), "{away}");
}

#[test]
fn a_playbook_that_is_not_there_and_a_speed_that_is_none_are_named() {
    let folder = sample_folder();
    let wrong = holdline(&["rehearse", "data-breech"], folder.path());
    assert!(wrong.status.code() == Some(1) && said(&wrong).contains("there are data-breach"), "{}", said(&wrong));
    assert!(!said(&wrong).contains("none"), "nobody wrote that one: {}", said(&wrong));
    let wrong = holdline(&["rehearse", "data-breach", "--scenario", "lawyer"], folder.path());
    let there =
        "no scenario called lawyer, and no such file; there are data-breach-lawyer-silent, data-breach-second-wave";
    assert!(wrong.status.code() == Some(1) && said(&wrong).contains(there), "{}", said(&wrong));
    let scenario = ["rehearse", "data-breach", "--with-team", "--scenario", "data-breach-lawyer-silent"];
    let wrong = holdline(&scenario, folder.path());
    assert!(wrong.status.code() == Some(1) && said(&wrong).contains("a scenario is for the cast"), "{}", said(&wrong));
    let wrong = holdline(&["rehearse", "data-breach", "--speed", "fast"], folder.path());
    assert!(wrong.status.code() == Some(2) && said(&wrong).contains("write it as in 60x"), "{}", said(&wrong));
    // Hours of simulated time, at a speed at which they take a moment.
    let fast = holdline(&["rehearse", "data-breach", "--speed", "100000x"], folder.path());
    assert!(fast.status.success(), "{}", said(&fast));
}

#[test]
fn the_list_says_how_it_is_read_where_no_daemon_runs() {
    let folder = sample_folder();
    let list = holdline(&["rehearse", "--list"], folder.path());
    let text = said(&list);
    assert!(list.status.code() == Some(1) && text.contains("`holdline report --list . --store "), "{text}");
    assert!(text.contains("holdline.team.db`"), "{text}");
}
