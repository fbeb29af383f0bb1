//! Detection: when a count is a spike. A detector is one file and one line in the table.

mod more_than;

use std::fmt;

use jiff::Timestamp;

use super::count::{Counts, MinuteNumber, minute_of};
use super::incident::{CHART_MINUTES, IncidentId, Spike};
use super::period::Period;
use super::watch::{Percent, Watch};

/// The detectors that a watch's `spike:` can name.
pub const KINDS: &[DetectorKind] = &[more_than::KIND];

/// A way to tell a spike, as `holdline.yaml` names it.
pub struct DetectorKind {
    /// The key under `spike:`.
    pub name: &'static str,
    pub docs: &'static str,
    pub example: &'static str,
    pub parse: fn(&str) -> Result<Box<dyn Detector>, DetectorError>,
}

/// A detector with its setting. Cheap while nothing crosses: asked at every mention.
pub trait Detector: fmt::Debug + Send + Sync {
    fn window(&self) -> Period;
    /// Above how many mentions in the window it alarms.
    fn threshold(&self) -> u32;
    fn crosses(&self, counts: &Counts, now: MinuteNumber) -> bool;
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
pub fn judge(watch: &Watch, counts: &Counts, counted: Timestamp, now: Timestamp, arming: Arming) -> Verdict {
    let minute = minute_of(now);
    let window = watch.detector.window();
    if minute - minute_of(counted) >= super::count::minutes_in(window) {
        return Verdict::Suppressed(Why::Late);
    }
    if !watch.detector.crosses(counts, minute) {
        return Verdict::Quiet;
    }
    match arming {
        Arming::Armed => {}
        Arming::Open(incident) => return Verdict::Suppressed(Why::AlreadyOpen(incident)),
        Arming::Spent => return Verdict::Suppressed(Why::StillAbove),
    }
    if let Some(why) = watch.unmet(counts, minute) {
        return Verdict::Suppressed(why);
    }
    Verdict::Spike(spike(watch, counts, now))
}

/// What the watch counts now, with everything that explains it.
pub fn spike(watch: &Watch, counts: &Counts, now: Timestamp) -> Spike {
    let minute = minute_of(now);
    let window = watch.detector.window();
    let talk = counts.talk(window, minute);
    Spike {
        watch: watch.name.clone(),
        count: counts.count(window, minute),
        window,
        more_than: watch.detector.threshold(),
        voices: counts.voices(window, minute),
        at: now,
        minutes: counts.series(CHART_MINUTES, minute),
        evidence: talk.named(),
        talk: Some(talk),
    }
}
