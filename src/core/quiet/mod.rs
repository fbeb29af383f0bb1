//! Quiet without deafness: what keeps a watch's alarms back for a while, what breaks through, and what is one story.
//! Everything goes on being counted and judged meanwhile; what was held back is delivered after.

mod gaps;
mod group;
mod held;
mod hours;
mod maintenance;
mod silence;
mod wave;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use gaps::{FeedGaps, GAP_MINUTES_MIN, GAPS_MAX, Gaps};
pub use group::Group;
pub use held::Held;
pub use hours::{Hours, HoursError, STARTS_CHECKED};
use jiff::Timestamp;
pub use maintenance::{ANNOUNCED_BEFORE, Maintenance};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
pub use silence::{
    REASON_CHARS_MAX, REMINDED_BEFORE, REMINDED_FROM, SILENCE_LONGEST, SILENCES_MAX, Silence, SilenceError,
};
pub use wave::{CLEARLY_ABOVE, COUNTED_BACK, FLAP, STEP_AFTER, Wave, is_clearly_above};

use super::incident::IncidentId;
use super::name::WatchName;
use super::severity::Severity;

/// Which watches are kept quiet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    All,
    Watches(BTreeSet<WatchName>),
}

impl Scope {
    pub fn holds(&self, watch: &WatchName) -> bool {
        match self {
            Self::All => true,
            Self::Watches(watches) => watches.contains(watch),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("every watch"),
            Self::Watches(watches) => {
                let names: Vec<&str> = watches.iter().map(WatchName::as_str).collect();
                f.write_str(&names.join(", "))
            }
        }
    }
}

/// Which alarms are not held back: those whose incident would open with this severity or a higher one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakThrough {
    From(Severity),
    Nothing,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a severity that breaks through; write serious, critical or nothing")]
pub struct BreakThroughError(String);

impl BreakThrough {
    /// What holds where nobody says otherwise: a critical alarm wakes people.
    pub const USUAL: Self = Self::From(Severity::Critical);

    pub fn parse(text: &str) -> Result<Self, BreakThroughError> {
        match text.trim() {
            "serious" => Ok(Self::From(Severity::Serious)),
            "critical" => Ok(Self::From(Severity::Critical)),
            "nothing" => Ok(Self::Nothing),
            other => Err(BreakThroughError(other.to_owned())),
        }
    }

    pub fn lets(self, severity: Severity) -> bool {
        match self {
            Self::From(lowest) => severity >= lowest,
            Self::Nothing => false,
        }
    }
}

impl fmt::Display for BreakThrough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From(severity) => f.write_str(&severity.to_string().to_lowercase()),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

impl Serialize for BreakThrough {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BreakThrough {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// What keeps a watch quiet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuietBy {
    /// By its number.
    Silence(u32),
    /// Recurring quiet hours, by name.
    Hours(String),
    /// A maintenance window, by name.
    Maintenance(String),
    /// An incident of the watch that ended a moment ago: what comes and goes is told as one.
    JustOver(IncidentId),
}

impl fmt::Display for QuietBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silence(number) => write!(f, "silence {number}"),
            Self::Hours(name) => write!(f, "the quiet hours `{name}`"),
            Self::Maintenance(name) => write!(f, "the maintenance `{name}`"),
            Self::JustOver(incident) => write!(f, "the end of incident {incident} a moment ago"),
        }
    }
}

/// Something that keeps a watch quiet now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hush {
    pub by: QuietBy,
    /// When it ends, as far as it says now.
    pub until: Timestamp,
    pub break_through: BreakThrough,
}

/// What `holdline.yaml` says of quiet and of what belongs together.
#[derive(Clone, Debug, Default)]
pub struct Quiet {
    pub hours: Vec<Hours>,
    pub maintenance: Vec<Maintenance>,
    /// Watches that name a group of their own.
    pub groups: BTreeMap<WatchName, String>,
}

impl Quiet {
    /// Everything that keeps `watch` quiet at `at`.
    pub fn hushes(&self, watch: &WatchName, silences: &BTreeMap<u32, Silence>, at: Timestamp) -> Vec<Hush> {
        let silences = silences.iter().filter(|(_, silence)| silence.scope.holds(watch));
        let silences = silences.filter(|(_, silence)| silence.is_in_force(at)).map(|(number, silence)| Hush {
            by: QuietBy::Silence(*number),
            until: silence.until,
            break_through: silence.break_through,
        });
        let hours = self.hours.iter().filter(|hours| hours.scope.holds(watch)).filter_map(|hours| {
            let by = QuietBy::Hours(hours.name.clone());
            Some(Hush { by, until: hours.until(at)?, break_through: hours.break_through })
        });
        let windows = self.maintenance.iter().filter(|window| window.scope.holds(watch) && window.is_on(at));
        let windows = windows.map(|window| Hush {
            by: QuietBy::Maintenance(window.name.clone()),
            until: window.to,
            break_through: window.break_through,
        });
        silences.chain(hours).chain(windows).collect()
    }
}

/// What holds an alarm of this severity back: of several the one that ends last. Each must let it through.
pub fn holding(hushes: impl IntoIterator<Item = Hush>, severity: Severity) -> Option<Hush> {
    hushes.into_iter().filter(|hush| !hush.break_through.lets(severity)).max_by_key(|hush| hush.until)
}
