//! A watch: which mentions count, from which feeds, and what number of them is a spike.

use std::collections::BTreeSet;
use std::fmt;

use super::count::{Counts, MinuteNumber};
use super::detect::{Detector, Why};
use super::name::{FeedName, PlaybookName, WatchName};
use super::period::Period;
use super::query::Query;

#[derive(Debug)]
pub struct Watch {
    pub name: WatchName,
    pub query: Query,
    pub feeds: BTreeSet<FeedName>,
    pub detector: Box<dyn Detector>,
    /// At least so many mentions in the window; the detector's own number where the watch does not say.
    pub at_least: Option<Mentions>,
    /// At least so many distinct authors in the window, as [`Counts::own_voices`] counts them.
    pub from: Voices,
    pub besides: Besides,
    /// The playbook a spike opens; without one a person picks.
    pub opens: Option<PlaybookName>,
}

/// What must hold besides the detector and the voices. What cannot be told does not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Besides {
    /// At least this part of the window's mentions whose tone can be told is negative.
    pub negative: Option<Percent>,
    /// The window's voices reach at least so many people.
    pub reach: Option<u64>,
}

/// Of fewer mentions with a known tone no share is told.
pub const TONED_MIN: u32 = 5;

impl Watch {
    /// The fewest mentions that are a spike.
    pub fn at_least(&self) -> u32 {
        self.at_least.map_or_else(|| self.detector.at_least(), |mentions| mentions.0)
    }

    /// The first condition beside the detector that this window up to `now` does not meet.
    pub fn unmet(&self, counts: &Counts, window: Period, now: MinuteNumber) -> Option<Why> {
        let voices = counts.own_voices(window, now);
        if voices < self.from.0 {
            return Some(Why::TooFewVoices { voices, wanted: self.from.0 });
        }
        if let Some(wanted) = self.besides.negative {
            let (toned, negative) = counts.tone(window, now);
            if toned < TONED_MIN || u64::from(negative) * 100 < u64::from(toned) * u64::from(wanted.0) {
                return Some(Why::NotNegative { negative, toned, wanted });
            }
        }
        let wanted = self.besides.reach?;
        let reach = counts.reach_of_voices(window, now);
        (reach < wanted).then_some(Why::TooLittleReach { reach, wanted })
    }
}

/// A share, as in `40 %`: 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(pub u8);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a share; write it as in `40 %`, from 1 % to 100 %")]
pub struct PercentError(String);

impl Percent {
    pub fn parse(text: &str) -> Result<Self, PercentError> {
        let number = text.trim().strip_suffix('%').map(str::trim_end);
        let plain = number.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        let percent = plain.and_then(|number| number.parse().ok()).filter(|percent| (1..=100).contains(percent));
        percent.map(Self).ok_or_else(|| PercentError(text.to_owned()))
    }
}

/// A number of mentions, as in `8 mentions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mentions(pub u32);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a number of mentions; write it as in `8 mentions`")]
pub struct MentionsError(String);

impl Mentions {
    pub fn parse(text: &str) -> Result<Self, MentionsError> {
        let refuse = || MentionsError(text.to_owned());
        let (number, word) = text.trim().split_once(' ').ok_or_else(refuse)?;
        let number: u32 = number.parse().map_err(|_| refuse())?;
        let fits = matches!(word.trim(), "mention" | "mentions") && number > 0;
        if fits { Ok(Self(number)) } else { Err(refuse()) }
    }
}

/// A number of distinct authors, as in `4 voices`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voices(pub u32);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a number of voices; write it as in `4 voices`")]
pub struct VoicesError(String);

impl Voices {
    pub fn parse(text: &str) -> Result<Self, VoicesError> {
        let refuse = || VoicesError(text.to_owned());
        let (number, word) = text.trim().split_once(' ').ok_or_else(refuse)?;
        let number: u32 = number.parse().map_err(|_| refuse())?;
        let fits = matches!(word.trim(), "voice" | "voices") && number > 0;
        if fits { Ok(Self(number)) } else { Err(refuse()) }
    }
}

impl fmt::Display for Voices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, if self.0 == 1 { "voice" } else { "voices" })
    }
}
