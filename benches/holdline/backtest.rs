//! P13: a year of counts, one a minute, through `holdline backtest`, beside reading the same file with the csv crate.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use holdline::config::sample;
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::table::{Goal, Table};
use super::turns::by_turns;

const MINUTES: i64 = 365 * 24 * 60;
const ROUNDS: usize = 3;

pub(crate) fn measure(table: &mut Table) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in sample() {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(folder.path().join("audit-key"), "an audit key of the benchmark, long enough").unwrap();
    let year = folder.path().join("year.csv");
    fs::write(&year, counts()).unwrap();
    let mut ours = || backtest(folder.path());
    let mut theirs = || {
        let mut reader = csv::Reader::from_path(&year).unwrap();
        let mut row = csv::StringRecord::new();
        while reader.read_record(&mut row).unwrap() {
            black_box(&row);
        }
    };
    let took = by_turns(ROUNDS, &mut [&mut ours, &mut theirs]);
    let (ours, theirs) = (took[0].wall.as_secs_f64(), took[1].wall.as_secs_f64());
    table.alone("a year of one-minute counts, every setting tried", "s", ours, Goal::AtMost(2.0));
    table.against("the same beside reading it", "s", ours, ("the csv crate alone", theirs), Goal::Shown);
}

fn backtest(folder: &Path) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_holdline"));
    let output = program.args(["backtest", "breach", "--history", "year.csv", "--json"]).current_dir(folder).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// More by day than by night, with a burst every other week.
fn counts() -> String {
    let mut rng = StdRng::seed_from_u64(13);
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut text = "timestamp,value\n".to_owned();
    for minute in 0..MINUTES {
        let by_day = (minute / 60 % 24).abs_diff(13) < 7;
        let burst = minute % (14 * 1440) > 14 * 1440 - 90;
        let most = if burst { 30 } else { 1 + u32::from(by_day) };
        let count = rng.random_range(0..=most).saturating_sub(u32::from(!burst));
        let _ = writeln!(text, "{},{count}", start + SignedDuration::from_mins(minute));
    }
    text
}
