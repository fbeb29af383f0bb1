//! What Holdline is held to, measured beside its baselines in one run: `cargo bench`, or `cargo bench -- P1 P12` for a part.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on should say where")]
#![expect(clippy::print_stdout, reason = "the table is what this is for")]
#![expect(clippy::print_stderr, reason = "what was not run says so")]

mod backtest;
mod checking;
mod detection;
mod feeds;
mod folder;
mod footprint;
mod growth;
mod ingest;
mod latency;
mod machine;
mod matching;
mod minimal;
mod polling;
mod posts;
mod server;
mod sink;
mod sustained;
mod table;
mod turns;
mod webhook;
mod wrk;

use table::Table;

/// A goal, what it is about, and what measures it.
type Part = (&'static str, &'static str, fn(&mut Table));

const PARTS: &[Part] = &[
    ("P1", "matching, thousands of posts per CPU-second", matching::measure),
    ("P3", "feeds", feeds::measure),
    ("P4", "durable ingest", ingest::measure),
    ("P5", "one mention per POST, answered after it is on disk", webhook::measure),
    ("P6", "sustained, 1,000 watches", sustained::measure),
    ("P7", "from cause to accepted mail", latency::measure),
    ("P8", "footprint", footprint::measure),
    ("P9", "polling 10,000 feeds", polling::measure),
    ("P11", "detection", detection::measure),
    ("P12", "growth", growth::measure),
    ("P13", "backtest", backtest::measure),
    ("C1", "checking a folder", checking::measure),
];

fn main() {
    // Cargo adds `--bench`.
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if asked.first().is_some_and(|first| first == minimal::ARGUMENT) {
        return minimal::run();
    }
    if let Some(unknown) = asked.iter().find(|name| !PARTS.iter().any(|(part, ..)| part.eq_ignore_ascii_case(name))) {
        let parts: Vec<&str> = PARTS.iter().map(|(part, ..)| *part).collect();
        eprintln!("there is no part `{unknown}`; the parts are {}", parts.join(" "));
        return;
    }
    let mut table = Table::default();
    for (part, about, measure) in PARTS {
        if asked.is_empty() || asked.iter().any(|name| name.eq_ignore_ascii_case(part)) {
            eprintln!("{part} {about}");
            table.begin(part, about);
            measure(&mut table);
        }
    }
    println!("{}", machine::described());
    println!("{table}");
}
