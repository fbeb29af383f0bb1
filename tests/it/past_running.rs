//! Running watches that alarm by their own past: over restarts, after silence, and after what was closed.

use holdline::core::mention::Mention;
use holdline::core::query::Query;
use holdline::core::watch::{Besides, Mentions, Voices, Watch};
use holdline::engine::Recorder;
use jiff::{SignedDuration, Timestamp};

use crate::hospital;
use crate::past::detector;

fn watch(query: &str, (kind, setting): (&str, &str)) -> Watch {
    Watch {
        name: "talk".into(),
        query: Query::parse(query).unwrap(),
        feeds: ["listening".into()].into(),
        detector: detector(kind, setting),
        at_least: (kind == "false_alarms").then_some(Mentions(8)),
        from: Voices(3),
        besides: Besides::default(),
        opens: Some("breach".into()),
    }
}

struct House {
    detector: (&'static str, &'static str),
    store: tempfile::TempDir,
    now: Timestamp,
    said: u32,
}

impl House {
    fn open(&self, query: &str) -> Recorder {
        let salts = Box::new(|salt: &mut [u8]| salt.fill(1));
        let path = self.store.path().join("holdline.db");
        Recorder::open(
            &path,
            &b"a key of the past"[..],
            salts,
            hospital::standing(),
            vec![watch(query, self.detector)],
            self.now,
        )
        .unwrap()
    }

    /// An hour goes by in which so much is said, each time by somebody else.
    fn hour(&mut self, recorder: &mut Recorder, mentions: u32) {
        for minute in 0..60 {
            self.now += SignedDuration::from_mins(1);
            let said: Vec<Mention> = (0..mentions).filter(|at| at % 60 == minute).map(|_| self.mention()).collect();
            recorder.commit_one(self.now, |work| work.take_in(&"listening".into(), &said)).unwrap();
            recorder.commit_one(self.now, |work| work.tick()).unwrap();
        }
    }

    fn mention(&mut self) -> Mention {
        self.said += 1;
        Mention {
            id: self.said.to_string(),
            title: None,
            text: format!("riverside {}", self.said),
            author: Some(format!("voice {}", self.said)),
            url: None,
            language: None,
            published: None,
            reach: None,
        }
    }
}

fn house() -> House {
    let detector = ("false_alarms", "1 per week");
    House { detector, store: tempfile::tempdir().unwrap(), now: "2026-11-22T00:00:00Z".parse().unwrap(), said: 0 }
}

#[test]
fn a_restart_forgets_nothing_and_another_question_begins_anew() {
    let mut house = house();
    let mut recorder = house.open("riverside");
    for hour in 0..60 {
        house.hour(&mut recorder, 3 + hour % 3);
    }
    let asked =
        |recorder: &mut Recorder, now| recorder.commit_one(now, |work| Ok(work.counted(&"talk".into()))).unwrap();
    let before = asked(&mut recorder, house.now).unwrap();
    assert!(before.expected.is_some() && before.once_in.is_some() && before.more_than > 0, "{before:?}");
    drop(recorder);
    let mut recorder = house.open("riverside");
    assert_eq!(asked(&mut recorder, house.now).unwrap(), before);
    drop(recorder);
    let mut recorder = house.open("riverside OR hospital");
    assert_eq!(asked(&mut recorder, house.now).unwrap().expected, None, "what answers another question says nothing");
}

#[test]
fn a_running_watch_hears_silence_but_not_before_it_has_listened_long_enough() {
    let mut house = House { detector: ("fewer_than", "5 mentions in 6h"), ..house() };
    let mut recorder = house.open("riverside");
    for _ in 0..60 {
        house.hour(&mut recorder, 4);
    }
    drop(recorder);
    let mut recorder = house.open("riverside");
    for _ in 0..5 {
        house.hour(&mut recorder, 0);
    }
    assert_eq!(recorder.board().borrow().incidents.len(), 0, "after a start it listens first");
    house.hour(&mut recorder, 0);
    house.hour(&mut recorder, 0);
    let board = recorder.board().borrow().clone();
    let spike = board.incidents.values().next().expect("an incident").incident.spike.clone().unwrap();
    assert_eq!((spike.fewer_than, spike.count, spike.line_words().as_str()), (Some(5), 0, "alarms below 5"));
    house.hour(&mut recorder, 0);
    assert_eq!(recorder.board().borrow().incidents.len(), 1);
}

#[test]
fn a_running_watch_opens_an_incident_at_the_mention_that_crosses_and_keeps_its_echo() {
    let mut house = house();
    let mut recorder = house.open("riverside");
    for hour in 0..60 {
        house.hour(&mut recorder, 3 + hour % 3);
    }
    assert_eq!(recorder.board().borrow().incidents.len(), 0);
    house.hour(&mut recorder, 120);
    let board = recorder.board().borrow().clone();
    let (id, entry) = board.incidents.iter().next().expect("an incident");
    let spike = entry.incident.spike.as_ref().unwrap();
    assert!(spike.ratio().unwrap() > 3.0 && spike.count >= 8, "{spike:?}");
    let id = *id;
    let closed = holdline::core::incident::Event::Verified {
        verdict: holdline::core::incident::Verification::FalseAlarm,
        by: hospital::person("ana"),
        reason: "a parade".to_owned(),
    };
    recorder.commit_one(house.now, |work| work.record(id, closed)).unwrap();
    for _ in 0..30 {
        house.hour(&mut recorder, 4);
    }
    drop(recorder);
    let mut recorder = house.open("riverside");
    house.hour(&mut recorder, 60);
    assert_eq!(recorder.board().borrow().incidents.len(), 1, "half as loud a day later is its echo");
}

#[test]
fn a_crisis_right_after_a_false_alarm_is_seen() {
    let mut house = house();
    let mut recorder = house.open("riverside");
    for hour in 0..60 {
        house.hour(&mut recorder, 3 + hour % 3);
    }
    house.hour(&mut recorder, 60);
    let closed = holdline::core::incident::Event::Verified {
        verdict: holdline::core::incident::Verification::FalseAlarm,
        by: hospital::person("ana"),
        reason: "a prank".to_owned(),
    };
    recorder.commit_one(house.now, |work| work.record(1, closed)).unwrap();
    for _ in 0..3 {
        house.hour(&mut recorder, 4);
    }
    house.hour(&mut recorder, 900);
    assert_eq!(recorder.board().borrow().incidents.len(), 2, "far louder than what was closed");
}

#[test]
fn while_it_did_not_run_nothing_was_silent() {
    let mut house = house();
    let mut recorder = house.open("riverside");
    for _ in 0..60 {
        house.hour(&mut recorder, 12);
    }
    // What an hour usually holds; which window is told differs.
    let asked = |recorder: &mut Recorder, now| {
        let counted = recorder.commit_one(now, |work| Ok(work.counted(&"talk".into()))).unwrap().unwrap();
        let minutes = u32::try_from(counted.window.as_seconds() / 60).unwrap();
        counted.expected.unwrap().as_f64() * 60.0 / f64::from(minutes)
    };
    let before = asked(&mut recorder, house.now);
    drop(recorder);
    house.now += SignedDuration::from_hours(10 * 24);
    let mut recorder = house.open("riverside");
    house.hour(&mut recorder, 12);
    let after = asked(&mut recorder, house.now);
    assert_eq!(recorder.board().borrow().incidents.len(), 0, "the usual is no spike after ten days without it");
    assert!((after / before - 1.0).abs() < 0.1, "{before} {after}");
    drop(recorder);
    let mut recorder = house.open("riverside");
    house.hour(&mut recorder, 12);
    let again = asked(&mut recorder, house.now);
    assert!((again / before - 1.0).abs() < 0.1, "also after one more start: {before} {again}");
}
