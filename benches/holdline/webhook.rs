//! P5: one mention a POST, answered once it is on disk, against a fastify endpoint that stores nothing.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::machine::{has, process_cpu};
use super::posts::{Kind, Words, queries};
use super::server::{Running, end, free_port, started};
use super::table::{Goal, Table};
use super::wrk::{self, Load, Said};

const FASTIFY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/fastify");
const ROUNDS: usize = 3;
const SECONDS: u32 = 4;
const CONNECTIONS: [u32; 2] = [32, 1];
/// More than either can take in that time.
const DELIVERIES: usize = 160_000;
const WATCHES: usize = 10;

pub(crate) fn measure(table: &mut Table) {
    if !wrk::is_there() {
        return table.not_run(wrk::MISSING);
    }
    if !has("node") || !has("npm") {
        return table.not_run("node and npm are not installed (Debian: nodejs, npm)");
    }
    if !Path::new(FASTIFY).join("node_modules").exists() {
        let installed =
            Command::new("npm").args(["ci", "--silent", "--no-audit", "--no-fund"]).current_dir(FASTIFY).status();
        if !installed.is_ok_and(|status| status.success()) {
            return table.not_run("fastify could not be installed: `npm ci` in benches/fastify failed");
        }
    }
    let words = Words::new();
    let posts = words.posts(DELIVERIES, Kind::Usual);
    let holdline = Running::start(&queries(&words.terms(WATCHES * 5, false)), 0);
    let fastify = Fastify::start();
    let mut round = 0;
    for connections in CONNECTIONS {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            round += 1;
            let load = Load::new(&posts, 1, round);
            ours.push(loaded(&load, holdline.port, connections, || holdline.cpu()));
            theirs.push(loaded(&load, fastify.port, connections, || process_cpu(fastify.child.id())));
        }
        let (ours, theirs) = (middle(ours), middle(theirs));
        let what = format!("{connections} connections");
        let goal = if connections == CONNECTIONS[0] { Goal::Ratio(1.0) } else { Goal::Shown };
        table.against(&what, "requests/s", ours.0, ("fastify, stores nothing", theirs.0), goal);
        table.against(&what, "us CPU/request", ours.1, ("fastify", theirs.1), Goal::Shown);
        table.against(format!("{what}, half are answered within"), "us", ours.2, ("fastify", theirs.2), Goal::Shown);
        table.against(format!("{what}, 99 of 100 within"), "us", ours.3, ("fastify", theirs.3), Goal::Shown);
    }
}

/// Requests a second, CPU a request, and the two latencies.
type Figures = (f64, f64, f64, f64);

fn loaded(load: &Load, port: u16, connections: u32, cpu: impl Fn() -> std::time::Duration) -> Figures {
    let before = cpu();
    let said: Said = load.run(port, connections, SECONDS);
    let each = cpu().saturating_sub(before).as_secs_f64() * 1e6 / f64::from(said.requests);
    (said.per_second(), each, said.p50_micros, said.p99_micros)
}

/// The round with the middle rate.
fn middle(mut rounds: Vec<Figures>) -> Figures {
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    rounds[rounds.len() / 2]
}

struct Fastify {
    child: Child,
    port: u16,
}

impl Fastify {
    fn start() -> Self {
        let port = free_port();
        let mut command = Command::new("node");
        command.arg("server.mjs").arg(port.to_string()).current_dir(FASTIFY).stdin(Stdio::null());
        let (child, _) = started(command, port);
        Self { child, port }
    }
}

impl Drop for Fastify {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}
