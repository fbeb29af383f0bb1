//! Measures what an input costs: time by the clock, memory by what the kernel says of this process.

use std::fs;
use std::time::{Duration, Instant};

/// The longest that one input may take.
const INPUT_TIME_MAX: Duration = Duration::from_millis(250);
/// The most that one set may make the process grow, in KiB.
const GROWTH_KIB_MAX: u64 = 64 * 1024;
/// One slow try may be the scheduler's doing; the best of these counts.
const TRIES: u32 = 3;

/// One set of inputs under measurement.
pub(crate) struct Meter {
    set: &'static str,
    resident_kib: u64,
    inputs: usize,
    slowest: (Duration, String),
}

/// A figure of /proc/self/status, in KiB.
fn status_kib(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.split_whitespace().next()?.parse().ok())
}

/// How long this thread has run on a processor.
fn processor_time() -> Option<Duration> {
    let figures = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    figures.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

impl Meter {
    /// Begins with the peak set back to what is resident now.
    pub(crate) fn of(set: &'static str) -> Self {
        // Where it cannot be set back the peak so far counts too, which only makes the test stricter.
        let _ = fs::write("/proc/self/clear_refs", "5");
        Self {
            set,
            resident_kib: status_kib("VmRSS").unwrap_or(0),
            inputs: 0,
            slowest: (Duration::ZERO, String::new()),
        }
    }

    pub(crate) fn run<T>(&mut self, name: &str, mut input: impl FnMut() -> T) -> T {
        let mut best = Duration::MAX;
        let mut outcome = None;
        for _ in 0..TRIES {
            let (begun, worked) = (Instant::now(), processor_time());
            outcome = Some(input());
            best = best.min(begun.elapsed());
            // Waiting for a processor that others hold is no time that the input took.
            if let (Some(before), Some(after)) = (worked, processor_time()) {
                best = best.min(after.saturating_sub(before));
            }
            if best <= INPUT_TIME_MAX {
                break;
            }
        }
        self.note(name, best);
        outcome.expect("it is tried once at least")
    }

    /// `input` is told which try it is, counted from nought, so that it can send something that was not sent before.
    pub(crate) async fn run_async<T>(&mut self, name: &str, mut input: impl AsyncFnMut(u32) -> T) -> T {
        let mut best = Duration::MAX;
        let mut outcome = None;
        for nth in 0..TRIES {
            let begun = Instant::now();
            let came = input(nth).await;
            best = best.min(begun.elapsed());
            // The first outcome is the one that counts: later tries may meet what the first one left.
            outcome.get_or_insert(came);
            if best <= INPUT_TIME_MAX {
                break;
            }
        }
        self.note(name, best);
        outcome.expect("it is tried once at least")
    }

    fn note(&mut self, name: &str, took: Duration) {
        assert!(took <= INPUT_TIME_MAX, "{}: {name:.200?} took {took:?}", self.set);
        self.inputs += 1;
        if took > self.slowest.0 {
            self.slowest = (took, name.escape_debug().take(80).collect());
        }
    }

    /// Says the figures. Memory is judged only where each test has a process of its own.
    pub(crate) fn end(self) {
        self.within(INPUT_TIME_MAX, GROWTH_KIB_MAX);
    }

    /// The same with narrower bounds.
    pub(crate) fn within(self, time_max: Duration, growth_kib_max: u64) {
        let grown = status_kib("VmHWM").map(|peak| peak.saturating_sub(self.resident_kib));
        let (took, name) = &self.slowest;
        eprintln!("{}: {} inputs, the slowest {took:?} ({name}), memory +{grown:?} KiB", self.set, self.inputs);
        assert!(*took <= time_max, "{}: {name} took {took:?}", self.set);
        assert!(self.inputs > 0, "{}: nothing was tried", self.set);
        match grown {
            Some(grown) if std::env::var_os("NEXTEST").is_some() => {
                assert!(grown <= growth_kib_max, "{}: memory grew by {grown} KiB", self.set);
            }
            Some(_) | None => eprintln!("NOT MEASURED: memory, since other tests share this process"),
        }
    }
}
