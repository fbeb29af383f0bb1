//! Groups: watches whose spikes are one story and open one incident.

use crate::core::name::{PlaybookName, WatchName};
use crate::core::quiet::Quiet;

/// What a spike and an incident have in common to be one story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Group {
    /// Watches with the same `group:`.
    Named(String),
    /// Watches that open the same playbook, and incidents that run it.
    Playbook(PlaybookName),
}

impl Quiet {
    /// The group of a watch that opens `opens`. Without a playbook and a name it stands alone.
    pub fn group_of(&self, watch: &WatchName, opens: Option<&PlaybookName>) -> Option<Group> {
        match self.groups.get(watch) {
            Some(name) => Some(Group::Named(name.clone())),
            None => opens.map(|playbook| Group::Playbook(playbook.clone())),
        }
    }
}
