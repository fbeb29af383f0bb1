//! P6: how much comes in and is durable with a thousand watches, and how soon a crossing is an incident meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::folder::CREWS;
use super::posts::{Kind, Words, queries};
use super::server::{Delivery, Running, mention};
use super::table::{Goal, Table};
use super::wrk::{self, Load};

const WATCHES: usize = 1_000;
const SECONDS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(200);

struct Shape {
    batch: usize,
    connections: u32,
    mentions: usize,
    least: f64,
}

const SHAPES: [Shape; 2] = [
    Shape { batch: 100, connections: 8, mentions: 600_000, least: 20_000.0 },
    Shape { batch: 1, connections: 64, mentions: 160_000, least: 5_000.0 },
];

pub(crate) fn measure(table: &mut Table) {
    if !wrk::is_there() {
        return table.not_run(wrk::MISSING);
    }
    let words = Words::new();
    for Shape { batch, connections, mentions, least } in SHAPES {
        let posts = words.posts(mentions, Kind::Usual);
        let running = Running::start(&queries(&words.terms(WATCHES * 5, false)), CREWS * 2);
        let load = Load::new(&posts, batch, 0);
        let before = running.cpu();
        let over = AtomicBool::new(false);
        let (said, slowest) = std::thread::scope(|scope| {
            let crossings = scope.spawn(|| crossings(&running, &over));
            let said = load.run(running.port, connections, SECONDS);
            over.store(true, Ordering::Relaxed);
            (said, crossings.join().unwrap())
        });
        let stored = said.per_second() * f64::from(u32::try_from(batch).unwrap());
        let cpu = running.cpu().saturating_sub(before).as_secs_f64() * 1e6 / (stored * said.seconds);
        let what = format!("{WATCHES} watches, {batch} a POST, {connections} connections");
        table.alone(&what, "mentions/s", stored, Goal::AtLeast(least));
        table.alone(&what, "us CPU/mention", cpu, Goal::Shown);
        table.alone(format!("{what}: answered, p50"), "ms", said.p50_micros / 1e3, Goal::Shown);
        table.alone(format!("{what}: answered, p99"), "ms", said.p99_micros / 1e3, Goal::Shown);
        let millis = slowest.as_secs_f64() * 1e3;
        table.alone(format!("{what}: slowest crossing to incident on disk"), "ms", millis, Goal::AtMost(1_000.0));
    }
}

/// Lets one watch after the other cross its line, and says how long the slowest took to be an incident in the store.
fn crossings(running: &Running, over: &AtomicBool) -> Duration {
    let db = Connection::open(running.folder.path().join("holdline.db")).unwrap();
    let incidents = || db.query_row("select max(incident) from events", [], |row| row.get::<_, u32>(0)).unwrap();
    let mut slowest = Duration::ZERO;
    for number in 0..CREWS * 2 {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let six: Vec<_> = (0..6)
            .map(|voice| mention(&format!("c{number}-{voice}"), &format!("v{voice}"), &format!("crossing{number}")))
            .collect();
        let delivery = Delivery::of(&six);
        let begun = Instant::now();
        assert_eq!(delivery.post(running.port).unwrap(), 200);
        while incidents() <= u32::try_from(number).unwrap() {
            assert!(begun.elapsed() < Duration::from_secs(10), "no incident");
        }
        slowest = slowest.max(begun.elapsed());
        std::thread::sleep(PAUSE);
    }
    assert!(slowest > Duration::ZERO, "nothing crossed");
    slowest
}
