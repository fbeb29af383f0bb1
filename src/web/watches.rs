//! The watches: what each counts and why it says nothing, silences, quiet hours and maintenance, and false alarms of late.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Form};
use jiff::Timestamp;
use serde::Serialize;

use super::Site;
use super::board::{Fields, field};
use super::problem::Problem;
use super::session::Visitor;
use crate::core::detect::{Verdict, Why};
use crate::core::incident::Spike;
use crate::core::name::WatchName;
use crate::core::period::Period;
use crate::core::quiet::{BreakThrough, Maintenance, SILENCE_LONGEST, Silence};
use crate::core::shown::{counted, in_words, sentence, why_words};
use crate::core::statement::clock_time;
use crate::engine::{FALSE_ALARMS_WITHIN, SilenceAsked, WatchNow};

/// How many watches the page shows.
const WATCHES_SHOWN_MAX: usize = 500;
const HOURS_PER_DAY: i64 = 24;

#[derive(Serialize)]
struct Page {
    watches: Vec<WatchView>,
    /// What there is to say of watches that are left out.
    more: String,
    silences: Vec<SilenceView>,
    hours: Vec<HoursView>,
    maintenance: Vec<String>,
    longest: String,
}

#[derive(Serialize)]
struct WatchView {
    name: String,
    setting: String,
    opens: String,
    counts: String,
    verdict: String,
    last: String,
    quiet: Vec<String>,
    held: String,
    failing: String,
    false_alarms: String,
}

#[derive(Serialize)]
struct SilenceView {
    number: u32,
    scope: String,
    until: String,
    by: String,
    reason: String,
    break_through: String,
}

#[derive(Serialize)]
struct HoursView {
    name: String,
    says: String,
    scope: String,
    now: String,
    break_through: String,
}

pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Problem> {
    let (watches, all) = site.engine.watches_now(WATCHES_SHOWN_MAX).await?;
    let now = site.engine.time();
    let quiet = &site.engine.standing().quiet;
    let left_out = all.saturating_sub(watches.len());
    let page = Page {
        watches: watches.iter().map(|watch| site.watch(watch)).collect(),
        more: if left_out == 0 { String::new() } else { format!("{left_out} more are not shown here.") },
        silences: site.silences(now),
        hours: quiet
            .hours
            .iter()
            .map(|hours| {
                let coming = || hours.next(now).map(|next| format!("They begin next at {}.", site.moment(next)));
                HoursView {
                    name: hours.name.clone(),
                    says: hours.to_string(),
                    scope: hours.scope.to_string(),
                    now: match hours.until(now) {
                        Some(until) => format!("They are on until {}.", site.moment(until)),
                        None => coming().unwrap_or_default(),
                    },
                    break_through: hours.break_through.to_string(),
                }
            })
            .collect(),
        maintenance: quiet
            .maintenance
            .iter()
            .filter(|window| now < window.to)
            .map(|window| site.window(window))
            .collect(),
        longest: in_words(SILENCE_LONGEST),
    };
    Ok(site.page("watches", &site.frame("Watches", Some(&visitor)), &page))
}

pub(super) async fn silence(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let wrong = |words: String| Problem::input(sentence(&words)).at("/watches");
    let lasting = Period::parse(field(&fields, "for")).map_err(|error| wrong(error.to_string()))?;
    let break_through =
        BreakThrough::parse(field(&fields, "break_through")).map_err(|error| wrong(error.to_string()))?;
    let watch = match field(&fields, "watch") {
        "" => return Err(wrong("pick a watch, or all of them".to_owned())),
        "*" => None,
        name => Some(WatchName::from(name)),
    };
    let reason = field(&fields, "reason").to_owned();
    let asked = SilenceAsked { watch, lasting, reason, by: visitor.person, break_through };
    site.engine.silence(asked).await.map_err(|error| Problem::from(error).at("/watches"))?;
    Ok(Redirect::to("/watches#silences").into_response())
}

pub(super) async fn end_silence(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(number): Path<u32>,
) -> Result<Response, Problem> {
    site.engine.end_silence(number, visitor.person).await.map_err(|error| Problem::from(error).at("/watches"))?;
    Ok(Redirect::to("/watches#silences").into_response())
}

impl Site {
    /// What the desk says of quiet: silences in force, quiet hours that are on, and maintenance that is on or near.
    pub(super) fn quiet_now(&self) -> Vec<String> {
        let now = self.engine.time();
        let quiet = &self.engine.standing().quiet;
        let silences = self.silences(now).into_iter().map(|silence| {
            format!("Silence {} of {} until {}: {}", silence.number, silence.scope, silence.until, silence.reason)
        });
        let hours = quiet.hours.iter().filter_map(|hours| {
            Some(format!("Quiet hours {} of {} until {}.", hours.name, hours.scope, self.moment(hours.until(now)?)))
        });
        let windows = quiet.maintenance.iter().filter(|window| window.is_announced(now));
        silences.chain(hours).chain(windows.map(|window| self.window(window))).collect()
    }

    fn moment(&self, at: Timestamp) -> String {
        clock_time(at, &self.engine.standing().organisation.zone(), "en")
    }

    fn silences(&self, now: Timestamp) -> Vec<SilenceView> {
        let board = self.engine.board();
        let roster = &self.engine.standing().roster;
        let in_force = board.quiet.silences.iter().filter(|(_, silence)| silence.is_in_force(now));
        let view = |(number, silence): (&u32, &Silence)| SilenceView {
            number: *number,
            scope: silence.scope.to_string(),
            until: self.moment(silence.until),
            by: roster.name_of(&silence.by).to_owned(),
            reason: silence.reason.clone(),
            break_through: silence.break_through.to_string(),
        };
        in_force.map(view).collect()
    }

    fn window(&self, window: &Maintenance) -> String {
        let Maintenance { name, from, to, reason, scope, break_through } = window;
        let (from, to) = (self.moment(*from), self.moment(*to));
        format!("Maintenance {name} of {scope}, from {from} to {to}, breaks through: {break_through}. {reason}")
    }

    fn watch(&self, watch: &WatchNow) -> WatchView {
        let WatchNow { counted: spike, setting, from, opens, verdict, last_quiet, hushes, held, failing, false_alarms } =
            watch;
        let hush = |hush: &crate::core::quiet::Hush| {
            let until = self.moment(hush.until);
            format!("Kept quiet by {} until {until}; breaks through: {}.", hush.by, hush.break_through)
        };
        WatchView {
            name: spike.watch.to_string(),
            setting: format!("{setting}, from {from} or more"),
            opens: opens.as_ref().map(|playbook| format!(" Opens {playbook}.")).unwrap_or_default(),
            counts: counts_words(spike),
            verdict: verdict_words(verdict),
            last: last_quiet.as_ref().map(|(at, why)| self.last(*at, why)).unwrap_or_default(),
            quiet: hushes.iter().map(hush).collect(),
            held: held.as_ref().map_or_else(String::new, |held| {
                let since = self.moment(held.since);
                format!(
                    "{} held back since {since}; at most {} in {}.",
                    counted(held.times, "alarm"),
                    counted(held.count, "mention"),
                    in_words(held.window)
                )
            }),
            failing: match failing.as_slice() {
                [] => String::new(),
                feeds => {
                    let names: Vec<&str> = feeds.iter().map(crate::core::name::FeedName::as_str).collect();
                    format!("Cannot be read now: {}. What is missing is not counted as silence.", names.join(", "))
                }
            },
            false_alarms: format!(
                "Closed as a false alarm: {} in {} days.",
                false_alarms.len(),
                FALSE_ALARMS_WITHIN.as_hours() / HOURS_PER_DAY
            ),
        }
    }

    fn last(&self, at: Timestamp, why: &Why) -> String {
        format!("Last above its line and quiet at {}: {}.", self.moment(at), why_words(why))
    }
}

fn counts_words(spike: &Spike) -> String {
    let voices = counted(spike.voices, "voice");
    let own = spike.talk.as_ref().map(|talk| talk.own_voices).filter(|own| *own < spike.voices);
    let own = own.map(|own| {
        let their = if own == 1 { "its" } else { "their" };
        format!(", {own} of them with something of {their} own to say")
    });
    let own = own.unwrap_or_default();
    format!("{} in {} from {voices}{own}.", counted(spike.count, "mention"), in_words(spike.window))
}

fn verdict_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Quiet => "Below its line.".to_owned(),
        Verdict::Spike(_) => "Above its line: the next mention alarms.".to_owned(),
        Verdict::Suppressed(why) => format!("Above its line, and no alarm: {}.", why_words(why)),
    }
}
