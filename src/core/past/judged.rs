//! Whether a watch alarms now. Running watches and series that are played ask here, so that both do the same.

use super::line::Line;
use super::spent::Spent;
use crate::core::period::Period;

/// What the last alarm of a watch left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Last {
    Nothing,
    /// Its incident is open and takes what is above the line.
    Open,
    /// Its incident is over, and talk has not fallen back since.
    Spent(Spent),
}

/// What is known of a watch beside its line and its counts.
#[derive(Clone, Copy, Debug)]
pub struct About {
    pub last: Last,
    /// How loud it must at least be to be news after the last alarm.
    pub echo: f64,
    /// The fewest mentions that are a spike.
    pub at_least: u32,
}

/// Whether an alarm is raised, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    Alarm,
    Quiet,
    WarmingUp,
    /// Little was said, and not all of the time could anything be heard.
    Deaf,
    /// Above the line, and taken by the incident of the last alarm.
    AlreadyOpen,
    /// Above the line ever since the last alarm, and not clearly louder.
    StillAbove,
    /// Above the line, and no louder than the echo of the last alarm.
    Echo,
    /// Above the line, with fewer mentions than asked for.
    TooFew,
    /// Above the line, and what the watch asks besides (voices, tone, reach) is not so.
    Unmet,
}

/// `count` tells the mentions in a window that ends now, `heard_all` whether all of such a window could be heard, and
/// `unmet` whether something that the watch asks besides is not so in it.
pub fn judged(
    line: Option<&Line>,
    count: impl Fn(Period) -> u32,
    about: &About,
    heard_all: impl FnOnce(Period) -> bool,
    unmet: impl FnOnce(Period) -> bool,
) -> Held {
    let Some(line) = line else { return Held::WarmingUp };
    let score = line.score(&count);
    if score <= line.level() {
        return Held::Quiet;
    }
    if line.falls() && !heard_all(line.longest()) {
        return Held::Deaf;
    }
    match about.last {
        Last::Nothing => {}
        Last::Open => return Held::AlreadyOpen,
        Last::Spent(spent) if !line.falls() && !spent.hides(score) => {}
        Last::Spent(_) => return Held::StillAbove,
    }
    if line.echoes() && score < about.echo {
        return Held::Echo;
    }
    let lead = line.lead(count);
    if lead.count < about.at_least {
        return Held::TooFew;
    }
    // Who says nothing has neither voice nor tone.
    if !line.falls() && unmet(lead.window) { Held::Unmet } else { Held::Alarm }
}
