//! Promise 1 told once more, from the log's events alone: who may say yes, who did, to which bytes, and what may be posted.

use std::collections::{BTreeMap, BTreeSet};

use holdline::core::approval::{Decision, Proof};
use holdline::core::incident::{
    Author, Between, Event, HandedFact, Opening, Request, Settlement, Subject, Verification,
};
use holdline::core::name::{ChannelName, PersonId, StepId};
use holdline::core::playbook::FactValue;
use holdline::core::statement::{Digest, Package};
use holdline::engine::Answer;
use sha2::{Digest as _, Sha256};

use super::house::{
    HELD, NEEDS_WITHOUT_NEWS, NOTHING_NEW, Need, SIGNED_IN, as_written, free_text, needs, root, stand_in, step,
};
use super::roll::Roll;

/// What a reader of the log knows of one incident.
#[derive(Default)]
pub(super) struct Known {
    pub(super) roll: Roll,
    /// The playbook that it keeps asks for less than the one of the first files.
    pub(super) lowered: bool,
    /// The same of steps that its playbook had before it was switched.
    frozen: BTreeMap<String, bool>,
    /// What was said by then: nothing of it goes out any more.
    retired: BTreeSet<String>,
    /// Changes of people that were made.
    pub(super) changes: u64,
    pub(super) texts: BTreeMap<String, Text>,
    proposed: BTreeMap<String, (FactValue, String)>,
    filled: BTreeMap<String, String>,
    posts: BTreeMap<(String, String), Post>,
    locked: BTreeSet<u32>,
    /// Somebody entitled said that it is over.
    pub(super) over: bool,
    /// Statements whose words somebody called wrong.
    corrected: BTreeSet<String>,
    /// The hash of held words that somebody said now.
    words: BTreeMap<String, String>,
    /// Somebody stood at the kill switch.
    pub(super) stopped: bool,
}

/// The latest version of a statement, and who stands by it.
#[derive(Default)]
pub(super) struct Text {
    pub(super) package: Option<Package>,
    pub(super) hash: String,
    /// A person's yes, in one stage.
    yes: BTreeSet<(String, usize)>,
    hands: BTreeSet<String>,
    /// Who wrote it, as of when people were last asked.
    authors: BTreeSet<String>,
}

impl Text {
    /// Drafted where there was nothing to say, and nobody's own words.
    fn has_no_news(&self) -> bool {
        let begins = |package: &Package| package.variants.iter().all(|variant| variant.body.contains(NOTHING_NEW));
        self.hands.is_empty() && self.package.as_ref().is_some_and(begins)
    }
}

/// What the log says of a post on a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Post {
    Intended(u32),
    /// Certainly not there: the next attempt may be made.
    NotThere(u32),
    Unknown(u32),
    Ended,
}

/// The hash that approvals bind to, computed here.
pub(super) fn hash(package: &Package) -> String {
    hex::encode(Sha256::new().chain_update(b"holdline package 1\n").chain_update(package.wire()).finalize())
}

impl Known {
    /// Another playbook runs from now on.
    pub(super) fn switch(&mut self, lowered: bool) {
        for statement in self.texts.keys() {
            self.frozen.entry(step(statement).to_owned()).or_insert(self.lowered);
            self.retired.insert(statement.clone());
        }
        self.lowered = lowered;
    }

    pub(super) fn open(&mut self, opening: &Opening) {
        self.roll.open(opening);
    }

    /// Takes in one event. `request` is the one that it answers; `said` is what people really answered to it.
    #[expect(clippy::too_many_lines, reason = "a table: what each event is to the texts")]
    pub(super) fn take(&mut self, event: &Event, request: Option<&Request>, said: &[(PersonId, Answer)]) {
        match event {
            Event::Saved { statement, by, package, .. } => self.save(statement.as_str(), by, package),
            Event::RedraftAsked { statement, .. }
            | Event::AskedAgain { statement, .. }
            | Event::TextPicked { statement, .. }
            | Event::StepSkipped { step: statement, .. } => {
                self.forget_votes(statement.as_str());
            }
            Event::DecisionTaken { person, decision, digest, proof, .. } => {
                let request = request.expect("a request that was made");
                self.check_decision(request, person, *digest, &Answer::Decide(decision.clone()), said);
                check_proof(request, decision, *proof);
                self.count(request, person, decision);
            }
            Event::DecisionWithdrawn { person, digest, .. } => {
                let request = request.expect("a request that was made");
                self.check_decision(request, person, *digest, &Answer::TakeBack, said);
                if let Subject::Statement(id) = &request.of {
                    self.text(id.as_str()).yes.remove(&(person.to_string(), request.stage));
                }
            }
            Event::RequestLocked { request } => drop(self.locked.insert(*request)),
            Event::LeftRole { person, role } => {
                self.roll.roles.get_mut(role.as_str()).map(|people| people.remove(person.as_str()));
            }
            Event::DelegationEnded { of } => drop(self.roll.delegates.remove(of.as_str())),
            Event::ChangeOffered { change } => self.roll.offer(change),
            Event::ChangeAgreed { change, by } => self.changes += u64::from(self.roll.agree(*change, by.as_str())),
            Event::ChangeDropped { change } => self.roll.drop_change(*change),
            Event::FactProposed { fact, value, by } => {
                self.filled.remove(fact.as_str());
                self.proposed.insert(fact.to_string(), (value.clone(), by.to_string()));
            }
            Event::FactConfirmed { fact, value, by } => {
                let proposed = self.proposed.remove(fact.as_str()).filter(|(proposed, _)| proposed == value);
                let filled_by = proposed.map_or_else(|| by.to_string(), |(_, by)| by);
                self.filled.insert(fact.to_string(), filled_by);
            }
            Event::FactLeftUnknown { fact, .. } => drop(self.filled.remove(fact.as_str())),
            Event::Verified { verdict: Verification::FalseAlarm | Verification::NotOurs, .. }
            | Event::Between(Between::MergedInto { .. }) => self.over = true,
            Event::PostPutOff { statement, channel, .. }
            | Event::PostSettled { statement, channel, found: Settlement::NotThere, .. } => {
                self.end_post(statement, channel, Some(Post::NotThere));
            }
            Event::PostUnknown { statement, channel, .. } => self.end_post(statement, channel, Some(Post::Unknown)),
            Event::PostSettled { statement, channel, found: Settlement::There { .. }, .. }
            | Event::PostConfirmed { statement, channel, .. }
            | Event::PostRefused { statement, channel, .. }
            | Event::PostedByHand { statement, channel, .. } => self.end_post(statement, channel, None),
            Event::PostingStopped { .. } => self.stopped = true,
            Event::PostingResumed { .. } => self.stopped = false,
            Event::SaidNow { statement, digest, by } => self.say(statement.as_str(), *digest, by.as_str()),
            Event::CorrectionBegun { of, .. } => drop(self.corrected.insert(of.to_string())),
            Event::Opened(_)
            | Event::PostNotFound { .. }
            | Event::PostSeen { .. }
            | Event::TakeDownAsked { .. }
            | Event::TakenDown { .. }
            | Event::TakeDownFailed { .. }
            | Event::SpikeChanged { .. }
            | Event::SpikeJoined { .. }
            | Event::SeverityRaised { .. }
            | Event::Verified { verdict: Verification::Real, .. }
            | Event::Claimed { .. }
            | Event::PlaybookPicked { .. }
            | Event::TaskDone { .. }
            | Event::BegunEarly { .. }
            | Event::HandOverOffered { .. }
            | Event::HandOverAccepted { .. }
            | Event::TaskAdded { .. }
            | Event::StoryBroken { .. }
            | Event::Used { .. }
            | Event::DraftFailed { .. }
            | Event::BlockLifted { .. }
            | Event::DeadlinePassed { .. }
            | Event::PostIntended { .. }
            | Event::MailRefused { .. }
            | Event::Mail(_)
            | Event::StandDownAsked { .. }
            | Event::Injected { .. }
            | Event::BrokenOff { .. }
            | Event::Closed { .. }
            | Event::LessonAdded { .. }
            | Event::FollowUpDone { .. }
            | Event::Between(
                Between::PauseElsewhere { .. } | Between::AllOver | Between::Linked { .. } | Between::Unlinked { .. },
            ) => {}
            Event::Between(Between::TookOver(other)) => self.take_over(&other.facts),
        }
    }

    /// What nobody has told here comes with the incident that was merged into it, and with it who wrote it.
    fn take_over(&mut self, facts: &[HandedFact]) {
        for HandedFact { fact, value, filled_by, confirmed_by } in facts {
            if self.filled.contains_key(fact.as_str()) || self.proposed.contains_key(fact.as_str()) {
                continue;
            }
            if confirmed_by.is_some() {
                self.filled.insert(fact.to_string(), filled_by.to_string());
            } else {
                self.proposed.insert(fact.to_string(), (value.clone(), filled_by.to_string()));
            }
        }
        self.forget_words();
    }

    /// A word counts for the words that were approved when it was given, of somebody whose word it is.
    fn say(&mut self, statement: &str, digest: Digest, by: &str) {
        let (_, role) = HELD.iter().find(|(held, _)| *held == root(statement)).expect("something that is held");
        let text = &self.texts[statement];
        assert_eq!(text.hash, digest.to_string(), "a word on words that are not the current ones");
        assert!(self.holds_or_stands_in(by, role, text), "{by} has no word on {statement}");
        assert!(!self.stopped && !self.over, "a word on {statement} while nothing goes out");
        self.check_quorum(statement);
        self.words.insert(statement.to_owned(), digest.to_string());
    }

    /// A vote that falls takes the word with it.
    fn forget_words(&mut self) {
        let fell: Vec<String> = self.words.keys().filter(|said| self.unmet(said).is_some()).cloned().collect();
        for statement in fell {
            self.words.remove(&statement);
        }
    }

    /// The yes that sends an instruction is its word: everything else stood before it, and nothing keeps it from going out.
    fn word_by_yes(&mut self, statement: &str, stage: usize) {
        if SIGNED_IN.contains(&(as_written(statement), stage)) {
            assert!(!self.stopped && !self.over, "a word on {statement} while nothing goes out");
            self.check_quorum(statement);
            let hash = self.texts[statement].hash.clone();
            self.words.insert(statement.to_owned(), hash);
        }
    }

    /// What is held goes out on a word given for these very bytes. Corrections are not held.
    fn check_word(&self, statement: &str) {
        let written = as_written(statement);
        let instruction = SIGNED_IN.iter().any(|(sent, _)| *sent == written);
        let held = instruction || HELD.iter().any(|(held, _)| *held == written);
        let said = self.words.get(statement);
        assert!(!held || said == Some(&self.texts[statement].hash), "{statement} goes out, and nobody said so");
    }

    /// It is that person's own answer to that request, which is not locked.
    fn check_decision(
        &self,
        request: &Request,
        by: &PersonId,
        digest: Digest,
        what: &Answer,
        said: &[(PersonId, Answer)],
    ) {
        let back = *what == Answer::TakeBack;
        assert!(back || !self.locked.contains(&request.number), "a locked request decided something");
        assert_eq!((&request.person, request.digest), (by, digest), "an answer to another request");
        if !back {
            self.roll.check_address(request.number, by.as_str());
        }
        let honest = said.iter().any(|(person, answer)| person == by && answer == what);
        assert!(honest, "{by} never said {what:?} to request {}", request.number);
    }

    fn text(&mut self, statement: &str) -> &mut Text {
        self.texts.entry(statement.to_owned()).or_default()
    }

    fn save(&mut self, statement: &str, by: &Author, package: &Package) {
        self.posts.retain(|(of, _), _| of != statement);
        self.forget_votes(statement);
        let text = self.text(statement);
        text.package = Some(package.clone());
        text.hash = hash(package);
        match by {
            Author::Template => text.hands.clear(),
            Author::Person(person) => drop(text.hands.insert(person.to_string())),
        }
    }

    fn forget_votes(&mut self, statement: &str) {
        self.text(statement).yes.clear();
    }

    fn count(&mut self, request: &Request, person: &PersonId, decision: &Decision) {
        match (&request.of, decision) {
            (Subject::Statement(id), Decision::Approve) => {
                let text = self.text(id.as_str());
                assert_eq!(text.hash, request.digest.to_string(), "a yes to words that are not the current ones");
                text.yes.insert((person.to_string(), request.stage));
                self.word_by_yes(id.as_str(), request.stage);
            }
            (Subject::Statement(id), Decision::Reject { .. } | Decision::Changes { .. }) => {
                self.forget_votes(id.as_str());
            }
            // One yes of the communications lead ends it.
            (Subject::StandDown, Decision::Approve) => self.over = true,
            (Subject::StandDown, Decision::Reject { .. } | Decision::Changes { .. }) => {}
        }
    }

    /// How a post went: only a certain no lets another attempt follow.
    fn end_post(&mut self, statement: &StepId, channel: &ChannelName, next: Option<fn(u32) -> Post>) {
        let key = (statement.to_string(), channel.to_string());
        let Some(next) = next else {
            self.posts.insert(key, Post::Ended);
            return;
        };
        let post = self.posts.get_mut(&key).expect("an intent comes first");
        match *post {
            Post::Intended(attempt) | Post::Unknown(attempt) => *post = next(attempt),
            Post::NotThere(_) | Post::Ended => panic!("{statement} on {channel} ended twice: {post:?}"),
        }
    }

    /// While nothing of it is out, its authors are who wrote it by now.
    pub(super) fn set_authors(&mut self, statement: &str) {
        let says =
            if self.texts.get(statement).is_some_and(Text::has_no_news) { &[][..] } else { free_text(root(statement)) };
        let filled = says.iter().filter_map(|fact| self.filled.get(*fact).cloned()).collect::<Vec<_>>();
        let text = self.text(statement);
        text.authors = text.hands.clone();
        text.authors.extend(filled);
    }

    /// An intent: the next attempt only where the one before it certainly is not there.
    pub(super) fn intend(&mut self, statement: &str, channel: &str, attempt: u32) {
        let key = (statement.to_owned(), channel.to_owned());
        let may = match self.posts.get(&key) {
            None => attempt == 1,
            Some(Post::NotThere(before)) => attempt == before + 1,
            Some(Post::Intended(_) | Post::Unknown(_) | Post::Ended) => false,
        };
        assert!(!self.corrected.contains(statement), "{statement} goes out on {channel} while it is being corrected");
        assert!(!self.retired.contains(statement), "{statement} goes out on {channel} after its playbook was switched");
        assert!(may, "{statement} on {channel}: attempt {attempt} after {:?}", self.posts.get(&key));
        self.posts.insert(key, Post::Intended(attempt));
    }

    pub(super) fn is_intended(&self, statement: &str, channel: &str) -> bool {
        matches!(self.posts.get(&(statement.to_owned(), channel.to_owned())), Some(Post::Intended(_)))
    }

    /// Whether everybody who must has said yes to the present words and still may.
    pub(super) fn check_quorum(&self, statement: &str) {
        let unmet = self.unmet(statement);
        assert!(unmet.is_none(), "{}", unmet.unwrap_or_default());
    }

    /// The same of what goes out, which somebody must have said where it is held.
    pub(super) fn check_goes_out(&self, statement: &str) {
        self.check_quorum(statement);
        self.check_word(statement);
    }

    /// Which stage lacks whom.
    fn unmet(&self, statement: &str) -> Option<String> {
        let text = &self.texts[statement];
        let lowered = self.frozen.get(step(statement)).copied().unwrap_or(self.lowered);
        let needed = if text.has_no_news() { NEEDS_WITHOUT_NEWS } else { needs(root(statement), lowered) };
        for (stage, need) in needed.iter().enumerate() {
            let yes: Vec<&str> = text.yes.iter().filter(|(_, of)| *of == stage).map(|(who, _)| who.as_str()).collect();
            let one_passes = matches!(need, Need::Any(_)) || matches!(need, Need::All(roles) if roles.len() == 1);
            let fills = |who: &&str, role: &str| {
                (!one_passes || !text.authors.contains(*who)) && self.may_answer(who, role, text)
            };
            let met = match need {
                Need::Any(roles) => yes.iter().any(|who| roles.iter().any(|role| fills(who, role))),
                Need::Of(count, roles) => {
                    yes.iter().filter(|who| roles.iter().any(|role| fills(who, role))).count() >= *count
                }
                Need::All(roles) => different_people(roles, &yes, &fills),
            };
            if !met {
                return Some(format!(
                    "{statement} goes out without stage {stage}: yes of {yes:?}, authors {:?}, roles {:?}",
                    text.authors, self.roll.roles
                ));
            }
        }
        None
    }

    fn may_answer(&self, who: &str, role: &str, text: &Text) -> bool {
        self.holds_or_stands_in(who, role, text)
            || stand_in(role).is_some_and(|instead| self.holds_or_stands_in(who, instead, text))
    }

    fn holds_or_stands_in(&self, who: &str, role: &str, text: &Text) -> bool {
        let Some(holders) = self.roll.roles.get(role) else { return false };
        let gone = |holder: &String| self.roll.away.contains(holder) || text.authors.contains(holder);
        holders.contains(who)
            || holders.iter().any(|holder| gone(holder) && self.roll.delegates.get(holder).is_some_and(|to| to == who))
    }
}

/// What a code alone does not send was sent by somebody who was signed in as well.
fn check_proof(request: &Request, decision: &Decision, proof: Proof) {
    let Subject::Statement(id) = &request.of else { return };
    let needed = SIGNED_IN.contains(&(root(id.as_str()), request.stage));
    assert!(!needed || *decision != Decision::Approve || proof >= Proof::SignedIn, "{id} was sent by a code alone");
}

/// Whether each role can be given to a person of its own.
fn different_people(roles: &[&str], people: &[&str], fills: &impl Fn(&&str, &str) -> bool) -> bool {
    let Some((role, rest)) = roles.split_first() else { return true };
    people.iter().enumerate().any(|(place, who)| {
        let others: Vec<&str> =
            people.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, who)| *who).collect();
        fills(who, role) && different_people(rest, &others, fills)
    })
}
