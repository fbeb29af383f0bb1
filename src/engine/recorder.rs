//! The recorder: the only writer of incidents. Fold, advance, append, queue and commit, all in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::afresh::take_up_the_key;
use super::board::{Board, Entry, Erased};
use super::counting::Counting;
use super::error::RecordError;
use super::links::Links;
use super::past::{Remembered, note_of};
use super::stop::{Stopped, stopped_by};
use super::work::Work;
use crate::core::count::minute_of;
use crate::core::incident::{Event, IncidentId, fold};
use crate::core::name::PlaybookName;
use crate::core::past::LOOK_BACK_DAYS;
use crate::core::query::MatcherError;
use crate::core::roster::Roster;
use crate::core::rules::{Organisation, Rules};
use crate::core::setting::Setting;
use crate::core::statement::Digest;
use crate::core::watch::Watch;
use crate::crash::{self, Point};
use crate::store::{INSTALLATION, InstallationEvent, Keys, Salts, StoreError, StoredEvent, Writer};

/// The name under which the rules of an incident without a playbook stand.
pub const NO_PLAYBOOK: &str = "none";

/// The note of the time at the last commit: a clock that is set back over a restart takes no lease or deadline with it.
const TIME: &str = "time";

/// How far back counts are read for what is usual: a little more than is looked back.
const RECALLED_MINUTES: i64 = (LOOK_BACK_DAYS + 1) * 24 * 60;

/// What new incidents take from the configuration of the moment.
#[derive(Clone, Debug)]
pub struct Standing {
    pub setting: Setting,
    pub roster: Arc<Roster>,
    pub organisation: Arc<Organisation>,
    pub rules: BTreeMap<PlaybookName, Arc<Rules>>,
    /// What mails link to, without a slash at its end.
    pub url: String,
    pub heads_to: Vec<String>,
}

/// One piece of work for the writer; what it returns is called once the commit is known.
pub type Job = Box<dyn FnOnce(&mut Work<'_, '_>) -> Finish + Send>;
pub(super) type Finish = Box<dyn FnOnce(Result<(), RecordError>) + Send>;

pub struct Recorder {
    writer: Writer,
    pub(super) state: State,
    standing: Standing,
    links: Links,
    board: watch::Sender<Arc<Board>>,
    erased: Arc<BTreeMap<IncidentId, Erased>>,
    /// Never goes back, whatever the machine's clock does, and never stands still.
    latest: Timestamp,
    /// What the machine's clock showed last.
    clock: Timestamp,
}

/// What the recorder holds in memory: folded from the store, and undone with a failed transaction.
#[expect(clippy::struct_excessive_bools, reason = "each says one thing about one transaction")]
pub(super) struct State {
    pub(super) incidents: BTreeMap<IncidentId, Entry>,
    /// Those of them that are running: every counted mention asks for them, and those that are over only grow in number.
    pub(super) running: BTreeSet<IncidentId>,
    pub(super) rules: BTreeMap<Digest, Arc<Rules>>,
    pub(super) counting: Counting,
    pub(super) stopped: Option<Stopped>,
    undo: Vec<Undo>,
    /// The counts hold mentions that were not committed.
    counts_stale: bool,
    counted_in_job: bool,
    /// A job that counted was refused, and the others of its transaction were not.
    recount: bool,
    /// Something new is owed since the outbox was last told.
    owes: bool,
}

/// What stood before a change of this transaction.
enum Undo {
    Incident(IncidentId, Option<Entry>),
    Stopped(Option<Stopped>),
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the watches cannot be compiled: {0}")]
    Watches(#[from] MatcherError),
}

impl Recorder {
    /// Opens the store, verifies its chain, folds every incident and counts the last day again.
    pub fn open(
        path: &Path,
        keys: impl Into<Keys>,
        salts: Salts,
        standing: Standing,
        watches: Vec<Watch>,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let mut stored = Vec::new();
        let keys = keys.into();
        let links = Links::of(keys.current());
        let mut writer = Writer::open(path, keys, salts, |event| {
            stored.push(event);
            Ok(())
        })?;
        let Folded { incidents, rules, erased } = fold_all(&writer, &stored)?;
        let stopped = stored.iter().try_fold(None, stopped_by)?;
        let counting = Counting::new(watches)?;
        let running = incidents.iter().filter(|(_, entry)| entry.incident.is_running()).map(|(id, _)| *id).collect();
        let state = State {
            incidents,
            running,
            rules,
            counting,
            stopped,
            undo: Vec::new(),
            counts_stale: true,
            counted_in_job: false,
            recount: false,
            owes: true,
        };
        let board = watch::Sender::new(Arc::default());
        let noted = writer.commit(|batch| batch.note(TIME))?.and_then(|noted| noted.parse().ok());
        let appended = stored.last().and_then(|row| row.entry().ok()).map(|entry| entry.at);
        let last = appended.max(noted).and_then(|last| Timestamp::from_millisecond(last).ok());
        let clock = to_millisecond(now);
        let latest = clock.max(last.unwrap_or(Timestamp::MIN));
        let erased = Arc::new(erased);
        let mut recorder = Self { writer, state, standing, links, board, erased, latest, clock };
        recorder.count_again()?;
        recorder.publish();
        crash::pass(Point::Folded);
        recorder.begin(now)?;
        crash::pass(Point::Started);
        Ok(recorder)
    }

    pub fn board(&self) -> watch::Receiver<Arc<Board>> {
        self.board.subscribe()
    }

    pub fn links(&self) -> &Links {
        &self.links
    }

    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Commits a group of jobs in one transaction and tells each how it ended.
    pub fn commit(&mut self, jobs: impl IntoIterator<Item = Job>, now: Timestamp) {
        let mut finishes: Vec<Finish> = Vec::new();
        let outcome = self.transact(now, |work| {
            for job in jobs {
                finishes.push(job(work));
                crash::pass(Point::BetweenJobs);
            }
            Ok(())
        });
        crash::pass(Point::Unanswered);
        for finish in finishes {
            finish(outcome.clone().map_err(RecordError::Store));
        }
        crash::pass(Point::Answered);
    }

    /// Whether the outbox has something new to look at; asked once a group.
    pub(super) fn take_owes(&mut self) -> bool {
        std::mem::take(&mut self.state.owes)
    }

    /// Commits one piece of work in-line, as the simulation does.
    pub fn commit_one<T>(
        &mut self,
        now: Timestamp,
        work: impl FnOnce(&mut Work<'_, '_>) -> Result<T, RecordError>,
    ) -> Result<T, RecordError> {
        let mut made = Err(RecordError::Stopping);
        let outcome = self.transact(now, |inner| {
            made = inner.run(work);
            Ok(())
        });
        outcome.map_err(RecordError::Store)?;
        made
    }

    fn transact(
        &mut self,
        now: Timestamp,
        run: impl FnOnce(&mut Work<'_, '_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.move_time(to_millisecond(now));
        let committed = self.count_again().and_then(|()| self.transact_once(run));
        match committed {
            Ok(()) => {
                if !self.state.undo.is_empty() {
                    self.publish();
                }
                self.state.undo.clear();
                self.state.counts_stale = std::mem::take(&mut self.state.recount);
                Ok(())
            }
            Err(error) => {
                self.state.undo_to(0);
                Err(error)
            }
        }
    }

    /// Time goes on as fast as the clock does, also after the clock was set back: a deadline that was made by a clock that was
    /// wrong by years still comes.
    fn move_time(&mut self, now: Timestamp) {
        let gone_by = now.duration_since(self.clock).max(SignedDuration::ZERO);
        self.latest = now.max(self.latest.checked_add(gone_by).unwrap_or(self.latest));
        self.clock = now;
    }

    fn transact_once(
        &mut self,
        run: impl FnOnce(&mut Work<'_, '_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let Self { writer, state, standing, links, latest, .. } = self;
        writer.commit(|batch| {
            let before = batch.rows_changed();
            let mut work = Work::new(batch, state, standing, links, *latest);
            run(&mut work)?;
            work.failure().map_or(Ok(()), Err)?;
            if batch.rows_changed() != before {
                batch.put_note(TIME, &latest.as_millisecond().to_string(), *latest)?;
            }
            Ok(())
        })
    }

    /// Counts the mentions of the last day from the store, at a start and after a failed transaction.
    fn count_again(&mut self) -> Result<(), StoreError> {
        if !self.state.counts_stale {
            return Ok(());
        }
        let now = self.latest;
        self.state.counting.forget();
        self.recall(now)?;
        let counting = &mut self.state.counting;
        self.writer.recent_mentions(Counting::horizon(now), |feed, mention, counted| {
            for index in counting.matching(&feed, &mention) {
                counting.add_again(index, &feed, &mention, counted, now);
            }
        })?;
        self.state.mark_spent(now);
        self.state.counts_stale = false;
        Ok(())
    }

    /// Takes up what is known of how each watch was followed before.
    fn recall(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let indices: Vec<_> = self.state.counting.watches().map(|(index, _)| index).collect();
        for index in indices {
            let watch = self.state.counting.watch(index);
            let noted = self.writer.note(&note_of(watch))?;
            let remembered = noted.and_then(|noted| serde_json::from_str::<Remembered>(&noted).ok());
            let counts = self.writer.counts(&watch.name, minute_of(now) - RECALLED_MINUTES)?;
            let opened = |entry: &&Entry| entry.incident.spike.as_ref().is_some_and(|spike| spike.watch == watch.name);
            let alarmed = self.state.incidents.values().rev().find(opened).map(|entry| entry.incident.opened_at);
            self.state.counting.recall(index, remembered, &counts, now);
            if let Some(alarmed) = alarmed {
                self.state.counting.recall_alarm(index, alarmed, now);
            }
        }
        Ok(())
    }

    /// Records the start, and takes away from open incidents whoever the configuration no longer names.
    fn begin(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let gone = self.people_gone();
        let begun = self.commit_one(now, |work| {
            let version = env!("CARGO_PKG_VERSION").to_owned();
            work.begin_from_copy()?;
            if take_up_the_key(work.batch, work.now())? {
                tracing::warn!("the record goes on under a new audit key; whoever is waited for is asked again");
            }
            work.installation(&InstallationEvent::Started { version })?;
            work.save_past()?;
            for (incident, event) in gone {
                // What no longer matters to the incident is not worth refusing to start for.
                match work.record(incident, event) {
                    Ok(()) | Err(RecordError::Refused(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        });
        begun.map_err(|error| match error {
            RecordError::Store(error) => error,
            other => StoreError::Unreadable(other.to_string()),
        })
    }

    /// Roles and delegations of open incidents that the configuration does not give any more.
    fn people_gone(&self) -> Vec<(IncidentId, Event)> {
        let now = &self.standing.roster;
        let mut gone = Vec::new();
        for (id, entry) in self.state.incidents.iter().filter(|(_, entry)| entry.incident.is_running()) {
            let then = &entry.incident.roster;
            for (role, people) in &then.roles {
                let left = people.iter().filter(|person| !now.holds(person, role.as_str()));
                gone.extend(left.map(|person| (*id, Event::LeftRole { person: person.clone(), role: role.clone() })));
            }
            let ended = then.people.keys().filter(|of| {
                let delegate = then.delegate_of(of);
                delegate.is_some() && delegate != now.delegate_of(of)
            });
            gone.extend(ended.map(|of| (*id, Event::DelegationEnded { of: of.clone() })));
        }
        gone
    }

    fn publish(&self) {
        self.board.send_replace(Arc::new(Board {
            incidents: self.state.incidents.clone(),
            stopped: self.state.stopped.is_some(),
            erased: Arc::clone(&self.erased),
        }));
    }
}

impl State {
    pub(super) fn put(&mut self, id: IncidentId, entry: Entry) {
        let before = self.set(id, Some(entry));
        self.undo.push(Undo::Incident(id, before));
    }

    pub(super) fn set_stopped(&mut self, stopped: Option<Stopped>) {
        let before = std::mem::replace(&mut self.stopped, stopped);
        self.undo.push(Undo::Stopped(before));
    }

    fn set(&mut self, id: IncidentId, entry: Option<Entry>) -> Option<Entry> {
        if entry.as_ref().is_some_and(|entry| entry.incident.is_running()) {
            self.running.insert(id);
        } else {
            self.running.remove(&id);
        }
        match entry {
            Some(entry) => self.incidents.insert(id, entry),
            None => self.incidents.remove(&id),
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
    pub(super) fn mark(&mut self) -> usize {
        self.counted_in_job = false;
        self.undo.len()
    }

    pub(super) fn undo_to(&mut self, mark: usize) {
        self.recount |= self.counted_in_job;
        while self.undo.len() > mark
            && let Some(undo) = self.undo.pop()
        {
            match undo {
                Undo::Incident(id, before) => drop(self.set(id, before)),
                Undo::Stopped(before) => self.stopped = before,
            }
        }
    }

    /// A watch whose latest incident was still counted within its present window has spent its alarm.
    fn mark_spent(&mut self, now: Timestamp) {
        let spikes: Vec<_> = self.incidents.values().filter_map(|entry| entry.incident.spike.clone()).collect();
        for spike in spikes.iter().filter(|spike| spike.window.after(spike.at) >= now) {
            if let Some(index) = self.counting.find(&spike.watch) {
                self.counting.set_spent(index);
            }
        }
        self.counting.rearm(now);
    }
}

/// Times are kept and replayed in whole milliseconds.
fn to_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// What a verified log comes to.
pub(super) struct Folded {
    pub(super) incidents: BTreeMap<IncidentId, Entry>,
    rules: BTreeMap<Digest, Arc<Rules>>,
    erased: BTreeMap<IncidentId, Erased>,
}

/// Folds every incident of a verified log. Of one whose bodies were erased by law only that is known.
pub(super) fn fold_all(writer: &Writer, stored: &[StoredEvent]) -> Result<Folded, StoreError> {
    let mut rules = BTreeMap::new();
    let mut gone: BTreeMap<u64, IncidentId> = BTreeMap::new();
    let mut erased = BTreeMap::new();
    let mut events: BTreeMap<IncidentId, Option<Vec<(Timestamp, Event)>>> = BTreeMap::new();
    for row in stored {
        let entry = row.entry()?;
        let at = Timestamp::from_millisecond(entry.at).map_err(|error| StoreError::Unreadable(error.to_string()))?;
        if entry.incident == INSTALLATION {
            if entry.kind == InstallationEvent::ERASED
                && let Some(InstallationEvent::Erased { entries, by, reason, .. }) = row.installation_event()?
            {
                let named = entries.iter().flat_map(|span| gone.range(span.first..=span.last));
                erased.extend(named.map(|(_, id)| (*id, Erased { at, by: by.clone(), reason: reason.clone() })));
            }
            continue;
        }
        let log = events.entry(entry.incident).or_insert_with(|| Some(Vec::new()));
        match (row.event()?, log) {
            (Some(event), Some(log)) => log.push((at, event)),
            (Some(_) | None, log) => {
                gone.insert(entry.seq, entry.incident);
                *log = None;
            }
        }
    }
    let mut incidents = BTreeMap::new();
    for (id, log) in events {
        let Some(log) = log else { continue };
        incidents.insert(id, fold_one(writer, id, &log, &mut rules)?);
    }
    Ok(Folded { incidents, rules, erased })
}

fn fold_one(
    writer: &Writer,
    id: IncidentId,
    log: &[(Timestamp, Event)],
    rules: &mut BTreeMap<Digest, Arc<Rules>>,
) -> Result<Entry, StoreError> {
    let mut current: Option<Arc<Rules>> = None;
    let mut timed: Vec<(Timestamp, &Event, Arc<Rules>)> = Vec::new();
    for (at, event) in log {
        if let Event::Opened(crate::core::incident::Opening { rules: hash, .. })
        | Event::PlaybookPicked { rules: hash, .. } = event
        {
            current = Some(read_rules(writer, *hash, rules)?);
        }
        let rules = current.clone().ok_or_else(|| StoreError::Unreadable(format!("incident {id} has no beginning")))?;
        timed.push((*at, event, rules));
    }
    let incident = fold(id, timed.iter().map(|(at, event, rules)| (*at, *event, rules.as_ref())));
    let incident = incident.ok_or_else(|| StoreError::Unreadable(format!("incident {id} has no beginning")))?;
    let rules = current.ok_or_else(|| StoreError::Unreadable(format!("incident {id} has no rules")))?;
    Ok(Entry { incident: Arc::new(incident), rules })
}

fn read_rules(
    writer: &Writer,
    hash: Digest,
    known: &mut BTreeMap<Digest, Arc<Rules>>,
) -> Result<Arc<Rules>, StoreError> {
    if let Some(rules) = known.get(&hash) {
        return Ok(Arc::clone(rules));
    }
    let body = writer.rules(&hash.to_string())?;
    let body = body.ok_or_else(|| StoreError::Unreadable(format!("the rules {hash} are missing")))?;
    // Of the bytes as they are stored, so that a version that writes rules in another way reads these all the same.
    if Rules::hash_of(body.as_bytes()) != hash {
        return Err(StoreError::Unreadable(format!("the rules {hash} were changed")));
    }
    let rules: Arc<Rules> = Arc::new(serde_json::from_str(&body)?);
    known.insert(hash, Arc::clone(&rules));
    Ok(rules)
}
