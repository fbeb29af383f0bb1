//! The engine: one writer with two doors, and the loops that bring in what is said and carry out what is owed.

mod afresh;
mod alarm;
mod answer;
mod back_off;
mod board;
mod calendar;
mod clock;
mod counting;
mod deliver;
mod draft;
mod erase;
mod error;
mod feeds;
mod fetching;
mod folding;
mod gaps;
mod giving_way;
mod hands;
mod held;
mod holds;
mod incidents;
mod intake;
mod joining;
mod kept;
mod links;
mod look;
mod looks;
mod measured;
mod outbox;
mod paging;
mod past;
mod pause;
mod post;
mod quiet;
mod quotes;
mod recorder;
mod rehearsals;
mod reload;
mod reporting;
mod retention;
mod session;
mod state;
mod stop;
mod streaming;
mod switching;
mod thread;
mod time;
mod turns;
mod watching;
mod work;

use std::path::Path;
use std::sync::Arc;

pub use afresh::{NUMBERS_LEFT_OUT, change_key};
pub use answer::{Answer, TRIES_MAX};
pub use board::{Board, Entry, Erased};
pub use calendar::{CALENDAR_MAX, Calendar};
pub use clock::{Clock, ManualClock, Reading};
pub use deliver::MAILS_PER_HOUR_MAX;
pub use draft::{TextEdit, WrittenOver};
pub use erase::{Erase, EraseError, Eraser, Plan};
pub use error::{AnswerError, RecordError};
pub use feeds::{BLIND_GATHER, BLIND_MAILS_EVERY, FeedHealth, Way};
pub use fetching::{Chance, FETCHES_MAX, FetchedFeed, OVERDUE_PER_SECOND};
pub use gaps::Unheard;
pub use hands::{Hands, LiveChannel, LiveHands};
pub use holds::{Hold, Holds};
pub use incidents::Incidents;
pub use intake::PolledFeed;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
pub use links::{Audience, CODE_CHARS, Links};
pub use look::{LookUpStep, READS_MAX};
pub use measured::{Bounded, COMMIT_BUCKETS, Called, Counters, Ended, Measured, Measures};
pub use outbox::{STOP_WITHIN, Shell};
pub use paging::PAGES_PER_HOUR_MAX;
pub use past::{HeardOf, heard_of};
pub use post::{POST_TIMEOUT, PostJob, PostStep};
pub use quiet::{QuietNow, SilenceAsked};
pub use recorder::{Job, NO_PLAYBOOK, OpenError, Recorder, Standing};
pub use rehearsals::{LATE_MAX, NotNow, PlannedRehearsal};
pub use reload::{
    FolderState, NewFolder, PROBLEMS_LISTED_MAX, REFUSALS_MAILED_PER_HOUR_MAX, RefusedFolder, TakeUpError,
};
pub use reporting::{COMPARED_MAX, Reported, reported, reports};
pub use retention::MENTIONS_AT_ONCE_MAX;
pub use session::{SESSION_IDLE, SESSION_LONGEST, SIGN_INS_AT_ONCE_MAX, Session, SessionToken};
pub use stop::{OnItsWay, Stopped, on_its_way};
pub use streaming::FollowedFeed;
pub use thread::{QUEUE_MAX, WriterThread};
use tokio::sync::{Notify, watch};
pub use turns::{HOST_GAP, Turns};
pub use watching::{FALSE_ALARMS_WITHIN, FalseAlarm, WatchNow};
pub use work::{LEASE, MailCounted, MailTaken, OUTBOX_BATCH_MAX, TakenIn, Work};

use crate::core::approval::Decision;
use crate::core::incident::{Event, IncidentId, Spike, narrate, shown_with};
use crate::core::mention::Mention;
use crate::core::name::{FeedName, PersonId, PlaybookName, StepId};
use crate::core::proved::Proved;
use crate::core::shown::Quote;
use crate::core::statement::{Digest, EditError, Package};
use crate::store::Reader;

/// A handle to the running engine; cheap to clone.
#[derive(Clone)]
pub struct Engine {
    queue: thread::Queue,
    board: watch::Receiver<Arc<Board>>,
    committed: watch::Receiver<u64>,
    owed: Arc<Notify>,
    reader: Reader,
    links: Links,
    standing: watch::Receiver<Arc<Standing>>,
    clock: Clock,
    ahead: watch::Receiver<SignedDuration>,
    measures: Arc<Measures>,
    /// On whose behalf work is done, where it is by a session.
    speaker: Option<Proved>,
}

impl Engine {
    /// Puts the recorder on its thread and gives a handle to it.
    pub fn start(recorder: Recorder, path: &Path, clock: Clock) -> (Self, WriterThread) {
        let (board, links, ahead) = (recorder.board(), recorder.links().clone(), recorder.ahead());
        let (standing, measures) = (recorder.standing(), recorder.measures());
        let owed = Arc::new(Notify::new());
        let (queue, committed, thread) = thread::start(recorder, clock.clone(), Arc::clone(&owed));
        let reader = Reader::new(path);
        let engine =
            Self { queue, board, committed, owed, reader, links, standing, clock, ahead, measures, speaker: None };
        (engine, thread)
    }

    /// Runs work in the writer's next transaction; it is durable when this returns.
    pub async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Work<'_, '_>) -> Result<T, RecordError> + Send + 'static,
    ) -> Result<T, RecordError> {
        let speaker = self.speaker.clone();
        let speaking = move |inner: &mut Work<'_, '_>| {
            inner.speaker = speaker;
            work(inner)
        };
        self.queue.call(speaking).await
    }

    /// One event of one incident: fold, advance, append, queue effects, commit.
    pub async fn record(&self, incident: IncidentId, event: Event) -> Result<(), RecordError> {
        self.call(move |work| work.record(incident, event)).await
    }

    pub async fn open(
        &self,
        playbook: &PlaybookName,
        by: &PersonId,
        reason: String,
    ) -> Result<IncidentId, RecordError> {
        let (playbook, by) = (playbook.clone(), by.clone());
        self.call(move |work| work.open(&playbook, &by, &reason)).await
    }

    /// Stores a batch of mentions of a feed, all or nothing.
    pub async fn take_in(&self, feed: &FeedName, mentions: Vec<Mention>) -> Result<TakenIn, RecordError> {
        let feed = feed.clone();
        self.call(move |work| work.take_in(&feed, &mentions)).await
    }

    /// Saves `texts` as a person's version.
    pub async fn edit(
        &self,
        incident: IncidentId,
        statement: &StepId,
        written_over: WrittenOver,
        by: &PersonId,
        texts: &[TextEdit],
    ) -> Result<Result<(), EditError>, RecordError> {
        let entry = self.board().incidents.get(&incident).cloned().ok_or(RecordError::NoSuchIncident)?;
        match draft::edit(&entry, statement, written_over, by, texts, self.machine_time()) {
            Err(error) => Ok(Err(error)),
            Ok(None) => Err(RecordError::Refused(crate::core::incident::Refusal::Unknown)),
            Ok(Some(event)) => self.record(incident, event).await.map(Ok),
        }
    }

    pub fn board(&self) -> Arc<Board> {
        Arc::clone(&self.board.borrow())
    }

    /// Changes whenever something was written.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.committed.clone()
    }

    /// Returns when nothing is written down any more, whatever ended the writer.
    pub async fn writer_ended(&self) {
        let mut changes = self.changes();
        while changes.changed().await.is_ok() {}
    }

    /// What the machine's clock shows, which may be set back.
    pub fn machine_time(&self) -> Timestamp {
        self.clock.now()
    }

    /// The engine's time, by which deadlines, leases and sessions end: ahead of a clock that was set back.
    pub fn time(&self) -> Timestamp {
        let now = self.machine_time();
        now.checked_add(*self.ahead.borrow()).unwrap_or(now)
    }

    /// Returns when the engine's time is `at` or later.
    pub(super) async fn until(&self, at: Timestamp) {
        let at = at.checked_sub(*self.ahead.borrow()).unwrap_or(at);
        self.clock.until(at).await;
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn links(&self) -> &Links {
        &self.links
    }

    /// What new incidents open with by now.
    pub fn standing(&self) -> Arc<Standing> {
        Arc::clone(&self.standing.borrow())
    }

    /// The playbooks that a person can open an incident with, and their titles.
    pub fn playbooks(&self) -> Vec<(PlaybookName, String)> {
        let standing = self.standing();
        let rules = standing.rules.iter();
        rules.map(|(name, rules)| (name.clone(), rules.playbook.title.clone())).collect()
    }

    /// Which request a link is about, where the link is genuine and of this run's setting.
    pub fn request_of(&self, token: &str) -> Option<(IncidentId, u32)> {
        let (id, number) = Links::claimed(token)?;
        let board = self.board();
        let incident = &board.incidents.get(&id)?.incident;
        if incident.setting != self.standing().setting {
            return None;
        }
        let audience = Audience::Approval { incident, request: incident.request(number)? };
        self.links.is_token(token, audience).then_some((id, number))
    }

    pub async fn answer(&self, token: &str, code: &str, decision: Decision) -> Result<(), AnswerError> {
        self.answer_signed_in(token, code, decision, None).await
    }

    /// The same of somebody who has a session besides.
    pub async fn answer_signed_in(
        &self,
        token: &str,
        code: &str,
        decision: Decision,
        session: Option<Proved>,
    ) -> Result<(), AnswerError> {
        self.answer_with(token, code, Answer::Decide(decision), session).await
    }

    pub async fn take_back(&self, token: &str, code: &str) -> Result<(), AnswerError> {
        self.answer_with(token, code, Answer::TakeBack, None).await
    }

    /// An answer that is not counted is still a transaction: its try is.
    async fn answer_with(
        &self,
        token: &str,
        code: &str,
        answer: Answer,
        session: Option<Proved>,
    ) -> Result<(), AnswerError> {
        let (token, code) = (token.to_owned(), code.to_owned());
        let answered = move |work: &mut Work<'_, '_>| work.answer_signed_in(&token, &code, &answer, session.as_ref());
        self.call(move |work| keep_store_errors(answered(work))).await?
    }

    /// The incident's events in words, oldest first.
    pub fn timeline(&self, incident: IncidentId) -> Result<Vec<(Timestamp, String)>, RecordError> {
        let board = self.board();
        let entry = board.incidents.get(&incident).ok_or(RecordError::NoSuchIncident)?;
        let zone = entry.rules.organisation.zone();
        let mut log = Vec::new();
        for row in self.reader.events(incident)? {
            let at = Timestamp::from_millisecond(row.entry()?.at).unwrap_or(Timestamp::UNIX_EPOCH);
            log.push((at, row.event()?));
        }
        let with = shown_with(&entry.incident, log.iter().map(|(at, event)| (*at, event.as_ref())));
        let tell = |(place, (at, event)): (usize, &(Timestamp, Option<Event>))| {
            let sentence = match event {
                Some(event) => narrate(&entry.incident, event, &zone),
                None => "What happened here was erased.".to_owned(),
            };
            (*at, sentence + with.get(&place).map_or("", String::as_str))
        };
        Ok(log.iter().enumerate().map(tell).collect())
    }

    /// The incident's events, oldest first, without those whose words were erased.
    pub fn events(&self, incident: IncidentId) -> Result<Vec<(Timestamp, Event)>, RecordError> {
        let mut events = Vec::new();
        for row in self.reader.events(incident)? {
            let at = Timestamp::from_millisecond(row.entry()?.at).unwrap_or(Timestamp::UNIX_EPOCH);
            events.extend(row.event()?.map(|event| (at, event)));
        }
        Ok(events)
    }

    /// Short, masked quotes of the mentions that drove a spike.
    pub fn quotes(&self, spike: &Spike, zone: &TimeZone) -> Vec<Quote> {
        quotes::quotes(&self.reader, spike, zone)
    }

    /// The version of this hash, read from the store and hashed once more.
    pub fn stored_package(&self, incident: IncidentId, digest: Digest) -> Result<Package, RecordError> {
        post::stored_package(&self.reader, incident, digest)
    }

    /// Whether the writer still writes and the store still answers.
    pub async fn check(&self) -> Result<(), RecordError> {
        self.call(|work| work.prove()).await?;
        Ok(self.reader.check()?)
    }

    /// Returns once nothing is owed by now any more.
    pub async fn settled(&self) -> Result<(), RecordError> {
        let mut changes = self.changes();
        loop {
            changes.mark_unchanged();
            if self.call(|work| work.owed_by_now()).await? == 0 {
                return Ok(());
            }
            changes.changed().await.map_err(|_| RecordError::Stopping)?;
        }
    }
}

/// A store error ends the transaction; any other answer is an answer.
fn keep_store_errors<T>(answered: Result<T, AnswerError>) -> Result<Result<T, AnswerError>, RecordError> {
    match answered {
        Err(AnswerError::Record(RecordError::Store(error))) => Err(RecordError::Store(error)),
        other => Ok(other),
    }
}
