//! One contract, two ways to run it: the writer in-line, as the simulation does, and on its thread, as production does. And its bounds.

use std::path::Path;

use holdline::core::incident::{Event, MailKind, VERSIONS_MAX, Verification};
use holdline::core::name::StepId;
use holdline::core::playbook::FactValue;
use holdline::engine::{
    Clock, Engine, MailTaken, ManualClock, QUEUE_MAX, RecordError, Recorder, SIGN_INS_AT_ONCE_MAX, Work,
};
use holdline::store::{INSTALLATION, Reader};
use jiff::Timestamp;

use crate::hospital::{self, person};

const KEY: &[u8] = b"the key of the writer's contract";

fn now() -> Timestamp {
    "2026-11-22T03:00:00Z".parse().unwrap()
}

fn recorder(path: &Path) -> Recorder {
    let mut next = 0_u8;
    let salts = Box::new(move |salt: &mut [u8]| {
        next = next.wrapping_add(1);
        salt.fill(next);
    });
    Recorder::open(path, KEY, salts, hospital::standing(), hospital::watches(), now()).unwrap()
}

type Job = fn(&mut Work<'_, '_>) -> Result<(), RecordError>;

/// A story in jobs: what is taken, what is refused, and what is carried out inside.
const STORY: &[Job] = &[
    |work| work.open(&"breach".into(), &person("ana"), "a call").map(drop),
    |work| work.open(&"nothing".into(), &person("ana"), "a call").map(drop),
    |work| work.record(1, Event::Claimed { by: person("ben") }),
    |work| work.record(1, Event::Claimed { by: person("ana") }),
    |work| {
        let value = FactValue::Phone("+1 555 010 0100".to_owned());
        work.record(1, Event::FactConfirmed { fact: "help_line".into(), value, by: person("ana") })
    },
    |work| work.carry_out_inside().map(drop),
    |work| {
        let reason = "no".to_owned();
        work.record(1, Event::Verified { verdict: Verification::Real, by: person("ana"), reason })
    },
    |work| work.seal(),
];

fn head(path: &Path) -> (u64, Vec<u8>) {
    let head = Reader::new(path).verify(KEY, |_| {}).unwrap();
    (head.seq, head.mac)
}

#[tokio::test(flavor = "multi_thread")]
async fn in_line_and_on_its_thread_the_writer_writes_the_same_record() {
    let folder = tempfile::tempdir().unwrap();
    let (in_line, on_thread) = (folder.path().join("in-line.db"), folder.path().join("on-thread.db"));
    let mut direct = recorder(&in_line);
    let answers: Vec<_> = STORY.iter().map(|job| direct.commit_one(now(), *job)).collect();
    let (engine, thread) = Engine::start(recorder(&on_thread), &on_thread, Clock::Manual(ManualClock::at(now())));
    let mut threaded = Vec::new();
    for job in STORY {
        threaded.push(engine.call(*job).await);
    }
    let board = engine.board();
    drop(engine);
    tokio::task::spawn_blocking(move || thread.join()).await.unwrap();
    assert_eq!(answers, threaded);
    assert!(answers.iter().any(Result::is_err) && answers.iter().any(Result::is_ok));
    assert_eq!(head(&in_line), head(&on_thread), "the same jobs at the same time give the same chain");
    assert_eq!(direct.board().borrow().incidents[&1].incident, board.incidents[&1].incident);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_so_and_loses_nothing_that_it_took() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("holdline.db");
    let (engine, thread) = Engine::start(recorder(&path), &path, Clock::Manual(ManualClock::at(now())));
    let (enter, gate) = std::sync::mpsc::channel::<()>();
    let mut calls = tokio::task::JoinSet::new();
    let holding = engine.clone();
    // The writer waits inside this job until it is told to go on.
    calls.spawn(async move { holding.call(move |_| gate.recv().map_err(|_| RecordError::Stopping)).await });
    for _ in 0..QUEUE_MAX + 600 {
        let engine = engine.clone();
        calls.spawn(async move { engine.call(|work| work.seal()).await });
    }
    while calls.len() > QUEUE_MAX + 300 {
        assert_eq!(calls.join_next().await.unwrap().unwrap(), Err(RecordError::Busy), "the queue is full");
    }
    enter.send(()).unwrap();
    let answers = calls.join_all().await;
    let taken = answers.iter().filter(|answer| answer.is_ok()).count();
    drop(engine);
    tokio::task::spawn_blocking(move || thread.join()).await.unwrap();
    let sealed = Reader::new(&path).events(INSTALLATION).unwrap().len() - 1;
    assert_eq!(sealed, taken - 1, "every call that was answered is in the record, and nothing else");
}

#[test]
fn a_refused_job_leaves_nothing_and_its_neighbours_stand() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("holdline.db");
    let mut recorder = recorder(&path);
    let refused: Result<(), _> = recorder.commit_one(now(), |work| {
        work.open(&"breach".into(), &person("ana"), "a call")?;
        Err(RecordError::NoSuchPlaybook)
    });
    assert!(refused.is_err());
    assert!(recorder.board().borrow().incidents.is_empty());
    recorder.commit_one(now(), |work| work.open(&"breach".into(), &person("ana"), "a call")).unwrap();
    assert_eq!(recorder.board().borrow().incidents.len(), 1);
    let count = Reader::new(&path).events(1).unwrap().len();
    assert_eq!(count, 1, "the refused opening left no event");
    head(&path);
}

#[test]
fn a_statement_keeps_a_hundred_versions_and_says_so_at_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(&folder.path().join("holdline.db"));
    for job in &STORY[..6] {
        let _ = recorder.commit_one(now(), *job);
    }
    let mut last = Ok(());
    for number in 1..=VERSIONS_MAX {
        let entry = recorder.board().borrow().incidents[&1].clone();
        let current = entry.incident.statements[&StepId::from("holding")].current().unwrap();
        let mut package = current.package.clone();
        package.findings.clear();
        package.variants[0].body = format!("{} Again.", package.variants[0].body);
        assert_eq!(usize::try_from(current.number).unwrap(), number);
        let event = Event::Saved {
            statement: "holding".into(),
            by: holdline::core::incident::Author::Person(person("ana")),
            replaces: current.number,
            basis: entry.incident.events,
            package: Box::new(package),
        };
        last = recorder.commit_one(now(), |work| work.record(1, event));
    }
    assert!(last.unwrap_err().to_string().contains("100 versions"));
}

#[test]
fn sign_in_mails_are_bounded_while_one_of_them_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("holdline.db");
    let mut recorder = recorder(&path);
    for _ in 0..SIGN_INS_AT_ONCE_MAX + 3 {
        recorder.commit_one(now(), |work| work.ask_sign_in("ana@riverside.example")).unwrap();
    }
    let asked = Reader::new(&path).events(INSTALLATION).unwrap();
    let asked = asked.iter().filter(|row| row.header.contains("sign_in_asked")).count();
    assert_eq!(asked, usize::try_from(SIGN_INS_AT_ONCE_MAX).unwrap());
}

#[test]
fn a_mail_that_did_not_go_out_is_given_back_to_the_hour_that_counted_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = recorder(&folder.path().join("holdline.db"));
    let (most, ana, next_hour) = (2, person("ana"), now() + jiff::SignedDuration::from_hours(1));
    let mut take = |at| recorder.commit_one(at, |work| work.take_mail(&ana, MailKind::Ask, most)).unwrap();
    let MailTaken::Counted(first) = take(now()) else { panic!("the first of the hour") };
    assert!(matches!(take(next_hour), MailTaken::Counted(_)));
    recorder.commit_one(next_hour, |work| work.give_mail_back(&first)).unwrap();
    let mut take = |at| recorder.commit_one(at, |work| work.take_mail(&ana, MailKind::Ask, most)).unwrap();
    assert!(matches!(take(next_hour), MailTaken::Counted(_)), "the second of two");
    let later = next_hour + jiff::SignedDuration::from_hours(1);
    assert!(matches!(take(next_hour), MailTaken::Later(at) if at == later), "a third would be one too many");
    let alert = recorder.commit_one(next_hour, |work| work.take_mail(&ana, MailKind::Alert, most)).unwrap();
    assert!(matches!(alert, MailTaken::Counted(_)), "an alert waits behind no request");
}
