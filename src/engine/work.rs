//! Work inside one transaction: everything that writes goes through here, with one time for all of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::board::Entry;
use super::counting::WatchIndex;
use super::error::RecordError;
use super::links::Links;
use super::paging::{PAGED, PAGES};
use super::past::{COUNTS_KEPT_MINUTES, note_of};
use super::recorder::{Standing, TIME};
use super::state::State;
use super::stop::Stopped;
use crate::core::count::{CountedAt, MinuteNumber, minute_of};
use crate::core::incident::{
    Carrier, Cause, Effect, Event, IncidentId, MailKind, Opening, Refusal, Spike, open, try_advance,
};
use crate::core::mention::Mention;
use crate::core::name::{FeedName, PersonId, PlaybookName};
use crate::core::proved::Proved;
use crate::core::report::actor;
use crate::core::rules::Rules;
use crate::core::statement::Digest;
use crate::crash::{self, Point};
use crate::store::{
    Batch, Claimed, EffectId, INSTALLATION, InstallationEffect, InstallationEvent, Settled, StoreError,
};

/// How many rows of the outbox one claim takes.
pub const OUTBOX_BATCH_MAX: usize = 64;
/// How many steps of inside work one transaction does; the rest waits for the next.
const INSIDE_MAX: usize = 256;
/// How long a claimed row is nobody else's.
pub const LEASE: SignedDuration = SignedDuration::from_secs(45);

pub(super) const SECONDS_PER_HOUR: i64 = 3_600;

/// How often it is noted that this program runs, where nothing else is written.
const RUNS_EVERY: SignedDuration = SignedDuration::from_mins(2);

/// How long notes are kept after they were last touched.
const NOTES_KEPT: [(&str, SignedDuration); 6] = [
    (PAGES, SignedDuration::from_hours(2)),
    // An alert rings for hours at most.
    (PAGED, SignedDuration::from_hours(7 * 24)),
    ("mails:", SignedDuration::from_hours(2)),
    ("sign-ins:", SignedDuration::from_hours(2)),
    ("sign-in:", SignedDuration::from_hours(24)),
    // A locked request is locked by its event; this is only the count on the way there.
    ("tries:", SignedDuration::from_hours(30 * 24)),
];

/// Under which it is noted when the store was last proved to take what is written.
const PROVED_NOTE: &str = "proved";
/// Whoever asks how it goes causes no more writes than this.
const PROVED_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// Kinds of outbox rows, by who carries them out.
pub(super) const INSIDE: &str = "inside";
pub(super) const MAIL: &str = "mail";
pub(super) const PAGE: &str = "page";
pub(super) const CHANNEL: &str = "channel";
pub(super) const LOOK: &str = "look";
/// A post whose intent is recorded. Whoever claims it anew follows up what became of the call, and calls nobody.
pub(super) const INTENDED: &str = "intended";

pub struct Work<'w, 'b> {
    pub(super) batch: &'w mut Batch<'b>,
    pub(super) state: &'w mut State,
    pub(super) standing: Arc<Standing>,
    pub(super) links: &'w Links,
    pub(super) now: Timestamp,
    /// On whose behalf this job is, where it is by a session.
    pub(super) speaker: Option<Proved>,
    failure: Option<StoreError>,
}

/// How much a batch adds to which watch's minute: written once for all of it.
pub(super) type Tally = BTreeMap<(WatchIndex, MinuteNumber), u32>;

/// A mail that was counted, and in which hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailCounted {
    note: String,
}

/// Whether a mail may go out by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailTaken {
    Counted(MailCounted),
    /// The hour's mails are used up; the next hour begins then.
    Later(Timestamp),
}

/// What became of a batch of mentions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TakenIn {
    pub new: usize,
    /// Brought by this feed before.
    pub known: usize,
}

impl<'w, 'b> Work<'w, 'b> {
    pub(super) fn new(batch: &'w mut Batch<'b>, state: &'w mut State, links: &'w Links, now: Timestamp) -> Self {
        let standing = Arc::clone(&state.standing);
        Self { batch, state, standing, links, now, speaker: None, failure: None }
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Runs one job, all or nothing. A refusal undoes that job alone; a store error ends the whole transaction.
    pub(super) fn run<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, RecordError>) -> Result<T, RecordError> {
        self.speaker = None;
        let mark = self.state.mark();
        let made = self.batch.savepoint().map_err(RecordError::from).and_then(|before| {
            let made = work(self);
            match &made {
                Ok(_) => self.batch.release()?,
                Err(RecordError::Store(_)) => {}
                Err(_) => {
                    self.batch.roll_back_to(before)?;
                    self.state.undo_to(mark);
                    self.standing = Arc::clone(&self.state.standing);
                }
            }
            made
        });
        if let Err(RecordError::Store(error)) = &made
            && self.failure.is_none()
        {
            self.failure = Some(error.clone());
        }
        made
    }

    pub(super) fn failure(&mut self) -> Option<StoreError> {
        self.failure.take()
    }

    pub(super) fn entry(&self, id: IncidentId) -> Result<Entry, RecordError> {
        self.state.incidents.get(&id).cloned().ok_or(RecordError::NoSuchIncident)
    }

    /// Advances an incident by an event and queues what is owed. A refused event leaves no trace.
    #[expect(clippy::needless_pass_by_value, reason = "an event is made to be recorded")]
    pub fn record(&mut self, id: IncidentId, event: Event) -> Result<(), RecordError> {
        let entry = self.entry(id)?;
        if actor(&event).is_some() {
            self.must_act_in(&entry.incident)?;
        }
        let rules = if let Event::PlaybookPicked { rules, .. } = &event {
            self.rules_by_hash(*rules)?
        } else {
            Arc::clone(&entry.rules)
        };
        let (incident, effects) = try_advance(&entry.incident, &event, self.now, &rules)?;
        if self.may_still_arrive(&entry.incident, &event) {
            return Err(Refusal::TooEarly.into());
        }
        self.keep(id, Entry { incident: Arc::new(incident), rules }, &event, &effects)
    }

    fn keep(&mut self, id: IncidentId, entry: Entry, event: &Event, effects: &[Effect]) -> Result<(), RecordError> {
        let number = entry.incident.events;
        tracing::info!(incident = id, number, event = event.kind(), "recorded");
        self.batch.append(id, number, event.kind(), self.now, event)?;
        for (place, effect) in (0..).zip(effects) {
            self.state.owe();
            let kind = match effect.carrier() {
                Carrier::Inside => INSIDE,
                Carrier::Mail => MAIL,
                Carrier::Page => PAGE,
                Carrier::Channel => CHANNEL,
                Carrier::Look => LOOK,
            };
            let due = effect.not_before(self.now);
            self.batch.owe(EffectId { incident: id, number, place }, kind, effect, due)?;
        }
        let before = self.state.incidents.get(&id).map(|before| Arc::clone(&before.incident));
        let after = Arc::clone(&entry.incident);
        self.state.put(id, entry);
        self.follow_the_pause(before.as_deref(), &after)
    }

    fn rules_by_hash(&mut self, hash: Digest) -> Result<Arc<Rules>, RecordError> {
        let standing = self.standing.rules.values().find(|rules| rules.hash() == hash).cloned();
        let rules = standing.or_else(|| self.state.rules.get(&hash).cloned()).ok_or(RecordError::NoSuchPlaybook)?;
        self.batch.keep_rules(hash, rules.as_ref())?;
        self.state.rules.insert(hash, Arc::clone(&rules));
        Ok(rules)
    }

    /// Opens an incident by hand.
    pub fn open(&mut self, playbook: &PlaybookName, by: &PersonId, reason: &str) -> Result<IncidentId, RecordError> {
        if reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing.into());
        }
        self.begin(playbook, Cause::Person { by: by.clone(), reason: reason.trim().to_owned() }, None)
    }

    pub(super) fn begin(
        &mut self,
        playbook: &PlaybookName,
        cause: Cause,
        spike: Option<Spike>,
    ) -> Result<IncidentId, RecordError> {
        let hash = self.standing.rules.get(playbook).ok_or(RecordError::NoSuchPlaybook)?.hash();
        let rules = self.rules_by_hash(hash)?;
        let id = self.batch.last_incident()? + 1;
        let roster = (*self.standing.roster).clone();
        let pause = self.pause_of_others();
        let opening = Opening { setting: self.standing.setting, rules: hash, cause, roster, spike, pause };
        let (incident, effects) = open(id, &opening, self.now, &rules);
        self.keep(id, Entry { incident: Arc::new(incident), rules }, &Event::Opened(opening), &effects)?;
        self.pause_holds_on(id, pause)?;
        if let Some(Stopped { by, reason }) = self.state.stopped.clone() {
            self.record(id, Event::PostingStopped { by, reason })?;
        }
        Ok(id)
    }

    /// Stores mentions, counts the new ones, and opens what they open: all or nothing.
    pub fn take_in(&mut self, feed: &FeedName, mentions: &[Mention]) -> Result<TakenIn, RecordError> {
        self.take_in_by(feed, mentions, CountedAt::of)
    }

    /// The same, each mention counted at the time that `of` says.
    pub(super) fn take_in_by(
        &mut self,
        feed: &FeedName,
        mentions: &[Mention],
        of: fn(&Mention, Timestamp) -> CountedAt,
    ) -> Result<TakenIn, RecordError> {
        let mut taken = TakenIn::default();
        let mut tally = Tally::new();
        for mention in mentions {
            let counted = of(mention, self.now);
            if !self.batch.add_mention(feed, mention, self.now, counted)? {
                taken.known += 1;
                continue;
            }
            taken.new += 1;
            let matching = self.state.counting.matching(feed, mention);
            self.count_for(&matching, feed, mention, counted.at(), &mut tally)?;
        }
        self.put_down(tally)?;
        self.state.heard.push((feed.clone(), taken));
        Ok(taken)
    }

    pub(super) fn put_down(&mut self, tally: Tally) -> Result<(), RecordError> {
        for ((index, minute), count) in tally {
            self.batch.add_count(&self.state.counting.watch(index).name, minute, count)?;
        }
        Ok(())
    }

    /// How far a polled feed was read; moves only together with what it brought.
    pub fn move_cursor(&mut self, feed: &FeedName, cursor: &str) -> Result<(), RecordError> {
        Ok(self.batch.put_note(&cursor_note(feed), cursor, self.now)?)
    }

    pub fn cursor(&mut self, feed: &FeedName) -> Result<Option<String>, RecordError> {
        Ok(self.batch.note(&cursor_note(feed))?)
    }

    /// Once a minute: arms watches that are quiet again, delivers what was held back, and tells open incidents what their
    /// watches count where it matters.
    pub fn tick(&mut self) -> Result<(), RecordError> {
        self.sweep()?;
        self.tell_that_it_runs()?;
        self.look_after_feeds()?;
        self.deafen();
        self.state.counting.turn(self.now);
        self.state.rearm(self.now);
        self.listen_for_silence()?;
        self.save_past()?;
        self.deliver_held()?;
        self.forget_what_is_old()?;
        self.tell_open_incidents()
    }

    /// Records an event whose refusal is nobody's mistake.
    pub(super) fn record_if_wanted(&mut self, id: IncidentId, event: Event) -> Result<bool, RecordError> {
        match self.record(id, event) {
            Ok(()) => Ok(true),
            Err(RecordError::Refused(_) | RecordError::NoSuchIncident) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn installation(&mut self, event: &InstallationEvent) -> Result<u32, RecordError> {
        Ok(self.batch.append_installation(event, self.now)?)
    }

    pub(super) fn owe_installation(
        &mut self,
        number: u32,
        place: u32,
        effect: &InstallationEffect,
    ) -> Result<(), RecordError> {
        self.owe_installation_at(number, place, effect, self.now)
    }

    pub(super) fn owe_installation_at(
        &mut self,
        number: u32,
        place: u32,
        effect: &InstallationEffect,
        at: Timestamp,
    ) -> Result<(), RecordError> {
        let id = EffectId { incident: INSTALLATION, number, place };
        self.state.owe();
        Ok(self.batch.owe(id, MAIL, effect, at)?)
    }

    /// Signs the chain's head and mails it to those who keep it.
    pub fn seal(&mut self) -> Result<(), RecordError> {
        let head = self.batch.signed_head(self.now);
        crash::pass(Point::HeadSigned);
        let number = self.installation(&InstallationEvent::HeadSigned { head: head.clone() })?;
        for (place, to) in (0..).zip(self.standing.heads_to.clone()) {
            self.owe_installation(number, place, &InstallationEffect::SendHead { to, head: head.clone() })?;
        }
        Ok(())
    }

    /// Carries out what needs nobody outside: drafts, and times that have come. Says whether there may be more.
    pub fn carry_out_inside(&mut self) -> Result<bool, RecordError> {
        for _ in 0..INSIDE_MAX {
            let claimed = self.batch.claim(&[INSIDE], self.now, LEASE, OUTBOX_BATCH_MAX)?;
            if claimed.is_empty() {
                return Ok(false);
            }
            for row in claimed {
                let word = self.carry_out(&row)?;
                crash::pass(Point::InsideDone);
                self.batch.settle(&row, &Settled::Done(word.to_owned()))?;
            }
        }
        Ok(true)
    }

    fn carry_out(&mut self, row: &Claimed) -> Result<&'static str, RecordError> {
        let id = row.id.incident;
        let effect: Effect = match serde_json::from_str(&row.body) {
            Ok(effect) => effect,
            Err(error) => {
                tracing::error!(incident = id, effect = %row.id, %error, "an effect cannot be read; it is put aside");
                return Ok("unreadable");
            }
        };
        let event = match effect {
            Effect::WakeAt { of, .. } => Event::DeadlinePassed { of },
            Effect::Draft { statement } => {
                let Ok(entry) = self.entry(id) else { return Ok("moot") };
                let Some(event) = super::draft::draft(&entry, &statement, self.now) else { return Ok("moot") };
                event
            }
            Effect::Alert { .. }
            | Effect::Page { .. }
            | Effect::AskTask { .. }
            | Effect::AskApproval { .. }
            | Effect::Remind { .. }
            | Effect::Tell { .. }
            | Effect::TellAddress { .. }
            | Effect::Post { .. }
            | Effect::AskToPost { .. }
            | Effect::LookUp { .. }
            | Effect::LookAt { .. }
            | Effect::TakeDown { .. }
            | Effect::AskToTakeDown { .. } => return Ok("not inside work"),
        };
        Ok(if self.record_if_wanted(id, event)? { "done" } else { "moot" })
    }

    /// The kinds of rows that are carried out now. While posting is stopped, posts stay owed: nobody takes them up.
    fn kinds(&self) -> &'static [&'static str] {
        const ALL: &[&str] = &[INSIDE, MAIL, PAGE, LOOK, INTENDED, CHANNEL];
        if self.is_stopped() { &ALL[..ALL.len() - 1] } else { ALL }
    }

    /// Takes rows whose work is outside: mails and posts.
    pub fn claim_outside(&mut self, most: usize) -> Result<Vec<Claimed>, RecordError> {
        let outside = &self.kinds()[1..];
        Ok(self.batch.claim(outside, self.now, LEASE, most.min(OUTBOX_BATCH_MAX))?)
    }

    /// Ends a claim together with the event that tells how it went; nothing of it counts where the lease was lost.
    pub fn settle(&mut self, row: &Claimed, how: &Settled, event: Option<Event>) -> Result<(), RecordError> {
        if self.batch.settle(row, how)?
            && let Some(event) = event
        {
            self.record_if_wanted(row.id.incident, event)?;
        }
        Ok(())
    }

    /// Counts a mail to `person` before it is sent, since several are under way at once.
    pub fn take_mail(&mut self, person: &PersonId, kind: MailKind, most: u32) -> Result<MailTaken, RecordError> {
        let counted = MailCounted { note: format!("mails:{}:{person}:{}", kind.name(), self.hour()) };
        if self.mails(&counted)? >= most {
            let next = (self.hour() + 1) * SECONDS_PER_HOUR;
            return Ok(MailTaken::Later(Timestamp::from_second(next).unwrap_or(Timestamp::MAX)));
        }
        self.batch.count_up(&counted.note, self.now)?;
        Ok(MailTaken::Counted(counted))
    }

    /// Takes back the count of a mail that certainly did not go out, in the hour that counted it.
    pub fn give_mail_back(&mut self, counted: &MailCounted) -> Result<(), RecordError> {
        let left = self.mails(counted)?.saturating_sub(1);
        Ok(self.batch.put_note(&counted.note, &left.to_string(), self.now)?)
    }

    fn mails(&mut self, counted: &MailCounted) -> Result<u32, RecordError> {
        let mails = self.batch.note(&counted.note)?;
        Ok(mails.and_then(|mails| mails.parse().ok()).unwrap_or(0))
    }

    fn hour(&self) -> i64 {
        self.now.as_second().div_euclid(SECONDS_PER_HOUR)
    }

    /// Commits something every few minutes, so that a later start knows since when nobody listened.
    fn tell_that_it_runs(&mut self) -> Result<(), RecordError> {
        let noted = self.batch.note(TIME)?.and_then(|noted| noted.parse().ok());
        let last = noted.and_then(|noted| Timestamp::from_millisecond(noted).ok());
        if last.is_none_or(|last| self.now.duration_since(last) >= RUNS_EVERY) {
            self.batch.put_note(TIME, &self.now.as_millisecond().to_string(), self.now)?;
        }
        Ok(())
    }

    /// Tells each watch that a feed of its has failed of late in which minutes it could hear nothing.
    fn deafen(&mut self) {
        if self.state.quiet.gaps.is_empty() && self.state.quiet.down.is_empty() {
            return;
        }
        let watches: Vec<_> = self.state.counting.watches().map(|(index, _)| index).collect();
        for index in watches {
            let deaf = self.state.quiet.deaf_of(self.state.counting.watch(index), self.now);
            self.state.counting.deafen(index, &deaf);
        }
    }

    /// Writes down how watches were followed, where a day has ended.
    pub(super) fn save_past(&mut self) -> Result<(), RecordError> {
        for (index, remembered) in self.state.counting.take_unsaved() {
            self.state.took_unsaved(index);
            let watch = self.state.counting.watch(index);
            let body = serde_json::to_string(&remembered).map_err(StoreError::from)?;
            self.batch.put_note(&note_of(watch), &body, self.now)?;
            self.batch.drop_old_counts(&watch.name, minute_of(self.now) - COUNTS_KEPT_MINUTES)?;
        }
        Ok(())
    }

    /// Forgets counters and unused sign-in links whose time is long over.
    fn sweep(&mut self) -> Result<(), RecordError> {
        for (prefix, kept) in NOTES_KEPT {
            let before = self.now.checked_sub(kept).unwrap_or(Timestamp::MIN);
            self.batch.drop_old_notes(prefix, before)?;
        }
        Ok(())
    }

    /// Writes something, if nothing was written to this end of late: a full disk shows only to those who write.
    pub fn prove(&mut self) -> Result<(), RecordError> {
        let proved = self.batch.note(PROVED_NOTE)?.and_then(|at| at.parse::<Timestamp>().ok());
        if proved.is_none_or(|at| self.now.duration_since(at) >= PROVED_EVERY) {
            self.batch.put_note(PROVED_NOTE, &self.now.to_string(), self.now)?;
        }
        Ok(())
    }

    pub fn next_due(&mut self) -> Result<Option<Timestamp>, RecordError> {
        Ok(self.batch.next_due(self.kinds())?)
    }

    pub fn owed_by_now(&mut self) -> Result<i64, RecordError> {
        Ok(self.batch.owed_by(self.kinds(), self.now)?)
    }
}

fn cursor_note(feed: &FeedName) -> String {
    format!("cursor:{feed}")
}
