//! Mails about quiet: that a silence ends soon, and what was held back while a watch was kept quiet.

use jiff::Timestamp;
use serde::Serialize;

use super::desk::House;
use super::press::Kind;
use super::{ComposeError, Composer, Letter};
use crate::core::incident::IncidentId;
use crate::core::name::WatchName;
use crate::core::period::Period;
use crate::core::quiet::{QuietBy, Silence};
use crate::core::shown::{counted, in_words};
use crate::core::statement::clock_time;

/// What was held back of a watch.
#[derive(Clone, Debug)]
pub struct HeldBack<'a> {
    pub watch: &'a WatchName,
    pub by: &'a QuietBy,
    pub since: Timestamp,
    pub times: u32,
    pub mentions: u64,
    pub highest: u32,
    pub window: Period,
    /// What was opened or joined, where the spike still stands or broke through.
    pub incident: Option<IncidentId>,
    /// It grew too big to be held back any longer; else what kept the watch quiet is over.
    pub broke_through: bool,
    /// Where to look.
    pub page: String,
}

#[derive(Serialize)]
struct Meanwhile {
    alarms: String,
    watch: String,
    by: String,
    since: String,
    mentions: String,
    highest: String,
    window: String,
    now: String,
    page: String,
}

#[derive(Serialize)]
struct Ends<'a> {
    silence: u32,
    scope: String,
    until: String,
    reason: &'a str,
    page: &'a str,
}

impl Composer {
    pub fn held_back(&self, house: &House<'_>, held: &HeldBack<'_>) -> Result<Letter, ComposeError> {
        let zone = house.organisation.zone();
        let now = match held.incident {
            Some(id) if held.broke_through => {
                format!("It grew too big to be held back any longer: incident {id} has it. Look at its page.")
            }
            Some(id) => format!(
                "The watch is no longer kept quiet and is still above its line: incident {id} has it. Look at its page."
            ),
            None => {
                "The watch is below its line again, and no incident was opened. See what was said, and open one by \
                     hand if it needs an answer."
                    .to_owned()
            }
        };
        let data = Meanwhile {
            alarms: counted(held.times, "alarm"),
            watch: held.watch.to_string(),
            by: held.by.to_string(),
            since: clock_time(held.since, &zone, "en"),
            mentions: counted(held.mentions, "mention"),
            highest: held.highest.to_string(),
            window: in_words(held.window),
            now,
            page: held.page.clone(),
        };
        let about = format!("Held back of the watch {}: {}", held.watch, data.alarms);
        self.house_letter(house, Kind::HeldBack, &about, &data)
    }

    pub fn silence_ends(
        &self,
        house: &House<'_>,
        number: u32,
        silence: &Silence,
        page: &str,
    ) -> Result<Letter, ComposeError> {
        let until = clock_time(silence.until, &house.organisation.zone(), "en");
        let about = format!("Silence {number} ends at {until}");
        let (scope, reason) = (silence.scope.to_string(), silence.reason.as_str());
        self.house_letter(house, Kind::SilenceEnds, &about, &Ends { silence: number, scope, until, reason, page })
    }
}
