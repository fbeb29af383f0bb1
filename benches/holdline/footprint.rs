//! P8: memory at rest and time until the first mention is on disk, against the smallest program of the same parts.

use std::process::Command;
use std::time::Duration;

use super::machine::resident;
use super::minimal;
use super::posts::Words;
use super::server::{Running, end, free_port, started};
use super::table::{Goal, Table};

const WATCHES: usize = 1_000;
const STARTS: usize = 7;
const REST: Duration = Duration::from_secs(3);
const MIB: f64 = 1_048_576.0;

pub(crate) fn measure(table: &mut Table) {
    let queries = Words::new().short_queries(WATCHES);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut our_bytes, mut their_bytes) = (0, 0);
    for _ in 0..STARTS {
        let running = Running::start(&queries, 0);
        ours.push(running.stored_after);
        our_bytes = if our_bytes == 0 { running.idle_resident() } else { our_bytes };
        drop(running);
        let port = free_port();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([minimal::ARGUMENT, &port.to_string()]);
        let (mut child, stored_after) = started(command, port);
        theirs.push(stored_after);
        if their_bytes == 0 {
            std::thread::sleep(REST);
            their_bytes = resident(child.id());
        }
        end(&mut child);
    }
    let mib = |bytes: u64| f64::from(u32::try_from(bytes).unwrap()) / MIB;
    let baseline = "tokio, axum, SQLite alone";
    let what = format!("resident when idle, {WATCHES} watches of two terms");
    table.against(&what, "MiB", mib(our_bytes), (baseline, mib(their_bytes)), Goal::AtMost(32.0));
    let middle = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e3
    };
    let what = format!("start to first mention on disk, {WATCHES} watches, median");
    table.against(what, "ms", middle(&mut ours), (baseline, middle(&mut theirs)), Goal::AtMost(150.0));
}
