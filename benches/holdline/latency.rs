//! P7: from the POST that crosses the line to the alert that the mail server has, and from the last needed fact to the request for approval.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use holdline::app::{App, Mode};
use holdline::core::name::PersonId;
use holdline::engine::Clock;
use reqwest::StatusCode;

use super::folder::{self, CREWS, Plan, on_disk};
use super::posts::{Kind, Words, queries};
use super::server::{Delivery, mention};
use super::sink::Sink;
use super::table::{Goal, Table};
use super::turns::percentile;

/// Alerts and requests, idle and again under load. A person gets no more mails in an hour than these make.
const INCIDENTS: usize = 200;
const WATCHES: usize = 100;
/// A thousand mentions a second.
const LOAD_BATCH: usize = 10;
const LOAD_EVERY: Duration = Duration::from_millis(10);
const LOAD_POSTS: usize = 200_000;

pub(crate) fn measure(table: &mut Table) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (folder, sink, words) = (on_disk(), Sink::start(), Words::new());
    let watches = queries(&words.terms(WATCHES * 5, false));
    folder::write(folder.path(), &Plan { watches, crossing: INCIDENTS * 2, smtp_port: sink.port, port: 0 });
    let config = folder::loaded(folder.path());
    let app = runtime.block_on(App::start(config, Mode::Live, Clock::System)).unwrap();
    let person = Person {
        app: &app,
        runtime: &runtime,
        client: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
    };

    let idle = person.incidents(&sink, 0);
    report(table, "idle", idle, [5.0, 50.0]);

    let over = Arc::new(AtomicBool::new(false));
    let load = runtime.spawn(load(app.address.port(), words.posts(LOAD_POSTS, Kind::Usual), Arc::clone(&over)));
    let busy = person.incidents(&sink, INCIDENTS);
    over.store(true, Ordering::Relaxed);
    let (sent, seconds) = runtime.block_on(load).unwrap();
    table.alone("mentions taken in meanwhile", "mentions/s", sent / seconds, Goal::Shown);
    report(table, "under a thousand mentions a second", busy, [f64::INFINITY, 100.0]);
    runtime.block_on(app.stop());
}

fn report(table: &mut Table, when: &str, [mut alerts, mut requests]: [Vec<Duration>; 2], [p50, p99]: [f64; 2]) {
    for (what, times) in
        [("crossing POST to accepted alert", &mut alerts), ("last fact to accepted request", &mut requests)]
    {
        for (percent, most) in [(50, p50), (99, p99)] {
            let goal = if most.is_finite() { Goal::AtMost(most) } else { Goal::Shown };
            table.alone(
                format!("{what}, {when}, p{percent}"),
                "ms",
                percentile(times, percent).as_secs_f64() * 1e3,
                goal,
            );
        }
    }
}

struct Person<'a> {
    app: &'a App,
    runtime: &'a tokio::runtime::Runtime,
    client: reqwest::Client,
}

impl Person<'_> {
    /// Opens incidents one after the other: how long the alerts took, and the requests for approval.
    fn incidents(&self, sink: &Sink, first: usize) -> [Vec<Duration>; 2] {
        let (mut alerts, mut requests) = (Vec::new(), Vec::new());
        for number in first..first + INCIDENTS {
            let crew = number % CREWS;
            let text = format!("crossing{number}");
            let of = |voices: std::ops::Range<usize>| {
                let said = voices.map(|voice| mention(&format!("c{number}-{voice}"), &format!("v{voice}"), &text));
                Delivery::of(&said.collect::<Vec<_>>())
            };
            assert_eq!(self.post(&of(0..5)), 200);
            let crossing = of(5..6);
            sink.forget();
            let begun = Instant::now();
            assert_eq!(self.post(&crossing), 200);
            alerts.push(sink.wait_for(&format!("lead{crew}@")) - begun);
            requests.push(self.confirm(sink, number, crew));
        }
        [alerts, requests]
    }

    fn post(&self, delivery: &Delivery) -> u16 {
        delivery.post(self.app.address.port()).unwrap()
    }

    /// Confirms the one needed fact on the incident's page and waits for the mail to whoever is asked then.
    fn confirm(&self, sink: &Sink, number: usize, crew: usize) -> Duration {
        let lead = PersonId::from(format!("lead{crew}"));
        let token = self.runtime.block_on(self.app.engine.begin_session(&lead)).unwrap();
        let form = |path: &str, fields: &[(&str, &str)]| {
            let request = self.client.post(format!("http://{}/incident/{}/{path}", self.app.address, number + 1));
            let request = request.header("cookie", format!("holdline={}", token.as_str())).form(fields);
            let answer = self.runtime.block_on(request.send()).unwrap();
            assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        };
        form("verify", &[("verdict", "real"), ("reason", "")]);
        sink.forget();
        let begun = Instant::now();
        form("fact/discovered_at", &[("value", "2026-11-22 09:00"), ("press", "confirm")]);
        sink.wait_for(&format!("chief{crew}@")) - begun
    }
}

/// Posts until it is told to end: how many mentions, in how many seconds.
async fn load(port: u16, posts: Vec<holdline::core::mention::Mention>, over: Arc<AtomicBool>) -> (f64, f64) {
    let begun = Instant::now();
    let mut every = tokio::time::interval(LOAD_EVERY);
    let mut sent = 0_u32;
    let mut chunks = posts.chunks(LOAD_BATCH);
    while !over.load(Ordering::Relaxed) {
        every.tick().await;
        let delivery = Delivery::of(chunks.next().expect("there are posts for minutes"));
        let status = tokio::task::spawn_blocking(move || delivery.post(port)).await.unwrap().unwrap();
        assert_eq!(status, 200);
        sent += u32::try_from(LOAD_BATCH).unwrap();
    }
    (f64::from(sent), begun.elapsed().as_secs_f64())
}
