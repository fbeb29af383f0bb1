//! A hospital's recorder on a disk of its own, pressed by hand: no server, no mail, a clock that stands still.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use holdline::core::approval::{Decision, Proof};
use holdline::core::incident::{Event, Incident, PostPhase, StatementPhase};
use holdline::core::name::StepId;
use holdline::core::playbook::FactValue;
use holdline::core::statement::Digest;
use holdline::engine::{Erase, Eraser, OpenError, Reading, RecordError, Recorder, Standing, Work};
use holdline::store::Salts;
use jiff::{SignedDuration, Timestamp};

use crate::hospital::{self, person};

const KEY: &[u8] = b"the key of the attacks";
pub(crate) const HOLDING: &str = "holding";

pub(crate) struct Press {
    _folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) now: Timestamp,
    /// How far the machine's clock was set forward.
    pub(crate) set_forward: SignedDuration,
    began: (Instant, Timestamp),
}

fn salts() -> Salts {
    Box::new(|salt| salt.fill(7))
}

impl Press {
    /// A hospital where nothing happened yet.
    pub(crate) fn quiet(standing: Standing) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("holdline.db");
        let now = "2026-11-22T03:00:00Z".parse().unwrap();
        let (set_forward, began) = (SignedDuration::ZERO, (Instant::now(), now));
        let mut press = Self { _folder: folder, path, recorder: None, now, set_forward, began };
        press.start(standing).unwrap();
        press
    }

    /// A hospital whose holding statement waits for Chi (privacy) and Dev (legal), and then for a release.
    pub(crate) fn asking() -> Self {
        Self::asking_in(hospital::standing())
    }

    fn asking_in(standing: Standing) -> Self {
        let mut press = Self::quiet(standing);
        press.open();
        press.record(Event::Claimed { by: person("ben") }).unwrap();
        press.confirm_help_line("+1 555 010 0100");
        press
    }

    /// One whose holding statement is on the page, and is owed to the wire.
    pub(crate) fn approved() -> Self {
        Self::approved_in(hospital::standing())
    }

    /// One whose holding statement is owed to the wire, and is nowhere yet.
    pub(crate) fn approved_for_the_wire() -> Self {
        Self::approved_in(hospital::standing_with(&["wire"]))
    }

    pub(crate) fn approved_in(standing: Standing) -> Self {
        let mut press = Self::asking_in(standing);
        for name in ["chi", "dev", "eve"] {
            press.yes(name).unwrap();
        }
        press
    }

    pub(crate) fn open(&mut self) {
        let ana = person("ana");
        self.does(|work| work.open(&"breach".into(), &ana, "a call")).unwrap();
    }

    pub(crate) fn confirm_help_line(&mut self, number: &str) {
        let value = FactValue::Phone(number.to_owned());
        self.record(Event::FactConfirmed { fact: "help_line".into(), value, by: person("ana") }).unwrap();
        self.inside();
    }

    fn reading(&self) -> Reading {
        let (began, at) = self.began;
        let gone_by = Duration::try_from(self.now.duration_since(at)).unwrap_or_default();
        Reading { shown: self.now + self.set_forward, steady: Some(began + gone_by) }
    }

    pub(crate) fn start(&mut self, standing: Standing) -> Result<(), OpenError> {
        self.recorder = None;
        self.recorder = Some(Recorder::open(&self.path, KEY, salts(), standing, hospital::watches(), self.reading())?);
        Ok(())
    }

    /// Erases an incident that is over, offline.
    pub(crate) fn erase(&mut self, incident: u32) {
        self.recorder = None;
        let mut eraser = Eraser::open(&self.path, KEY.into(), salts()).unwrap();
        let plan = eraser.plan(&Erase::Incident(incident)).unwrap();
        eraser.carry_out(&plan, &person("chi"), "asked for", false, self.now).unwrap();
    }

    pub(crate) fn work(&mut self) -> &mut Recorder {
        self.recorder.as_mut().unwrap()
    }

    /// One transaction, now.
    pub(crate) fn does<T>(
        &mut self,
        job: impl FnOnce(&mut Work<'_, '_>) -> Result<T, RecordError>,
    ) -> Result<T, RecordError> {
        let now = self.reading();
        self.work().commit_one(now, job)
    }

    pub(crate) fn inside(&mut self) {
        while self.does(|work| work.carry_out_inside()).unwrap() {}
    }

    pub(crate) fn minutes_go_by(&mut self, minutes: i64) {
        self.now += SignedDuration::from_mins(minutes);
        self.inside();
    }

    pub(crate) fn record(&mut self, event: Event) -> Result<(), RecordError> {
        self.does(|work| work.record(1, event))
    }

    pub(crate) fn incident(&self) -> Arc<Incident> {
        let board = Arc::clone(&self.recorder.as_ref().unwrap().board().borrow());
        Arc::clone(&board.incidents[&1].incident)
    }

    pub(crate) fn incidents(&self) -> usize {
        self.recorder.as_ref().unwrap().board().borrow().incidents.len()
    }

    /// The number of the latest request made to somebody, and the bytes it was about.
    pub(crate) fn request(&self, name: &str) -> (u32, Digest) {
        let incident = self.incident();
        let request = incident.requests.iter().rev().find(|request| request.person == person(name)).unwrap();
        (request.number, request.digest)
    }

    pub(crate) fn yes(&mut self, name: &str) -> Result<(), RecordError> {
        let (request, digest) = self.request(name);
        self.decide(name, request, digest)
    }

    pub(crate) fn decide(&mut self, name: &str, request: u32, digest: Digest) -> Result<(), RecordError> {
        let (person, decision, proof) = (person(name), Decision::Approve, Proof::Mail);
        self.record(Event::DecisionTaken { request, person, digest, decision, proof })
    }

    pub(crate) fn refuse(&mut self, name: &str, reason: &str) -> Result<(), RecordError> {
        let (request, digest) = self.request(name);
        let (person, decision, proof) = (person(name), Decision::Reject { reason: reason.to_owned() }, Proof::Mail);
        self.record(Event::DecisionTaken { request, person, digest, decision, proof })
    }

    /// Where the holding statement is on a channel.
    pub(crate) fn post(&self, channel: &str) -> PostPhase {
        self.incident().post(&StepId::from(HOLDING), &channel.into()).unwrap().clone()
    }

    /// What the poster would be given. The one thing that must stay empty.
    pub(crate) fn is_approved(&self) -> bool {
        let incident = self.incident();
        let holding = StepId::from(HOLDING);
        let handed_over =
            matches!(incident.statements[&holding].phase, StatementPhase::Posting(_) | StatementPhase::Posted(_));
        handed_over || incident.approved(&holding).is_some()
    }
}
