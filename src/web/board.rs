//! What pages look up on the board, and what forms carry.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Site;
use super::problem::Problem;
use crate::chart::{Place, svg};
use crate::core::incident::{Incident, IncidentId};
use crate::core::rules::Rules;
use crate::core::shown::{Quote, Shown};

/// A form's fields by name.
pub(super) type Fields = BTreeMap<String, String>;

/// One incident as of the last commit.
pub(super) struct Found {
    pub(super) incident: Arc<Incident>,
    pub(super) rules: Arc<Rules>,
}

impl Site {
    pub(super) fn find(&self, id: IncidentId) -> Result<Found, Problem> {
        let board = self.engine.board();
        let entry = board.incidents.get(&id).ok_or_else(|| Problem::not_found("There is no such incident."))?;
        Ok(Found { incident: Arc::clone(&entry.incident), rules: Arc::clone(&entry.rules) })
    }

    pub(super) fn shown<'a>(&self, found: &'a Found) -> Shown<'a> {
        Shown { incident: &found.incident, rules: &found.rules, now: self.engine.machine_time() }
    }

    pub(super) fn quotes(&self, found: &Found) -> Vec<Quote> {
        let zone = found.rules.organisation.zone();
        found.incident.spike.as_ref().map(|spike| self.engine.quotes(spike, &zone)).unwrap_or_default()
    }
}

/// The chart of why an incident opened, as an `<svg>` whose texts are escaped. None where nothing was counted, and where
/// it cannot be drawn: the page has the numbers too.
pub(super) fn drawing(shown: &Shown<'_>) -> Option<String> {
    let drawn = svg(&shown.chart()?, Place::Phone, "chart");
    let (incident, setting) = (shown.incident.id, shown.incident.setting.logged());
    drawn.inspect_err(|error| tracing::warn!(incident, %error, setting, "a page goes without its chart")).ok()
}

/// A field without the blanks around it; empty where it was not sent.
pub(super) fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", |value| value.trim())
}
