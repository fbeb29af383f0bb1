//! Detection: when a count is a spike. A detector is one file and one line in the table.

mod false_alarms;
mod fewer_than;
mod more_than;
mod times;

use std::fmt;

use jiff::Timestamp;

use super::count::{Counts, HORIZON, MinuteNumber, minute_of};
use super::incident::{IncidentId, Spike, Tenths, chart_minutes};
use super::name::FeedName;
use super::past::{About, Followed, Last, Line, Usually, bin_of, judged};
use super::period::{Period, PeriodError};
use super::quiet::QuietBy;
use super::severity::Severity;
use super::watch::{Percent, Watch};

pub use super::past::{Held, Reading, Replay};

/// The detectors that a watch's `spike:` can name.
pub const KINDS: &[DetectorKind] = &[false_alarms::KIND, fewer_than::KIND, more_than::KIND, times::KIND];

/// The fewest mentions that are a spike where a setting without a count of its own says nothing else.
pub const AT_LEAST: u32 = 5;

/// A way to tell a spike, as `holdline.yaml` names it.
pub struct DetectorKind {
    /// The key under `spike:`.
    pub name: &'static str,
    pub docs: &'static str,
    pub example: &'static str,
    pub parse: fn(&str) -> Result<Box<dyn Detector>, DetectorError>,
}

/// A detector with its setting.
pub trait Detector: fmt::Debug + Send + Sync {
    /// Where it alarms by what is usual; none while there is too little to tell.
    fn line(&self, usually: &Usually<'_>) -> Option<Line>;
    /// What is shown of the watch while it has no line.
    fn window(&self) -> Period;
    /// The fewest mentions that are a spike, where the watch does not say.
    fn at_least(&self) -> u32;
    /// What it alarms at, in words that follow "this watch alarms".
    fn setting(&self) -> String;
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct DetectorError(pub String);

/// What a mention does to a watch. Staying quiet has a reason too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Quiet,
    Spike(Spike),
    Suppressed(Why),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Enough mentions, but from fewer authors than the watch asks for; those who copy one another count once.
    TooFewVoices { voices: u32, wanted: u32 },
    /// Enough mentions, but fewer of them negative than the watch asks for, or of too few the tone can be told.
    NotNegative { negative: u32, toned: u32, wanted: Percent },
    /// Enough mentions, but by voices that reach fewer people than the watch asks for, as far as feeds say.
    TooLittleReach { reach: u64, wanted: u64 },
    /// An incident of this watch and playbook is open and takes the spike as its own.
    AlreadyOpen(IncidentId),
    /// The last incident of this watch ended and the count has not fallen back since.
    StillAbove,
    /// Too little was heard yet to tell what is usual.
    WarmingUp,
    /// Above the line, with fewer mentions than the watch asks for.
    TooFewMentions { mentions: u32, wanted: u32 },
    /// Above the line, and no louder than the echo of the last alarm.
    Echo,
    /// Little was said, and not all of the time could anything be heard.
    Deaf,
    /// The mention is so late that it lies in no window that contains now.
    Late,
    /// It came with the return of a feed that had failed, and does not say when it was written.
    Backlog(FeedName),
    /// Something keeps the watch quiet for now; the alarm is held back and delivered after.
    HeldBack { by: QuietBy, severity: Severity },
}

/// Judges a watch after a mention counted at `counted`, as of `now`. `open` is the incident that takes its spikes.
pub fn judge(asked: Asked<'_>, counted: Timestamp, now: Timestamp, open: Option<IncidentId>) -> Verdict {
    let Asked { watch, counts, followed } = asked;
    let (minute, line) = (minute_of(now), followed.line());
    if line.is_some_and(|line| minute - minute_of(counted) >= super::count::minutes_in(line.longest())) {
        return Verdict::Suppressed(Why::Late);
    }
    let count = |window: Period| counts.count(window, minute);
    let follow = &followed.follow;
    let last = open.map_or_else(|| follow.spent().map_or(Last::Nothing, Last::Spent), |_| Last::Open);
    let about = About { last, echo: follow.echo(bin_of(minute)), at_least: watch.at_least() };
    let mut why = None;
    let unmet = |window| {
        why = watch.unmet(counts, window, minute);
        why.is_some()
    };
    let why = match judged(line, count, &about, |window| followed.heard_all_of(window, minute), unmet) {
        Held::Alarm => return Verdict::Spike(spike(asked, now)),
        Held::Quiet => None,
        Held::WarmingUp => Some(Why::WarmingUp),
        Held::Deaf => Some(Why::Deaf),
        Held::AlreadyOpen => open.map(Why::AlreadyOpen),
        Held::StillAbove => Some(Why::StillAbove),
        Held::Echo => Some(Why::Echo),
        Held::TooFew => Some(Why::TooFewMentions { mentions: asked.count(minute), wanted: watch.at_least() }),
        Held::Unmet => why,
    };
    why.map_or(Verdict::Quiet, Verdict::Suppressed)
}

/// What the watch counts now, with everything that explains it.
pub fn spike(asked: Asked<'_>, now: Timestamp) -> Spike {
    let Asked { watch, counts, followed } = asked;
    let minute = minute_of(now);
    let count = |window: Period| counts.count(window, minute);
    let lead = followed.line().map(|line| line.lead(count));
    let window = lead.map_or_else(|| watch.detector.window(), |lead| lead.window);
    let (follow, falls) = (&followed.follow, followed.line().is_some_and(Line::falls));
    let talk = counts.talk(window, minute);
    Spike {
        watch: watch.name.clone(),
        count: count(window),
        window,
        more_than: lead.filter(|_| !falls).map_or(0, |lead| lead.above),
        fewer_than: lead.filter(|_| falls).map(|lead| lead.above),
        expected: follow.baseline().map(|baseline| Tenths::of(baseline.expected(window))),
        once_in: follow.loudness(count).map(|loudness| once_in(follow.tail().rate(loudness))),
        voices: counts.voices(window, minute),
        at: now,
        minutes: counts.series(chart_minutes(window), minute),
        evidence: talk.named(),
        talk: Some(Box::new(talk)),
    }
}

/// How long it takes on average until a day becomes as loud by chance: from a day to a year.
pub fn once_in(days_a_day: f64) -> Period {
    let days = (1.0 / days_a_day.max(1e-9)).clamp(1.0, DAYS_MAX);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between one and a year's days")]
    let days = days.round() as u64;
    Period::seconds(days * 24 * 60 * 60)
}

/// The rarest that is told apart, in days.
const DAYS_MAX: f64 = 366.0;

/// What is asked whether it alarms: a watch, what it counted, and how it was followed until now.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub watch: &'a Watch,
    pub counts: &'a Counts,
    pub followed: &'a Followed,
}

impl Asked<'_> {
    /// What it counts in the window that its spike would name.
    pub fn count(&self, minute: MinuteNumber) -> u32 {
        let count = |window: Period| self.counts.count(window, minute);
        count(self.followed.line().map_or_else(|| self.watch.detector.window(), |line| line.lead(count).window))
    }
}

/// The window of a detector: one that the counts reach, and no shorter than their minutes.
fn window_of(written: &str) -> Result<Period, &'static str> {
    let bounds = "its window must lie between one minute and one day";
    match Period::parse(written) {
        Ok(window) if window.as_seconds() >= 60 && window <= HORIZON => Ok(window),
        Ok(_) | Err(PeriodError::Nothing(_) | PeriodError::TooLong(_)) => Err(bounds),
        Err(PeriodError::NotOne(_)) => Err("its window is not a length of time"),
    }
}
