//! The recorder: the only writer of incidents. Fold, advance, append, queue and commit, all in one transaction.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::afresh::take_up_the_key;
use super::board::Board;
use super::clock::Reading;
use super::counting::Counting;
use super::error::RecordError;
use super::folding::{Folded, fold_all};
use super::gaps::{self, Unheard};
use super::holds::{Holds, held_after};
use super::kept::taken_after;
use super::links::Links;
use super::measured::Measures;
use super::paging::MAIL_FAILING;
use super::past::{Remembered, note_of};
use super::quiet::QuietNow;
use super::state::{Mark, State, Undo};
use super::stop::stopped_by;
use super::time::EngineTime;
use super::work::Work;
use crate::core::accounts::Accounts;
use crate::core::count::minute_of;
use crate::core::name::PlaybookName;
use crate::core::past::LOOK_BACK_DAYS;
use crate::core::query::MatcherError;
use crate::core::quiet::Quiet;
use crate::core::retention::Retention;
use crate::core::roster::Roster;
use crate::core::rules::{Organisation, Rules};
use crate::core::setting::Setting;
use crate::core::watch::Watch;
use crate::crash::{self, Point};
use crate::store::{InstallationEvent, KeptFolder, Keys, Salts, StoreError, Writer};

/// The name under which the rules of an incident without a playbook stand.
pub const NO_PLAYBOOK: &str = "none";

/// The note of the time at the last commit: a clock that is set back over a restart takes no lease or deadline with it.
pub(super) const TIME: &str = "time";

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
    /// Who looks after the machine.
    pub operator: String,
    /// Our own: what they say is stored and not counted.
    pub accounts: Accounts,
    pub quiet: Arc<Quiet>,
    pub retention: Retention,
    /// The folder's files, for incidents that open with it; none where nothing is posted to anybody.
    pub folder: Option<KeptFolder>,
}

/// One piece of work for the writer; what it returns is called once the commit is known.
pub type Job = Box<dyn FnOnce(&mut Work<'_, '_>) -> Finish + Send>;
pub(super) type Finish = Box<dyn FnOnce(Result<(), RecordError>) + Send>;

pub struct Recorder {
    writer: Writer,
    pub(super) state: State,
    links: Links,
    board: watch::Sender<Arc<Board>>,
    published: watch::Sender<Arc<Standing>>,
    time: EngineTime,
    /// How far the engine's time runs ahead of the machine's clock.
    ahead: watch::Sender<SignedDuration>,
    measures: Arc<Measures>,
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
        now: impl Into<Reading>,
    ) -> Result<Self, OpenError> {
        let reading = now.into();
        let mut stored = Vec::new();
        let keys = keys.into();
        let links = Links::of(keys.current());
        let mut writer = Writer::open(path, keys, salts, |event| {
            stored.push(event);
            Ok(())
        })?;
        let Folded { incidents, rules, erased } = fold_all(&writer, &stored)?;
        let stopped = stored.iter().try_fold(None, stopped_by)?;
        let counting = Counting::new(watches, standing.accounts.clone())?;
        let noted = writer.commit(|batch| batch.note(TIME))?.and_then(|noted| noted.parse().ok());
        let appended = stored.last().and_then(|row| row.entry().ok()).map(|entry| entry.at);
        let last = appended.max(noted).and_then(|last| Timestamp::from_millisecond(last).ok());
        let time = EngineTime::begin(reading, last);
        let quiet = stored.iter().try_fold(QuietNow::default(), QuietNow::after)?;
        let measures: Arc<Measures> = Arc::default();
        let failing = writer.commit(|batch| batch.note(MAIL_FAILING))?.and_then(|since| since.parse().ok());
        measures.count(|counters| counters.mail_failed_before = failing);
        let running = incidents.iter().filter(|(_, entry)| entry.incident.is_running()).map(|(id, _)| *id).collect();
        let state = State {
            incidents,
            running,
            rules,
            counting,
            stopped,
            steady_since: time.steady_since(),
            quiet: Arc::new(quiet),
            unheard: writer.commit(|batch| Unheard::at_start(batch, last, time.now()))?,
            pulses: BTreeMap::new(),
            holds: Arc::new(stored.iter().try_fold(Holds::new(), held_after)?),
            taken: stored.iter().try_fold(Vec::new(), taken_after)?.into(),
            erased: Arc::new(erased),
            swept: true,
            standing: Arc::new(standing),
            heard: Vec::new(),
            undo: Vec::new(),
            counts_stale: true,
            counted_in_job: false,
            recount: false,
            owes: true,
        };
        let board = watch::Sender::new(Arc::default());
        let published = watch::Sender::new(Arc::clone(&state.standing));
        let ahead = watch::Sender::new(time.ahead());
        let mut recorder = Self { writer, state, links, board, published, time, ahead, measures };
        recorder.count_again()?;
        recorder.publish();
        crash::pass(Point::Folded);
        recorder.begin(reading)?;
        crash::pass(Point::Started);
        Ok(recorder)
    }

    pub fn board(&self) -> watch::Receiver<Arc<Board>> {
        self.board.subscribe()
    }

    pub(super) fn ahead(&self) -> watch::Receiver<SignedDuration> {
        self.ahead.subscribe()
    }

    pub(super) fn measures(&self) -> Arc<Measures> {
        Arc::clone(&self.measures)
    }

    pub fn links(&self) -> &Links {
        &self.links
    }

    pub fn standing(&self) -> watch::Receiver<Arc<Standing>> {
        self.published.subscribe()
    }

    /// Commits a group of jobs in one transaction and tells each how it ended. False where nothing was written.
    pub fn commit(&mut self, jobs: impl IntoIterator<Item = Job>, now: impl Into<Reading>) -> bool {
        let mut finishes: Vec<Finish> = Vec::new();
        let outcome = self.transact(now.into(), |work| {
            for job in jobs {
                finishes.push(job(work));
                crash::pass(Point::BetweenJobs);
            }
            Ok(())
        });
        crash::pass(Point::Unanswered);
        let wrote = outcome != Ok(false);
        let outcome = outcome.map(drop);
        for finish in finishes {
            finish(outcome.clone().map_err(RecordError::Store));
        }
        crash::pass(Point::Answered);
        wrote
    }

    /// Whether the outbox has something new to look at; asked once a group.
    pub(super) fn take_owes(&mut self) -> bool {
        std::mem::take(&mut self.state.owes)
    }

    /// Commits one piece of work in-line, as the simulation does.
    pub fn commit_one<T>(
        &mut self,
        now: impl Into<Reading>,
        work: impl FnOnce(&mut Work<'_, '_>) -> Result<T, RecordError>,
    ) -> Result<T, RecordError> {
        let mut made = Err(RecordError::Stopping);
        let outcome = self.transact(now.into(), |inner| {
            made = inner.run(work);
            Ok(())
        });
        outcome.map_err(RecordError::Store)?;
        made
    }

    /// Says whether anything was written.
    fn transact(
        &mut self,
        now: Reading,
        run: impl FnOnce(&mut Work<'_, '_>) -> Result<(), StoreError>,
    ) -> Result<bool, StoreError> {
        self.time.look(now);
        self.state.steady_since = self.time.steady_since();
        let committed = self.count_again().and_then(|()| self.transact_once(run));
        match committed {
            Ok(wrote) => {
                self.time.moved_along();
                self.measures.heard(self.state.heard.drain(..));
                let ahead = self.time.ahead();
                self.ahead.send_if_modified(|before| std::mem::replace(before, ahead) != ahead);
                if !self.state.undo.is_empty() {
                    self.publish();
                }
                self.state.undo.clear();
                self.state.counts_stale = std::mem::take(&mut self.state.recount);
                if !self.state.swept {
                    // Where somebody reads just now, the next commit tries again.
                    self.state.swept = self.writer.empty_log().is_ok();
                }
                Ok(wrote)
            }
            Err(error) => {
                self.state.undo_to(Mark::default());
                self.measures.count(|counters| counters.commits_failed += 1);
                Err(error)
            }
        }
    }

    fn transact_once(
        &mut self,
        run: impl FnOnce(&mut Work<'_, '_>) -> Result<(), StoreError>,
    ) -> Result<bool, StoreError> {
        let Self { writer, state, links, time, .. } = self;
        let now = time.now();
        writer.commit(|batch| {
            let before = batch.rows_changed();
            if let Some(leapt) = time.leapt() {
                batch.move_leases(leapt)?;
                // Of a machine that slept, as of a clock that was set forward, nobody heard the time between.
                let down = gaps::down(batch, now.checked_sub(leapt).ok(), now)?;
                state.undo.push(Undo::Unheard(state.unheard.set_down(down)));
            }
            let mut work = Work::new(batch, state, links, now);
            run(&mut work)?;
            work.failure().map_or(Ok(()), Err)?;
            let wrote = batch.rows_changed() != before;
            if wrote {
                batch.put_note(TIME, &now.as_millisecond().to_string(), now)?;
            }
            Ok(wrote)
        })
    }

    /// Counts the mentions of the last day from the store, at a start and after a failed transaction.
    fn count_again(&mut self) -> Result<(), StoreError> {
        if !self.state.counts_stale {
            return Ok(());
        }
        let now = self.time.now();
        self.state.counting.forget();
        self.recall(now)?;
        let State { counting, unheard, .. } = &mut self.state;
        self.writer.recent_mentions(Counting::horizon(now), |feed, mention, counted| {
            if unheard.is_backlog(&feed, counted) {
                return;
            }
            let matching = counting.matching(&feed, &mention);
            if matching.is_empty() {
                return;
            }
            let said = Counting::said(&feed, &mention);
            for index in matching {
                counting.add_again(index, &said, counted, now);
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
            let alarmed = self.state.incidents.values().rev().find_map(|entry| entry.incident.alarmed_by(&watch.name));
            let deaf = self.state.unheard.deaf_of(watch, now);
            self.state.counting.deafen(index, &deaf);
            self.state.counting.recall(index, remembered, &counts, now);
            if let Some(alarmed) = alarmed {
                self.state.counting.recall_alarm(index, alarmed, now);
            }
        }
        Ok(())
    }

    /// Records the start, and takes away from open incidents whoever the configuration no longer names.
    fn begin(&mut self, now: Reading) -> Result<(), StoreError> {
        let begun = self.commit_one(now, |work| {
            let version = env!("CARGO_PKG_VERSION").to_owned();
            work.begin_from_copy()?;
            if take_up_the_key(work.batch, work.now())? {
                tracing::warn!("the record goes on under a new audit key; whoever is waited for is asked again");
            }
            work.installation(&InstallationEvent::Started { version })?;
            work.save_past()?;
            work.follow_the_people()?;
            work.take_the_folder_of_the_start()
        });
        begun.map_err(|error| match error {
            RecordError::Store(error) => error,
            other => StoreError::Unreadable(other.to_string()),
        })
    }

    fn publish(&self) {
        self.board.send_replace(Arc::new(Board {
            incidents: self.state.incidents.clone(),
            stopped: self.state.stopped.is_some(),
            quiet: Arc::clone(&self.state.quiet),
            erased: Arc::clone(&self.state.erased),
        }));
        self.published.send_replace(Arc::clone(&self.state.standing));
    }
}
