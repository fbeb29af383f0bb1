//! Every incident by number, in blocks that copies share: the board is a copy for each commit, and costs the same in the
//! hundredth year.

use std::collections::BTreeMap;
use std::ops::Index;
use std::sync::Arc;

use super::board::Entry;
use crate::core::incident::IncidentId;

/// So many numbers are one block: at most this many entries are copied where one of them changes.
const BLOCK: IncidentId = 64;

#[derive(Clone, Debug, Default)]
pub struct Incidents {
    blocks: BTreeMap<IncidentId, Arc<BTreeMap<IncidentId, Entry>>>,
}

impl Incidents {
    pub fn get(&self, id: &IncidentId) -> Option<&Entry> {
        self.blocks.get(&(id / BLOCK))?.get(id)
    }

    /// By number, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&IncidentId, &Entry)> {
        self.blocks.values().flat_map(|block| block.iter())
    }

    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &IncidentId> {
        self.iter().map(|(id, _)| id)
    }

    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.iter().map(|(_, entry)| entry)
    }

    pub fn len(&self) -> usize {
        self.blocks.values().map(|block| block.len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    pub(super) fn insert(&mut self, id: IncidentId, entry: Entry) -> Option<Entry> {
        Arc::make_mut(self.blocks.entry(id / BLOCK).or_default()).insert(id, entry)
    }

    pub(super) fn remove(&mut self, id: IncidentId) -> Option<Entry> {
        Arc::make_mut(self.blocks.get_mut(&(id / BLOCK))?).remove(&id)
    }
}

impl Index<&IncidentId> for Incidents {
    type Output = Entry;

    fn index(&self, id: &IncidentId) -> &Entry {
        &self.blocks[&(id / BLOCK)][id]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use serde_json::json;

    use super::{BLOCK, Incidents};
    use crate::core::incident::{Cause, Opening, open};
    use crate::core::roster::Roster;
    use crate::core::rules::Rules;
    use crate::core::setting::Setting;
    use crate::engine::Entry;

    fn entry() -> Entry {
        let rules: Rules = serde_json::from_value(json!({
            "organisation": { "name": "Riverside General", "timezone": "UTC", "hotline": "+1 555 010 0100",
                "press_office": "press@riverside.example", "languages": ["en"], "known": [], "stamp": "EXERCISE" },
            "playbook": { "name": "none", "title": "None", "when_to_use": "In tests.", "severity": [], "facts": [],
                "timeline": [], "stand_down": { "approval": [] } },
            "templates": [],
            "channels": {},
        }))
        .unwrap();
        let cause = Cause::Person { by: "ana".into(), reason: "a call".to_owned() };
        let opening = Opening {
            setting: Setting::Live,
            rules: rules.hash(),
            cause,
            roster: Roster::default(),
            spike: None,
            pause: None,
        };
        let (incident, _) = open(1, &opening, Timestamp::UNIX_EPOCH, &rules);
        Entry { incident: Arc::new(incident), rules: Arc::new(rules) }
    }

    #[test]
    fn a_copy_shares_every_block_but_the_one_that_changes() {
        let entry = entry();
        let mut incidents = Incidents::default();
        for id in 1..=3 * BLOCK {
            assert!(incidents.insert(id, entry.clone()).is_none());
        }
        let copy = incidents.clone();
        assert!(incidents.remove(2 * BLOCK).is_some());
        assert_eq!((copy.len(), incidents.len()), (3 * 64, 3 * 64 - 1));
        let shared = copy.blocks.iter().filter(|(number, block)| Arc::ptr_eq(block, &incidents.blocks[number]));
        assert_eq!(shared.count(), copy.blocks.len() - 1);
        let ids: Vec<u32> = incidents.keys().rev().copied().collect();
        assert!(ids.is_sorted_by(|one, other| one > other) && !ids.contains(&(2 * BLOCK)));
    }
}
