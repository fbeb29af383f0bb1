//! What is outside the engine: a clock, a public channel that lies and forgets, mailboxes, and people who act at the worst moments.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use holdline::channel::{Found, Outcome, Reason};
use holdline::core::approval::Decision;
use holdline::core::incident::{
    Asker, Author, Effect, Event, IncidentId, PostPhase, Settlement, StatementPhase, Verification,
};
use holdline::core::mention::Mention;
use holdline::core::name::{ChannelName, StepId};
use holdline::core::playbook::FactValue;
use holdline::core::statement::Digest;
use holdline::engine::{
    Answer, Audience, Board, Entry, LookUpStep, PostJob, PostStep, RecordError, Recorder, TextEdit, Work,
};
use holdline::store::{Claimed, INSTALLATION, Reader, Settled};
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

use crate::hospital::{self, PEOPLE, person};

const KEY: &[u8] = b"simulation key";

struct Letter {
    incident: IncidentId,
    request: u32,
    token: String,
    code: String,
}

pub(super) struct World {
    seed: u64,
    rng: StdRng,
    now: Timestamp,
    _folder: tempfile::TempDir,
    path: PathBuf,
    recorder: Option<Recorder>,
    /// What the public sees on the network channel.
    pub(super) public: Vec<(IncidentId, StepId, ChannelName, Digest)>,
    /// Links and codes in people's mailboxes.
    inbox: Vec<Letter>,
    seen: BTreeSet<String>,
    pub(super) crashes: usize,
    pub(super) trace: Vec<String>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let shared = std::path::Path::new("/dev/shm");
        let folder = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.unwrap();
        let path = folder.path().join("holdline.db");
        let mut world = Self {
            seed,
            rng: StdRng::seed_from_u64(seed),
            now: "2026-11-22T03:00:00Z".parse().unwrap(),
            _folder: folder,
            path,
            recorder: None,
            public: Vec::new(),
            inbox: Vec::new(),
            seen: BTreeSet::new(),
            crashes: 0,
            trace: Vec::new(),
        };
        world.start();
        world
    }

    fn start(&mut self) {
        let mut salts = StdRng::seed_from_u64(self.rng.random());
        let salts = Box::new(move |salt: &mut [u8]| salts.fill_bytes(salt));
        let (standing, watches) = (hospital::standing(), hospital::watches());
        self.recorder = Some(Recorder::open(&self.path, KEY, salts, standing, watches, self.now).unwrap());
    }

    /// The process dies and starts again: what the files say must be what was in memory.
    pub(super) fn crash(&mut self) {
        let before = self.board();
        self.recorder = None;
        self.crashes += 1;
        self.start();
        let after = self.board();
        assert_eq!(before.incidents.len(), after.incidents.len(), "seed {}", self.seed);
        for (id, entry) in &before.incidents {
            assert_eq!(
                entry.incident, after.incidents[id].incident,
                "seed {}: incident {id} after a restart",
                self.seed
            );
        }
    }

    pub(super) fn incidents(&self) -> usize {
        self.board().incidents.len()
    }

    fn board(&self) -> Arc<Board> {
        Arc::clone(&self.recorder.as_ref().unwrap().board().borrow())
    }

    fn work<T>(&mut self, work: impl FnOnce(&mut Work<'_, '_>) -> Result<T, RecordError>) -> Result<T, RecordError> {
        self.recorder.as_mut().unwrap().commit_one(self.now, work)
    }

    /// What people do is refused often; the store never fails here.
    fn record(&mut self, id: IncidentId, event: Event) {
        let kind = event.kind();
        let recorded = self.work(|work| work.record(id, event));
        assert!(matches!(recorded, Ok(()) | Err(RecordError::Refused(_))), "seed {}: {recorded:?}", self.seed);
        self.trace.push(format!("{} {id} {kind} {}", self.now, recorded.is_ok()));
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.rng.random_range(0..from.len())]
    }

    pub(super) fn step(&mut self) {
        match self.rng.random_range(0..100) {
            0..15 => self.mentions(),
            15..30 => self.time_goes_by(),
            30..45 => while self.work(|work| work.carry_out_inside()).unwrap() {},
            45..65 => self.outside(),
            65..95 => self.somebody_acts(),
            95..97 => self.work(|work| work.tick()).unwrap(),
            97..98 => self.work(|work| work.seal()).unwrap(),
            _ => self.crash(),
        }
    }

    fn time_goes_by(&mut self) {
        let longest = if self.chance(10) { 3 * 3600 } else { 400 };
        self.now += SignedDuration::from_secs(self.rng.random_range(1..longest));
    }

    fn mentions(&mut self) {
        let mentions: Vec<Mention> = (0..self.rng.random_range(1..5))
            .map(|_| {
                let id = format!("m{}", self.rng.random_range(0..400));
                let author = Some(format!("voice{}", self.rng.random_range(0..8)));
                let text = "Riverside leaked my records".to_owned();
                Mention { id, title: None, text, author, url: None, language: None, published: None }
            })
            .collect();
        self.seen.extend(mentions.iter().map(|mention| mention.id.clone()));
        self.work(|work| work.take_in(&"listening".into(), &mentions)).unwrap();
    }

    fn outside(&mut self) {
        for row in self.work(|work| work.claim_outside(64)).unwrap() {
            // A process that dies between claim and outcome leaves its row to the next one.
            if self.chance(5) {
                self.crash();
                continue;
            }
            if row.id.incident == INSTALLATION {
                self.settle(&row);
                continue;
            }
            match serde_json::from_str(&row.body).unwrap() {
                Effect::Post { statement, channel, attempt, .. } => {
                    self.post(&row, &PostJob { incident: row.id.incident, statement, channel, attempt });
                }
                Effect::LookUp { statement, channel, attempt, .. } => {
                    self.look_up(&row, &PostJob { incident: row.id.incident, statement, channel, attempt });
                }
                Effect::AskApproval { request } => {
                    self.deliver(row.id.incident, request);
                    self.settle(&row);
                }
                Effect::Alert { .. }
                | Effect::AskTask { .. }
                | Effect::Draft { .. }
                | Effect::Remind { .. }
                | Effect::Tell { .. }
                | Effect::AskToPost { .. }
                | Effect::LookAt { .. }
                | Effect::TakeDown { .. }
                | Effect::AskToTakeDown { .. }
                | Effect::WakeAt { .. } => self.settle(&row),
            }
        }
    }

    fn settle(&mut self, row: &Claimed) {
        // The mail went out, and the process dies before it can say so.
        if self.chance(5) {
            self.crash();
            return;
        }
        self.work(|work| work.settle(row, &Settled::Done("sent".to_owned()), None)).unwrap();
    }

    fn deliver(&mut self, id: IncidentId, request: u32) {
        let entry = self.board().incidents[&id].clone();
        let Some(request) = entry.incident.request(request) else { return };
        let links = self.recorder.as_ref().unwrap().links();
        let audience = Audience::Approval { incident: &entry.incident, request };
        let (token, code) = (links.token(audience), links.code(audience));
        self.inbox.push(Letter { incident: id, request: request.number, token, code });
    }

    fn post(&mut self, row: &Claimed, job: &PostJob) {
        let outcome = match self.work(|work| work.begin_post(row, job)).unwrap() {
            PostStep::Nothing => return,
            PostStep::Call(approved, _) => {
                self.check_call(job, approved.digest());
                if self.chance(10) {
                    self.crash();
                    return;
                }
                let (taken, outcome) = match self.rng.random_range(0..100) {
                    0..60 => (true, Outcome::Done { url: "https://wire.example/1".to_owned() }),
                    60..75 => (true, Outcome::Unknown(Reason::TimedOut)),
                    75..80 => (false, Outcome::Unknown(Reason::TimedOut)),
                    80..95 => (false, Outcome::Later { why: Reason::Unreachable, after: std::time::Duration::ZERO }),
                    _ => (false, Outcome::Never(Reason::Refused)),
                };
                if taken {
                    let (statement, channel) = (job.statement.clone(), job.channel.clone());
                    self.public.push((job.incident, statement, channel, approved.digest()));
                }
                if self.chance(10) {
                    self.crash();
                    return;
                }
                outcome
            }
        };
        self.work(|work| work.end_post(row, job, outcome)).unwrap();
    }

    fn look_up(&mut self, row: &Claimed, job: &PostJob) {
        let LookUpStep::Look(..) = self.work(|work| work.begin_look_up(row, job)).unwrap() else { return };
        let there = self.is_public(job.incident, &job.statement, &job.channel);
        let found = match (there, self.chance(20)) {
            (_, true) => Found::CannotTell(Reason::Unreachable),
            (true, false) => Found::There { url: "https://wire.example/1".to_owned() },
            (false, false) => Found::Nothing,
        };
        self.work(|work| work.end_look_up(row, job, found)).unwrap();
    }

    fn is_public(&self, id: IncidentId, statement: &StepId, channel: &ChannelName) -> bool {
        self.public.iter().any(|(of, said, on, _)| *of == id && said == statement && on == channel)
    }

    /// Promise 1, told independently of the engine: from the log, who said yes to exactly these bytes and still stands by it.
    fn check_call(&self, job: &PostJob, digest: Digest) {
        let seed = self.seed;
        let entry = &self.board().incidents[&job.incident];
        assert!(entry.incident.is_running(), "seed {seed}: a post after the incident's end");
        let mut yes: BTreeSet<String> = BTreeSet::new();
        let mut left: BTreeSet<String> = BTreeSet::new();
        for row in Reader::new(&self.path).events(job.incident).unwrap() {
            match row.event().unwrap().unwrap() {
                Event::Saved { statement, package, .. } if statement == job.statement && package.digest() != digest => {
                    yes.clear();
                }
                Event::DecisionTaken { person, digest: on, decision, .. } if on == digest => match decision {
                    Decision::Approve => drop(yes.insert(person.to_string())),
                    Decision::Reject { .. } | Decision::Changes { .. } => yes.clear(),
                },
                Event::DecisionWithdrawn { person, digest: on, .. } if on == digest => {
                    yes.remove(person.as_str());
                }
                Event::LeftRole { person, .. } => drop(left.insert(person.to_string())),
                _ => {}
            }
        }
        let has = |names: &[&str]| names.iter().any(|name| yes.contains(*name));
        assert!(has(hospital::PRIVACY), "seed {seed}: nobody of privacy said yes: {yes:?}");
        assert!(has(hospital::LEGAL), "seed {seed}: nobody of legal or its stand-ins said yes: {yes:?}");
        assert!(has(hospital::RELEASE), "seed {seed}: nobody released: {yes:?}");
    }

    fn running(&mut self) -> Option<(IncidentId, Entry)> {
        let board = self.board();
        let open: Vec<_> = board.incidents.iter().filter(|(_, entry)| entry.incident.is_running()).collect();
        if open.is_empty() {
            return None;
        }
        let (id, entry) = open[self.rng.random_range(0..open.len())];
        Some((*id, entry.clone()))
    }

    fn somebody_acts(&mut self) {
        let Some((id, entry)) = self.running() else { return };
        let by = person(self.pick(PEOPLE));
        let statement = StepId::from(self.pick(&["holding", "update"]));
        let reason = "because".to_owned();
        match self.rng.random_range(0..100) {
            0..10 => self.record(id, Event::Verified { verdict: Verification::Real, by, reason }),
            10..11 if self.chance(20) => {
                self.record(id, Event::Verified { verdict: Verification::FalseAlarm, by, reason });
            }
            11..16 => self.record(id, Event::Claimed { by }),
            16..24 => {
                let value = FactValue::Phone(self.pick(&["+1 555 010 0100", "+1 555 010 0200"]).to_owned());
                self.record(id, Event::FactConfirmed { fact: "help_line".into(), value, by });
            }
            24..30 => {
                let value = FactValue::Text(self.pick(&["a file was copied", "a laptop is missing"]).to_owned());
                self.record(id, Event::FactConfirmed { fact: "what_happened".into(), value, by });
            }
            30..32 => self.edit(id, &entry, &statement),
            34..36 => self.record(id, Event::RedraftAsked { statement, by }),
            36..40 => self.record(id, Event::AskedAgain { statement, by, reason }),
            40..42 => self.record(id, Event::TaskDone { task: "pause".into(), by, note: String::new() }),
            42..43 if self.chance(40) => self.record(id, Event::StandDownAsked { by: Asker::Person(by), reason }),
            43..44 if self.chance(30) => {
                let role = self.pick(&["legal", "executive", "comms-lead"]).into();
                self.record(id, Event::LeftRole { person: by, role });
            }
            44..50 => self.look_for_posts(id, &entry),
            _ => self.answer(),
        }
    }

    fn edit(&mut self, id: IncidentId, entry: &Entry, statement: &StepId) {
        let Some(current) = entry.incident.statements[statement].current() else { return };
        let mut package = current.package.clone();
        package.findings.clear();
        let edit = TextEdit { variant: 0, title: None, body: format!("{} Thank you.", package.variants[0].body) };
        package.variants[edit.variant].body = edit.body;
        let by = Author::Person(person(self.pick(PEOPLE)));
        let (replaces, basis, package) = (current.number, entry.incident.events, Box::new(package));
        self.record(id, Event::Saved { statement: statement.clone(), by, replaces, basis, package });
    }

    fn look_for_posts(&mut self, id: IncidentId, entry: &Entry) {
        for (statement, found) in &entry.incident.statements {
            let (StatementPhase::Posting(posting) | StatementPhase::Posted(posting)) = &found.phase else { continue };
            for (channel, post) in &posting.posts {
                if let PostPhase::NeedsPerson { .. } = post {
                    let there = self.is_public(id, statement, channel);
                    let url = "https://wire.example/1".to_owned();
                    let found = if there { Settlement::There { url } } else { Settlement::NotThere };
                    let (statement, channel, by) = (statement.clone(), channel.clone(), person("ana"));
                    self.record(id, Event::PostSettled { statement, channel, by, found });
                }
            }
        }
    }

    fn answer(&mut self) {
        if self.inbox.is_empty() {
            return;
        }
        // Mostly mails that still wait for an answer; sometimes any old one.
        let board = self.board();
        let waits = |letter: &Letter| {
            let incident = &board.incidents[&letter.incident].incident;
            incident.request(letter.request).is_some_and(|request| incident.awaits(request, self.now).is_ok())
        };
        let mut places: Vec<usize> = (0..self.inbox.len()).filter(|&place| waits(&self.inbox[place])).collect();
        if places.is_empty() || self.chance(15) {
            places = (0..self.inbox.len()).collect();
        }
        let letter = &self.inbox[places[self.rng.random_range(0..places.len())]];
        let (token, mut code) = (letter.token.clone(), letter.code.clone());
        if self.chance(10) {
            "000000".clone_into(&mut code);
        }
        let answer = match self.rng.random_range(0..100) {
            0..92 => Answer::Decide(Decision::Approve),
            92..94 => Answer::Decide(Decision::Reject { reason: "no".to_owned() }),
            94..96 => Answer::Decide(Decision::Changes { wanted: "shorter".to_owned() }),
            _ => Answer::TakeBack,
        };
        let answered =
            self.work(|work| Ok(work.answer(&token, &code, &answer).map_err(|error| error.to_string()))).unwrap();
        self.trace.push(format!("{} answer {answered:?}", self.now));
    }

    /// What must hold after every step.
    pub(super) fn check(&self) {
        let seed = self.seed;
        let mut posts: BTreeMap<_, usize> = BTreeMap::new();
        for post in &self.public {
            *posts.entry(post).or_default() += 1;
        }
        assert!(posts.values().all(|&times| times == 1), "seed {seed}: posted twice: {posts:?}");
        let db = rusqlite::Connection::open(&self.path).unwrap();
        let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        let mentions = i64::try_from(self.seen.len()).unwrap();
        assert_eq!(count("select count(*) from mentions"), mentions, "seed {seed}");
        assert_eq!(
            count("select coalesce(sum(count), 0) from counts"),
            mentions,
            "seed {seed}: each mention counts once"
        );
        for (id, entry) in &self.board().incidents {
            let owed = count(&format!("select count(*) from outbox where incident = {id} and outcome is null"));
            let incident = &entry.incident;
            let waits_for_somebody = incident.duty.is_some() || !incident.alerts.is_empty();
            assert!(
                !incident.is_running() || owed > 0 || waits_for_somebody,
                "seed {seed}: incident {id} waits for nobody"
            );
        }
    }
}
