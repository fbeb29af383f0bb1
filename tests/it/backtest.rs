//! `holdline backtest`: the built program over histories of counts and mentions, the store, labels and broken files.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use holdline::config::{Need, load, sample};
use holdline::core::detect::{Detector, Held, KINDS, Replay};
use holdline::core::mention::Mention;
use holdline::core::period::Period;
use holdline::engine::Recorder;
use serde_json::{Value, json};

use crate::hospital;
use crate::test_app::TestApp;

fn backtest(folder: &Path, arguments: &[&str]) -> Output {
    let program =
        Command::new(env!("CARGO_BIN_EXE_holdline")).arg("backtest").args(arguments).current_dir(folder).output();
    program.unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn passes(folder: &Path, arguments: &[&str]) -> String {
    let output = backtest(folder, arguments);
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn report(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&passes(folder, &[arguments, &["--json"]].concat())).unwrap()
}

/// The sample hospital, with these files beside it. Its watch `breach` alarms above 5 mentions in 15 minutes.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in sample().iter().chain(files) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(folder.path().join("audit-key"), "an audit key of the tests, which is long enough").unwrap();
    folder
}

/// Two quiet weeks of five-minute counts with a burst at noon of the second Monday.
fn two_weeks() -> String {
    let mut text = "timestamp,value\n".to_owned();
    let start: jiff::Timestamp = "2026-11-16T00:00:00Z".parse().unwrap();
    for bin in 0..14 * 288 {
        let at = start + jiff::SignedDuration::from_mins(5 * bin);
        let burst = (7 * 288 + 144..7 * 288 + 150).contains(&bin);
        let _ =
            writeln!(text, "{},{}", at.strftime("%Y-%m-%d %H:%M:%S"), if burst { 9 } else { i64::from(bin % 7 == 0) });
    }
    text
}

#[test]
fn every_alarm_has_its_time_and_its_reason() {
    let folder = folder(&[("counts.csv", &two_weeks())]);
    let text = passes(folder.path(), &["breach", "--history", "counts.csv"]);
    for part in [
        "Watch breach, ",
        "4032 counts of 5 minutes each",
        "1 alarm in 2.0 weeks: 0.50 a week.",
        "23 November 2026, 07:00 EST",
        "above 5",
        "What other settings would have done:",
        "more_than: 20 mentions in 15m",
        "`from`, `negative` and `reach` were left out of account",
        "█ mentions in 15 minutes",
        "▲ alarm",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let json = report(folder.path(), &["breach", "--history", "counts.csv"]);
    assert_eq!(json["alarms"][0]["at"], "2026-11-23T12:00:00Z");
    assert_eq!((&json["alarms"][0]["above"], &json["alarms_per_week"]), (&json!(5), &json!(0.5)));
    assert_eq!((&json["history"]["bins"], &json["history"]["bin_seconds"]), (&json!(4032), &json!(300)));
    let fixed: Vec<_> = json["other_settings"].as_array().unwrap().iter().map(|other| &other["alarms"]).collect();
    assert!(fixed.ends_with(&[&json!(1), &json!(1), &json!(1), &json!(0), &json!(0)]), "{fixed:?}");
}

#[test]
fn a_long_history_shows_on_a_terminal_how_far_it_is() {
    let mut lines = String::new();
    let start: jiff::Timestamp = "2026-11-16T00:00:00Z".parse().unwrap();
    for nth in 0..1_200 {
        let at = start + jiff::SignedDuration::from_mins(10 * nth);
        let text = format!("Riverside General leaked {nth} files {}", "once more ".repeat(720));
        let _ = writeln!(lines, "{}", json!({ "id": format!("m{nth}"), "text": text, "published": at.to_string() }));
    }
    let folder = folder(&[("mentions.jsonl", &lines)]);
    // The same command without a terminal says nothing of it.
    assert!(!said(&backtest(folder.path(), &["breach", "--history", "mentions.jsonl"])).contains("Reading"));
    let line = format!("{} backtest breach --history mentions.jsonl", env!("CARGO_BIN_EXE_holdline"));
    let Ok(shown) = Command::new("script").args(["-qec", &line, "/dev/null"]).current_dir(folder.path()).output()
    else {
        assert!(std::env::var_os("HOLDLINE_PEERS").is_none(), "script is not installed");
        eprintln!("not run: script is not installed");
        return;
    };
    assert!(shown.status.success(), "{}", said(&shown));
    let shown = said(&shown);
    assert!(shown.contains("Reading") && shown.contains(" MiB, ") && shown.contains(" left"), "{shown}");
}

#[test]
fn mentions_are_matched_and_repeats_count_once() {
    let mention = |id: u32, at: String, author: &str, text: &str| {
        json!({ "id": id.to_string(), "author": author, "text": text, "published": format!("2026-11-22T{at}:00Z") })
            .to_string()
    };
    let leaked = |id: u32| format!("Riverside General leaked file{id}");
    let lines: Vec<String> =
        (0..8)
            .map(|id| mention(id, format!("14:{}", 10 + id), &format!("voice{id}"), &leaked(id)))
            .chain((0..8).map(|id| mention(id, format!("14:{}", 10 + id), "again", &leaked(id))))
            .chain((20..40).map(|id| mention(id, "14:30".to_owned(), &format!("voice{id}"), "Nice weather")))
            .chain((40..60).map(|id| mention(id, "13:30".to_owned(), "one busy voice", &leaked(id))))
            .chain((60..80).map(|id| {
                mention(id, "12:30".to_owned(), &format!("brigade{id}"), "Riverside General leak, pass it on")
            }))
            .collect();
    let mut csv = "id,author,published,text\n".to_owned();
    for line in &lines {
        let mention: Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| mention[name].as_str().unwrap().to_owned();
        let _ = writeln!(csv, "{},{},{},\"{}\"", field("id"), field("author"), field("published"), field("text"));
    }
    let folder = folder(&[("mentions.jsonl", &lines.join("\n")), ("mentions.csv", &csv)]);
    for file in ["mentions.jsonl", "mentions.csv"] {
        let json = report(folder.path(), &["breach", "--history", file]);
        assert_eq!(json["history"]["mentions"], 48, "{json}");
        let alarms = json["alarms"].as_array().unwrap();
        assert_eq!(alarms.len(), 1, "one busy voice is not four, nor is a text that twenty paste: {json}");
        assert_eq!((&alarms[0]["at"], &alarms[0]["voices"]), (&json!("2026-11-22T14:15:00Z"), &json!(6)));
        assert_eq!(json["held_back"], 2);
        let notes = json["notes"].to_string();
        assert!(notes.contains("48 mentions matched the query, 20 did not, 8 were repeats."), "{notes}");
    }
}

#[test]
fn alarms_are_held_against_what_is_known() {
    let json_labels = json!(["2026-11-23T12:30:00Z", ["2026-11-18T00:00:00Z", "2026-11-18T06:00:00Z"]]).to_string();
    let files = [
        ("counts.csv", two_weeks()),
        ("times.json", json_labels),
        (
            "windows.csv",
            "from,to,what\n2026-11-23 11:40:00,2026-11-23 13:00:00,burst\n2027-01-01,2027-01-02,later\n".to_owned(),
        ),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let folder = folder(&files);
    let arguments = ["breach", "--history", "counts.csv", "--labels", "times.json"];
    let found = &report(folder.path(), &arguments)["events"];
    assert_eq!((&found["found"], &found["missed"], &found["other_alarms"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!((&found["each"][0]["alarm"], &found["each"][1]["lead_seconds"]), (&Value::Null, &json!(1800)));
    let text = passes(folder.path(), &arguments);
    assert!(text.contains("alarm 30 minutes before it began") && text.contains("no alarm"), "{text}");
    let windows = report(folder.path(), &["breach", "--history", "counts.csv", "--labels", "windows.csv"]);
    assert_eq!(windows["events"]["each"].as_array().unwrap().len(), 1, "an event after the history says nothing");
    assert_eq!(windows["events"]["median_lead_seconds"], -1200);
    assert!(windows["other_settings"][0]["events_found"].is_number());
}

/// An alarm by chance twelve hours before a crisis: its incident is taken to be open, and the crisis is a rise of it.
#[test]
fn a_crisis_within_a_day_of_an_alarm_is_found_as_a_rise_or_told_to_be_within_it() {
    let start: jiff::Timestamp = "2026-11-16T00:00:00Z".parse().unwrap();
    let (chance, crisis) = (7 * 288, 7 * 288 + 144);
    let row = |bin: i64| {
        let at = start + jiff::SignedDuration::from_mins(5 * bin);
        let count = match bin {
            bin if (chance..chance + 3).contains(&bin) => 3,
            bin if (crisis..crisis + 6).contains(&bin) => 9,
            _ => 0,
        };
        format!("{at},{count}\n")
    };
    let counts = format!("timestamp,value\n{}", (0..10 * 288).map(row).collect::<String>());
    let labels = "from,to\n2026-11-23T11:50:00Z,2026-11-23T13:00:00Z\n2026-11-23T06:00:00Z,2026-11-23T07:00:00Z\n\
                  2026-11-20T06:00:00Z,2026-11-20T07:00:00Z\n";
    let folder = folder(&[("counts.csv", &counts), ("labels.csv", labels)]);
    let arguments = ["breach", "--history", "counts.csv", "--labels", "labels.csv"];
    let json = report(folder.path(), &arguments);
    let events = &json["events"];
    let told = [&events["found"], &events["within"], &events["missed"], &events["other_alarms"]];
    assert_eq!(told, [&json!(1); 4], "{json}");
    assert_eq!(json["rises"], json!(["2026-11-23T12:05:00Z"]));
    let (missed, within, rise) = (&events["each"][0], &events["each"][1], &events["each"][2]);
    assert_eq!((&missed["alarm"], &missed["within"]), (&Value::Null, &Value::Null));
    assert_eq!((&within["within"], &within["lead_seconds"]), (&json!("2026-11-23T00:05:00Z"), &Value::Null));
    assert_eq!((&rise["rise"], &rise["lead_seconds"]), (&json!("2026-11-23T12:05:00Z"), &json!(-900)));
    let text = passes(folder.path(), &arguments);
    for part in [
        "Of 3 known events 1 were found; 1 alarm is about none.",
        "1 began while the incident of an earlier alarm was open.",
        "told as a rise of an open incident 15 minutes after it began",
        "no alarm of its own: the incident of 22 November 2026, 19:05 EST was open",
        "1 time people would have heard that an open incident had grown to twice what they knew.",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

/// What a feed published before it was first heard is no past, and minutes in which nothing could be heard are no silence.
#[test]
fn the_stores_history_begins_when_the_watch_was_first_heard() {
    let folder = folder(&[]);
    let config = load(folder.path(), Need::Check).unwrap().config;
    let (index, _) = config.watches.iter().enumerate().find(|(_, watch)| watch.name.as_str() == "breach").unwrap();
    let feed = config.watches[index].feeds.first().unwrap().clone();
    let at = |hour: &str| format!("2026-11-22T{hour}:00Z").parse::<jiff::Timestamp>().unwrap();
    let said = |id: &str, published: &str| Mention {
        id: id.to_owned(),
        title: None,
        text: format!("Riverside General leak {id}"),
        author: Some(id.to_owned()),
        url: None,
        language: None,
        published: Some(at(published)),
        reach: None,
    };
    let salts = Box::new(|salt: &mut [u8]| salt.fill(1));
    let (key, standing) = (&b"a key of the backtest"[..], hospital::standing());
    let mut recorder = Recorder::open(&config.store, key, salts, standing, config.watches, at("12:00")).unwrap();
    let take = [said("old", "07:00"), said("new", "12:01")];
    recorder.commit_one(at("12:02"), |work| work.take_in(&feed, &take)).unwrap();
    recorder.commit_one(at("13:00"), |work| work.feed_fails(&feed)).unwrap();
    recorder.commit_one(at("14:00"), |work| work.feed_answers(&feed)).unwrap();
    recorder.commit_one(at("14:30"), |work| work.take_in(&feed, &[said("last", "14:30")])).unwrap();
    recorder.commit_one(at("15:00"), |work| work.tick()).unwrap();
    let json = report(folder.path(), &["breach"]);
    let history = &json["history"];
    assert_eq!((&history["from"], &history["mentions"]), (&json!("2026-11-22T12:00:00Z"), &json!(2)), "{json}");
    assert_eq!(history["bins"], 181, "up to the latest minute in which it ran: {json}");
    assert!(json["notes"].to_string().contains("In 60 minutes of it nothing could be heard"), "{json}");
}

#[test]
fn the_chart_is_drawn_into_files() {
    let folder = folder(&[("counts.csv", &two_weeks())]);
    passes(folder.path(), &["breach", "--history", "counts.csv", "--chart", "chart.png"]);
    passes(folder.path(), &["breach", "--history", "counts.csv", "--chart", "chart.svg"]);
    assert!(fs::read(folder.path().join("chart.png")).unwrap().starts_with(b"\x89PNG"));
    let svg = fs::read_to_string(folder.path().join("chart.svg")).unwrap();
    assert!(svg.contains("alarm 23 November 2026, 07:00 EST") && svg.contains("<desc"), "{svg}");
    let refused = backtest(folder.path(), &["breach", "--history", "counts.csv", "--chart", "chart.gif"]);
    assert!(!refused.status.success() && said(&refused).contains("a chart is a .png or an .svg file"));
}

#[test]
fn a_history_that_cannot_be_used_says_where_and_why() {
    let rows = |rows: &str| format!("timestamp,value\n{rows}");
    let cases = [
        ("a.csv", String::new(), "the file is empty"),
        ("b.csv", "when,what\n1,2\n".to_owned(), "b.csv:1: the column \"when\" is not known"),
        ("c.csv", rows("2026-11-20T00:00:00Z,1\n2026-11-20T00:05:00Z,-3\n"), "c.csv:3: `-3` is not a count"),
        ("d.csv", rows("2026-11-20T00:00:00Z,1\nsoon,3\n"), "d.csv:3: `soon` is not a time"),
        ("e.csv", rows("2026-11-20T00:05:00Z,1\n2026-11-20T00:00:00Z,3\n"), "e.csv:3: its time is not later"),
        (
            "f.csv",
            rows("2026-11-20T00:00:00Z,1\n2026-11-20T00:05:00Z,1\n2026-11-20T00:12:00Z,1\n"),
            "f.csv:4: its time is no multiple of 300 seconds",
        ),
        ("g.csv", rows("2026-11-20T00:00:00Z,1\n2026-11-20T00:00:10Z,1\n"), "g.csv:3: counts are 10 seconds apart"),
        ("h.csv", rows("2026-11-20T00:00:00Z,1\n"), "two counts or more are needed"),
        ("i.csv", rows("2026-11-20T00:00:00Z,1,2\n"), "i.csv:2: two values are needed"),
        (
            "j.csv",
            rows("1990-01-01T00:00:00Z,1\n1990-01-01T00:01:00Z,1\n2026-11-20T00:00:00Z,1\n"),
            "j.csv:4: it lies more than",
        ),
        ("k.csv", rows("2026-11-20T00:00:00Z,NaN\n"), "k.csv:2: `NaN` is not a count"),
        ("l.csv", rows(&format!("\"{}\n", "x".repeat(600_000))), "l.csv:2: "),
        ("m.jsonl", "{\"id\":\"1\",\"text\":\"x\"}\n".to_owned(), "it has no time"),
        ("n.jsonl", "[[[[\n".to_owned(), "line 1: it is not JSON"),
        (
            "o.jsonl",
            "{\"timestamp\":\"2026-11-20T00:00:00Z\",\"value\":1}\n{\"timestamp\":\"2026-11-20T00:01:00Z\"}\n"
                .to_owned(),
            "o.jsonl:2: missing field",
        ),
        ("p.txt", "x".to_owned(), "a CSV file (.csv) or JSON lines (.jsonl)"),
        ("q.csv", rows("2026-11-20T00:00:00Z,1\n2026-11-20T00:05:00Z,\n"), "q.csv:3: there is no count"),
        ("r.csv", rows("2026-11-20T00:00:00Z,1\n2026-11-20T00:00:00Z,1\n"), "r.csv:3: its time is not later"),
    ];
    let files: Vec<(&str, &str)> = cases.iter().map(|(name, text, _)| (*name, text.as_str())).collect();
    let folder = folder(&files);
    for (name, _, why) in &cases {
        let output = backtest(folder.path(), &["breach", "--history", name]);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {text}");
        assert!(text.contains(why), "{name}: {text}");
        assert!(text.len() < 2_000 && !text.contains('\u{1b}'), "{name}: {text}");
    }
    let gone = backtest(folder.path(), &["breach", "--history", "gone.csv"]);
    assert!(!gone.status.success() && said(&gone).contains("gone.csv"), "{}", said(&gone));
    let typo = backtest(folder.path(), &["breech", "--history", "a.csv"]);
    assert!(said(&typo).contains("has no watch called `breech`; it has hospital, breach"), "{}", said(&typo));
}

#[test]
fn lines_that_are_no_mentions_are_named_and_passed_over() {
    let good = |id: u32| {
        format!("{{\"id\":\"{id}\",\"text\":\"Riverside General leak\",\"published\":\"2026-11-22T14:00:00Z\"}}\n")
    };
    let mut lines: String = (0..7).map(good).collect();
    lines.push_str("{\"id\":\"x\",\"text\":\"\\u001b[2J\",\"published\":\"yesterday\"}\n");
    (0..9).for_each(|_| lines.push_str("nonsense\n"));
    let folder = folder(&[("mentions.jsonl", &lines)]);
    let output = backtest(folder.path(), &["breach", "--history", "mentions.jsonl"]);
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("10 lines were not taken, the first of them:\n  line 8: `published` is \"yesterday\""),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn a_label_file_that_cannot_be_used_says_where_and_why() {
    let cases = [
        ("a.csv", "when\n", "a.csv:1: the first line must name its columns"),
        ("b.csv", "from,to\n2026-11-20,2026-11-19\n", "b.csv:2: it ends before it begins"),
        ("c.csv", "timestamp\nnever\n", "c.csv:2: `never` is not a time"),
        ("d.json", "{}", "write a list of times"),
        ("e.json", "[\"2026-11-20\", 7]", "event 2 is neither a time nor a pair"),
        ("f.json", "[]", "it names no event"),
        ("g.json", "[[[[", "it is not JSON"),
    ];
    let mut files: Vec<(&str, &str)> = cases.iter().map(|(name, text, _)| (*name, *text)).collect();
    let counts = two_weeks();
    files.push(("counts.csv", &counts));
    let folder = folder(&files);
    for (name, _, why) in cases {
        let output = backtest(folder.path(), &["breach", "--history", "counts.csv", "--labels", name]);
        assert!(!output.status.success() && said(&output).contains(why), "{name}: {}", said(&output));
    }
}

#[tokio::test]
async fn what_the_daemon_counted_is_tested_beside_it() {
    let mut app = TestApp::start().await;
    app.spike(8).await;
    let folder = app.file("");
    let json = report(&folder, &["breach"]);
    assert_eq!((&json["history"]["mentions"], json["alarms"].as_array().unwrap().len()), (&json!(8), 1), "{json}");
    let none = backtest(&folder, &["unsorted"]);
    assert!(
        !none.status.success() && said(&none).contains("has counted no mention for unsorted yet"),
        "{}",
        said(&none)
    );
}

#[test]
fn without_a_store_a_history_is_asked_for() {
    let folder = folder(&[]);
    let output = backtest(folder.path(), &["breach"]);
    assert!(!output.status.success() && said(&output).contains("give a file with --history"), "{}", said(&output));
}

/// Settings that are tried together must not hear of each other's alarms.
#[test]
fn settings_tried_together_do_what_each_does_alone() {
    let settings = [
        ("more_than", "5 mentions in 15m"),
        ("false_alarms", "1 per day"),
        ("false_alarms", "1 per month"),
        ("times", "4 in 1h"),
    ];
    let made: Vec<Box<dyn Detector>> = settings
        .iter()
        .map(|(key, value)| (KINDS.iter().find(|kind| kind.name == *key).unwrap().parse)(value).unwrap())
        .collect();
    let tried: Vec<(&dyn Detector, Option<u32>)> = made.iter().map(|detector| (detector.as_ref(), None)).collect();
    let step = Period::minutes(5);
    let mut together = Replay::of_many(&tried, step);
    let mut alone: Vec<Replay<'_>> = tried.iter().map(|(detector, _)| Replay::new(*detector, None, step)).collect();
    let mut alarms = vec![0; settings.len()];
    for bin in 0..21 * 288_u32 {
        let burst = bin % 1_000 > 990;
        let heard =
            (bin % 2_111 != 7).then_some(if burst { 4 + bin / 1_000 } else { bin.wrapping_mul(2_654_435_761) >> 30 });
        together.hear(heard);
        for (number, alone) in alone.iter_mut().enumerate() {
            let held = together.judge(number, |_| false);
            assert_eq!(together.reading(number, held), alone.step(heard), "{:?} at {bin}", settings[number]);
            alarms[number] += u32::from(held == Held::Alarm);
        }
    }
    assert!(alarms[0] > alarms[1] && alarms[1] > 0 && alarms[3] > 0, "{alarms:?}");
}

#[test]
fn the_line_of_a_window_is_where_the_setting_alarms() {
    for (key, value) in [("more_than", "5 mentions in 15m"), ("times", "4 in 1h")] {
        let detector = (KINDS.iter().find(|kind| kind.name == key).unwrap().parse)(value).unwrap();
        let mut replay = Replay::new(detector.as_ref(), None, Period::minutes(5));
        let mut above = 0;
        for bin in 0..10 * 288_u32 {
            let held = replay.step(Some(if bin % 700 > 690 { 9 } else { bin % 3 / 2 })).held;
            let window = detector.window();
            let Some(line) = replay.above(0, window) else { continue };
            let over = f64::from(replay.count(window)) > line + 1e-9;
            let quiet = matches!(held, Held::Quiet);
            assert!(over != quiet || (f64::from(replay.count(window)) - line).abs() < 1e-6, "{key} at {bin}: {held:?}");
            above += u32::from(over);
        }
        assert!(above > 0, "{key}");
    }
    // The dial weighs several windows together, so that no line of one of them says where it alarms.
    let dial = (KINDS.iter().find(|kind| kind.name == "false_alarms").unwrap().parse)("1 per day").unwrap();
    let mut replay = Replay::new(dial.as_ref(), None, Period::minutes(5));
    for bin in 0..3 * 288_u32 {
        replay.step(Some(bin % 3));
    }
    assert!(replay.step(Some(1)).above.is_some() && replay.above(0, dial.window()).is_none());
}
