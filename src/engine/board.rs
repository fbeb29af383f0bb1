//! The board: every incident as of the last commit, for pages and for what is carried out outside the writer.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::core::incident::{Incident, IncidentId};
use crate::core::rules::Rules;

#[derive(Clone, Debug, Default)]
pub struct Board {
    pub incidents: BTreeMap<IncidentId, Entry>,
    /// Nothing may be posted, by the kill switch.
    pub stopped: bool,
}

/// An incident and the rules that it keeps to its end.
#[derive(Clone, Debug)]
pub struct Entry {
    pub incident: Arc<Incident>,
    pub rules: Arc<Rules>,
}
