//! Whole stories and their reports, as Markdown and as HTML. `HOLDLINE_BLESS=1` rewrites what is expected.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use holdline::core::incident::Event;
use holdline::core::report::{Logged, Report, report};
use holdline::core::rules::Rules;
use holdline::report::{document, html, markdown};
use jiff::Timestamp;

use crate::transcripts::events_of;

/// The report of a story, as somebody sees it hours later.
pub(super) fn report_of(story: &str) -> Report {
    report(1, &logged(story), as_of()).unwrap()
}

pub(super) fn as_of() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

pub(super) fn logged(story: &str) -> Vec<Logged> {
    let events = events_of(story).into_iter().zip(1..);
    events
        .map(|((at, event, rules), number)| Logged {
            entry: u64::from(number) + 10,
            number,
            ..entry(at, event, Some(Arc::new(rules)))
        })
        .collect()
}

pub(super) fn entry(at: Timestamp, event: Event, rules: Option<Arc<Rules>>) -> Logged {
    Logged { entry: 10, number: 0, at, kind: event.kind().to_owned(), event: Some(event), rules }
}

pub(super) fn story(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/report")
}

fn is_as_expected(name: &str, now: &str) -> Result<(), String> {
    let path = folder().join(name);
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if now == expected {
        return Ok(());
    }
    if std::env::var_os("HOLDLINE_BLESS").is_some() {
        fs::write(path, now).unwrap();
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(&expected[..], now).unified_diff().context_radius(2).to_string();
    Err(format!("{name} comes out otherwise; HOLDLINE_BLESS=1 rewrites it\n{diff}"))
}

/// Without the style, which has its own file.
fn without_style(html: &str) -> String {
    let (before, rest) = html.split_once("<style>").unwrap();
    let (style, after) = rest.split_once("</style>").unwrap();
    assert!(style.contains("@media print"), "it is made for paper too");
    format!("{before}<style></style>{after}")
}

#[test]
fn every_story_is_reported_as_written() {
    let mut stories: Vec<String> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    stories.retain(|name| Path::new(name).extension().is_some_and(|ending| ending == "txt"));
    assert!(stories.len() >= 3, "{stories:?}");
    let mut failed = Vec::new();
    for name in stories {
        let document = document(&report_of(&story(&name)), &[]);
        let bare = name.trim_end_matches(".txt");
        failed.extend(is_as_expected(&format!("{bare}.md"), &markdown(&document)).err());
        failed.extend(is_as_expected(&format!("{bare}.html"), &without_style(&html(&document))).err());
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
