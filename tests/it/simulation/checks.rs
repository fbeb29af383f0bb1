//! What must hold after every step, read from the store's own file and from what the world saw.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdline::core::approval::ApprovedStatement;
use holdline::core::incident::{Effect, Event, Incident, IncidentId, PostPhase, StatementPhase, open, try_advance};
use holdline::core::name::{ChannelName, PersonId, StepId};
use holdline::core::rules::Rules;
use holdline::core::setting::Setting;
use holdline::core::statement::Package;
use holdline::engine::Answer;
use holdline::store::{Entry, INSTALLATION};
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, params};

use super::channel::Place;
use super::counts::Recount;
use super::house::STAMP;
use super::mail::Letter;
use super::posting::text_for;
use super::promise::{Known, hash};
use super::world::World;

/// What the checks have read so far.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) db: Option<Connection>,
    seq: i64,
    at: i64,
    rules: BTreeMap<String, Arc<Rules>>,
    /// Each incident folded event by event, beside the engine.
    pub(super) folded: BTreeMap<IncidentId, (Incident, Arc<Rules>)>,
    pub(super) known: BTreeMap<IncidentId, Known>,
    said: BTreeMap<(IncidentId, u32), Vec<(PersonId, Answer)>>,
    pub(super) recount: Recount,
    /// Hashes of rules that ask for less than those of the first files.
    pub(super) lowered: BTreeSet<String>,
    /// Whether those are that the program has, as of the last switch of a playbook.
    pub(super) switch_lowers: bool,
}

impl Ledger {
    /// Somebody really says this.
    pub(super) fn said(&mut self, letter: &Letter, answer: &Answer) {
        self.said.entry((letter.incident, letter.request)).or_default().push((letter.person.clone(), answer.clone()));
    }

    pub(super) fn db(&mut self, path: &std::path::Path) -> &Connection {
        self.db.get_or_insert_with(|| {
            let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
            db.set_prepared_statement_cache_capacity(64);
            db
        })
    }

    fn rules(&mut self, path: &std::path::Path, hash: &str) -> Arc<Rules> {
        if let Some(rules) = self.rules.get(hash) {
            return Arc::clone(rules);
        }
        let sql = "select body from rules where hash = ?1";
        let body: String = self.db(path).query_row(sql, [hash], |row| row.get(0)).unwrap();
        let rules: Arc<Rules> = Arc::new(serde_json::from_str(&body).unwrap());
        self.rules.insert(hash.to_owned(), Arc::clone(&rules));
        rules
    }
}

impl World {
    /// After every step.
    pub(super) fn check(&mut self) {
        let changed = self.read_the_log();
        self.check_fold(&changed);
        self.check_posts();
        self.check_mentions();
    }

    /// Reads what was written since the last look; says which incidents it was about.
    pub(super) fn read_the_log(&mut self) -> Vec<IncidentId> {
        let (seq, path) = (self.ledger.seq, self.path.clone());
        let sql = "select seq, header, body from events where seq > ?1 order by seq";
        let mut statement = self.ledger.db(&path).prepare_cached(sql).unwrap();
        let rows = statement.query_map([seq], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        let rows: Vec<(i64, String, String)> = rows.map(Result::unwrap).collect();
        drop(statement);
        let mut changed = Vec::new();
        for (seq, header, body) in rows {
            assert_eq!(seq, self.ledger.seq + 1, "an entry of the log is missing");
            self.ledger.seq = seq;
            let entry: Entry = serde_json::from_str(&header).unwrap();
            assert!(entry.at >= self.ledger.at, "the log's time went back at entry {seq}");
            self.ledger.at = entry.at;
            if entry.incident == INSTALLATION {
                self.coverage.saw(&format!("installation: {}", entry.kind));
                continue;
            }
            let event: Event = serde_json::from_str(&body).unwrap();
            self.coverage.saw(&format!("event: {}", entry.kind));
            self.note(format_args!("recorded {} {} at {}: {body}", entry.incident, entry.number, entry.at));
            self.take_event(&entry, &event);
            if !changed.contains(&entry.incident) {
                changed.push(entry.incident);
            }
        }
        changed
    }

    /// One event: folded as the engine folds, its effects looked for in the outbox, and told as the promise tells it.
    fn take_event(&mut self, entry: &Entry, event: &Event) {
        let id = entry.incident;
        let at = Timestamp::from_millisecond(entry.at).unwrap();
        let path = self.path.clone();
        let ((next, effects), rules) = if let Event::Opened(opening) = event {
            let rules = self.ledger.rules(&path, &opening.rules.to_string());
            self.ledger.known.entry(id).or_default().open(opening);
            self.keeps_to(id, &opening.rules.to_string());
            (open(id, opening, at, &rules), rules)
        } else {
            let (before, rules) = &self.ledger.folded[&id];
            let (before, mut rules) = (before.clone(), Arc::clone(rules));
            if let Event::PlaybookPicked { rules: hash, switch, .. } = event {
                rules = self.ledger.rules(&path, &hash.to_string());
                if switch.is_some() {
                    self.coverage.saw("the playbook was switched");
                    let lowered = self.ledger.switch_lowers;
                    self.ledger.known.get_mut(&id).unwrap().switch(lowered);
                } else {
                    self.keeps_to(id, &hash.to_string());
                }
            }
            let next = try_advance(&before, event, at, &rules);
            (next.unwrap_or_else(|refusal| panic!("the log holds {event:?}, which is refused: {refusal}")), rules)
        };
        assert_eq!(next.events, entry.number, "incident {id} has events that are not its own");
        self.check_owed(entry, &effects);
        for effect in &effects {
            self.coverage.named("effect", effect);
        }
        self.check_promise(id, event, &next);
        self.ledger.known[&id].roll.check(&next.roster);
        self.ledger.folded.insert(id, (next, rules));
    }

    /// An incident keeps the rules that it opened with, whatever the files say later.
    fn keeps_to(&mut self, id: IncidentId, rules: &str) {
        let lowered = self.ledger.lowered.contains(rules);
        self.ledger.known.get_mut(&id).unwrap().lowered = lowered;
    }

    /// What an event causes is written in its transaction, each with its own key.
    fn check_owed(&mut self, entry: &Entry, effects: &[Effect]) {
        let path = self.path.clone();
        let sql = "select body from outbox where incident = ?1 and number = ?2 order by place";
        let mut statement = self.ledger.db(&path).prepare_cached(sql).unwrap();
        let rows = statement.query_map(params![entry.incident, entry.number], |row| row.get(0)).unwrap();
        let rows: Vec<String> = rows.map(Result::unwrap).collect();
        let owed: Vec<String> = effects.iter().map(|effect| serde_json::to_string(effect).unwrap()).collect();
        assert_eq!(rows, owed, "{} of incident {}: what it owes is not in the outbox", entry.kind, entry.incident);
    }

    fn check_promise(&mut self, id: IncidentId, event: &Event, next: &Incident) {
        let before = self.ledger.folded.get(&id).map(|(before, _)| before);
        let (Event::DecisionTaken { request: answered, .. } | Event::DecisionWithdrawn { request: answered, .. }) =
            event
        else {
            let on_the_page = newly_on_the_page(before, next);
            let known = self.ledger.known.get_mut(&id).unwrap();
            known.take(event, None, &[]);
            self.check_goes_out(id, event, next, on_the_page);
            return;
        };
        let on_the_page = newly_on_the_page(before, next);
        let said = self.ledger.said.get(&(id, *answered)).cloned().unwrap_or_default();
        self.ledger.known.get_mut(&id).unwrap().take(event, next.request(*answered), &said);
        self.check_goes_out(id, event, next, on_the_page);
    }

    fn check_goes_out(&mut self, id: IncidentId, event: &Event, next: &Incident, on_the_page: Vec<String>) {
        let known = self.ledger.known.get_mut(&id).unwrap();
        for (statement, found) in &next.statements {
            if let StatementPhase::Waiting | StatementPhase::Drafting(_) | StatementPhase::Asking(_) = found.phase {
                known.set_authors(statement.as_str());
            }
            if next.offered(statement).is_some() {
                let what = if statement.as_str().starts_with("instruct") { "an instruction" } else { "a line" };
                self.coverage.named(what, &found.phase);
            }
            if let StatementPhase::Posting(posting) | StatementPhase::Posted(posting) = &found.phase {
                for post in posting.posts.values() {
                    self.coverage.named("post", post);
                }
            }
        }
        for statement in on_the_page {
            assert!(!known.over, "{statement} came on the page after the incident's end");
            assert!(!known.stopped, "{statement} came on the page while posting is stopped");
            known.check_goes_out(&statement);
        }
        if let Event::PostIntended { statement, channel, attempt } = event
            && let Some(PostPhase::Intended { .. }) = next.post(statement, channel)
        {
            assert!(!known.over, "{statement} was intended after the incident's end");
            assert!(!known.stopped, "{statement} was intended while posting is stopped");
            known.intend(statement.as_str(), channel.as_str(), *attempt);
            known.check_goes_out(statement.as_str());
        }
        if let Event::PostedByHand { statement, .. } = event {
            known.check_goes_out(statement.as_str());
        }
    }

    /// A wire is about to be called: everything that was promised must hold now, by the log's bytes.
    pub(super) fn check_call(&mut self, place: &Place, approved: &ApprovedStatement) {
        self.read_the_log();
        assert_eq!(self.house.setting, Setting::Live, "a rehearsal called a wire");
        let known = &self.ledger.known[&place.incident];
        assert!(known.is_intended(&place.statement, &place.channel), "{place:?} is called without an intent");
        let text = &known.texts[&place.statement];
        assert_eq!(Some(approved.package()), text.package.as_ref(), "{place:?}: these are not the bytes of the log");
        assert_eq!(hash(approved.package()), text.hash, "{place:?}: the hash is not that of the bytes");
        assert!(!approved.package().variants.iter().any(|variant| variant.text().contains(STAMP)));
        self.coverage.saw("a wire was called");
    }

    /// What is looked for is what was sent.
    pub(super) fn check_look_up(&mut self, place: &Place, sent: &Package) {
        self.read_the_log();
        let known = &self.ledger.known[&place.incident];
        assert_eq!(Some(sent), known.texts[&place.statement].package.as_ref(), "{place:?}: other words are looked for");
    }

    /// The engine's time at its last commit that wrote anything.
    pub(super) fn time_written_down(&mut self) -> Timestamp {
        let path = self.path.clone();
        let sql = "select value from notes where name = 'time'";
        let found = self.ledger.db(&path).query_row(sql, [], |row| row.get::<_, String>(0));
        found.ok().map_or(Timestamp::MIN, |at| Timestamp::from_millisecond(at.parse().unwrap()).unwrap())
    }

    /// State is what the events say, also after each restart.
    fn check_fold(&mut self, changed: &[IncidentId]) {
        if self.process.is_none() {
            return;
        }
        let board = self.board();
        for id in changed {
            let entry = board.incidents.get(id).unwrap_or_else(|| panic!("incident {id} is not shown"));
            assert_eq!(*entry.incident, self.ledger.folded[id].0, "incident {id} is not what its events say");
        }
    }

    /// The same of every incident, changed or not.
    pub(super) fn check_every_fold(&mut self) {
        let all: Vec<IncidentId> = self.ledger.folded.keys().copied().collect();
        if self.process.is_some() {
            assert_eq!(self.board().incidents.len(), all.len(), "an incident is missing, or one too many");
        }
        self.check_fold(&all);
    }

    /// At most one post on a channel, but for those that the channel or a person has to answer for.
    fn check_posts(&mut self) {
        let mut places: BTreeMap<&Place, usize> = BTreeMap::new();
        for shown in &self.channels.shown {
            *places.entry(&shown.place).or_default() += 1;
        }
        for (place, times) in places {
            let excused = self.channels.excused.get(place).copied().unwrap_or(0);
            assert!(times <= 1 + excused, "{place:?} was posted {times} times, {excused} excused");
        }
        for shown in &self.channels.shown {
            let (place, at) = (&shown.place, StepId::from(shown.place.statement.as_str()));
            let known = &self.ledger.known[&place.incident].texts[&place.statement];
            let channel = ChannelName::from(place.channel.as_str());
            let said = known.package.as_ref().map(|package| text_for(package, &channel));
            assert_eq!(Some(&shown.text), said.as_ref(), "{place:?}: other words are public than the log holds");
            let post = self.ledger.folded[&place.incident].0.post(&at, &channel);
            let denied = shown.denied || self.channels.excused.contains_key(place);
            let may_be_public = post.is_some_and(|post| post.is_on_its_way() || post.confirmed_at().is_some());
            assert!(denied || may_be_public, "{place:?} is public, and the log says {post:?}");
        }
        if self.house.setting == Setting::Rehearsal {
            assert!(self.channels.shown.is_empty(), "a rehearsal left the building");
        }
    }
}

/// The statements that an event put on the newsroom's page.
fn newly_on_the_page(before: Option<&Incident>, next: &Incident) -> Vec<String> {
    let on_it = |incident: &Incident, statement: &StepId| {
        incident.post(statement, &"page".into()).is_some_and(|post| post.confirmed_at().is_some())
    };
    let new = next
        .statements
        .keys()
        .filter(|statement| on_it(next, statement) && !before.is_some_and(|before| on_it(before, statement)));
    new.map(ToString::to_string).collect()
}
