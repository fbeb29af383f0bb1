//! What the kernel says: CPU time, memory, load.

use std::fs;
use std::process::Command;
use std::time::Duration;

/// The kernel counts a process's CPU time in these, whatever the machine.
const TICK: Duration = Duration::from_millis(10);

/// CPU time of this thread, as exact as the scheduler's tick.
pub(crate) fn thread_cpu() -> Duration {
    // Giving way makes the kernel bring the account up to date.
    std::thread::yield_now();
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("this needs Linux's /proc");
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}

/// User and system time of a process that runs, its ended threads included.
pub(crate) fn process_cpu(id: u32) -> Duration {
    cpu_fields(id, 11)
}

/// User and system time of this process's ended children.
pub(crate) fn children_cpu() -> Duration {
    cpu_fields(std::process::id(), 13)
}

/// Two neighbouring fields of `/proc/ID/stat`, counted behind the name in brackets.
fn cpu_fields(id: u32, first: usize) -> Duration {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u32 = fields[first..first + 2].iter().map(|field| field.parse::<u32>().unwrap()).sum();
    TICK * ticks
}

/// Resident memory of a process, in bytes.
pub(crate) fn resident(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

pub(crate) fn has(command: &str) -> bool {
    Command::new("sh").args(["-c", &format!("command -v {command}")]).output().is_ok_and(|found| found.status.success())
}

/// The machine and how busy it is, for whoever reads the table later.
pub(crate) fn described() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split_whitespace().take(3).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']).to_owned();
    format!("{cores} cores, {model}; load {} at the end of the run", load.join(" "))
}
