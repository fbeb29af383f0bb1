//! Load by `wrk`: signed deliveries from a file, each sent once.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use holdline::core::mention::Mention;

use super::folder::PATH;
use super::machine::has;
use super::server::Delivery;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/deliver.lua");
pub(crate) const MISSING: &str = "wrk is not installed (Debian: wrk)";

pub(crate) struct Load {
    file: tempfile::NamedTempFile,
}

/// What wrk says of a run.
pub(crate) struct Said {
    pub(crate) requests: u32,
    pub(crate) seconds: f64,
    pub(crate) p50_micros: f64,
    pub(crate) p99_micros: f64,
}

impl Said {
    pub(crate) fn per_second(&self) -> f64 {
        f64::from(self.requests) / self.seconds
    }
}

pub(crate) fn is_there() -> bool {
    has("wrk")
}

impl Load {
    /// Deliveries of `batch` mentions each; `round` makes their ids new.
    pub(crate) fn new(posts: &[Mention], batch: usize, round: usize) -> Self {
        let mut text = String::new();
        for some in posts.chunks(batch) {
            let fresh: Vec<Mention> =
                some.iter().map(|post| Mention { id: format!("{round}-{}", post.id), ..post.clone() }).collect();
            let Delivery { timestamp, signature, body } = Delivery::of(&fresh);
            write!(text, "{timestamp} {signature} {}\n{body}\n", body.len()).unwrap();
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        Self { file }
    }

    /// Every answer must be 200, and there must have been enough deliveries.
    pub(crate) fn run(&self, port: u16, connections: u32, seconds: u32) -> Said {
        let run = Command::new("wrk")
            .args(["-t1", &format!("-c{connections}"), &format!("-d{seconds}s"), "-s", SCRIPT])
            .arg(format!("http://127.0.0.1:{port}{PATH}"))
            .arg("--")
            .arg(self.file.path())
            .output()
            .unwrap();
        let text = String::from_utf8(run.stdout).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("said ")).unwrap_or_else(|| panic!("{text}"));
        let said: Vec<f64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
        let [requests, micros, p50_micros, p99_micros, refused, used] = said[..] else { panic!("{line}") };
        assert!(refused == 0.0, "{refused} of {requests} deliveries were refused or lost: {text}");
        assert!(used == 0.0, "the deliveries did not last: {text}");
        Said {
            requests: line.split(' ').next().unwrap().parse().unwrap(),
            seconds: micros / 1e6,
            p50_micros,
            p99_micros,
        }
    }
}
