//! Detection: when a count is a spike. A detector is one file and one line in the table.

mod false_alarms;
mod more_than;
mod times;

use std::fmt;

use jiff::Timestamp;

use super::count::{Counts, minute_of};
use super::incident::{CHART_MINUTES, IncidentId, Spike, Tenths};
use super::past::{Followed, Line, Usually, bin_of};
use super::period::Period;
use super::watch::Watch;

pub use super::past::{Held, Reading, Replay};

/// The detectors that a watch's `spike:` can name.
pub const KINDS: &[DetectorKind] = &[false_alarms::KIND, more_than::KIND, times::KIND];

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
    /// Enough mentions, but from fewer authors than the watch asks for.
    TooFewVoices { voices: u32, wanted: u32 },
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
    /// The mention is so late that it lies in no window that contains now.
    Late,
}

/// Whether a watch may open an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arming {
    Armed,
    Open(IncidentId),
    /// It opened one that is over; a count back below the line arms it again.
    Spent,
}

/// Judges a watch after a mention counted at `counted`, as of `now`.
pub fn judge(asked: Asked<'_>, counted: Timestamp, now: Timestamp, arming: Arming) -> Verdict {
    let Asked { watch, counts, followed } = asked;
    let minute = minute_of(now);
    let Some(line) = followed.line() else { return Verdict::Suppressed(Why::WarmingUp) };
    if minute - minute_of(counted) >= super::count::minutes_in(line.longest()) {
        return Verdict::Suppressed(Why::Late);
    }
    let score = line.score(|window| counts.count(window, minute));
    if score <= line.level() {
        return Verdict::Quiet;
    }
    match arming {
        Arming::Armed => {}
        Arming::Open(incident) => return Verdict::Suppressed(Why::AlreadyOpen(incident)),
        Arming::Spent => return Verdict::Suppressed(Why::StillAbove),
    }
    if line.echoes() && score < followed.follow.echo(bin_of(minute)) {
        return Verdict::Suppressed(Why::Echo);
    }
    let spike = spike(asked, now);
    if spike.count < watch.at_least() {
        return Verdict::Suppressed(Why::TooFewMentions { mentions: spike.count, wanted: watch.at_least() });
    }
    if spike.voices < watch.from.0 {
        return Verdict::Suppressed(Why::TooFewVoices { voices: spike.voices, wanted: watch.from.0 });
    }
    Verdict::Spike(spike)
}

/// What the watch counts now, with everything that explains it.
pub fn spike(asked: Asked<'_>, now: Timestamp) -> Spike {
    let Asked { watch, counts, followed } = asked;
    let minute = minute_of(now);
    let count = |window: Period| counts.count(window, minute);
    let lead = followed.line().map(|line| line.lead(count));
    let window = lead.map_or_else(|| watch.detector.window(), |lead| lead.window);
    let follow = &followed.follow;
    Spike {
        watch: watch.name.clone(),
        count: count(window),
        window,
        more_than: lead.map_or(0, |lead| lead.above),
        expected: follow.baseline().map(|baseline| Tenths::of(baseline.expected(window))),
        once_in: follow.loudness(count).map(|loudness| once_in(follow.tail().rate(loudness))),
        voices: counts.voices(window, minute),
        at: now,
        minutes: counts.series(CHART_MINUTES, minute),
        evidence: counts.evidence(window, minute),
    }
}

/// How long it takes on average until a day becomes as loud by chance: from a day to a year.
fn once_in(days_a_day: f64) -> Period {
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
