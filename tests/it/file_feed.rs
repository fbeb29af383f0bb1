//! The file feed: what its lines become, how a replay is paced, and a followed file that grows, is cut and is moved aside.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use holdline::feed::file::records::{Format, Next, RECORD_BYTES_MAX, RECORD_LINES_MAX, next};
use holdline::feed::file::replay::{Pace, REPLAY_NAP_MAX, REPLAY_WAIT_MAX, Speed, next_wait};
use holdline::feed::file::{BATCH_MAX, FileFeed, FileSettings, FileSettingsError, Look};
use holdline::feed::{Batch, Polled};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-20T12:00:00Z")
}

fn settings(path: &Path, replay: Option<&str>) -> FileSettings {
    FileSettings {
        path: path.to_owned(),
        replay: replay.map(|speed| Speed::parse(speed).unwrap()),
        follow: replay.is_none().then_some(true),
    }
}

/// A file in a folder of its own, and the feed over it.
struct Rig {
    folder: TempDir,
    name: &'static str,
    feed: FileFeed,
}

impl Rig {
    fn new(name: &'static str, replay: Option<&str>, content: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let feed = FileFeed::new(&settings(&path, replay)).unwrap();
        Self { folder, name, feed }
    }

    fn append(&self, bytes: &[u8]) {
        let path = self.folder.path().join(self.name);
        OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(bytes).unwrap();
    }

    fn look(&self, cursor: Option<&str>, now: Timestamp) -> Look {
        self.feed.look(cursor, now).unwrap()
    }

    fn error(&self) -> String {
        self.feed.look(None, now()).unwrap_err().to_string()
    }
}

/// What a feed brings, from a place on, until it brings nothing more.
#[derive(Default)]
struct Taken {
    cursor: Option<String>,
    ids: Vec<String>,
    texts: Vec<String>,
    refused: Vec<String>,
    ended: bool,
}

impl Taken {
    fn drain(&mut self, rig: &Rig) {
        loop {
            let Batch { mentions, refused, cursor, ended } = rig.look(self.cursor.as_deref(), now()).batch;
            assert!(mentions.len() + refused.len() <= BATCH_MAX);
            for mention in mentions {
                self.ids.push(mention.id);
                self.texts.push(mention.text);
            }
            self.refused.extend(refused);
            self.ended = ended;
            let moved = self.cursor != cursor;
            self.cursor = cursor;
            if !moved || ended {
                return;
            }
        }
    }

    fn of(rig: &Rig) -> Self {
        let mut taken = Self::default();
        taken.drain(rig);
        taken
    }
}

fn line(id: &str) -> String {
    format!("{{\"id\":\"{id}\",\"text\":\"text {id}\"}}\n")
}

fn lines(ids: std::ops::Range<usize>) -> String {
    ids.map(|id| line(&id.to_string())).collect()
}

#[test]
fn settings_are_checked() {
    let refuse = |path: &str, replay: Option<&str>, follow| {
        let replay = replay.map(|speed| Speed::parse(speed).unwrap());
        FileFeed::new(&FileSettings { path: path.into(), replay, follow }).unwrap_err()
    };
    assert_eq!(refuse("a.csv", None, Some(true)), FileSettingsError::NotAbsolute);
    assert_eq!(refuse("/a.txt", None, Some(true)), FileSettingsError::Extension);
    assert_eq!(refuse("/a", None, Some(true)), FileSettingsError::Extension);
    assert_eq!(refuse("/a.csv", None, None), FileSettingsError::NoMode);
    assert_eq!(refuse("/a.csv", None, Some(false)), FileSettingsError::NoMode);
    assert_eq!(refuse("/a.csv", Some("1x"), Some(true)), FileSettingsError::TwoModes);
    let written = r#"{"path": "a.csv", "folow": true}"#;
    let error = serde_json::from_str::<FileSettings>(written).unwrap_err();
    assert!(error.to_string().contains("unknown field `folow`"), "{error}");
}

#[test]
fn speeds_are_written_as_people_write_them() {
    for (text, shown) in [("1x", "1x"), ("10x", "10x"), ("0.5x", "0.5x"), ("2.250x", "2.25x"), (" 600x", "600x")] {
        assert_eq!(Speed::parse(text).unwrap().to_string(), shown);
    }
    for text in
        ["", "x", "10", "0x", "0.0x", "-1x", "1e3x", ".5x", "1.x", "0.0001x", "1000001x", "99999999999999999999x"]
    {
        let error = Speed::parse(text).unwrap_err().to_string();
        assert!(error.contains("10x for ten times faster"), "{error}");
    }
}

#[test]
fn a_step_of_a_replay_is_the_gap_divided_by_the_speed() {
    let speed = Speed::parse("10x").unwrap();
    let due = |seconds| now().checked_add(SignedDuration::from_secs(seconds)).unwrap();
    let (pace, first) = Pace::start(now()).step(Some(at("2020-01-01T00:00:00Z")), speed);
    assert_eq!((pace.due, first), (now(), now()));
    let (pace, second) = pace.step(Some(at("2020-01-01T00:05:00Z")), speed);
    assert_eq!((pace.due, second), (due(30), due(30)));
    // Out of order: due at once, and as late as it was.
    let (pace, earlier) = pace.step(Some(at("2020-01-01T00:04:00Z")), speed);
    assert_eq!((pace.due, earlier), (due(30), due(24)));
    let (pace, timeless) = pace.step(None, speed);
    assert_eq!((pace.due, timeless), (due(30), due(30)));
    // A silence of years is cut to an hour.
    let (pace, late) = pace.step(Some(at("2026-01-01T00:00:00Z")), speed);
    assert_eq!((pace.due, late), (due(3630), due(3630)));
    assert_eq!(REPLAY_WAIT_MAX, SignedDuration::from_secs(3600));
    assert_eq!(next_wait(due(3), now()), Duration::from_secs(3));
    assert_eq!(next_wait(due(-3), now()), Duration::ZERO);
    assert_eq!(next_wait(due(3600), now()), REPLAY_NAP_MAX);
}

#[test]
fn a_replay_hands_over_what_is_due_dated_from_now_and_ends() {
    let content = "published,text,id\n\
        2020-01-01T00:00:00Z,one,a\n\
        2020-01-01T00:00:00Z,two,b\n\
        2020-01-01T00:01:40Z,three,c\n\
        2020-01-01T00:03:20Z,four,d";
    let rig = Rig::new("storm.csv", Some("10x"), content.as_bytes());
    let later = |seconds| now().checked_add(SignedDuration::from_secs(seconds)).unwrap();
    let first = rig.look(None, now());
    let told: Vec<_> = first.batch.mentions.iter().map(|m| (m.id.as_str(), m.published)).collect();
    assert_eq!(told, [("a", Some(now())), ("b", Some(now()))]);
    assert_eq!(first.wait, REPLAY_NAP_MAX);
    let cursor = first.batch.cursor.as_deref();
    let early = rig.look(cursor, later(9));
    assert_eq!((early.batch.mentions.len(), early.wait), (0, Duration::from_secs(1)));
    assert_eq!(early.batch.cursor.as_deref(), cursor);
    let third = rig.look(cursor, later(10)).batch;
    assert_eq!(third.mentions[0].published, Some(later(10)));
    assert!(!third.ended);
    // After a pause, such as a restart, what became due meanwhile keeps its time.
    let fourth = rig.look(third.cursor.as_deref(), later(500)).batch;
    assert_eq!((fourth.mentions[0].published, fourth.ended), (Some(later(20)), true));
    let over = rig.look(fourth.cursor.as_deref(), later(501)).batch;
    assert_eq!((over.mentions.len(), over.ended), (0, true));
}

#[test]
fn a_replay_whose_file_changes_ends_and_says_so() {
    let rig = Rig::new("a.jsonl", Some("1x"), lines(0..3).as_bytes());
    let cursor = rig.look(None, now()).batch.cursor;
    fs::write(rig.feed.path(), line("9")).unwrap();
    let batch = rig.look(cursor.as_deref(), now()).batch;
    assert!(batch.ended && batch.mentions.is_empty());
    assert!(batch.refused[0].contains("changed while it was being replayed"), "{:?}", batch.refused);
}

#[test]
fn bad_lines_are_told_and_passed_over() {
    let content = [
        line("1").as_bytes(),
        b"not json\n\n",
        b"{\"id\":\"2\",\"txt\":\"a\"}\n",
        b"{\"id\":\"3\",\"text\":\"\xFF\"}\r\n",
        line("4").as_bytes(),
        b"{\"text\":\"no id\"}\n{\"text\":\"no id\"}\n",
    ]
    .concat();
    let taken = Taken::of(&Rig::new("a.ndjson", Some("1x"), &content));
    assert_eq!(taken.texts, ["text 1", "text 4", "no id", "no id"]);
    assert!(taken.ids[2].starts_with("line-7-") && taken.ids[3].starts_with("line-8-"));
    let says = [
        "line 2 of a.ndjson: it is not JSON",
        "line 4 of a.ndjson: `txt` is not",
        "line 5 of a.ndjson: it is not UTF-8",
    ];
    assert_eq!(taken.refused.len(), says.len());
    for (refused, says) in taken.refused.iter().zip(says) {
        assert!(refused.starts_with(says), "{refused}");
    }
    assert!(taken.ended);
}

#[test]
fn csv_is_read_with_its_quotes_marks_and_other_names() {
    let content = "\u{FEFF} Time ,TEXT,author,url\r\n\
        2026-11-20T10:00:00Z,\"two\nlines, \"\"quoted\"\"\",@a,https://x.example/1\r\n\
        2026-11-20T10:00:01Z,5\" of rain,,\r\n\
        2026-11-20T10:00:02Z,too,many,values,here\r\n\
        20 November,a,b,\r\n\
        ,no time,@c,\r\n";
    let rig = Rig::new("a.csv", Some("1000000x"), content.as_bytes());
    let later = now().checked_add(SignedDuration::from_secs(1)).unwrap();
    let first = rig.look(None, now()).batch;
    let second = rig.look(first.cursor.as_deref(), later).batch;
    let all: Vec<_> = first.mentions.iter().chain(&second.mentions).collect();
    let texts: Vec<_> = all.iter().map(|mention| mention.text.as_str()).collect();
    assert_eq!(texts, ["two\nlines, \"quoted\"", "5\" of rain", "no time"]);
    assert_eq!((all[0].author.as_deref(), all[1].author.as_deref()), (Some("@a"), None));
    assert!(all[2].id.starts_with("line-7-"), "{}", all[2].id);
    assert!(second.refused[0].starts_with("line 5 of a.csv: it has 5 values under 4 columns"));
    assert!(second.refused[1].starts_with("line 6 of a.csv: `published` is \"20 November\""));
}

#[test]
fn a_header_that_does_not_do_is_told_with_its_remedy() {
    for (content, says) in [
        ("id,published\n1,2\n", "names no column `text`"),
        ("text,sentiment\na,b\n", "\"sentiment\" is not known"),
        ("text,time,published\na,b,c\n", "two columns are `published`"),
        ("", "does not name its columns"),
        ("\"text\n", "does not name its columns"),
    ] {
        let error = Rig::new("a.csv", Some("1x"), content.as_bytes()).error();
        assert!(error.contains(says), "{error}\n  says not: {says}");
    }
    let gone = Rig::new("a.csv", Some("1x"), b"text\n");
    fs::remove_file(gone.feed.path()).unwrap();
    assert!(gone.error().contains("does not exist; create it"));
    fs::create_dir(gone.feed.path()).unwrap();
    assert!(gone.error().contains("not a plain file"));
}

#[test]
fn records_end_where_csv_says() {
    let record = |bytes, lines| Next::Record { bytes, next: bytes + 1, lines };
    for (piece, expected) in [
        ("a,b\nc", record(3, 1)),
        ("a,\"b\nc\"\nd", record(7, 2)),
        ("\"a\"\"\n\"\n", record(6, 2)),
        ("a\"b\nc\"\n", record(3, 1)),
        ("\"a\"b\n", record(4, 1)),
        ("\n", record(0, 1)),
        ("a,b", Next::Incomplete),
        ("a,\"b\n", Next::Incomplete),
        ("", Next::Incomplete),
    ] {
        assert_eq!(next(Format::Csv, piece.as_bytes(), false), expected, "{piece:?}");
    }
    assert_eq!(next(Format::Csv, b"a,b", true), Next::Record { bytes: 3, next: 3, lines: 1 });
    assert_eq!(next(Format::Csv, b"a,\"b\nc\n", true), Next::Unclosed { next: 5 });
    let within = |lines: u64| {
        let breaks = "\n".repeat(usize::try_from(lines - 1).unwrap());
        next(Format::Csv, format!("\"{breaks}\"\nrest").as_bytes(), false)
    };
    assert!(matches!(within(RECORD_LINES_MAX), Next::Record { lines: RECORD_LINES_MAX, .. }));
    assert_eq!(within(RECORD_LINES_MAX + 1), Next::Unclosed { next: 2 });
}

#[test]
fn a_quote_never_closed_costs_its_own_line_only() {
    let content = "text\ngood\n\"never closed\nbetter\nbest\n";
    let taken = Taken::of(&Rig::new("a.csv", Some("1x"), content.as_bytes()));
    assert_eq!(taken.texts, ["good", "better", "best"]);
    assert_eq!(taken.refused.len(), 1);
    assert!(taken.refused[0].starts_with("line 3 of a.csv: a quoted value"), "{:?}", taken.refused);
}

#[test]
fn a_line_may_be_so_long_and_no_longer() {
    for name in ["a.jsonl", "a.csv"] {
        let frame = if name == "a.csv" { "" } else { "{\"text\":\"a\"}" };
        let long = |bytes: usize| [frame, &" ".repeat(bytes - frame.len())].concat();
        let head = if name == "a.csv" { "text\n" } else { "" };
        let tail = if name == "a.csv" { "after\n" } else { "{\"text\":\"after\"}\n" };
        let content = [head, &long(RECORD_BYTES_MAX), "\n", &long(RECORD_BYTES_MAX + 1), "\n", tail].concat();
        let taken = Taken::of(&Rig::new(name, None, content.as_bytes()));
        assert_eq!(taken.texts.last().unwrap(), "after", "{name}");
        assert_eq!(taken.refused.len(), 1, "{:?}", taken.refused);
        assert!(taken.refused[0].contains("longer than 524288 bytes"), "{:?}", taken.refused);
    }
}

#[test]
fn a_line_longer_than_a_look_is_passed_over_and_told_once() {
    let rig = Rig::new("a.jsonl", None, line("1").as_bytes());
    let mut taken = Taken::of(&rig);
    for _ in 0..5 {
        rig.append(&vec![b'x'; 1024 * 1024]);
        taken.drain(&rig);
    }
    rig.append(format!("\n{}", line("2")).as_bytes());
    rig.append(b"bad\n");
    taken.drain(&rig);
    assert_eq!(taken.ids, ["1", "2"]);
    assert_eq!(taken.refused.len(), 2);
    assert!(taken.refused[1].starts_with("line 4 of a.jsonl"), "{:?}", taken.refused);
}

#[test]
fn a_batch_holds_five_hundred() {
    let rig = Rig::new("a.jsonl", None, lines(0..BATCH_MAX + 1).as_bytes());
    let first = rig.look(None, now()).batch;
    assert_eq!(first.mentions.len(), BATCH_MAX);
    let second = rig.look(first.cursor.as_deref(), now()).batch;
    assert_eq!(second.mentions.len(), 1);
    assert_eq!(Taken::of(&rig).ids.len(), BATCH_MAX + 1);
}

#[test]
fn growing_byte_by_byte_neither_repeats_nor_loses() {
    let json = format!("\u{FEFF}{}\r\n\n{}bad\n{}", line("ä").trim_end(), line("2"), line("3"));
    let csv = "\u{FEFF}id,text\r\n1,\"a\r\n\"\"b\"\"\"\n2,c\n\n3,\"\u{1F6A8}, d\"\r\n4,a,b\n";
    for (name, content) in [("a.jsonl", json.as_str()), ("a.csv", csv)] {
        let whole = Taken::of(&Rig::new(name, None, content.as_bytes()));
        assert_eq!((whole.ids.len(), whole.refused.len()), (3, 1), "{name}");
        let rig = Rig::new(name, None, b"");
        let mut taken = Taken::of(&rig);
        for byte in content.as_bytes() {
            rig.append(&[*byte]);
            taken.drain(&rig);
        }
        assert_eq!((taken.ids, taken.texts), (whole.ids, whole.texts), "{name}");
        assert_eq!(taken.refused, whole.refused, "{name}");
        assert!(!taken.ended);
    }
}

#[test]
fn an_unfinished_line_waits_for_its_end() {
    let rig = Rig::new("a.jsonl", None, b"{\"id\":\"1\",\"text\":\"a\"}");
    let mut taken = Taken::of(&rig);
    assert!(taken.ids.is_empty());
    rig.append(b"\n");
    taken.drain(&rig);
    assert_eq!(taken.ids, ["1"]);
}

#[test]
fn a_file_cut_short_is_read_from_its_beginning() {
    let rig = Rig::new("a.jsonl", None, lines(0..5).as_bytes());
    let mut taken = Taken::of(&rig);
    fs::write(rig.feed.path(), line("new")).unwrap();
    taken.drain(&rig);
    assert_eq!(taken.ids.last().unwrap(), "new");
    assert!(taken.refused[0].contains("cut short or rewritten"), "{:?}", taken.refused);
    // Cut, and grown beyond the old place before anyone looked.
    fs::write(rig.feed.path(), lines(100..120)).unwrap();
    taken.drain(&rig);
    assert_eq!(taken.ids.len(), 5 + 1 + 20);
    assert_eq!(taken.refused.len(), 2);
}

#[test]
fn a_file_moved_aside_is_read_to_its_end_before_the_next() {
    for (name, head) in [("a.jsonl", ""), ("a.csv", "text,id\n")] {
        let row = |id: &str| if head.is_empty() { line(id) } else { format!("text {id},{id}\n") };
        let rig = Rig::new(name, None, [head, &row("1")].concat().as_bytes());
        let mut taken = Taken::of(&rig);
        rig.append(row("2").as_bytes());
        rig.append(row("3").trim_end().as_bytes());
        let aside = rig.folder.path().join("a.1");
        fs::rename(rig.feed.path(), &aside).unwrap();
        // Before the new file is there, the old one is still the one that grows.
        taken.drain(&rig);
        assert_eq!(taken.ids, ["1", "2"], "{name}");
        // The new file's columns need not stand in the old one's order.
        let fresh = if head.is_empty() { row("4") } else { "id,text\n4,text 4\n".to_owned() };
        fs::write(rig.feed.path(), fresh).unwrap();
        taken.drain(&rig);
        assert_eq!(taken.ids, ["1", "2", "3", "4"], "{name}");
        assert_eq!(taken.texts, ["text 1", "text 2", "text 3", "text 4"], "{name}");
        assert!(taken.refused.is_empty(), "{:?}", taken.refused);
        fs::remove_file(aside).unwrap();
        rig.append(if head.is_empty() { line("5") } else { "5,text 5\n".to_owned() }.as_bytes());
        taken.drain(&rig);
        assert_eq!(taken.ids.last().unwrap(), "5", "{name}");
    }
}

#[test]
fn a_file_replaced_with_the_old_one_gone_is_told() {
    let rig = Rig::new("a.jsonl", None, line("1").as_bytes());
    let mut taken = Taken::of(&rig);
    let other = rig.folder.path().join("other");
    fs::write(&other, line("2")).unwrap();
    fs::rename(other, rig.feed.path()).unwrap();
    taken.drain(&rig);
    assert_eq!(taken.ids, ["1", "2"]);
    assert!(taken.refused[0].contains("was replaced after 27 bytes"), "{:?}", taken.refused);
}

#[test]
fn lines_without_ids_in_successive_files_are_different_mentions() {
    let rig = Rig::new("a.jsonl", None, b"{\"text\":\"same\"}\n");
    let mut taken = Taken::of(&rig);
    fs::rename(rig.feed.path(), rig.folder.path().join("a.1")).unwrap();
    fs::write(rig.feed.path(), b"{\"text\":\"same\"}\n").unwrap();
    taken.drain(&rig);
    assert_eq!(taken.texts, ["same", "same"]);
    assert_ne!(taken.ids[0], taken.ids[1]);
}

#[test]
fn a_cursor_of_another_kind_begins_anew_and_one_unreadable_is_told() {
    let rig = Rig::new("a.jsonl", None, lines(0..3).as_bytes());
    let cursor = Taken::of(&rig).cursor;
    let replay = FileFeed::new(&settings(rig.feed.path(), Some("1x"))).unwrap();
    assert_eq!(replay.look(cursor.as_deref(), now()).unwrap().batch.mentions.len(), 3);
    let beside = rig.folder.path().join("b.jsonl");
    fs::write(&beside, lines(0..2)).unwrap();
    let beside = FileFeed::new(&settings(&beside, None)).unwrap();
    assert_eq!(beside.look(cursor.as_deref(), now()).unwrap().batch.mentions.len(), 2);
    for text in ["", "follow9 x", "follow1 a b c", "replay1 a 1 2 3 0 f"] {
        let error = rig.feed.look(Some(text), now()).unwrap_err().to_string();
        assert!(error.contains("give the feed another name"), "{error}");
    }
}

#[tokio::test]
async fn a_poll_with_something_new_answers_at_once() {
    let rig = Rig::new("a.jsonl", None, line("1").as_bytes());
    let batch = rig.feed.poll(None).await.unwrap();
    assert_eq!(batch.mentions[0].id, "1");
    rig.append(line("2").as_bytes());
    let batch = rig.feed.poll(batch.cursor).await.unwrap();
    assert_eq!(batch.mentions[0].id, "2");
}
