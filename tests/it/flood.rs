//! A flood: a million mentions in ten minutes open one incident, send few mails, are counted exactly, and hide no other spike.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use holdline::core::detect::KINDS;
use holdline::core::incident::{EVIDENCE_MAX, Event, Spike};
use holdline::core::mention::Mention;
use holdline::core::name::FeedName;
use holdline::core::query::Query;
use holdline::core::watch::{Voices, Watch};
use holdline::engine::Recorder;
use holdline::feed::webhook::MENTIONS_MAX;
use holdline::store::{INSTALLATION, Reader, Settled};
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use reqwest::StatusCode;
use serde_json::Value;

use crate::hospital;
use crate::test_app::TestApp;

const KEY: &[u8] = b"flood key";
/// Simulated; `HOLDLINE_FLOOD=100000` takes fewer.
const FLOOD: usize = 1_000_000;
const FLOOD_SECONDS: i64 = 600;
/// Fewer than the voices kept of a watch, so that they are counted exactly.
const AUTHORS: u64 = 100_000;
/// Mails of the whole flood: two alerts, their ladder after ten minutes, one task, and what the same brings for the small spike.
const MAILS_MAX: usize = 24;
/// Through the webhook, where every delivery is signed, checked and answered.
const DELIVERED: usize = 20_000;
const DELIVERIES: usize = 40;
/// Events of the whole flood's incident: its count is told when it doubles, not at every mention.
const EVENTS_MAX: i64 = 40;
/// Growth of the whole process, SQLite's cache included.
const GROWTH_BYTES_MAX: u64 = 64 << 20;

fn begin() -> Timestamp {
    "2026-11-22T14:00:00Z".parse().unwrap()
}

fn watch(name: &str, query: &str) -> Watch {
    Watch {
        name: name.into(),
        query: Query::parse(query).unwrap(),
        feeds: ["listening".into()].into(),
        detector: (KINDS.iter().find(|kind| kind.name == "more_than").unwrap().parse)("5 mentions in 15m").unwrap(),
        at_least: None,
        from: Voices(3),
        opens: Some("breach".into()),
    }
}

fn mention(id: usize, author: &str, text: &str) -> Mention {
    Mention {
        id: format!("m{id}"),
        title: None,
        text: text.to_owned(),
        author: Some(author.to_owned()),
        url: Some(format!("https://social.example/{author}/{id}")),
        language: Some("en".to_owned()),
        published: None,
    }
}

/// What a watch must have counted, kept apart from the engine.
#[derive(Default)]
struct Truth {
    minutes: BTreeMap<i64, u32>,
    voices: BTreeSet<u64>,
    /// Count and voices of the window at each tick; the window is longer than the flood.
    ticks: BTreeMap<Timestamp, (u32, usize)>,
}

impl Truth {
    fn add(&mut self, at: Timestamp, author: u64) {
        *self.minutes.entry(at.as_second().div_euclid(60)).or_default() += 1;
        self.voices.insert(author);
    }

    fn ticked(&mut self, at: Timestamp) {
        self.ticks.insert(at, (self.minutes.values().sum(), self.voices.len()));
    }
}

struct Flood {
    _folder: tempfile::TempDir,
    path: PathBuf,
    recorder: Recorder,
    now: Timestamp,
    feed: FeedName,
    /// By person.
    mails: BTreeMap<String, usize>,
}

impl Flood {
    fn new() -> Self {
        let shared = Path::new("/dev/shm");
        let folder = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap();
        let path = folder.path().join("holdline.db");
        let mut salts = StdRng::seed_from_u64(1);
        let salts = Box::new(move |salt: &mut [u8]| salts.fill_bytes(salt));
        let watches = vec![watch("breach", "riverside AND (breach OR leak*)"), watch("parking", "riverside parking")];
        let recorder = Recorder::open(&path, KEY, salts, hospital::standing(), watches, begin()).unwrap();
        Self { _folder: folder, path, recorder, now: begin(), feed: "listening".into(), mails: BTreeMap::new() }
    }

    fn take_in(&mut self, mentions: &[Mention]) -> (usize, usize) {
        let feed = self.feed.clone();
        let taken = self.recorder.commit_one(self.now, |work| work.take_in(&feed, mentions)).unwrap();
        (taken.new, taken.known)
    }

    fn tick(&mut self) {
        self.recorder.commit_one(self.now, |work| work.tick()).unwrap();
        self.carry_out();
    }

    /// Does what is due, and takes note of every mail instead of sending it.
    fn carry_out(&mut self) {
        while self.recorder.commit_one(self.now, |work| work.carry_out_inside()).unwrap() {}
        loop {
            let rows = self.recorder.commit_one(self.now, |work| work.claim_outside(64)).unwrap();
            if rows.is_empty() {
                return;
            }
            for row in rows {
                if row.id.incident != INSTALLATION {
                    let effect: Value = serde_json::from_str(&row.body).unwrap();
                    let (_, inside) = effect.as_object().unwrap().iter().next().unwrap();
                    *self.mails.entry(inside["person"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
                }
                let sent = Settled::Done("sent".to_owned());
                self.recorder.commit_one(self.now, |work| work.settle(&row, &sent, None)).unwrap();
            }
        }
    }

    /// What the incident was told of its watch's count, its opening first.
    fn told(&self, incident: u32) -> Vec<Spike> {
        let rows = Reader::new(&self.path).events(incident).unwrap();
        let told = rows.iter().filter_map(|row| match row.event().unwrap()? {
            Event::Opened(opening) => opening.spike,
            Event::SpikeChanged { spike } => Some(spike),
            _ => None,
        });
        told.collect()
    }

    fn number(&self, sql: &str) -> i64 {
        rusqlite::Connection::open(&self.path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn a_million_mentions_in_ten_minutes_open_one_incident_and_hide_no_other() {
    let wanted = std::env::var("HOLDLINE_FLOOD").ok().map_or(FLOOD, |asked| asked.parse().unwrap());
    let deliveries = wanted / MENTIONS_MAX;
    let step = SignedDuration::from_secs(FLOOD_SECONDS) / i32::try_from(deliveries).unwrap();
    let (mut flood, mut truth, mut rng) = (Flood::new(), Truth::default(), StdRng::seed_from_u64(2));
    let (mut ticked, mut resident, mut known) = (begin(), 0, 0);
    for delivery in 0..deliveries {
        flood.now += step;
        let batch: Vec<Mention> = (0..MENTIONS_MAX)
            .map(|at| {
                let author = rng.random_range(0..AUTHORS);
                truth.add(flood.now, author);
                let text = "Riverside General leaked my records, I am told";
                mention(delivery * MENTIONS_MAX + at, &format!("voice{author}"), text)
            })
            .collect();
        assert_eq!(flood.take_in(&batch), (MENTIONS_MAX, 0));
        if delivery % 100 == 7 {
            assert_eq!(flood.take_in(&batch), (0, MENTIONS_MAX), "what comes twice counts once");
            known += MENTIONS_MAX;
        }
        if delivery == deliveries / 2 {
            small_spike(&mut flood, wanted);
        }
        if flood.now.duration_since(ticked) >= SignedDuration::from_mins(1) {
            ticked = flood.now;
            truth.ticked(ticked);
            flood.tick();
        }
        flood.carry_out();
        // By then everything that is held once is there.
        if delivery == deliveries / 10 {
            resident = resident_bytes();
        }
    }
    let grown = resident_bytes().saturating_sub(resident);
    counted_exactly(&flood, &truth);
    told_seldom(&flood, &truth);
    let mails: usize = flood.mails.values().sum();
    assert!(mails <= MAILS_MAX, "{:?}", flood.mails);
    eprintln!(
        "flood: {wanted} mentions and {known} repeats, {} KiB grown, {mails} mails {:?}",
        grown >> 10,
        flood.mails
    );
    // Only nextest gives the test a process of its own.
    assert!(std::env::var_os("NEXTEST").is_none() || grown < GROWTH_BYTES_MAX, "{grown} bytes");
}

/// Six people, in the midst of it, about something else.
fn small_spike(flood: &mut Flood, first: usize) {
    let six = ["ana", "ben", "chi", "dev", "eve", "fay"];
    let said = (first..).zip(six).map(|(id, name)| mention(id, name, "No parking at Riverside, and nobody answers"));
    assert_eq!(flood.take_in(&said.collect::<Vec<_>>()), (six.len(), 0));
    let told = flood.told(2);
    assert_eq!(told.len(), 1, "the small spike opens an incident of its own, at once");
    assert_eq!((told[0].watch.as_str(), told[0].count, told[0].voices), ("parking", 6, 6));
    assert_eq!((told[0].at, told[0].evidence.len()), (flood.now, EVIDENCE_MAX));
}

/// The mentions, the counts of each minute, and every count that a person was told.
fn counted_exactly(flood: &Flood, truth: &Truth) {
    let all: u32 = truth.minutes.values().sum();
    assert_eq!(flood.number("select count(*) from mentions"), i64::from(all) + 6);
    assert_eq!(flood.number("select sum(count) from counts where watch = 'parking'"), 6);
    let db = rusqlite::Connection::open(&flood.path).unwrap();
    let mut counts = db.prepare("select minute, count from counts where watch = 'breach' order by minute").unwrap();
    let counts = counts.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(counts.collect::<Result<BTreeMap<i64, u32>, _>>().unwrap(), truth.minutes);
    let told = flood.told(1);
    assert_eq!((told[0].count, told[0].at), (6, flood.told(1)[0].at));
    for spike in &told[1..] {
        assert_eq!((spike.count, usize::try_from(spike.voices).unwrap()), truth.ticks[&spike.at], "at {}", spike.at);
    }
    assert!(told.len() > 2, "its growth was never told");
}

fn told_seldom(flood: &Flood, truth: &Truth) {
    assert_eq!(flood.number("select count(distinct incident) from events where incident > 0"), 2);
    let events = flood.number("select count(*) from events");
    assert!(events <= EVENTS_MAX, "{events} events");
    assert!(truth.ticks.len() >= 9, "{} ticks", truth.ticks.len());
    assert_eq!(flood.number("select count(*) from outbox where outcome is null and kind = 'mail'"), 0);
}

#[tokio::test]
async fn a_flood_through_the_webhook_opens_one_incident_and_mails_few() {
    let mut app = TestApp::start().await;
    let step = SignedDuration::from_secs(FLOOD_SECONDS) / i32::try_from(DELIVERIES).unwrap();
    for delivery in 0..DELIVERIES {
        app.clock.set(app.clock.now() + step);
        let mut lines: Vec<Value> = (0..DELIVERED / DELIVERIES)
            .map(|voice| app.mention(&format!("voice{voice}"), "@riversidegeneral: my records are in a leak"))
            .collect();
        if delivery == DELIVERIES / 2 {
            lines.extend((0..3).map(|voice| app.mention(&format!("driver{voice}"), "No parking at Riverside")));
        }
        assert_eq!(app.deliver("/in/listening", &lines).await.status(), StatusCode::OK);
        app.settle().await;
    }
    app.minutes_go_by(1).await;
    let watches: Vec<String> =
        (1..=2).filter_map(|id| Some(app.incident(id).spike.as_ref()?.watch.to_string())).collect();
    assert_eq!((app.incidents(), watches), (2, vec!["breach".to_owned(), "unsorted".to_owned()]));
    let db = rusqlite::Connection::open(app.file("holdline.db")).unwrap();
    let counted: usize = {
        let sql = "select sum(count) from counts where watch = 'breach'";
        db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().try_into().unwrap()
    };
    assert_eq!(counted, DELIVERED);
    let mails: BTreeMap<&str, usize> = ["ana", "ben", "chi", "cora", "dev", "eve", "fay"]
        .map(|who| (who, app.letters(who, "").len()))
        .into_iter()
        .collect();
    eprintln!("flood over HTTP: {DELIVERED} mentions, mails {mails:?}");
    assert!(mails.values().sum::<usize>() <= MAILS_MAX && mails["ana"] > 0, "{mails:?}");
}
