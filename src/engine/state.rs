//! What the recorder holds in memory, and how a failed transaction is undone in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::board::{Entry, Erased};
use super::counting::{Counting, WatchIndex};
use super::feeds::Pulse;
use super::holds::Holds;
use super::incidents::Incidents;
use super::kept::TakenFolder;
use super::quiet::QuietNow;
use super::recorder::Standing;
use super::stop::Stopped;
use super::work::TakenIn;
use crate::core::incident::IncidentId;
use crate::core::name::FeedName;
use crate::core::rules::Rules;
use crate::core::statement::Digest;

/// What the recorder holds in memory: folded from the store, and undone with a failed transaction.
#[expect(clippy::struct_excessive_bools, reason = "each says one thing about one transaction")]
pub(super) struct State {
    pub(super) incidents: Incidents,
    /// Those of them that are running: every counted mention asks for them, and those that are over only grow in number.
    pub(super) running: BTreeSet<IncidentId>,
    pub(super) rules: BTreeMap<Digest, Arc<Rules>>,
    pub(super) counting: Counting,
    pub(super) stopped: Option<Stopped>,
    /// Since when no clock is known to have been set forward.
    pub(super) steady_since: Timestamp,
    pub(super) quiet: Arc<QuietNow>,
    /// How it goes with feeds that are not fetched.
    pub(super) pulses: BTreeMap<FeedName, Pulse>,
    pub(super) holds: Arc<Holds>,
    /// Folders that were taken and are still needed, the one of now at the end.
    pub(super) taken: Arc<[TakenFolder]>,
    pub(super) erased: Arc<BTreeMap<IncidentId, Erased>>,
    /// What was erased may still stand in the log beside the store, until that is emptied.
    pub(super) swept: bool,
    pub(super) standing: Arc<Standing>,
    /// What this transaction took in, to be counted once it stands.
    pub(super) heard: Vec<(FeedName, TakenIn)>,
    pub(super) undo: Vec<Undo>,
    /// The counts hold mentions that were not committed.
    pub(super) counts_stale: bool,
    pub(super) counted_in_job: bool,
    /// A job that counted was refused, and the others of its transaction were not.
    pub(super) recount: bool,
    /// Something new is owed since the outbox was last told.
    pub(super) owes: bool,
}

/// A place within a transaction, to come back to.
#[derive(Clone, Copy, Default)]
pub(super) struct Mark {
    pub(super) undo: usize,
    heard: usize,
}

/// What stood before a change of this transaction.
pub(super) enum Undo {
    Incident(IncidentId, Option<Entry>),
    Stopped(Option<Stopped>),
    Quiet(Arc<QuietNow>),
    Pulse(FeedName, Pulse),
    Holds(Arc<Holds>),
    Erased(Arc<BTreeMap<IncidentId, Erased>>),
    Taken(Arc<[TakenFolder]>),
    /// How this watch was followed is to be written down still.
    Unsaved(WatchIndex),
    Folder(Box<(Arc<Standing>, Counting)>),
}

impl State {
    pub(super) fn put(&mut self, id: IncidentId, entry: Entry) {
        let before = self.set(id, Some(entry));
        self.undo.push(Undo::Incident(id, before));
    }

    /// What the folder says by now. The mentions of the last day are counted for its watches before the next transaction.
    pub(super) fn set_folder(&mut self, standing: Arc<Standing>, counting: Counting) {
        let before = (std::mem::replace(&mut self.standing, standing), std::mem::replace(&mut self.counting, counting));
        self.recount = true;
        self.undo.push(Undo::Folder(Box::new(before)));
    }

    pub(super) fn set_stopped(&mut self, stopped: Option<Stopped>) {
        let before = std::mem::replace(&mut self.stopped, stopped);
        self.undo.push(Undo::Stopped(before));
    }

    pub(super) fn change_quiet(&mut self, change: impl FnOnce(&mut QuietNow)) {
        let mut quiet = QuietNow::clone(&self.quiet);
        change(&mut quiet);
        let before = std::mem::replace(&mut self.quiet, Arc::new(quiet));
        self.undo.push(Undo::Quiet(before));
    }

    pub(super) fn change_pulse(&mut self, feed: &FeedName, pulse: Pulse) {
        if let Some(before) = self.pulses.insert(feed.clone(), pulse) {
            self.undo.push(Undo::Pulse(feed.clone(), before));
        }
    }

    pub(super) fn took_unsaved(&mut self, index: WatchIndex) {
        self.undo.push(Undo::Unsaved(index));
    }

    pub(super) fn change_holds(&mut self, change: impl FnOnce(&mut Holds)) {
        let mut holds = Holds::clone(&self.holds);
        change(&mut holds);
        let before = std::mem::replace(&mut self.holds, Arc::new(holds));
        self.undo.push(Undo::Holds(before));
    }

    pub(super) fn change_taken(&mut self, change: impl FnOnce(&mut Vec<TakenFolder>)) {
        let mut taken = self.taken.to_vec();
        change(&mut taken);
        let before = std::mem::replace(&mut self.taken, taken.into());
        self.undo.push(Undo::Taken(before));
    }

    /// Of this incident only that it was erased is left.
    pub(super) fn forget(&mut self, id: IncidentId, as_erased: Erased) {
        let before = self.set(id, None);
        self.undo.push(Undo::Incident(id, before));
        let mut erased = BTreeMap::clone(&self.erased);
        erased.insert(id, as_erased);
        let before = std::mem::replace(&mut self.erased, Arc::new(erased));
        self.undo.push(Undo::Erased(before));
    }

    fn set(&mut self, id: IncidentId, entry: Option<Entry>) -> Option<Entry> {
        if entry.as_ref().is_some_and(|entry| entry.incident.is_running()) {
            self.running.insert(id);
        } else {
            self.running.remove(&id);
        }
        match entry {
            Some(entry) => self.incidents.insert(id, entry),
            None => self.incidents.remove(id),
        }
    }

    pub(super) fn owe(&mut self) {
        self.owes = true;
    }

    pub(super) fn counted(&mut self) {
        self.counts_stale = true;
        self.counted_in_job = true;
    }

    /// Where a job began, to come back to should it be refused.
    pub(super) fn mark(&mut self) -> Mark {
        self.counted_in_job = false;
        Mark { undo: self.undo.len(), heard: self.heard.len() }
    }

    pub(super) fn undo_to(&mut self, mark: Mark) {
        self.recount |= self.counted_in_job;
        self.heard.truncate(mark.heard);
        while self.undo.len() > mark.undo
            && let Some(undo) = self.undo.pop()
        {
            match undo {
                Undo::Incident(id, before) => drop(self.set(id, before)),
                Undo::Stopped(before) => self.stopped = before,
                Undo::Quiet(before) => self.quiet = before,
                Undo::Pulse(feed, before) => drop(self.pulses.insert(feed, before)),
                Undo::Holds(before) => self.holds = before,
                Undo::Erased(before) => self.erased = before,
                Undo::Taken(before) => self.taken = before,
                Undo::Unsaved(index) => self.counting.was_not_saved(index),
                Undo::Folder(before) => (self.standing, self.counting) = *before,
            }
        }
    }
}
