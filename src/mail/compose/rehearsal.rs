//! Mails about rehearsals with the team: when one begins, that one does not take place, and how one went.

use jiff::Timestamp;
use serde::Serialize;

use super::desk::House;
use super::press::Kind;
use super::{ComposeError, Composer, Letter};
use crate::core::incident::IncidentId;
use crate::core::statement::clock_time;

/// What there is to say of a rehearsal.
#[derive(Clone, Copy, Debug)]
pub enum OfARehearsal<'a> {
    Announced {
        title: &'a str,
        at: Timestamp,
        opens: &'a str,
    },
    /// `live` is the page of the live incident that is in its way.
    CalledOff {
        title: &'a str,
        why: &'a str,
        live: Option<&'a str>,
    },
    Over {
        title: &'a str,
        incident: IncidentId,
        why: &'a str,
        live: Option<&'a str>,
    },
    Scored {
        title: &'a str,
        incident: IncidentId,
        lines: &'a [String],
    },
}

#[derive(Serialize)]
struct Told<'a> {
    sentence: String,
    lines: &'a [String],
    now: &'a str,
    page: Option<String>,
}

const ANNOUNCED: &str = "Nothing now. When it begins you get mails as on the day, each with the stamp: open their links, \
                         type their codes, decide. Nothing of it is posted: post nothing yourself, and do nothing that \
                         others could notice. A mail without the stamp is real, also while it lasts.";
const CALLED_OFF: &str = "Nothing. Mails without the stamp are real.";
const OVER: &str = "Answer no mail of it any more; its links and codes are void. Mails without the stamp are real. It stays to \
                    be read at:";
/// A rehearsal has often the same title and number as what ended it, so nothing of it is linked here.
const LIVE: &str = "Answer no mail of the rehearsal: its links and codes are void. Mails without the stamp are real. What is \
                    real is at:";
const SCORED: &str = "Look at what took longest and who was not heard, and write down who mends it.";

impl Composer {
    pub fn rehearsal(&self, house: &House<'_>, told: OfARehearsal<'_>, url: &str) -> Result<Letter, ComposeError> {
        let zone = house.organisation.zone();
        let (about, data) = match told {
            OfARehearsal::Announced { title, at, opens } => {
                let at = clock_time(at, &zone, "en");
                let sentence = format!("A rehearsal of {title} begins at {at}. {opens} opens it.");
                let data = Told { sentence, lines: &[], now: ANNOUNCED, page: None };
                (format!("Rehearsal at {at}: {title}"), data)
            }
            OfARehearsal::CalledOff { title, why, live } => {
                let sentence = format!("The rehearsal of {title} does not take place: {why}.");
                let (now, page) = (if live.is_some() { LIVE } else { CALLED_OFF }, live.map(str::to_owned));
                let because = because(live);
                (format!("Rehearsal called off{because}: {title}"), Told { sentence, lines: &[], now, page })
            }
            OfARehearsal::Over { title, incident, why, live } => {
                let sentence = format!("The rehearsal of {title} was broken off: {why}.");
                let page = live.map_or_else(|| format!("{url}/incident/{incident}"), str::to_owned);
                let now = if live.is_some() { LIVE } else { OVER };
                let because = because(live);
                (
                    format!("The rehearsal is over{because}: {title}"),
                    Told { sentence, lines: &[], now, page: Some(page) },
                )
            }
            OfARehearsal::Scored { title, incident, lines } => {
                let sentence = format!("The rehearsal of {title} is over. How it went:");
                let page = Some(format!("{url}/incident/{incident}/report"));
                (format!("How the rehearsal went: {title}"), Told { sentence, lines, now: SCORED, page })
            }
        };
        self.house_letter(house, Kind::Rehearsal, &about, &data)
    }
}

fn because(live: Option<&str>) -> &'static str {
    if live.is_some() { ", a real incident is open" } else { "" }
}
