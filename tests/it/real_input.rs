//! A real crisis laid over a real quiet series, replayed at speed through the webhook of the running program.

use std::fs;
use std::path::PathBuf;

use holdline::core::incident::StatementPhase;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::test_app::TestApp;

/// How long it is quiet before the crisis, and how much of the crisis is replayed.
const QUIET: SignedDuration = SignedDuration::from_hours(12);
/// Half a calm Saturday of the series, outside its labelled windows. Chosen for its calm: the series' first hours alone
/// cross the test's fixed line, so this shows the chain at work and says nothing about how often a threshold alarms falsely.
const QUIET_FROM: &str = "2015-03-21 03:42:53";
const CRISIS: SignedDuration = SignedDuration::from_hours(2);
/// When a tweet was made is in its id (Snowflake; milliseconds since 2010-11-04).
const SNOWFLAKE_EPOCH_MS: i64 = 1_288_834_974_657;

/// Where third-party data is, if it is here.
pub(crate) fn data() -> Option<PathBuf> {
    let asked = std::env::var_os("HOLDLINE_DATA").map(PathBuf::from);
    let folder = asked.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")));
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("HOLDLINE_DATA_REQUIRED").is_none(), "{} is missing", folder.display());
    eprintln!("NOT RUN: the real data is not at {}", folder.display());
    None
}

/// Offsets of the quiet series' mentions from its start.
fn quiet(folder: &std::path::Path) -> Vec<SignedDuration> {
    let mut rows = csv::Reader::from_path(folder.join("nab/data/Twitter_volume_PFE.csv")).unwrap();
    let time = |text: &str| text.parse::<DateTime>().unwrap().to_zoned(TimeZone::UTC).unwrap().timestamp();
    let rows: Vec<(Timestamp, i64)> = rows
        .records()
        .map(|row| row.unwrap())
        .map(|row| (time(&row[0]), row[1].trim().trim_end_matches(".0").parse::<i64>().unwrap()))
        .collect();
    let start = time(QUIET_FROM);
    let within = rows.iter().filter(|(at, _)| *at >= start && at.duration_since(start) < QUIET);
    // A bin's mentions are spread over its five minutes.
    let spread = |(at, count): &(Timestamp, i64)| {
        let (base, count) = (at.duration_since(start), *count);
        (0..count).map(move |nth| base + SignedDuration::from_secs(300 * nth / count.max(1))).collect::<Vec<_>>()
    };
    within.flat_map(spread).collect()
}

/// Offsets and texts of the crisis from its first mention.
fn crisis(folder: &std::path::Path) -> Vec<(SignedDuration, String)> {
    let path = folder.join("mentions/2013_NY_train_crash/2013_NY_train_crash-tweets_labeled.csv");
    let bytes = fs::read(path).unwrap();
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice());
    let mut found: Vec<(i64, String)> = rows
        .byte_records()
        .filter_map(|row| {
            let row = row.unwrap();
            let id: i64 = String::from_utf8_lossy(&row[0]).trim().trim_matches('"').parse().ok()?;
            Some(((id >> 22) + SNOWFLAKE_EPOCH_MS, String::from_utf8_lossy(&row[1]).into_owned()))
        })
        .collect();
    found.sort();
    let first = found[0].0;
    let offsets = found.into_iter().map(|(at, text)| (SignedDuration::from_millis(at - first), text));
    offsets.filter(|(at, _)| *at < CRISIS).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_crisis_over_a_real_quiet_series_ends_in_a_posted_statement() {
    let Some(folder) = data() else { return };
    let app = TestApp::start().await;
    let start = app.clock.now();
    let mut talk: Vec<(SignedDuration, Value)> = Vec::new();
    for (nth, at) in quiet(&folder).into_iter().enumerate() {
        talk.push((
            at,
            json!({ "id": format!("q{nth}"), "author": format!("calm{}", nth % 40), "text": "At Riverside today" }),
        ));
    }
    for (nth, (at, text)) in crisis(&folder).into_iter().enumerate() {
        talk.push((QUIET + at, json!({ "id": format!("c{nth}"), "author": format!("witness{nth}"), "text": text })));
    }
    talk.sort_by_key(|(at, _)| *at);
    let mut opened_at = None;
    for (at, mut mention) in talk {
        app.clock.set(start + at);
        mention["published"] = json!((start + at).to_string());
        assert_eq!(app.deliver("/in/listening", &[mention]).await.status(), StatusCode::OK);
        if opened_at.is_none() && app.incidents() > 0 {
            opened_at = Some(at);
        }
    }
    app.settle().await;
    let opened_at = opened_at.expect("the crisis opened no incident");
    assert!(opened_at >= QUIET, "a false alarm in the quiet series, {opened_at:#} after its start");
    let delay = opened_at - QUIET;
    eprintln!("the incident opened {delay:#} after the first mention of the crisis");
    assert!(delay < SignedDuration::from_mins(45), "{delay:#}");
    assert_eq!(app.incidents(), 1, "one incident, however long it goes on");

    let ana = app.sign_in("ana").await;
    ana.does("/incident/1/verify", &[("verdict", "real")]).await;
    ana.does("/incident/1/claim", &[]).await;
    ana.does("/incident/1/fact/help_line", &[("value", "+1 555 010 0100"), ("press", "confirm")]).await;
    let chi = app.sign_in("chi").await;
    chi.does("/incident/1/fact/discovered_at", &[("value", "2026-11-22 12:40"), ("press", "confirm")]).await;
    app.settle().await;
    for who in ["eve", "dev", "chi", "ben"] {
        app.approve(who).await;
    }
    let phase = &app.incident(1).statements["holding"].phase;
    assert!(matches!(phase, StatementPhase::Posting(_) | StatementPhase::Posted(_)), "{phase:?}");
    assert!(app.text("/newsroom").await.contains("/newsroom/1/holding"));
}
