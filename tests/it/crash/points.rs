//! `kill -9` at the crash points: every story, every point that it passes, at the first pass, the last and one between.

use std::collections::BTreeMap;

use holdline::crash::{ON, Point};

use super::child::{Child, End, Part, passed};
use super::reference::Reference;
use super::stories::{STORIES, Story};
use super::verdict::{Tally, goes_on, what_is_there};

/// Points that are on the program's threads and in its loops; the daemon passes them, the stories do not.
pub(super) const OF_THE_DAEMON: &[Point] = &[
    Point::BetweenJobs,
    Point::Unanswered,
    Point::Answered,
    Point::ClaimTaken,
    Point::MailWritten,
    Point::MailSent,
    Point::PostIntended,
    Point::PostCalled,
    Point::LookingUp,
    Point::LookedUp,
    Point::OutcomeKept,
    Point::Polled,
    Point::PolledKept,
];

pub(super) fn are_there() -> bool {
    if !ON {
        eprintln!("NOT RUN: this binary has no crash points; add --features crash-points, as tests/all does");
    }
    ON
}

/// Tells a story to its end in a child, which must come to what the reference says.
fn told(reference: &Reference) -> BTreeMap<Point, usize> {
    let folder = reference.begin();
    let child = Child {
        part: Part::Story(reference.story),
        folder: folder.path(),
        dies_at: None,
        retries: false,
        under: vec![],
    };
    assert_eq!(child.run(), End::Finished);
    assert_eq!(what_is_there(reference, folder.path()), reference.states.len() - 1);
    let passed = passed(folder.path());
    goes_on(reference, folder.path(), reference.states.len() - 1);
    passed
}

fn dies(reference: &Reference, point: Point, nth: usize) {
    let folder = reference.begin();
    let dies_at = Some((point, nth));
    let child =
        Child { part: Part::Story(reference.story), folder: folder.path(), dies_at, retries: false, under: vec![] };
    assert_eq!(child.run(), End::Killed);
    let there = what_is_there(reference, folder.path());
    goes_on(reference, folder.path(), there);
}

/// First, last and between, or every pass where every one is asked for.
fn passes(times: usize) -> Vec<usize> {
    let every = super::stride(times.div_ceil(2).max(1));
    let mut passes: Vec<usize> = (1..=times).step_by(every).collect();
    if passes.last().is_some_and(|&last| last < times) {
        passes.push(times);
    }
    passes
}

fn every_point_of(story: &'static Story, tally: &mut Tally) -> BTreeMap<Point, usize> {
    let reference = Reference::of(story);
    let passed = told(&reference);
    for (&point, &times) in &passed {
        for nth in passes(times) {
            tally.try_one(
                || format!("{} dies at {} ({nth})", story.name, point.name()),
                || dies(&reference, point, nth),
            );
        }
    }
    passed
}

#[test]
fn a_death_at_any_point_of_any_story_loses_nothing_and_doubles_nothing() {
    if !are_there() {
        return;
    }
    let mut tally = Tally::default();
    let mut reached: BTreeMap<Point, usize> = BTreeMap::new();
    for story in STORIES {
        for (point, times) in every_point_of(story, &mut tally) {
            *reached.entry(point).or_default() += times;
        }
    }
    tally.close("kill -9 at crash points of the twelve stories");
    let never: Vec<_> = reached.iter().filter(|(_, times)| **times == 0).map(|(point, _)| *point).collect();
    assert_eq!(never, OF_THE_DAEMON, "points that no story passes");
}
