//! `/metrics`: what a Prometheus server is told. Names of watches, feeds and channels are its labels, never those of people.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use tracing::{Instrument as _, Span};

use super::Operating;
use super::exposition::{CONTENT_TYPE, Exposition, Family, Kind, Labels};
use super::serve::{CONNECTIONS_MAX, Places};
use crate::core::incident::IncidentId;
use crate::engine::{Bounded, COMMIT_BUCKETS, Counters, FeedHealth, Measured};

/// Answers by the first digit of their status.
#[derive(Debug, Default)]
pub(super) struct Answered([AtomicU64; 5]);

impl Answered {
    fn count(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(count) = self.0.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Counts every answer. What is logged on the way to it says which incident it is about.
pub(super) async fn counted(State(answered): State<Arc<Answered>>, request: Request, next: Next) -> Response {
    let incident = request.uri().path().strip_prefix("/incident/").and_then(|rest| rest.split('/').next());
    let incident = incident.and_then(|number| number.parse::<IncidentId>().ok());
    let span = incident.map_or_else(Span::none, |incident| tracing::error_span!("request", incident));
    let response = next.run(request).instrument(span).await;
    answered.count(response.status());
    response
}

pub(super) async fn page(State(operating): State<Operating>) -> Response {
    let mut text = Exposition::default();
    let writable = operating.engine.check().await.is_ok();
    let of_the_program = [
        ("build_info", "Which version runs.", 1),
        ("store_writable", "Whether the store takes what is written.", u64::from(writable)),
        (
            "folder_refused",
            "Whether the folder of now cannot be used, so that an earlier one goes on.",
            u64::from(operating.folder.borrow().refused.is_some()),
        ),
    ];
    for (name, help, value) in of_the_program {
        let version: Labels<'_> = &[("version", &env!("CARGO_PKG_VERSION"))];
        let labels = if name == "build_info" { version } else { &[] };
        text.family(name, Kind::Gauge, help).sample(labels, value);
    }
    answers(&mut text, &operating.answered, &operating.places);
    match operating.engine.measured().await {
        Ok(measured) => told(&mut text, &measured),
        // What is known without the store is told all the same.
        Err(error) => tracing::error!(%error, "not everything could be measured"),
    }
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text.into_text()).into_response()
}

fn answers(text: &mut Exposition, answered: &Answered, places: &Places) {
    let mut family = text.family("http_answers_total", Kind::Counter, "Answers by the class of their status.");
    for (class, count) in answered.0.iter().enumerate() {
        family.sample(&[("class", &format!("{}xx", class + 1))], count.load(Ordering::Relaxed));
    }
    let taken = CONNECTIONS_MAX - places.available_permits();
    bounded(text, "http_connections", "Connections that are open.", Bounded { now: taken, most: CONNECTIONS_MAX });
}

fn told(text: &mut Exposition, measured: &Measured) {
    let counters = &measured.counters;
    bounded(text, "writer_queue_jobs", "Jobs that wait for the writer.", measured.queue);
    bounded(text, "effects_under_way", "Mails, pages and posts that are being carried out.", measured.effects);
    bounded(text, "fetches_under_way", "Feeds that are being fetched.", measured.fetches);
    written(text, measured);
    owed(text, measured);
    sent(text, counters);
    listened(text, measured);
    let help = "Incidents that are running.";
    let mut family = text.family("incidents", Kind::Gauge, help);
    for ((severity, phase), count) in &measured.incidents {
        family.sample(&[("severity", &severity.to_string().to_lowercase()), ("phase", phase)], count);
    }
    let help = "Whether the kill switch holds every post back.";
    text.family("posting_stopped", Kind::Gauge, help).sample(&[], u8::from(measured.posting_stopped));
    let help = "How far the engine's time runs ahead of a clock that was set back.";
    text.family("clock_ahead_seconds", Kind::Gauge, help).sample(&[], measured.ahead.as_secs_f64());
}

fn written(text: &mut Exposition, measured: &Measured) {
    let counters = &measured.counters;
    let help = "How long a group of jobs took to be on disk.";
    let mut family = text.family("commit_seconds", Kind::Histogram, help);
    let mut below = 0;
    for (bound, count) in COMMIT_BUCKETS.iter().zip(&counters.commits) {
        below += count;
        let seconds = std::time::Duration::from_millis(*bound).as_secs_f64();
        family.part("_bucket", &[("le", &seconds)], below);
    }
    let all: u64 = counters.commits.iter().sum();
    family.part("_bucket", &[("le", &"+Inf")], all);
    family.part("_sum", &[], counters.commits_took.as_secs_f64()).part("_count", &[], all);
    for (name, help, count) in [
        ("commits_failed_total", "Transactions that the store did not take.", counters.commits_failed),
        ("writer_jobs_refused_total", "Jobs that found the writer's queue full.", counters.jobs_refused),
        (
            "effects_unsettled_total",
            "Effects whose end could not be written down; they come again.",
            counters.unsettled,
        ),
    ] {
        text.family(name, Kind::Counter, help).sample(&[], count);
    }
    text.family("store_bytes", Kind::Gauge, "How large the store is.").sample(&[], measured.store_bytes);
}

fn owed(text: &mut Exposition, measured: &Measured) {
    let mut family = text.family("owed", Kind::Gauge, "What is due and not carried out yet.");
    for owed in &measured.owed {
        family.sample(&[("kind", &owed.kind)], owed.rows);
    }
    let mut family = text.family("owed_oldest_seconds", Kind::Gauge, "How long the oldest of it has been due.");
    for owed in &measured.owed {
        family.sample(&[("kind", &owed.kind)], seconds_since(owed.since, measured.at));
    }
    let mut family = text.family("owed_attempts", Kind::Gauge, "The most that one of it was tried.");
    for owed in &measured.owed {
        family.sample(&[("kind", &owed.kind)], owed.attempts);
    }
}

fn sent(text: &mut Exposition, counters: &Counters) {
    let help = "Mails that were handed over, by how that ended and why.";
    let mut family = text.family("mails_total", Kind::Counter, help);
    for ((ended, why), count) in &counters.mails {
        family.sample(&[("ended", ended), ("reason", &reason(*why))], count);
    }
    let help = "Mails that were put off because their reader's hour was full.";
    text.family("mails_put_off_total", Kind::Counter, help).sample(&[], counters.mails_put_off);
    let help = "Since when no mail was taken, as a Unix time; 0 while mails are taken.";
    let failing = counters.mail.and_then(|mail| mail.failing).map_or(0, |(since, _)| since.as_second());
    text.family("mail_failing_since_seconds", Kind::Gauge, help).sample(&[], failing);
    let help = "Pages that were sent, by how that ended and why.";
    let mut family = text.family("pages_total", Kind::Counter, help);
    for ((ended, why), count) in &counters.pages {
        family.sample(&[("ended", ended), ("reason", &reason(*why))], count);
    }
    let mut family = text.family("posts_total", Kind::Counter, "Calls that post, by how they ended and why.");
    for ((channel, ended, why), count) in &counters.posts {
        family.sample(&[("channel", channel), ("ended", ended), ("reason", &reason(*why))], count);
    }
}

fn listened(text: &mut Exposition, measured: &Measured) {
    let mut family = text.family("mentions_total", Kind::Counter, "Mentions that came in, new or brought before.");
    for (feed, taken) in &measured.counters.mentions {
        family.sample(&[("feed", feed), ("known", &"no")], taken.new);
        family.sample(&[("feed", feed), ("known", &"yes")], taken.known);
    }
    let mut family =
        text.family("feed_up", Kind::Gauge, "Whether the feed can be read; 1 also before its first answer.");
    of_feeds(&mut family, measured, |feed| Some(u8::from(feed.health.failures == 0)));
    let mut family =
        text.family("feed_blind", Kind::Gauge, "Whether people were told that nothing is heard of the feed.");
    of_feeds(&mut family, measured, |feed| Some(u8::from(feed.health.blind.is_some())));
    let help = "When the feed last answered, or was last delivered to, as a Unix time.";
    let mut family = text.family("feed_read_timestamp_seconds", Kind::Gauge, help);
    of_feeds(&mut family, measured, |feed| Some(feed.health.succeeded?.as_second()));
    let mut family = text.family("watch_mentions", Kind::Gauge, "What the watch counts within its window.");
    for (watch, count) in &measured.watches {
        family.sample(&[("watch", watch)], count);
    }
    let help = "Watches whose alarm is held back by silences, quiet hours or maintenance.";
    text.family("alarms_held_back", Kind::Gauge, help).sample(&[], measured.held_back);
}

fn of_feeds<T: std::fmt::Display>(family: &mut Family<'_>, measured: &Measured, of: impl Fn(&FeedHealth) -> Option<T>) {
    for (name, feed) in &measured.feeds {
        if let Some(value) = of(feed) {
            family.sample(&[("feed", name)], value);
        }
    }
}

/// How much there is of something, and beside it its bound.
fn bounded(text: &mut Exposition, name: &str, help: &str, Bounded { now, most }: Bounded) {
    text.family(name, Kind::Gauge, help).sample(&[], now);
    text.family(&format!("{name}_limit"), Kind::Gauge, "The bound of the number of the same name.").sample(&[], most);
}

fn seconds_since(since: Timestamp, now: Timestamp) -> f64 {
    now.duration_since(since).as_secs_f64().max(0.0)
}

/// A reason's own name in the way labels are written: a new reason is a new label by itself.
pub(super) fn reason(why: Option<impl Debug>) -> String {
    let mut label = String::new();
    for letter in why.map(|why| format!("{why:?}")).unwrap_or_default().chars() {
        if letter.is_uppercase() && !label.is_empty() {
            label.push('_');
        }
        label.extend(letter.to_lowercase());
    }
    label
}
