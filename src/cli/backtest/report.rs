//! What a backtest found: for people, and as JSON with the same content.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::history::History;
use super::labels::Event;
use super::trial::Trial;
use crate::core::period::Period;
use crate::core::shown::{counted, in_words};
use crate::core::statement::clock_time_with_year;

#[derive(Serialize)]
pub(super) struct Report {
    pub(super) watch: String,
    pub(super) setting: String,
    pub(super) history: Span,
    pub(super) alarms: Vec<Told>,
    pub(super) alarms_per_week: f64,
    /// When people would have heard that an open incident rose.
    pub(super) rises: Vec<Timestamp>,
    /// Crossings while something else that the watch asks (voices, tone, reach) was not so.
    pub(super) held_back: usize,
    /// None without labels.
    pub(super) events: Option<Events>,
    pub(super) other_settings: Vec<Other>,
    pub(super) notes: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) bin_seconds: u64,
    pub(super) bins: usize,
    pub(super) mentions: u64,
    pub(super) weeks: f64,
}

#[derive(Serialize)]
pub(super) struct Told {
    pub(super) at: Timestamp,
    /// Mentions in the window that told most.
    pub(super) count: u32,
    pub(super) window_seconds: u64,
    pub(super) expected: Option<f64>,
    /// Above how many in that window the setting alarms.
    pub(super) above: Option<u32>,
    /// How long it takes on average until chance makes a day as loud; 366 is a year or more.
    pub(super) once_in_days: Option<u64>,
    /// As `from:` counts them.
    pub(super) voices: Option<u32>,
    pub(super) reason: String,
}

#[derive(Serialize)]
pub(super) struct Events {
    /// By an alarm, or by the rise of an incident that was open.
    pub(super) found: usize,
    /// Begun while an earlier alarm's incident was open, without a rise of its own.
    pub(super) within: usize,
    pub(super) missed: usize,
    /// Alarms that are about none of them.
    pub(super) other_alarms: usize,
    /// Half of the found ones had at least so much lead; less than nothing where the alarm came after the beginning.
    pub(super) median_lead_seconds: Option<i64>,
    pub(super) each: Vec<Held>,
}

/// An event against the alarms.
#[derive(Serialize)]
pub(super) struct Held {
    pub(super) begins: Timestamp,
    pub(super) ends: Timestamp,
    /// The first alarm about it.
    pub(super) alarm: Option<Timestamp>,
    /// The first rise of an open incident about it, where no alarm is.
    pub(super) rise: Option<Timestamp>,
    /// The alarm whose incident was open when it began, where neither is.
    pub(super) within: Option<Timestamp>,
    /// From that alarm or rise to the event's beginning.
    pub(super) lead_seconds: Option<i64>,
}

#[derive(Serialize)]
pub(super) struct Other {
    pub(super) setting: String,
    pub(super) alarms: usize,
    pub(super) alarms_per_week: f64,
    pub(super) events_found: Option<usize>,
}

impl Span {
    pub(super) fn of(history: &History) -> Self {
        Self {
            from: history.begins,
            to: history.ends(),
            bin_seconds: history.bin.as_seconds(),
            bins: history.counts.len(),
            mentions: history.mentions(),
            weeks: history.weeks(),
        }
    }
}

/// Alarms a week; a history of less than a day says nothing about weeks, and is taken as a day.
pub(super) fn per_week(trial: &Trial, history: &History) -> f64 {
    const DAY_IN_WEEKS: f64 = 1.0 / 7.0;
    let alarms = u32::try_from(trial.alarms.len()).unwrap_or(u32::MAX);
    f64::from(alarms) / history.weeks().max(DAY_IN_WEEKS)
}

/// Holds the alarms against what is known to have happened. Events outside the history are left out.
pub(super) fn events(trial: &Trial, known: &[Event], history: &History) -> Events {
    let inside = |event: &&Event| event.reach().1 >= history.begins && event.reach().0 <= history.ends();
    let held = |event: &Event| {
        let alarm = trial.alarms.iter().map(|alarm| alarm.at).find(|at| event.holds(*at));
        let rise = trial.rises.iter().copied().find(|at| alarm.is_none() && event.holds(*at));
        let told = alarm.or(rise);
        let within = if told.is_none() { trial.open_at(event.begins) } else { None };
        let lead_seconds = told.map(|at| event.begins.duration_since(at).as_secs());
        Held { begins: event.begins, ends: event.ends, alarm, rise, within, lead_seconds }
    };
    let each: Vec<Held> = known.iter().filter(inside).map(held).collect();
    let found = each.iter().filter(|held| held.lead_seconds.is_some()).count();
    let within = each.iter().filter(|held| held.within.is_some()).count();
    let other_alarms = trial.alarms.iter().filter(|alarm| !known.iter().any(|event| event.holds(alarm.at))).count();
    let mut leads: Vec<i64> = each.iter().filter_map(|held| held.lead_seconds).collect();
    leads.sort_unstable();
    let median_lead_seconds = leads.get(leads.len() / 2).copied();
    Events { found, within, missed: each.len() - found - within, other_alarms, median_lead_seconds, each }
}

impl Report {
    /// In plain words, with times in the organisation's zone.
    pub(super) fn in_words(&self, zone: &TimeZone) -> String {
        let time = |at: Timestamp| clock_time_with_year(at, zone, "en");
        let Span { from, to, bin_seconds, bins, mentions, weeks } = &self.history;
        let mut text = format!(
            "Watch {}, {}\n{} to {}: {}, {} of {} each\n",
            self.watch,
            self.setting,
            time(*from),
            time(*to),
            counted(*mentions, "mention"),
            number(*bins, "count"),
            in_words(Period::seconds(*bin_seconds)),
        );
        // Writing into a string does not fail.
        for note in &self.notes {
            let _ = writeln!(text, "{note}");
        }
        let alarms = number(self.alarms.len(), "alarm");
        let _ = writeln!(text, "\n{alarms} in {weeks:.1} weeks: {:.2} a week.", self.alarms_per_week);
        for told in &self.alarms {
            let voices = told.voices.map(|voices| format!(", from {}", counted(voices, "voice"))).unwrap_or_default();
            let _ = writeln!(text, "  {}  {}{voices}", time(told.at), told.reason);
        }
        if self.held_back > 0 {
            let times = number(self.held_back, "time");
            let _ = writeln!(
                text,
                "{times} the line was crossed and nothing alarmed, for want of the voices, tone or reach that are asked for."
            );
        }
        if !self.rises.is_empty() {
            let times = number(self.rises.len(), "time");
            let _ = writeln!(
                text,
                "{times} people would have heard that an open incident had grown to twice what they knew."
            );
        }
        if let Some(events) = &self.events {
            events.write(&mut text, &time);
        }
        if !self.other_settings.is_empty() {
            self.write_others(&mut text);
        }
        text
    }

    fn write_others(&self, text: &mut String) {
        let wide = self.other_settings.iter().map(|other| other.setting.len()).max().unwrap_or(0);
        let _ = writeln!(text, "\nWhat other settings would have done:");
        for other in &self.other_settings {
            let found = other.events_found.map(|found| format!("{found:>6} found")).unwrap_or_default();
            let Other { setting, alarms, alarms_per_week, .. } = other;
            let alarm = if *alarms == 1 { "alarm " } else { "alarms" };
            let _ = writeln!(text, "  {setting:<wide$} {alarms:>7} {alarm} {alarms_per_week:>9.2} a week{found}");
        }
    }
}

impl Events {
    fn write(&self, text: &mut String, time: &impl Fn(Timestamp) -> String) {
        let Self { found, within, missed, other_alarms, median_lead_seconds, each } = self;
        let all = number(found + within + missed, "known event");
        let _ = writeln!(text, "\nOf {all} {found} were found; {} about none.", are(*other_alarms, "alarm"));
        if *within > 0 {
            let _ = writeln!(text, "{within} began while the incident of an earlier alarm was open.");
        }
        for held in each {
            let when = match (held.lead_seconds, held.rise, held.within) {
                (Some(lead), None, _) => lead_words("alarm", lead),
                (Some(lead), Some(_), _) => lead_words("told as a rise of an open incident", lead),
                (None, _, Some(alarm)) => format!("no alarm of its own: the incident of {} was open", time(alarm)),
                (None, _, None) => "no alarm".to_owned(),
            };
            let _ = writeln!(text, "  {}  {when}", time(held.begins));
        }
        if let Some(lead) = median_lead_seconds {
            let _ = writeln!(text, "In the middle: {}.", lead_words("alarm", *lead));
        }
    }
}

fn number(things: usize, one: &str) -> String {
    counted(u64::try_from(things).unwrap_or(u64::MAX), one)
}

/// `1 alarm is`, `2 alarms are`.
fn are(things: usize, one: &str) -> String {
    format!("{} {}", number(things, one), if things == 1 { "is" } else { "are" })
}

/// `alarm 1 hour 5 minutes after it began`.
fn lead_words(what: &str, seconds: i64) -> String {
    let minutes = seconds.unsigned_abs() / 60;
    let part = |number: u64, unit: &str| (number > 0).then(|| counted(number, unit));
    let parts = [part(minutes / 1440, "day"), part(minutes / 60 % 24, "hour"), part(minutes % 60, "minute")];
    let words = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    match (words.as_str(), SignedDuration::from_secs(seconds).is_negative()) {
        ("", _) => format!("{what} in the minute in which it began"),
        (words, true) => format!("{what} {words} after it began"),
        (words, false) => format!("{what} {words} before it began"),
    }
}
