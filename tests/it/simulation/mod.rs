//! One seeded simulation of the whole engine in-line: people, mail, channels, time and crashes, with invariants after every step.

mod world;

use world::World;

/// Seeds that every run takes; `HOLDLINE_SEEDS=from..to` takes others.
const SEEDS: std::ops::Range<u64> = 0..40;
const STEPS: usize = 250;

fn seeds() -> std::ops::Range<u64> {
    let asked = std::env::var("HOLDLINE_SEEDS").ok();
    let range = asked.as_deref().and_then(|asked| asked.split_once(".."));
    range.map_or(SEEDS, |(from, to)| from.parse().unwrap()..to.parse().unwrap())
}

fn play(seed: u64) -> World {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
        world.check();
    }
    world.crash();
    world.check();
    world
}

#[test]
fn every_seed_keeps_the_promises() {
    let (mut posted, mut crashes, mut opened) = (0, 0, 0);
    for seed in seeds() {
        let world = play(seed);
        posted += world.public.len();
        crashes += world.crashes;
        opened += world.incidents();
    }
    eprintln!("seeds {:?}: {opened} incidents, {posted} posts over the network, {crashes} crashes", seeds());
    // A simulation in which nothing happens proves nothing.
    assert!(opened > 0 && posted > 0 && crashes > 0, "{opened} incidents, {posted} posts, {crashes} crashes");
}

#[test]
fn one_seed_gives_one_trace() {
    for seed in [1, 2, 3] {
        assert_eq!(play(seed).trace, play(seed).trace, "seed {seed}");
    }
}
