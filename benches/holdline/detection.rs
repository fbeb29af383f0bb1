//! P11: what counting a mention costs, and a look at every watch.

use std::hint::black_box;

use holdline::core::count::Counts;
use holdline::core::detect::KINDS;
use holdline::core::incident::Evidence;
use holdline::core::past::Followed;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::table::{Goal, Table};
use super::turns::{by_turns, nanos_each};

const ROUNDS: usize = 5;
const WATCHES: [usize; 4] = [10, 100, 1_000, 10_000];
const WINDOWS: [&str; 4] = ["9 mentions in 5m", "9 mentions in 15m", "9 mentions in 60m", "9 mentions in 24h"];
/// Half a day of talk is behind every watch, a mention every other minute.
const PAST_MINUTES: i64 = 720;
const ADDED: usize = 200_000;
const VOICES: u64 = 5_000;

pub(crate) fn measure(table: &mut Table) {
    let kind = KINDS.iter().find(|kind| kind.name == "more_than").unwrap();
    let lines: Vec<Followed> =
        WINDOWS.iter().map(|window| Followed::new((kind.parse)(window).unwrap().as_ref(), 0)).collect();
    for watches in WATCHES {
        let mut counts: Vec<Counts> = (0..watches).map(|_| Counts::default()).collect();
        for counts in &mut counts {
            (0..PAST_MINUTES).step_by(2).for_each(|minute| add(counts, minute, minute.unsigned_abs()));
        }
        let mut sweep = || {
            for counts in &counts {
                for line in lines.iter().filter_map(Followed::line) {
                    black_box(line.crossed(|window| counts.count(window, PAST_MINUTES)));
                }
            }
        };
        let took = by_turns(ROUNDS, &mut [&mut sweep]);
        let percent = took[0].cpu.as_secs_f64() * 100.0;
        let goal = if watches == 10_000 { Goal::AtMost(1.0) } else { Goal::Shown };
        table.alone(format!("a look at {watches} watches x 4 windows each second"), "% of a core", percent, goal);
    }
    let mut rng = StdRng::seed_from_u64(7);
    let voices: Vec<u64> = (0..ADDED).map(|_| rng.random_range(0..VOICES)).collect();
    let mut counts: Vec<Counts> = (0..1_000).map(|_| Counts::default()).collect();
    let mut minute = PAST_MINUTES;
    let mut adding = || {
        minute += 1;
        for (at, voice) in voices.iter().enumerate() {
            add(&mut counts[at % 1_000], minute, *voice);
        }
    };
    let took = by_turns(ROUNDS, &mut [&mut adding]);
    table.alone(
        "a mention counted, its voice and evidence kept",
        "ns",
        nanos_each(ADDED, took[0].cpu),
        Goal::AtMost(5.0),
    );
}

fn add(counts: &mut Counts, minute: i64, voice: u64) {
    let evidence = Evidence { feed: "listening".into(), mention: String::from("m") };
    counts.add(minute, voice, evidence, minute);
}
