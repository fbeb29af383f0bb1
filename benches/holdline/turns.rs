//! CPU time and wall time, taken by turns: this machine's other work then meets both sides alike.

use std::time::{Duration, Instant};

use super::machine::thread_cpu;

/// What one round of one side took.
#[derive(Clone, Copy, Default)]
pub(crate) struct Took {
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
}

pub(crate) fn time(work: impl FnOnce()) -> Took {
    let (cpu, wall) = (thread_cpu(), Instant::now());
    work();
    Took { cpu: thread_cpu().saturating_sub(cpu), wall: wall.elapsed() }
}

/// Runs every side once a round and gives each side's median.
pub(crate) fn by_turns(rounds: usize, sides: &mut [&mut dyn FnMut()]) -> Vec<Took> {
    let mut taken: Vec<Vec<Took>> = sides.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (side, taken) in sides.iter_mut().zip(&mut taken) {
            taken.push(time(side));
        }
    }
    taken.iter().map(|taken| median(taken)).collect()
}

fn median(taken: &[Took]) -> Took {
    let middle = |part: fn(&Took) -> Duration| {
        let mut times: Vec<Duration> = taken.iter().map(part).collect();
        times.sort_unstable();
        times[times.len() / 2]
    };
    Took { cpu: middle(|took| took.cpu), wall: middle(|took| took.wall) }
}

/// Things per second.
pub(crate) fn rate(things: usize, time: Duration) -> f64 {
    as_f64(things) / time.as_secs_f64()
}

/// Nanoseconds each.
pub(crate) fn nanos_each(things: usize, time: Duration) -> f64 {
    time.as_secs_f64() * 1e9 / as_f64(things)
}

pub(crate) fn as_f64(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

/// The value below which so many percent of `values` lie.
pub(crate) fn percentile(values: &mut [Duration], percent: usize) -> Duration {
    values.sort_unstable();
    values[(values.len() * percent / 100).min(values.len() - 1)]
}
