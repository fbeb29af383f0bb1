//! Detection: when a count is a spike. A detector is one file and one line in the table.

mod more_than;

use std::fmt;

use jiff::Timestamp;

use super::count::{Counts, MinuteNumber, minute_of};
use super::incident::{CHART_MINUTES, IncidentId, Spike};
use super::name::FeedName;
use super::period::Period;
use super::quiet::{QuietBy, is_clearly_above};
use super::severity::Severity;
use super::watch::Watch;

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
    /// Enough mentions, but from fewer authors than the watch asks for.
    TooFewVoices { voices: u32, wanted: u32 },
    /// An incident of this watch and playbook is open and takes the spike as its own.
    AlreadyOpen(IncidentId),
    /// The last incident of this watch ended and the count has not fallen back since.
    StillAbove,
    /// The mention is so late that it lies in no window that contains now.
    Late,
    /// It came with the return of a feed that had failed, and does not say when it was written.
    Backlog(FeedName),
    /// Something keeps the watch quiet for now; the alarm is held back and delivered after.
    HeldBack { by: QuietBy, severity: Severity },
}

/// Whether a watch may open an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arming {
    Armed,
    Open(IncidentId),
    /// It opened one that is over. A count back below the line arms it again, and one clearly above the highest of then
    /// is a second wave.
    Spent {
        peak: u32,
    },
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
        Arming::Spent { peak } if is_clearly_above(counts.count(window, minute), peak) => {}
        Arming::Spent { .. } => return Verdict::Suppressed(Why::StillAbove),
    }
    let spike = spike(watch, counts, now);
    if spike.voices < watch.from.0 {
        return Verdict::Suppressed(Why::TooFewVoices { voices: spike.voices, wanted: watch.from.0 });
    }
    Verdict::Spike(spike)
}

/// What the watch counts now, with everything that explains it.
pub fn spike(watch: &Watch, counts: &Counts, now: Timestamp) -> Spike {
    let minute = minute_of(now);
    let window = watch.detector.window();
    Spike {
        watch: watch.name.clone(),
        count: counts.count(window, minute),
        window,
        more_than: watch.detector.threshold(),
        voices: counts.voices(window, minute),
        at: now,
        minutes: counts.series(CHART_MINUTES, minute),
        evidence: counts.evidence(window, minute),
    }
}
