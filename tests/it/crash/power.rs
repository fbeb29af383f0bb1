//! Power cuts: every story's writes replayed with what was not synchronised dropped, kept, torn and mixed, after every call.

use super::child::Part;
use super::control;
use super::reference::{Reference, folder, of_board};
use super::replay::Disk;
use super::stories::STORIES;
use super::strace;
use super::trace::{self, Op};
use super::verdict::{Tally, goes_on, what_is_there};
use super::world::World;

/// States of all stories together; `HOLDLINE_POWER_STATES` asks for another number.
const STATES: usize = 700;
/// Ways in which one cut is tried at most.
const WAYS_MAX: usize = 40;
/// One in so many states is brought to the end of its story.
const TO_THE_END_EVERY: usize = 25;

fn states() -> usize {
    let asked = std::env::var("HOLDLINE_POWER_STATES").ok();
    asked.map_or(STATES, |asked| asked.parse().expect("HOLDLINE_POWER_STATES is a number"))
}

/// Every cut after which something is lost or torn, in so many ways that there are about `wanted` states, spread evenly.
fn cuts(disk: Disk, ops: &[Op], wanted: usize, mut each: impl FnMut(&Disk, usize, usize)) {
    let places = ops.len().max(1);
    let ways = (wanted / places).clamp(1, WAYS_MAX);
    let every = (places * ways).div_ceil(wanted).max(1);
    let mut disk = disk;
    for (place, op) in ops.iter().enumerate() {
        disk.goes_on(op);
        if place % every != 0 {
            continue;
        }
        for way in 0..ways {
            // Where there is one way only, another one at each cut.
            let way = if ways == 1 { place / every % WAYS_MAX } else { way };
            each(&disk, place, way);
            if disk.is_clean() {
                break;
            }
        }
    }
}

#[test]
fn a_power_cut_after_any_call_loses_nothing_that_was_acknowledged() {
    if !strace::is_here() {
        return;
    }
    let (mut tally, share) = (Tally::default(), states().div_ceil(STORIES.len()));
    for story in STORIES {
        let reference = Reference::of(story);
        let told = reference.begin();
        let before = Disk::new(told.path());
        let ops = trace::of(Part::Story(story), told.path());
        let acknowledged = ops.iter().filter(|op| matches!(op, Op::Told { .. })).count();
        assert_eq!(acknowledged, reference.states.len() - 1, "{}: the trace is whole", story.name);
        cuts(before, &ops, share, |disk, place, way| {
            let nth = tally.tried;
            tally.try_one(
                || format!("{}: power cut after call {place}, way {way}", story.name),
                || {
                    let folder = folder();
                    disk.cut(way, folder.path());
                    let there = what_is_there(&reference, folder.path());
                    if nth.is_multiple_of(TO_THE_END_EVERY) {
                        goes_on(&reference, folder.path(), there);
                        return;
                    }
                    let mut world = World::new(folder.path(), (story.standing_then)());
                    world.open();
                    assert_eq!(of_board(&world.board()), reference.states[there.max(1)].board);
                },
            );
        });
    }
    tally.close("power cuts");
}

/// States in which the small writer lost or broke something, and all states.
fn lost_at(level: &'static str) -> (usize, usize) {
    let told = folder();
    let before = Disk::new(told.path());
    let ops = trace::of(Part::Control(level), told.path());
    let (mut lost, mut all) = (0, 0);
    cuts(before, &ops, STATES / 2, |disk, _, way| {
        let folder = folder();
        disk.cut(way, folder.path());
        lost += usize::from(!control::is_whole(folder.path(), disk.acknowledged));
        all += 1;
    });
    eprintln!("power cuts of a writer with synchronous = {level}: {lost} of {all} states lost something");
    (lost, all)
}

/// If these did not lose anything, the replay would show nothing about Holdline either.
#[test]
fn a_writer_that_synchronises_less_loses_rows_in_the_same_replay() {
    if !strace::is_here() {
        return;
    }
    assert_eq!(lost_at("full").0, 0);
    assert!(lost_at("normal").0 > 0);
    assert!(lost_at("off").0 > 0);
}
