//! Running watches that alarm by their own past: over restarts, after silence, and after what was closed.

use std::time::{Duration, Instant};

use holdline::core::mention::Mention;
use holdline::core::query::Query;
use holdline::core::watch::{Besides, Mentions, Voices, Watch};
use holdline::engine::{Reading, Recorder};
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
    /// The clock that nobody sets, and how far the other one has leapt beside it.
    began: (Instant, Timestamp),
    leapt: SignedDuration,
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
            self.reading(),
        )
        .unwrap()
    }

    /// An hour goes by in which so much is said, each time by somebody else.
    fn hour(&mut self, recorder: &mut Recorder, mentions: u32) {
        for minute in 0..60 {
            self.now += SignedDuration::from_mins(1);
            let said: Vec<Mention> = (0..mentions).filter(|at| at % 60 == minute).map(|_| self.mention()).collect();
            recorder.commit_one(self.reading(), |work| work.take_in(&"listening".into(), &said)).unwrap();
            recorder.commit_one(self.reading(), |work| work.tick()).unwrap();
        }
    }

    fn reading(&self) -> Reading {
        let (began, at) = self.began;
        let gone_by = self.now.duration_since(at) - self.leapt;
        Reading { shown: self.now, steady: Some(began + Duration::try_from(gone_by).unwrap()) }
    }

    fn incidents(recorder: &Recorder) -> usize {
        recorder.board().borrow().incidents.len()
    }

    fn close(&self, recorder: &mut Recorder, incident: u32) {
        let closed = holdline::core::incident::Event::Verified {
            verdict: holdline::core::incident::Verification::FalseAlarm,
            by: hospital::person("ana"),
            reason: "not about the hospital".to_owned(),
        };
        recorder.commit_one(self.reading(), |work| work.record(incident, closed)).unwrap();
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
    let (detector, store) = (("false_alarms", "1 per week"), tempfile::tempdir().unwrap());
    let now = "2026-11-22T00:00:00Z".parse().unwrap();
    House { detector, store, now, began: (Instant::now(), now), leapt: SignedDuration::ZERO, said: 0 }
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
    let before = asked(&mut recorder, house.reading()).unwrap();
    assert!(before.expected.is_some() && before.once_in.is_some() && before.more_than > 0, "{before:?}");
    drop(recorder);
    let mut recorder = house.open("riverside");
    assert_eq!(asked(&mut recorder, house.reading()).unwrap(), before);
    drop(recorder);
    let mut recorder = house.open("riverside OR hospital");
    assert_eq!(
        asked(&mut recorder, house.reading()).unwrap().expected,
        None,
        "what answers another question says nothing"
    );
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
    house.close(&mut recorder, id);
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
    house.close(&mut recorder, 1);
    for _ in 0..3 {
        house.hour(&mut recorder, 4);
    }
    house.hour(&mut recorder, 900);
    assert_eq!(recorder.board().borrow().incidents.len(), 2, "far louder than what was closed");
}

#[test]
fn a_second_crisis_days_later_is_seen_though_talk_never_fell_back() {
    let mut house = House { detector: ("more_than", "5 mentions in 1h"), ..house() };
    let mut recorder = house.open("riverside");
    house.hour(&mut recorder, 60);
    assert_eq!(House::incidents(&recorder), 1);
    house.close(&mut recorder, 1);
    let days = |house: &mut House, mut recorder: Recorder, days: usize| {
        for _ in 0..days {
            (0..24).for_each(|_| house.hour(&mut recorder, 10));
            // What an alarm left outlives a restart.
            drop(recorder);
            recorder = house.open("riverside");
        }
        recorder
    };
    let mut recorder = days(&mut house, recorder, 1);
    house.hour(&mut recorder, 40);
    assert_eq!(House::incidents(&recorder), 1, "a day later it is held against the first one");
    let mut recorder = days(&mut house, recorder, 3);
    assert_eq!(House::incidents(&recorder), 1, "what goes on is no news");
    house.hour(&mut recorder, 40);
    assert_eq!(House::incidents(&recorder), 2, "four times what every day since the first held");
}

#[test]
fn what_was_said_by_another_setting_is_no_measure_of_this_one() {
    let mut house = House { detector: ("more_than", "5 mentions in 1h"), ..house() };
    let mut recorder = house.open("riverside");
    house.hour(&mut recorder, 60);
    house.close(&mut recorder, 1);
    (0..4).for_each(|_| house.hour(&mut recorder, 8));
    drop(recorder);
    let mut recorder = house.open("riverside");
    house.hour(&mut recorder, 8);
    assert_eq!(House::incidents(&recorder), 1, "as before");
    drop(recorder);
    house.detector = ("more_than", "6 mentions in 1h");
    let mut recorder = house.open("riverside");
    house.hour(&mut recorder, 8);
    assert_eq!(House::incidents(&recorder), 2, "a changed setting looks afresh");
}

#[test]
fn while_its_feed_fails_a_watch_hears_nothing_rather_than_silence() {
    let mut house = House { detector: ("fewer_than", "5 mentions in 6h"), ..house() };
    let mut recorder = house.open("riverside");
    for _ in 0..60 {
        house.hour(&mut recorder, 4);
    }
    recorder.commit_one(house.reading(), |work| work.feed_fails(&"listening".into())).unwrap();
    for _ in 0..8 {
        house.hour(&mut recorder, 0);
    }
    drop(recorder);
    let mut recorder = house.open("riverside");
    house.hour(&mut recorder, 0);
    assert_eq!(House::incidents(&recorder), 0, "what cannot be heard is not silent, also after a start");
    recorder.commit_one(house.reading(), |work| work.feed_answers(&"listening".into())).unwrap();
    for _ in 0..5 {
        house.hour(&mut recorder, 0);
    }
    assert_eq!(House::incidents(&recorder), 0, "it listens for as long as it looks back");
    house.hour(&mut recorder, 0);
    house.hour(&mut recorder, 0);
    assert_eq!(House::incidents(&recorder), 1, "the feed answers, and nobody says anything");
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
    let before = asked(&mut recorder, house.reading());
    drop(recorder);
    house.now += SignedDuration::from_hours(10 * 24);
    let mut recorder = house.open("riverside");
    house.hour(&mut recorder, 12);
    let after = asked(&mut recorder, house.reading());
    assert_eq!(recorder.board().borrow().incidents.len(), 0, "the usual is no spike after ten days without it");
    assert!((after / before - 1.0).abs() < 0.1, "{before} {after}");
    drop(recorder);
    let mut recorder = house.open("riverside");
    house.hour(&mut recorder, 12);
    let again = asked(&mut recorder, house.reading());
    assert!((again / before - 1.0).abs() < 0.1, "also after one more start: {before} {again}");
    // A machine that sleeps with the program in it, and a clock that is set forward.
    let slept = SignedDuration::from_hours(12);
    house.now += slept;
    house.leapt += slept;
    house.hour(&mut recorder, 12);
    let awake = asked(&mut recorder, house.reading());
    assert_eq!(House::incidents(&recorder), 0);
    assert!((awake / before - 1.0).abs() < 0.1, "after a sleep: {before} {awake}");
}
