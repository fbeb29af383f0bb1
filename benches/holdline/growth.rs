//! P12: what a mention costs as watches and the store grow, and what a watch weighs.

use std::hint::black_box;

use super::folder::{on_disk, recorder, watches};
use super::ingest::{fresh, take_in};
use super::matching::matcher;
use super::posts::{Kind, TERMS_PER_WATCH, Words, queries};
use super::server::Running;
use super::table::{Goal, Table};
use super::turns::{by_turns, nanos_each};
use holdline::core::incident::{Event, Verification};
use holdline::core::mention::Mention;
use holdline::core::name::{PersonId, PlaybookName};
use holdline::core::playbook::FactValue;
use holdline::engine::Recorder;
use jiff::{SignedDuration, Timestamp};

const CURVE: [usize; 4] = [10, 100, 1_000, 10_000];
/// A file of settings may hold 50,000 values, which is not room for ten thousand watches.
const CURVE_OF_FILES: [usize; 4] = [10, 100, 1_000, 4_000];
const ROUNDS: usize = 5;
const MATCHED: usize = 100_000;
const STORED: usize = 10_000;
const BATCH: usize = 100;
const OLD_ROWS: usize = 1_000_000;
/// Incidents that came before and are over.
const OVER: [usize; 3] = [10, 100, 1_000];
const EVENTS: usize = 200;

pub(crate) fn measure(table: &mut Table) {
    let words = Words::new();
    let terms = words.strange_terms(CURVE[CURVE.len() - 1] * TERMS_PER_WATCH);
    matching_alone(table, &words, &terms);
    whole_way(table, &words, &terms);
    by_age(table, &words);
    by_incidents(table);
    by_memory(table, &words);
}

fn matching_alone(table: &mut Table, words: &Words, terms: &[String]) {
    let posts = words.posts(MATCHED, Kind::Usual);
    let mut first = None;
    for watches in CURVE {
        let matcher = matcher(&terms[..watches * TERMS_PER_WATCH]);
        let mut reading = || posts.iter().for_each(|post| drop(black_box(matcher.matches(post))));
        let took = by_turns(ROUNDS, &mut [&mut reading])[0];
        let nanos = nanos_each(MATCHED, took.cpu);
        let ten = *first.get_or_insert(nanos);
        table.against(
            format!("matching alone, {watches} watches that do not match"),
            "ns/post",
            nanos,
            ("10 watches", ten),
            Goal::Shown,
        );
    }
}

/// Matched, stored, indexed and committed, as the writer does it.
fn whole_way(table: &mut Table, words: &Words, terms: &[String]) {
    let folders: Vec<_> = CURVE.iter().map(|_| on_disk()).collect();
    let mut recorders: Vec<Recorder> = CURVE
        .iter()
        .zip(&folders)
        .map(|(number, folder)| recorder(folder.path(), watches(&queries(&terms[..number * TERMS_PER_WATCH]))))
        .collect();
    let nanos = stored_by_turns(&mut recorders, words);
    for (watches, each) in CURVE.iter().zip(&nanos) {
        let goal = if *watches == CURVE[0] { Goal::Shown } else { Goal::RatioAtMost(1.2) };
        let what = format!("a mention, {watches} watches that do not match");
        table.against(what, "ns CPU", *each, ("10 watches", nanos[0]), goal);
    }
}

/// The same mentions into an empty store and into one that is old.
fn by_age(table: &mut Table, words: &Words) {
    let queries = queries(&words.terms(TERMS_PER_WATCH * 10, false));
    let folders = [on_disk(), on_disk()];
    let mut recorders: Vec<Recorder> =
        folders.iter().map(|folder| recorder(folder.path(), watches(&queries))).collect();
    let old = words.posts(OLD_ROWS / 10, Kind::Usual);
    (0..10).for_each(|round| take_in(&mut recorders[1], &fresh(&old, 1_000 + round), 1_000));
    let nanos = stored_by_turns(&mut recorders, words);
    let what = format!("a mention, {OLD_ROWS} rows stored before");
    table.against(what, "ns CPU", nanos[1], ("an empty store", nanos[0]), Goal::RatioAtMost(1.2));
}

/// What an event costs after so many incidents, and what a start does, which verifies and folds all of them.
fn by_incidents(table: &mut Table) {
    let folders: Vec<_> = OVER.iter().map(|_| on_disk()).collect();
    let mut recorders: Vec<Recorder> = folders.iter().map(|folder| recorder(folder.path(), Vec::new())).collect();
    let (playbook, lead) = (PlaybookName::from("crew-0"), PersonId::from("lead0"));
    for (recorder, number) in recorders.iter_mut().zip(OVER) {
        for _ in 0..number {
            let id = recorder.commit_one(Timestamp::now(), |work| work.open(&playbook, &lead, "a call")).unwrap();
            let (verdict, by, reason) = (Verification::FalseAlarm, lead.clone(), "nothing".to_owned());
            let over = Event::Verified { verdict, by, reason };
            recorder.commit_one(Timestamp::now(), |work| work.record(id, over)).unwrap();
        }
    }
    let mut events: Vec<_> = recorders.iter_mut().map(|recorder| move || events_of_one(recorder)).collect();
    let mut sides: Vec<&mut dyn FnMut()> = events.iter_mut().map(|side| side as &mut dyn FnMut()).collect();
    let each: Vec<f64> = by_turns(ROUNDS, &mut sides).iter().map(|took| nanos_each(EVENTS, took.cpu)).collect();
    drop(events);
    drop(recorders);
    let mut starts: Vec<_> =
        folders.iter().map(|folder| move || drop(black_box(recorder(folder.path(), Vec::new())))).collect();
    let mut sides: Vec<&mut dyn FnMut()> = starts.iter_mut().map(|side| side as &mut dyn FnMut()).collect();
    let taken: Vec<f64> = by_turns(ROUNDS, &mut sides).iter().map(|took| nanos_each(1_000_000, took.cpu)).collect();
    for ((number, event), start) in OVER.iter().zip(&each).zip(&taken) {
        let goal = if *number == OVER[0] { Goal::Shown } else { Goal::RatioAtMost(1.2) };
        table.against(
            format!("an event, {number} incidents before"),
            "ns CPU",
            *event,
            ("10 incidents", each[0]),
            goal,
        );
        let what = format!("a start, {number} incidents before");
        table.against(what, "ms CPU", *start, ("10 incidents", taken[0]), Goal::Shown);
    }
}

/// One incident more, and a fact of it that is told again and again.
fn events_of_one(recorder: &mut Recorder) {
    let (playbook, by) = (PlaybookName::from("crew-0"), PersonId::from("lead0"));
    let now = Timestamp::now();
    let id = recorder.commit_one(now, |work| work.open(&playbook, &by, "a call")).unwrap();
    for nth in 1..i64::try_from(EVENTS).unwrap() {
        let value = FactValue::Datetime(now - SignedDuration::from_mins(nth));
        let told = Event::FactProposed { fact: "discovered_at".into(), value, by: by.clone() };
        recorder.commit_one(now, |work| work.record(id, told)).unwrap();
    }
}

/// CPU time of a mention in batches of a hundred, for each of `recorders`.
fn stored_by_turns(recorders: &mut [Recorder], words: &Words) -> Vec<f64> {
    let posts = words.posts(STORED, Kind::Usual);
    let rounds: Vec<Vec<Mention>> = (0..ROUNDS).map(|round| fresh(&posts, round)).collect();
    let mut sides: Vec<Box<dyn FnMut() + '_>> = Vec::new();
    for recorder in recorders {
        let mut round = rounds.iter();
        sides.push(Box::new(move || take_in(recorder, round.next().unwrap(), BATCH)));
    }
    let mut sides: Vec<&mut dyn FnMut()> = sides.iter_mut().map(|side| side.as_mut() as &mut dyn FnMut()).collect();
    by_turns(ROUNDS, &mut sides).iter().map(|took| nanos_each(STORED, took.cpu)).collect()
}

fn by_memory(table: &mut Table, words: &Words) {
    const MIB: f64 = 1_048_576.0;
    let mut first = None;
    for watches in CURVE_OF_FILES {
        let running = Running::start(&words.short_queries(watches), 0);
        let bytes = running.idle_resident();
        let mib = f64::from(u32::try_from(bytes).unwrap()) / MIB;
        let ten = *first.get_or_insert(mib);
        table.against(
            format!("resident when idle, {watches} watches of two terms"),
            "MiB",
            mib,
            ("10 watches", ten),
            Goal::Shown,
        );
    }
}
