//! The watches as of now, for the page that shows them: what each counts, its verdict with the reason, what keeps it
//! quiet, and what people closed as a false alarm.

use jiff::{SignedDuration, Timestamp};

use super::counting::WatchIndex;
use super::work::Work;
use super::{Engine, RecordError};
use crate::core::detect::{Verdict, Why};
use crate::core::incident::{IncidentId, IncidentPhase, Spike, Verification};
use crate::core::name::{FeedName, PlaybookName, WatchName};
use crate::core::quiet::{Held, Hush};
use crate::core::watch::Voices;

/// How far back false alarms are shown.
pub const FALSE_ALARMS_WITHIN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// One watch as of now.
#[derive(Clone, Debug)]
pub struct WatchNow {
    pub counted: Spike,
    /// What it alarms at, in words that follow "alarms".
    pub setting: String,
    pub from: Voices,
    pub opens: Option<PlaybookName>,
    pub verdict: Verdict,
    /// Why it stayed quiet last though it was above its line.
    pub last_quiet: Option<(Timestamp, Why)>,
    pub hushes: Vec<Hush>,
    pub held: Option<Held>,
    /// Feeds of it that fail now.
    pub failing: Vec<FeedName>,
    /// Its incidents that people closed as a false alarm of late, each with their reason.
    pub false_alarms: Vec<FalseAlarm>,
}

/// An incident that people closed as a false alarm: what the watch took for a crisis, and why it was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FalseAlarm {
    pub incident: IncidentId,
    pub at: Timestamp,
    pub reason: String,
}

impl Work<'_, '_> {
    /// Up to `most` watches, in the order of their names in the file, and how many there are.
    pub fn watches_now(&self, most: usize) -> Result<(Vec<WatchNow>, usize), RecordError> {
        let all = self.state.counting.watches().count();
        let shown = (0..all.min(most)).map(|index| self.watch_now(index)).collect::<Result<_, _>>()?;
        Ok((shown, all))
    }

    fn watch_now(&self, index: WatchIndex) -> Result<WatchNow, RecordError> {
        let watch = self.state.counting.watch(index);
        let quiet = &self.state.quiet;
        let verdict = match self.state.counting.judge(index, self.now, self.now, self.open_incident(index)) {
            Verdict::Spike(spike) => {
                let severity = self.severity_of(index, &spike)?;
                match self.hush(&spike, severity) {
                    Some(hush) => Verdict::Suppressed(Why::HeldBack { by: hush.by, severity }),
                    None => Verdict::Spike(spike),
                }
            }
            other @ (Verdict::Quiet | Verdict::Suppressed(_)) => other,
        };
        Ok(WatchNow {
            counted: self.state.counting.spike(index, self.now),
            setting: watch.detector.setting(),
            from: watch.from,
            opens: watch.opens.clone(),
            verdict,
            last_quiet: self.state.counting.last_quiet(index).cloned(),
            hushes: self.standing.quiet.hushes(&watch.name, &quiet.silences, self.now),
            held: quiet.held.get(&watch.name).cloned(),
            failing: self.state.unheard.failing(watch),
            false_alarms: self.false_alarms(&watch.name),
        })
    }

    fn false_alarms(&self, watch: &WatchName) -> Vec<FalseAlarm> {
        let since = self.now.checked_sub(FALSE_ALARMS_WITHIN).unwrap_or(Timestamp::MIN);
        let of_this = self.state.incidents.values().filter(|entry| entry.incident.spike_of(watch).is_some());
        let false_alarms = of_this.filter_map(|entry| match &entry.incident.phase {
            IncidentPhase::Closed { at, verdict: Verification::FalseAlarm, reason, .. } if *at >= since => {
                Some(FalseAlarm { incident: entry.incident.id, at: *at, reason: reason.clone() })
            }
            IncidentPhase::Closed { .. }
            | IncidentPhase::Open
            | IncidentPhase::StandingDown(_)
            | IncidentPhase::StoodDown { .. } => None,
        });
        false_alarms.collect()
    }
}

impl Engine {
    /// The watches as the writer sees them now.
    pub async fn watches_now(&self, most: usize) -> Result<(Vec<WatchNow>, usize), RecordError> {
        self.call(move |work| work.watches_now(most)).await
    }
}
