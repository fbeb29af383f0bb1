//! The board: every incident as of the last commit, for pages and for what is carried out outside the writer.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::incidents::Incidents;
use super::quiet::QuietNow;
use crate::core::incident::{Incident, IncidentId};
use crate::core::name::PersonId;
use crate::core::rules::Rules;

#[derive(Clone, Debug, Default)]
pub struct Board {
    pub incidents: Incidents,
    /// Nothing may be posted, by the kill switch.
    pub stopped: bool,
    /// Silences, and alarms that are held back.
    pub quiet: Arc<QuietNow>,
    /// Incidents of which nothing but this is left.
    pub erased: Arc<BTreeMap<IncidentId, Erased>>,
}

/// That an incident's words, or some of them, were taken away by law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    pub at: Timestamp,
    pub by: PersonId,
    pub reason: String,
}

/// An incident and the rules that it keeps to its end.
#[derive(Clone, Debug)]
pub struct Entry {
    pub incident: Arc<Incident>,
    pub rules: Arc<Rules>,
}
