//! The real engine, driven in-line by the model's actions: this file knows how each is done there.

use std::path::PathBuf;
use std::sync::Arc;

use holdline::channel::{Found, Outcome, Reason};
use holdline::core::approval::Decision;
use holdline::core::incident::{
    Asker, Author, Effect, Event, Incident, IncidentId, Request, Settlement, Subject, Version,
};
use holdline::core::name::{ChannelName, PersonId, StepId};
use holdline::core::setting::Setting;
use holdline::core::statement::{Digest, Seen, Unseen};
use holdline::engine::{Answer, Audience, LookUpStep, POST_TIMEOUT, PostJob, PostStep, RecordError, Recorder, Work};
use holdline::store::{Claimed, EffectId, INSTALLATION, Settled};
use jiff::{SignedDuration, Timestamp};

use super::action::Action;
use super::quorum::{ASKED, SEATS};
use super::seen::OpenRows;
use super::state::{Sight, WORKERS};
use super::ward::{self, CHANNEL_NAMES, EDITOR, STATEMENT};

const KEY: &[u8] = b"the key of the model";
const URL: &str = "https://wire.example/1";
const ROWS_AT_ONCE: usize = 64;
/// Rows of one incident never take more turns than this to settle.
const TURNS_MAX: usize = 100;

/// What a worker has in hand.
#[derive(Clone, Debug)]
pub(super) struct Hand {
    row: Claimed,
    job: PostJob,
    look: bool,
    /// The bytes that it was told to send.
    digest: Option<Digest>,
    /// Nothing is sent after this.
    pub(super) until: Timestamp,
}

/// How an action went in the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Did {
    Done,
    Refused(String),
}

pub(super) struct Driver {
    _folder: tempfile::TempDir,
    path: PathBuf,
    recorder: Option<Recorder>,
    pub(super) now: Timestamp,
    /// When the process began.
    pub(super) started: Timestamp,
    setting: Setting,
    pub(super) incident: IncidentId,
    /// The statement that is voted on: the playbook's, then its correction.
    pub(super) statement: StepId,
    /// How many versions came before the statement's first one.
    pub(super) version_before: u32,
    pub(super) hands: [Option<Hand>; WORKERS],
    /// What each worker had in hand before, to try it once more.
    ended: [Option<Hand>; WORKERS],
    pub(super) rows: OpenRows,
}

impl Driver {
    pub(super) fn new() -> Self {
        let shared = std::path::Path::new("/dev/shm");
        let folder = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap();
        let path = folder.path().join("holdline.db");
        let now = "2026-11-22T03:00:00Z".parse().unwrap();
        let mut driver = Self {
            _folder: folder,
            recorder: None,
            now,
            started: now,
            setting: Setting::Live,
            incident: 0,
            statement: STATEMENT.into(),
            version_before: 0,
            hands: [const { None }; WORKERS],
            ended: [const { None }; WORKERS],
            rows: OpenRows::new(&path),
            path,
        };
        driver.start(Setting::Live);
        driver.rows.connect();
        driver
    }

    fn start(&mut self, setting: Setting) {
        self.recorder = None;
        (self.setting, self.started) = (setting, self.now);
        let (salts, standing) = (Box::new(|salt: &mut [u8]| salt.fill(7)), ward::standing(setting));
        self.recorder = Some(Recorder::open(&self.path, KEY, salts, standing, Vec::new(), self.now).unwrap());
    }

    /// Opens a fresh incident, drafted and asked about, in a process of this setting.
    pub(super) fn open(&mut self, setting: Setting, by_hand: bool) {
        if self.setting != setting {
            self.start(setting);
        }
        let editor = PersonId::from(EDITOR);
        let playbook = if by_hand { ward::PLAYBOOK_WITH_A_BOARD } else { ward::PLAYBOOK };
        self.incident = self.work(|work| work.open(&playbook.into(), &editor, "a call")).unwrap();
        (self.statement, self.version_before) = (STATEMENT.into(), 0);
        while self.work(|work| work.carry_out_inside()).unwrap() {}
        self.rows.begin(self.incident, by_hand);
    }

    /// Leaves nothing owed behind, so that the next incident finds an empty outbox.
    pub(super) fn close(&mut self) {
        self.hands = [const { None }; WORKERS];
        self.ended = [const { None }; WORKERS];
        // Whether posting was stopped does not matter any more.
        let _ = self.work(|work| work.resume_posting("Ida"));
        for _ in 0..TURNS_MAX {
            self.now += SignedDuration::from_secs(60);
            let rows = self.work(|work| {
                let rows = work.claim_outside(ROWS_AT_ONCE)?;
                rows.iter().try_for_each(|row| work.settle(row, &Settled::Done("over".to_owned()), None))?;
                Ok(rows.len())
            });
            self.rows.read(self.now);
            if rows.unwrap() == 0 && self.rows.is_empty() {
                return;
            }
        }
        panic!("the outbox of incident {} does not empty", self.incident);
    }

    fn work<T>(&mut self, work: impl FnOnce(&mut Work<'_, '_>) -> Result<T, RecordError>) -> Result<T, RecordError> {
        self.recorder.as_mut().unwrap().commit_one(self.now, work)
    }

    fn record(&mut self, event: Event) -> Did {
        let id = self.incident;
        did(self.work(|work| work.record(id, event)))
    }

    pub(super) fn folded(&self) -> Arc<Incident> {
        let board = Arc::clone(&self.recorder.as_ref().unwrap().board().borrow());
        Arc::clone(&board.incidents[&self.incident].incident)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.recorder.as_ref().unwrap().board().borrow().stopped
    }

    /// Does it; none where there is nothing to do it with.
    pub(super) fn take(&mut self, action: Action) -> Option<Did> {
        Some(match action {
            Action::Save => self.save(),
            Action::Approve { slot, version } => self.answer(slot, version, &Answer::Decide(Decision::Approve)),
            Action::TakeBack { slot } => self.answer(slot, self.version(), &Answer::TakeBack),
            Action::Reject { slot, version } => {
                self.answer(slot, version, &Answer::Decide(Decision::Reject { reason: "no".to_owned() }))
            }
            Action::AskAgain => self.ask_again(),
            Action::LoseSeat { seat } => {
                let (person, role) = SEATS[usize::from(seat)];
                self.record(Event::LeftRole { person: ward::name(person).into(), role: ward::role(role).into() })
            }
            Action::Stop => did(self.work(|work| work.stop_posting("Ida", "because").map(drop))),
            Action::Resume => did(self.work(|work| work.resume_posting("Ida"))),
            Action::StandDown => self.stand_down(),
            Action::SayThere { channel } => self.say(channel, Settlement::There { url: URL.to_owned() }),
            Action::SayNotThere { channel } => self.say(channel, Settlement::NotThere),
            Action::GiveAddress { channel } => self.give_address(channel),
            Action::See { channel, sight } => self.see(channel, sight)?,
            Action::AskTakeDown { channel } => self.ask_take_down(channel),
            Action::TakeDownEnds { channel, down } => self.end_take_down(channel, down),
            Action::Claim { worker, channel, row } => {
                let wanted = self.rows.post(channel, row)?;
                self.claim(worker, wanted)
            }
            Action::ClaimLook { worker, channel } => {
                let wanted = self.rows.look(channel)?;
                self.claim(worker, wanted)
            }
            Action::Begin { worker } => self.begin(worker),
            Action::HoldBack { worker } => {
                let why = if self.is_stopped() { Reason::Stopped } else { Reason::TimedOut };
                self.end(worker, Outcome::Later { why, after: std::time::Duration::ZERO })?
            }
            Action::EndDone { worker } => self.end(worker, Outcome::Done { url: URL.to_owned() })?,
            Action::EndLater { worker } => {
                self.end(worker, Outcome::Later { why: Reason::Unreachable, after: std::time::Duration::ZERO })?
            }
            Action::EndNever { worker } => self.end(worker, Outcome::Never(Reason::Refused))?,
            Action::EndUnknown { worker } => self.end(worker, Outcome::Unknown(Reason::TimedOut))?,
            Action::LookHit { worker } => self.end_look(worker, Found::There { url: URL.to_owned() })?,
            Action::LookMiss { worker } => self.end_look(worker, Found::Nothing)?,
            Action::Crash { worker } => {
                self.hands[usize::from(worker)] = None;
                self.restart(self.setting)
            }
            Action::RestartLive => {
                self.hands = [const { None }; WORKERS];
                self.restart(Setting::Live)
            }
            Action::PutUp { .. }
            | Action::Send { .. }
            | Action::Arrive { .. }
            | Action::Lose { .. }
            | Action::ArriveLate { .. }
            | Action::LoseLate { .. }
            | Action::DeadlinePasses { .. }
            | Action::LeaseEnds { .. }
            | Action::LookLeaseEnds { .. }
            | Action::Settles { .. } => Did::Done,
            Action::BeginCorrection => self.begin_correction(),
        })
    }

    fn version(&self) -> u8 {
        u8::try_from(self.version_before + self.folded().statements[&self.statement].version()).unwrap()
    }

    fn place(&self, channel: u8) -> (StepId, ChannelName) {
        (self.statement.clone(), CHANNEL_NAMES[usize::from(channel)].into())
    }

    fn give_address(&mut self, channel: u8) -> Did {
        let (statement, channel) = self.place(channel);
        self.record(Event::PostedByHand { statement, channel, by: EDITOR.into(), url: URL.to_owned() })
    }

    /// The look at an address that somebody gave, as its row's worker ends it.
    fn see(&mut self, channel: u8, sight: Sight) -> Option<Did> {
        let wanted = self.rows.look_at(channel)?;
        let Some(row) = self.claim_row(wanted) else { return Some(Did::Refused("it is not due".to_owned())) };
        let seen = match sight {
            Sight::Matches => Seen::Matches,
            Sight::Differs => Seen::Differs,
            Sight::Unseen | Sight::None => Seen::CouldNotBeSeen { why: Unseen::Unreachable },
        };
        let (statement, channel) = self.place(channel);
        let event = Event::PostSeen { statement, channel, url: URL.to_owned(), seen };
        self.work(|work| work.settle(&row, &Settled::Done("seen".to_owned()), Some(event))).unwrap();
        Some(Did::Done)
    }

    fn ask_again(&mut self) -> Did {
        let (statement, by, reason) = (self.statement.clone(), EDITOR.into(), "because".to_owned());
        self.record(Event::AskedAgain { statement, by, reason })
    }

    fn ask_take_down(&mut self, channel: u8) -> Did {
        let ((statement, channel), by) = (self.place(channel), EDITOR.into());
        self.record(Event::TakeDownAsked { statement, channel, by, reason: "harm".to_owned() })
    }

    fn end_take_down(&mut self, channel: u8, down: bool) -> Did {
        let (statement, channel) = self.place(channel);
        self.record(if down {
            Event::TakenDown { statement, channel, by: Some(EDITOR.into()) }
        } else {
            Event::TakeDownFailed { statement, channel, why: "it cannot".to_owned() }
        })
    }

    /// From here on the correction is what is voted on and posted.
    fn begin_correction(&mut self) -> Did {
        let (of, by, reason) = (self.statement.clone(), EDITOR.into(), "a wrong number".to_owned());
        let did = self.record(Event::CorrectionBegun { of, by, reason });
        if did == Did::Done {
            self.version_before = self.version().into();
            self.statement = format!("{STATEMENT}-correction-1").into();
            while self.work(|work| work.carry_out_inside()).unwrap() {}
        }
        did
    }

    fn save(&mut self) -> Did {
        let incident = self.folded();
        let Some(current) = incident.statements[&self.statement].current() else {
            return Did::Refused("nothing is drafted".to_owned());
        };
        let mut package = current.package.clone();
        package.findings.clear();
        package.variants[0].body.push_str(" Thank you.");
        let (replaces, basis, package) = (current.number, incident.events, Box::new(package));
        let by = Author::Person(EDITOR.into());
        self.record(Event::Saved { statement: self.statement.clone(), by, replaces, basis, package })
    }

    /// By the mail that this person has of this version in this stage.
    fn answer(&mut self, slot: u8, version: u8, answer: &Answer) -> Did {
        let (person, asked_in) = ASKED[usize::from(slot)];
        let incident = self.folded();
        let Some(version) = self.saved(&incident, version) else {
            return Did::Refused("there is no such version".to_owned());
        };
        let of_it = |request: &&Request| {
            request.person.as_str() == ward::name(person)
                && request.stage == ward::place(asked_in)
                && request.digest == version.digest
        };
        match incident.requests.iter().rev().find(of_it) {
            Some(request) => self.answer_request(&incident, request, answer),
            None => Did::Refused("was not asked".to_owned()),
        }
    }

    /// A version, counted through from the original's first one.
    fn saved<'a>(&self, incident: &'a Incident, version: u8) -> Option<&'a Version> {
        let of_this = u32::from(version).checked_sub(self.version_before + 1);
        match of_this {
            Some(place) => incident.statements[&self.statement].versions.get(usize::try_from(place).unwrap()),
            None => incident.statements[STATEMENT].versions.get(usize::from(version) - 1),
        }
    }

    fn answer_request(&mut self, incident: &Incident, request: &Request, answer: &Answer) -> Did {
        let links = self.recorder.as_ref().unwrap().links();
        let audience = Audience::Approval { incident, request };
        let (token, code) = (links.token(audience), links.code(audience));
        match self.work(|work| Ok(work.answer(&token, &code, answer).map_err(|error| error.to_string()))).unwrap() {
            Ok(()) => Did::Done,
            Err(refusal) => Did::Refused(refusal),
        }
    }

    fn stand_down(&mut self) -> Did {
        let by = Asker::Person(EDITOR.into());
        match self.record(Event::StandDownAsked { by, reason: "it is over".to_owned() }) {
            Did::Done => {}
            refused @ Did::Refused(_) => return refused,
        }
        let incident = self.folded();
        let request = incident.requests.iter().rev().find(|request| request.of == Subject::StandDown).unwrap();
        self.answer_request(&incident, request, &Answer::Decide(Decision::Approve))
    }

    fn say(&mut self, channel: u8, found: Settlement) -> Did {
        let (statement, channel) = self.place(channel);
        self.record(Event::PostSettled { statement, channel, by: EDITOR.into(), found })
    }

    /// Takes this one row. The outbox hands out whatever is due: mails go out, and other rows are put back at once.
    fn claim(&mut self, worker: u8, wanted: EffectId) -> Did {
        let Some(row) = self.claim_row(wanted) else {
            return Did::Refused("it is not due, or somebody has it".to_owned());
        };
        let until = self.now + SignedDuration::try_from(POST_TIMEOUT).unwrap();
        self.hands[usize::from(worker)] = Some(hand(row, until));
        Did::Done
    }

    fn claim_row(&mut self, wanted: EffectId) -> Option<Claimed> {
        for _ in 0..TURNS_MAX {
            let rows = self.work(|work| {
                let rows = work.claim_outside(ROWS_AT_ONCE)?;
                for row in rows.iter().filter(|row| row.id != wanted) {
                    let how = if is_of_a_post(row) {
                        Settled::NotBefore(work.now())
                    } else {
                        Settled::Done("sent".to_owned())
                    };
                    work.settle(row, &how, None)?;
                }
                Ok(rows)
            });
            let rows = rows.unwrap();
            rows.iter().filter(|row| row.id != wanted).for_each(|row| self.put_back(row));
            if let Some(row) = rows.iter().find(|row| row.id == wanted) {
                return Some(row.clone());
            }
            if rows.iter().all(is_of_a_post) {
                break;
            }
        }
        None
    }

    /// Whoever held a row that was only put back holds it still, as if nobody had looked.
    fn put_back(&mut self, row: &Claimed) {
        for hand in self.hands.iter_mut().chain(&mut self.ended).flatten() {
            if hand.row.id == row.id && hand.row.epoch == row.epoch - 1 {
                hand.row.epoch = row.epoch;
            }
        }
    }

    fn begin(&mut self, worker: u8) -> Did {
        let place = usize::from(worker);
        let Some(hand) = self.hands[place].clone() else { return Did::Refused("nothing in hand".to_owned()) };
        let Hand { row, job, look, .. } = &hand;
        if *look {
            match self.work(|work| work.begin_look_up(row, job)).unwrap() {
                LookUpStep::Look(sent, _) => self.told(place, Some(sent.digest())),
                LookUpStep::Nothing => self.told(place, None),
            }
        } else {
            match self.work(|work| work.begin_post(row, job)).unwrap() {
                PostStep::Call(..) if self.setting == Setting::Rehearsal => {
                    // The process holds no channel, so there is nothing to call.
                    self.work(|work| work.end_post(row, job, Outcome::Never(Reason::NotConfigured))).unwrap();
                    self.told(place, None);
                }
                PostStep::Call(approved, _) => self.told(place, Some(approved.digest())),
                PostStep::Nothing => self.told(place, None),
            }
        }
        Did::Done
    }

    /// A worker without words to send or to look for has nothing in hand any more.
    fn told(&mut self, place: usize, digest: Option<Digest>) {
        let stopped = self.is_stopped();
        match (&mut self.hands[place], digest) {
            (Some(hand), Some(digest)) => hand.digest = Some(digest),
            // While posting is stopped it was put back: it did not end, and nobody else has it.
            (hand, _) => self.ended[place] = hand.take().filter(|_| !stopped),
        }
    }

    /// The number of the version that this worker was told to send or to look for.
    pub(super) fn words_of(&self, worker: u8) -> Option<u32> {
        let digest = self.hands[usize::from(worker)].as_ref()?.digest?;
        let incident = self.folded();
        let versions = &incident.statements[&self.statement].versions;
        let found = versions.iter().find(|version| version.digest == digest);
        found.map(|version| self.version_before + version.number)
    }

    /// The outcome of what is in hand, or once more of what was.
    fn end(&mut self, worker: u8, outcome: Outcome) -> Option<Did> {
        let hand = self.in_hand(worker, false)?;
        self.work(|work| work.end_post(&hand.row, &hand.job, outcome)).unwrap();
        Some(Did::Done)
    }

    fn end_look(&mut self, worker: u8, found: Found) -> Option<Did> {
        let hand = self.in_hand(worker, true)?;
        self.work(|work| work.end_look_up(&hand.row, &hand.job, found)).unwrap();
        Some(Did::Done)
    }

    fn in_hand(&mut self, worker: u8, look: bool) -> Option<Hand> {
        let place = usize::from(worker);
        if let Some(hand) = self.hands[place].take() {
            self.ended[place] = Some(hand);
        }
        self.ended[place].clone().filter(|hand| hand.look == look)
    }

    /// The process dies and starts again: what the files say must be what was in memory.
    fn restart(&mut self, setting: Setting) -> Did {
        let before = self.folded();
        self.start(setting);
        let mut after = (*self.folded()).clone();
        // The file still gives roles that the model's people left: a start offers them, and nobody agrees here.
        after.changes.clone_from(&before.changes);
        after.events = before.events;
        assert_eq!(*before, after, "after a restart");
        Did::Done
    }
}

fn did(recorded: Result<(), RecordError>) -> Did {
    match recorded {
        Ok(()) => Did::Done,
        Err(RecordError::Refused(refusal)) => Did::Refused(refusal.to_string()),
        Err(error) => panic!("{error}"),
    }
}

fn is_of_a_post(row: &Claimed) -> bool {
    row.id.incident != INSTALLATION
        && matches!(
            serde_json::from_str(&row.body).unwrap(),
            Effect::Post { .. } | Effect::LookUp { .. } | Effect::LookAt { .. }
        )
}

fn hand(row: Claimed, until: Timestamp) -> Hand {
    let incident = row.id.incident;
    let (statement, channel, attempt, look) = match serde_json::from_str(&row.body).unwrap() {
        Effect::Post { statement, channel, attempt, .. } => (statement, channel, attempt, false),
        Effect::LookUp { statement, channel, attempt, .. } => (statement, channel, attempt, true),
        other => panic!("not of a post: {other:?}"),
    };
    Hand { row, job: PostJob { incident, statement, channel, attempt }, look, digest: None, until }
}
