//! The hospital's files: somebody edits them, the running program takes them up or the next start finds them, and people agree,
//! or do not, to what they would change in open incidents.

use std::collections::BTreeMap;

use holdline::core::incident::{Event, IncidentId};
use holdline::core::rules::ChannelRules;
use holdline::engine::{Entry, NewFolder, PostJob, Standing};
use rand::RngExt as _;

use super::house::{House, NEWCOMERS, PEOPLE, ROLES};
use super::world::World;
use crate::hospital::person;

/// What the program has of the files, and holds besides.
#[derive(Default)]
pub(super) struct Files {
    /// What the files come to, made once for each edit.
    read: Option<(House, Standing)>,
    /// The wires that the program holds: those of its files, and those that open incidents opened with.
    wires: BTreeMap<String, Vec<ChannelRules>>,
}

impl World {
    pub(super) fn standing(&mut self) -> Standing {
        if let Some((house, standing)) = &self.files.read
            && *house == self.house
        {
            return standing.clone();
        }
        let standing = self.house.standing();
        if self.house.lowered {
            self.ledger.lowered.extend(standing.rules.values().map(|rules| rules.hash().to_string()));
        }
        self.files.read = Some((self.house.clone(), standing.clone()));
        standing
    }

    /// A start holds the wires of the files and no others.
    pub(super) fn hold_wires(&mut self) {
        self.files.wires = self.house.channels().into_iter().map(|(name, wire)| (name, vec![wire])).collect();
    }

    /// Whether the program holds the wire that the incident opened with.
    pub(super) fn is_live(&self, job: &PostJob) -> bool {
        let board = self.board();
        let Some(entry) = board.incidents.get(&job.incident) else { return false };
        let held = self.files.wires.get(job.channel.as_str());
        entry.rules.channels.get(&job.channel).is_some_and(|opened| held.is_some_and(|held| held.contains(opened)))
    }

    /// Somebody changes one thing in the files.
    pub(super) fn edit_files(&mut self) {
        match self.rng.random_range(0..100) {
            0..14 => {
                let (role, holders) = self.pick(ROLES);
                let gone = self.pick(holders);
                if !stays(gone, role) {
                    self.house.out.insert((gone, role));
                }
            }
            14..26 => drop(self.house.out.pop_first()),
            26..34 => {
                let alone = self.pick(&["ben", "dev", "eve"]);
                self.house.alone.insert(alone);
            }
            34..40 => self.house.alone.clear(),
            40..52 => {
                let newcomer = self.pick(NEWCOMERS);
                self.house.newcomers.insert(newcomer);
            }
            52..63 => drop(self.house.newcomers.pop_first()),
            63..72 => {
                let person = self.pick(PEOPLE);
                *self.house.moved.entry(person).or_default() += 1;
            }
            72..79 => drop(self.house.moved.pop_first()),
            79..84 => self.house.lowered = !self.house.lowered,
            84..91 => self.house.wire += 1,
            91..95 => self.house.wire = 1,
            _ => self.house.edition += 1,
        }
        self.coverage.saw("the files were edited");
        let house = self.house.clone();
        self.note(format_args!("files: {house:?}"));
    }

    /// Takes the files up as they are, while the process runs: all of it, or nothing.
    pub(super) fn reload(&mut self) {
        let (standing, watches) = (self.standing(), self.house.watches());
        let folder = NewFolder::new(standing, watches, Vec::new()).unwrap();
        if self.work("reload", |work| work.take_up(folder)).made().is_none() {
            return;
        }
        let board = self.board();
        let running: Vec<&Entry> = board.incidents.values().filter(|entry| entry.incident.is_running()).collect();
        let open = if running.is_empty() { "with none" } else { "with incidents" };
        self.coverage.saw(&format!("the files were taken up {open} open"));
        let before = std::mem::take(&mut self.files.wires);
        self.hold_wires();
        for (name, wires) in before {
            let held = self.files.wires.entry(name.clone()).or_default();
            let posted_to =
                |wire: &ChannelRules| running.iter().any(|entry| entry.rules.channels.get(name.as_str()) == Some(wire));
            held.extend(wires.into_iter().filter(|wire| !held.contains(wire) && posted_to(wire)).collect::<Vec<_>>());
        }
    }

    /// Some people look at a change that the files ask for, and agree; some of them may not.
    pub(super) fn agree_to_changes(&mut self, id: IncidentId, entry: &Entry) {
        let waiting: Vec<u32> = entry.incident.waiting_changes().map(|(number, _)| number).collect();
        if waiting.is_empty() {
            return;
        }
        let change = self.pick(&waiting);
        for _ in 0..self.rng.random_range(1..5) {
            let by = person(self.pick(PEOPLE));
            self.record(id, Event::ChangeAgreed { change, by: by.clone() });
            if self.chance(30) {
                self.record(id, Event::ChangeAgreed { change, by });
            }
        }
    }
}

/// Ana never leaves: somebody must be able to end an incident.
pub(super) fn stays(name: &str, role: &str) -> bool {
    name == "ana" && role == "comms-lead"
}
