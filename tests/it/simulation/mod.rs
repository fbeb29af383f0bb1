//! One seeded simulation of the whole engine in-line: people, mail, channels, feeds, clocks and deaths, with invariants after
//! every step. `HOLDLINE_SEEDS=from..to` takes other seeds, `HOLDLINE_TRACE=1` tells every call.

mod answers;
mod channel;
mod checks;
mod clock;
mod counts;
mod coverage;
mod feeds;
mod files;
mod house;
mod mail;
mod people;
mod posting;
mod posts;
mod process;
mod promise;
mod roll;
mod upkeep;
mod wanted;
mod world;

use std::ops::Range;
use std::panic::catch_unwind;
use std::time::Instant;

use coverage::Coverage;
use holdline::core::setting::Setting;
use jiff::SignedDuration;
use world::World;

/// Seeds that every run takes.
const SEEDS: Range<u64> = 0..200;
/// How many tests share them, so that every core has work.
const PARTS: u64 = 4;
/// Rehearsals that every run plays besides, of other seeds; `HOLDLINE_REHEARSALS=1000` plays as many.
const REHEARSALS: u64 = 24;
/// Every ninth seed is a rehearsal.
const REHEARSED_EACH: u64 = 9;
const STEPS: usize = 320;
const UPKEEP_EVERY: usize = 8;
/// Ten minutes each; after them nothing may be left open.
const CALM_ROUNDS: usize = 150;

struct Played {
    trace: String,
    coverage: Coverage,
}

/// Names the seed should it fail.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("HOLDLINE_SEEDS={}..{} shows it again; HOLDLINE_TRACE=1 tells every call", self.0, self.0 + 1);
        }
    }
}

fn play(seed: u64) -> Played {
    let _named = Seed(seed);
    let mut world = World::new(seed);
    for step in 0..STEPS {
        world.step();
        world.check();
        if step % UPKEEP_EVERY == 0 {
            world.check_upkeep();
            world.check_every_fold();
        }
    }
    world.kill();
    world.restart();
    world.check();
    world.check_every_fold();
    world.check_counts();
    world.finish();
    let changes = world.ledger.known.values().map(|known| known.changes).sum();
    world.coverage.count("an incident's people changed", changes);
    Played { trace: world.trace(), coverage: world.coverage.clone() }
}

impl World {
    /// The weather clears: within a bounded time people bring everything to its end, and nothing is owed any more.
    fn finish(&mut self) {
        self.calm = true;
        self.clock_is_mended();
        if self.process.is_none() {
            self.restart();
        }
        self.feeds_catch_up();
        if self.board().stopped {
            self.work("resume", |work| work.resume_posting("ana"));
        }
        for _ in 0..CALM_ROUNDS {
            self.clocks.truth += SignedDuration::from_mins(10);
            self.under_the_post();
            self.tick();
            self.inside();
            self.outside();
            self.finish_what_is_in_hand();
            for _ in 0..6 {
                self.answer();
            }
            let board = self.board();
            for (id, entry) in board.incidents.iter() {
                self.look_at_the_wires(*id, entry);
                self.bring_to_an_end(*id, entry);
            }
            self.check();
            if self.still_owed().is_empty() && self.board().incidents.values().all(|entry| !entry.incident.is_running())
            {
                break;
            }
        }
        self.check_upkeep();
        self.check_every_fold();
        for (id, entry) in self.board().incidents.iter() {
            assert!(!entry.incident.is_running(), "nobody could end incident {id}: {:?}", entry.incident.phase);
        }
        let owed = self.still_owed();
        assert!(owed.is_empty(), "it is {}, and the outbox still holds {owed:?}", self.clocks.engine);
    }
}

fn seeds() -> (Range<u64>, bool) {
    let asked = std::env::var("HOLDLINE_SEEDS").ok();
    let range = asked.as_deref().and_then(|asked| asked.split_once(".."));
    range.map_or((SEEDS, true), |(from, to)| (from.parse().unwrap()..to.parse().unwrap(), false))
}

/// Plays one part of the seeds, each fourth, and checks that they were not idle.
fn play_part(part: u64) {
    let (seeds, ours) = seeds();
    let (began, mut played, mut coverage) = (Instant::now(), 0, Coverage::default());
    let mut failed = Vec::new();
    for seed in seeds.clone().filter(|seed| seed % PARTS == part) {
        // A long run tells of every seed that fails, not of the first one alone.
        match catch_unwind(|| play(seed)) {
            Ok(done) => coverage.add(&done.coverage),
            Err(_) => failed.push(seed),
        }
        played += 1;
    }
    let seconds = began.elapsed().as_secs_f64();
    eprintln!("part {part} of seeds {seeds:?}: {played} seeds in {seconds:.1} s");
    for (what, times) in &coverage.0 {
        eprintln!("{times:>8}  {what}");
    }
    assert!(failed.is_empty(), "these seeds fail: {failed:?}");
    if ours {
        wanted::check(&coverage);
    }
}

#[test]
fn seeds_keep_the_promises_1() {
    play_part(0);
}

#[test]
fn seeds_keep_the_promises_2() {
    play_part(1);
}

#[test]
fn seeds_keep_the_promises_3() {
    play_part(2);
}

#[test]
fn seeds_keep_the_promises_4() {
    play_part(3);
}

#[test]
fn random_rehearsals_reach_nobody() {
    let asked = std::env::var("HOLDLINE_REHEARSALS").ok();
    let count = asked.map_or(REHEARSALS, |asked| asked.parse().expect("HOLDLINE_REHEARSALS is a number"));
    // Beyond those that are among the seeds of every run.
    let first = SEEDS.end.next_multiple_of(REHEARSED_EACH) + REHEARSED_EACH - 1;
    let mut coverage = Coverage::default();
    for nth in 0..count {
        let seed = first + nth * REHEARSED_EACH;
        assert_eq!(World::new(seed).house.setting, Setting::Rehearsal);
        coverage.add(&play(seed).coverage);
    }
    eprintln!("{count} rehearsals, from seed {first}");
    assert!(!coverage.0.is_empty(), "nothing happened in any of them");
}

#[test]
fn one_seed_gives_one_trace() {
    for seed in [1, 8, 12] {
        assert_eq!(play(seed).trace, play(seed).trace, "seed {seed}");
    }
}
