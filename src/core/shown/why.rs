//! Why an incident opened: the numbers, the chart, and who said so.

use jiff::Timestamp;
use serde::Serialize;

use super::talk::{Line, lines};
use super::words::counted;
use super::{Shown, in_words, sentence};
use crate::core::chart::{Chart, Point, amount, sparkline};
use crate::core::count::minutes_in;
use crate::core::incident::{Cause, Joined, Spike, Tenths};
use crate::core::period::Period;

const MINUTE: Period = Period::minutes(1);
/// Marks of the sparkline: so few that a phone does not break the line.
const MARKS: usize = 30;
/// Rows of the table that stands for the chart.
const ROWS: usize = 12;
/// With fewer whole windows than this the chart shows the minutes themselves, without a line.
const WINDOWS_MIN: usize = 15;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    pub sentence: String,
    /// The chart in one line of characters; empty where no spike was counted.
    pub sparkline: String,
    /// What the sparkline shows, in words.
    pub span: String,
    /// Everything that the chart shows, in words.
    pub described: String,
    pub numbers: Vec<Number>,
    /// What is counted by now, where that is no longer what it opened with.
    pub latest: Option<Latest>,
    /// What the mentions of now are made of.
    pub talk: Vec<Line>,
}

/// What a watch counts by now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Latest {
    pub sentence: String,
    pub sparkline: String,
    pub span: String,
}

/// A row of the table that stands for the chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Number {
    pub at: String,
    pub count: String,
    /// What was expected; empty where nothing could be.
    pub expected: String,
    /// Whether the watch alarms at such a count.
    pub above: bool,
}

impl Shown<'_> {
    pub fn why(&self) -> Why {
        let opened = match &self.incident.cause {
            Cause::Person { by, reason } => format!("{} opened it by hand: {reason}", self.name(by)),
            Cause::Spike => "A spike opened it.".to_owned(),
        };
        let Some((spike, chart)) = self.incident.first_spike.as_ref().zip(self.chart()) else {
            return Why {
                sentence: opened,
                sparkline: String::new(),
                span: String::new(),
                described: String::new(),
                numbers: Vec::new(),
                latest: None,
                talk: Vec::new(),
            };
        };
        let (sparkline, span) = in_marks(&chart);
        let latest = self.incident.spike.as_ref();
        Why {
            sentence: format!("{opened} {}", self.counted(spike)),
            sparkline,
            span,
            described: chart.described(),
            numbers: numbers(&chart),
            latest: latest.filter(|latest| latest.at > spike.at).and_then(|latest| self.latest(latest)),
            talk: latest.map(lines).unwrap_or_default(),
        }
    }

    fn latest(&self, spike: &Spike) -> Option<Latest> {
        let (sparkline, span) = in_marks(&self.chart_of(spike)?);
        Some(Latest { sentence: self.counted(spike), sparkline, span })
    }

    /// The spikes of other watches that the incident took, one sentence each.
    pub fn joined(&self) -> Vec<String> {
        let told = self.incident.joined.values().map(|Joined { spike, at, inhibited }| {
            let quietly = if *inhibited { " It is small beside this incident, so nobody was told." } else { "" };
            format!("Joined at {}. {}{quietly}", self.hour(*at), self.counted(spike))
        });
        told.collect()
    }

    fn counted(&self, spike: &Spike) -> String {
        let mut words = format!(
            "In the {} up to {} there were {} from {}; the watch {} {}.",
            in_words(spike.window),
            self.hour(spike.at),
            counted(spike.count, "mention"),
            counted(spike.voices, "voice"),
            spike.watch,
            spike.line_words()
        );
        words.extend(spike.expected.map(|expected| format!(" About {expected} are expected in such a time.")));
        words.extend(spike.once_in.map(|once_in| format!(" {}", sentence(&odds(once_in)))));
        words
    }

    /// What the watch counted before it alarmed; none where a person opened the incident and no spike joined it.
    pub fn chart(&self) -> Option<Chart> {
        self.chart_of(self.incident.first_spike.as_ref()?)
    }

    fn chart_of(&self, spike: &Spike) -> Option<Chart> {
        let window = usize::try_from(minutes_in(spike.window)).unwrap_or(usize::MAX);
        let (counted, points) = if spike.minutes.len() >= window.saturating_add(WINDOWS_MIN - 1) {
            (format!("mentions in {}", in_words(spike.window)), in_windows(spike, window))
        } else {
            ("mentions a minute".to_owned(), spike.minutes.iter().map(|count| point(*count, None, None)).collect())
        };
        let last = points.len().checked_sub(1)?;
        let back = i64::try_from(last).unwrap_or(i64::MAX).saturating_mul(60);
        let minute = spike.at.as_second().div_euclid(60) * 60;
        let begins = Timestamp::from_second(minute.saturating_sub(back)).unwrap_or(spike.at);
        Some(Chart {
            counted,
            begins,
            step: MINUTE,
            points,
            crossings: vec![last],
            events: Vec::new(),
            zone: self.zone(),
        })
    }
}

/// How often chance alone does this, in words that can be a clause.
pub fn odds(once_in: Period) -> String {
    const DAY: u64 = 24 * 60 * 60;
    match once_in.as_seconds() / DAY {
        0 | 1 => "by chance it is as loud on most days".to_owned(),
        2..=365 => format!("by chance it is as loud about once in {}", in_words(once_in)),
        366.. => "by chance it is as loud less than once a year".to_owned(),
    }
}

/// The count of each whole window, as the watch compares it with its line.
fn in_windows(spike: &Spike, window: usize) -> Vec<Point> {
    let expected = spike.expected.map(Tenths::as_f64);
    let windows = spike.minutes.windows(window.max(1));
    windows
        .map(|minutes| {
            point(minutes.iter().sum(), Some(f64::from(spike.fewer_than.unwrap_or(spike.more_than))), expected)
        })
        .collect()
}

fn point(count: u32, line: Option<f64>, expected: Option<f64>) -> Point {
    Point { count: f64::from(count), expected, line }
}

/// One mark for each of some equal parts, and what they show in words.
fn in_marks(chart: &Chart) -> (String, String) {
    let marks = chart.fitted(MARKS);
    let span = format!("{}, {}; one mark for every {}", chart.counted, chart.span(), every(marks.step));
    (sparkline(marks.points.iter().map(|point| point.count)), span)
}

fn numbers(chart: &Chart) -> Vec<Number> {
    let rows = chart.fitted(ROWS);
    let number = |(place, point): (usize, &Point)| Number {
        at: chart.hour(rows.at(place)),
        count: amount(point.count),
        expected: point.expected.map(amount).unwrap_or_default(),
        above: point.line.is_some_and(|line| point.count > line),
    };
    rows.points.iter().enumerate().map(number).collect()
}

/// `minute`, `2 minutes`.
fn every(step: Period) -> String {
    let words = in_words(step);
    words.strip_prefix("1 ").map_or_else(|| words.clone(), str::to_owned)
}
