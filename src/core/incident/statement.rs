//! The life of a statement up to its posting: started, drafted, saved in versions, linted, asked about.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::advance::Turn;
use super::event::{Author, Deadline};
use super::last_line::{Offer, last_stage};
use super::post::Posting;
use super::promise::Promise;
use super::ready::{Ready, Use};
use super::request::Subject;
use super::round::Origin;
use super::skip::Skipped;
use super::{Effect, Notice, Refusal};
use crate::core::approval::{Ballot, Order, Terms};
use crate::core::lint::{self, Checked, Finding, Level};
use crate::core::name::{FactName, PersonId, StepId, role};
use crate::core::playbook::StatementStep;
use crate::core::statement::{Digest, Package, Says};

/// How many versions one statement may have; nobody reads the hundredth.
pub const VERSIONS_MAX: usize = 100;
/// How many people lift a block that is not about privacy.
const LIFTERS: usize = 2;
const BLOCK_LIFTERS: [&str; 3] = [role::COMMS_LEAD, role::LEGAL, role::EXECUTIVE];
const PRIVACY_LIFTERS: [&str; 2] = [role::PRIVACY_OFFICER, role::PRIVACY_DEPUTY];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub versions: Vec<Version>,
    pub phase: StatementPhase,
    pub lifts: Vec<Lift>,
    pub origin: Origin,
    /// Which of its texts it says, where it comes again.
    pub says: Says,
    /// What its public text promises of the next word; none before it is public.
    pub promise: Option<Promise>,
    /// By when the first channel should have it.
    pub due: Option<Timestamp>,
    pub overdue: bool,
    /// The event count at the last change of a fact that it says; a draft from before is stale.
    pub facts_changed_at: u32,
    /// Who refused or wanted changes, and of which bytes.
    pub refusals: Vec<(Digest, PersonId)>,
    /// Whether anybody was asked about any version of it.
    pub asked_before: bool,
    /// Who said it to whom, where it is said if asked.
    pub uses: Vec<Use>,
    /// To whom it was offered as a last line, and until when.
    pub offer: Option<Offer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub number: u32,
    pub by: Author,
    pub saved_at: Timestamp,
    /// How many events the incident had with its saving.
    pub events: u32,
    pub digest: Digest,
    pub package: Package,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementPhase {
    Waiting,
    Drafting(Hold),
    Asking(Ballot<Package>),
    /// Approved and kept: nothing of it is posted.
    Ready(Ready),
    Posting(Posting),
    Posted(Posting),
    /// The incident ended before it was posted.
    Withdrawn,
    /// Somebody left it out, or put it aside.
    Skipped(Skipped),
}

/// What a started statement waits for before anybody is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// These facts must be confirmed first.
    Facts(Vec<FactName>),
    /// A draft is owed.
    Draft,
    DraftFailed(String),
    /// These lint rules stop it.
    Blocked(Vec<String>),
    /// Nobody has said yet that the incident is real.
    Unverified,
    /// Somebody refused or wants changes.
    Refused {
        by: PersonId,
        wanted: String,
    },
    /// It was written by hand and a fact that it says changed.
    FactsChanged,
    /// It was approved and held, and nobody gave the word in time.
    Lapsed,
    /// Nobody on the roster may answer: a person must change the text's author or the roster.
    NobodyToAsk,
}

/// A person's word that a block may be passed, for these bytes only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lift {
    pub digest: Digest,
    pub rule: String,
    pub by: PersonId,
    pub reason: String,
}

impl Statement {
    pub(super) fn waiting() -> Self {
        Self {
            versions: Vec::new(),
            phase: StatementPhase::Waiting,
            lifts: Vec::new(),
            origin: Origin::Step,
            says: Says::Own,
            promise: None,
            due: None,
            overdue: false,
            facts_changed_at: 0,
            refusals: Vec::new(),
            asked_before: false,
            uses: Vec::new(),
            offer: None,
        }
    }

    pub fn current(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// The number of the current version, zero where there is none.
    pub fn version(&self) -> u32 {
        self.current().map_or(0, |version| version.number)
    }

    /// Its posts, once it was approved.
    pub fn posting(&self) -> Option<&Posting> {
        match &self.phase {
            StatementPhase::Posting(posting) | StatementPhase::Posted(posting) => Some(posting),
            StatementPhase::Waiting
            | StatementPhase::Drafting(_)
            | StatementPhase::Asking(_)
            | StatementPhase::Ready(_)
            | StatementPhase::Skipped(_)
            | StatementPhase::Withdrawn => None,
        }
    }

    /// The vote on it, while it is asked about and once it was approved.
    pub fn ballot(&self) -> Option<&Ballot<Package>> {
        match &self.phase {
            StatementPhase::Asking(ballot) => Some(ballot),
            StatementPhase::Posting(posting) | StatementPhase::Posted(posting) => Some(&posting.ballot),
            StatementPhase::Ready(ready) => Some(&ready.ballot),
            StatementPhase::Waiting
            | StatementPhase::Drafting(_)
            | StatementPhase::Skipped(_)
            | StatementPhase::Withdrawn => None,
        }
    }

    /// The public statement that this one corrects.
    pub fn corrects(&self) -> Option<&StepId> {
        match &self.origin {
            Origin::Correction { of } => Some(of),
            Origin::Step | Origin::Round { .. } => None,
        }
    }

    pub fn edited_by_hand(&self) -> bool {
        self.current().is_some_and(|version| matches!(version.by, Author::Person(_)))
    }

    /// Everyone who saved words since the last draft from the template: a later hand keeps most of an earlier one's.
    fn hands(&self) -> Vec<PersonId> {
        let hands = self.versions.iter().rev().map_while(|version| match &version.by {
            Author::Person(person) => Some(person.clone()),
            Author::Template => None,
        });
        hands.collect()
    }

    /// The version before the current one, for the diff.
    pub fn previous(&self) -> Option<&Version> {
        self.versions.iter().rev().nth(1)
    }
}

impl Turn<'_> {
    pub(super) fn start_statement(&mut self, id: &StepId, step: &StatementStep, since: Timestamp) {
        if let Some(within) = step.within {
            let due = within.after(since);
            self.wake(Deadline::Statement { statement: id.clone() }, due);
            if let Some(statement) = self.incident.statements.get_mut(id) {
                statement.due = Some(due);
            }
        }
        self.draft_if_possible(id, step);
    }

    pub(super) fn draft_if_possible(&mut self, id: &StepId, step: &StatementStep) {
        let missing = self.missing(step);
        if missing.is_empty() {
            self.hold(id, Hold::Draft);
            self.owe(Effect::Draft { statement: id.clone() });
        } else {
            self.hold(id, Hold::Facts(missing));
        }
    }

    /// A fact that it waited for is settled: a text written by hand is kept, anything else is drawn.
    pub(super) fn draft_or_ask(&mut self, id: &StepId, step: &StatementStep) {
        if self.incident.statements.get(id).is_some_and(Statement::edited_by_hand) {
            self.ask_or_hold(id);
        } else {
            self.draft_if_possible(id, step);
        }
    }

    pub(super) fn hold(&mut self, id: &StepId, hold: Hold) {
        if let Some(statement) = self.incident.statements.get_mut(id) {
            statement.phase = StatementPhase::Drafting(hold);
        }
    }

    /// Ends a vote on `id`, telling those who were asked about it, or to post it by hand.
    pub(super) fn void_ballot(&mut self, id: &StepId) {
        self.stop_posting_by_hand(id);
        self.say_no_more(id);
        for person in self.ballot_of(id).map(Ballot::everyone_asked).unwrap_or_default() {
            self.tell(&person, Notice::Superseded { statement: id.clone() });
        }
    }

    /// A version is saved. The same bytes again are no new version, so that nothing is voided by them.
    pub(super) fn save(
        &mut self,
        id: &StepId,
        by: &Author,
        replaces: u32,
        basis: u32,
        package: &Package,
    ) -> Result<(), Refusal> {
        self.statement_step(id)?;
        if let Author::Person(person) = by {
            self.must_be_known(person)?;
            if self.incident.words_are_fixed(id, self.rules) {
                return Err(Refusal::FixedWords);
            }
        }
        let statement = self.incident.statements.get(id).ok_or(Refusal::Unknown)?;
        let digest = package.digest();
        match statement.phase {
            StatementPhase::Drafting(_) | StatementPhase::Asking(_) | StatementPhase::Ready(_) => {}
            StatementPhase::Waiting | StatementPhase::Skipped(_) => return Err(Refusal::NothingChanged),
            StatementPhase::Posting(_) | StatementPhase::Posted(_) => return Err(Refusal::PostingBegan),
            StatementPhase::Withdrawn => return Err(Refusal::Over),
        }
        if replaces != statement.version() {
            return Err(Refusal::NewerVersion(statement.version()));
        }
        if basis < statement.facts_changed_at {
            return Err(Refusal::FactsChanged);
        }
        let same = statement.current().is_some_and(|version| version.digest == digest);
        let wanted = matches!(statement.phase, StatementPhase::Drafting(Hold::Draft | Hold::FactsChanged));
        if same && !wanted {
            return Err(Refusal::SameWords);
        }
        if !same && statement.versions.len() >= VERSIONS_MAX {
            return Err(Refusal::TooManyVersions(VERSIONS_MAX));
        }
        self.void_ballot(id);
        if !same {
            let number = replaces + 1;
            let (by, package, events) = (by.clone(), package.clone(), self.incident.events + 1);
            let version = Version { number, by, saved_at: self.at, events, digest, package };
            if let Some(statement) = self.incident.statements.get_mut(id) {
                statement.versions.push(version);
            }
        }
        // A person's words are news, and go the whole way.
        if let Some(statement) = self.incident.statements.get_mut(id).filter(|statement| statement.edited_by_hand()) {
            statement.says = Says::Own;
        }
        self.ask_or_hold(id);
        Ok(())
    }

    pub(super) fn draft_failed(&mut self, id: &StepId, why: &str) -> Result<(), Refusal> {
        match self.incident.statements.get(id).map(|statement| &statement.phase) {
            Some(StatementPhase::Drafting(Hold::Draft)) => {}
            Some(_) => return Err(Refusal::NothingChanged),
            None => return Err(Refusal::Unknown),
        }
        self.hold(id, Hold::DraftFailed(why.to_owned()));
        for person in self.duty() {
            self.tell(&person, Notice::DraftFailed { statement: id.clone(), why: why.to_owned() });
        }
        Ok(())
    }

    /// Draws the text anew from the template, as after a promised time went stale.
    pub(super) fn redraft(&mut self, id: &StepId, by: &PersonId) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        let step = self.statement_step(id)?;
        match self.incident.statements.get(id).map(|statement| &statement.phase) {
            Some(StatementPhase::Drafting(_) | StatementPhase::Asking(_) | StatementPhase::Ready(_)) => {}
            Some(StatementPhase::Posting(_) | StatementPhase::Posted(_)) => return Err(Refusal::PostingBegan),
            Some(StatementPhase::Waiting | StatementPhase::Withdrawn | StatementPhase::Skipped(_)) => {
                return Err(Refusal::NothingChanged);
            }
            None => return Err(Refusal::Unknown),
        }
        self.void_ballot(id);
        self.draft_if_possible(id, &step);
        Ok(())
    }

    /// Asks about the current version, or says what holds it back.
    fn ask_or_hold(&mut self, id: &StepId) {
        let missing = self.statement_step(id).map(|step| self.missing(&step)).unwrap_or_default();
        let stopping = self.blocks(id);
        if !missing.is_empty() {
            self.hold(id, Hold::Facts(missing));
        } else if !stopping.is_empty() {
            self.hold(id, Hold::Blocked(stopping.clone()));
            for person in self.duty() {
                self.tell(&person, Notice::Blocked { statement: id.clone(), rules: stopping.clone() });
            }
        } else if self.incident.verified.is_none() {
            self.hold(id, Hold::Unverified);
        } else {
            self.open_ballot(id);
        }
    }

    /// The blocking rules on the current version that are not lifted for its bytes, as saved and as of now.
    fn blocks(&self, id: &StepId) -> Vec<String> {
        let Some(version) = self.incident.statements.get(id).and_then(Statement::current) else { return Vec::new() };
        let package = &version.package;
        let checked = Checked { package, rules: self.rules, setting: self.incident.setting, at: self.at };
        let mut findings = package.findings.clone();
        findings.extend(lint::check_before_posting(&checked));
        self.unlifted(id, &findings)
    }

    /// The rules of `findings` that stop the current version: a lift counts for its bytes, while who lifted holds the role.
    pub(super) fn unlifted(&self, id: &StepId, findings: &[Finding]) -> Vec<String> {
        let Some(statement) = self.incident.statements.get(id) else { return Vec::new() };
        let Some(version) = statement.current() else { return Vec::new() };
        let mut rules: BTreeSet<String> = BTreeSet::new();
        for finding in findings {
            let (needed, entitling) = match finding.level {
                Level::PrivacyBlock => (1, &PRIVACY_LIFTERS[..]),
                Level::Block => (LIFTERS, &BLOCK_LIFTERS[..]),
                Level::Warning => continue,
            };
            let lifts =
                statement.lifts.iter().filter(|lift| lift.digest == version.digest && lift.rule == finding.rule);
            let entitled = lifts.filter(|lift| entitling.iter().any(|role| self.incident.roster.holds(&lift.by, role)));
            let people: BTreeSet<&PersonId> = entitled.map(|lift| &lift.by).collect();
            if people.len() < needed {
                rules.insert(finding.rule.clone());
            }
        }
        rules.into_iter().collect()
    }

    /// Privacy is lifted by the privacy officer or deputy alone; anything else by two of comms-lead, legal and executive.
    pub(super) fn lift(
        &mut self,
        id: &StepId,
        digest: Digest,
        rule: &str,
        by: &PersonId,
        reason: &str,
    ) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        let statement = self.incident.statements.get(id).ok_or(Refusal::Unknown)?;
        if !matches!(statement.phase, StatementPhase::Drafting(Hold::Blocked(_))) {
            return Err(Refusal::NothingToLift);
        }
        let version = statement.current().filter(|version| version.digest == digest).ok_or(Refusal::OtherBytes)?;
        let mut levels = version.package.findings.iter().filter(|finding| finding.rule == rule);
        let level = levels.next().map(|finding| finding.level).ok_or(Refusal::NothingToLift)?;
        let (roles, who) = match level {
            Level::PrivacyBlock => (&PRIVACY_LIFTERS[..], "the privacy officer or deputy"),
            Level::Block => (&BLOCK_LIFTERS[..], "two of comms-lead, legal and executive"),
            Level::Warning => return Err(Refusal::NothingToLift),
        };
        if !roles.iter().any(|role| self.incident.roster.holds(by, role)) {
            return Err(Refusal::NotEntitled(who.to_owned()));
        }
        if reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing);
        }
        let lift = Lift { digest, rule: rule.to_owned(), by: by.clone(), reason: reason.to_owned() };
        let statement = self.incident.statements.get_mut(id).ok_or(Refusal::Unknown)?;
        if statement.lifts.iter().any(|known| known.digest == digest && known.rule == rule && known.by == *by) {
            return Err(Refusal::NothingChanged);
        }
        statement.lifts.push(lift);
        self.ask_or_hold(id);
        Ok(())
    }

    /// The same words once more, after a refusal or where nobody could be asked.
    pub(super) fn ask_again(&mut self, id: &StepId, by: &PersonId, reason: &str) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        if reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing);
        }
        let statement = self.incident.statements.get(id).ok_or(Refusal::Unknown)?;
        match &statement.phase {
            StatementPhase::Drafting(Hold::Refused { .. } | Hold::NobodyToAsk | Hold::Lapsed)
            | StatementPhase::Asking(_) => {}
            StatementPhase::Drafting(Hold::Blocked(rules)) => return Err(Refusal::Blocked(rules.join(", "))),
            StatementPhase::Drafting(Hold::Unverified) => return Err(Refusal::Unverified),
            StatementPhase::Drafting(Hold::Facts(_) | Hold::Draft | Hold::DraftFailed(_) | Hold::FactsChanged)
            | StatementPhase::Waiting
            | StatementPhase::Ready(_)
            | StatementPhase::Skipped(_) => return Err(Refusal::NothingChanged),
            StatementPhase::Posting(_) | StatementPhase::Posted(_) => return Err(Refusal::PostingBegan),
            StatementPhase::Withdrawn => return Err(Refusal::Over),
        }
        self.ask_or_hold(id);
        Ok(())
    }

    /// Somebody said that the incident is real: asks about every text that waited for it.
    pub(super) fn ask_what_waited(&mut self) {
        let waiting = self
            .incident
            .statements
            .iter()
            .filter(|(_, statement)| statement.phase == StatementPhase::Drafting(Hold::Unverified));
        for id in waiting.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            let by_hand = self.incident.statements.get(&id).is_some_and(Statement::edited_by_hand);
            match self.statement_step(&id) {
                // Nobody has read it and its promised time is over: draw it anew rather than ask about a stale text.
                Ok(step) if !by_hand && !self.blocks(&id).is_empty() => self.draft_if_possible(&id, &step),
                Ok(_) | Err(_) => self.ask_or_hold(&id),
            }
        }
    }

    fn open_ballot(&mut self, id: &StepId) {
        let Ok(step) = self.statement_step(id) else { return };
        let Some(statement) = self.incident.statements.get(id) else { return };
        let Some(version) = statement.current().cloned() else { return };
        let mut authors = self.fact_authors(&step);
        authors.extend(statement.hands());
        let order = if statement.asked_before { Order::AllAtOnce } else { Order::InTurn };
        let languages = version.package.variants.iter().map(|variant| variant.language.clone()).collect();
        let round = u32::try_from(self.incident.requests.len()).unwrap_or(u32::MAX);
        let refused = statement.refusals.iter().filter(|(digest, _)| *digest == version.digest);
        let refused = refused.map(|(_, person)| person.clone()).collect();
        let mut stages = step.approval.clone();
        // Who let the wrong words out lets the right ones out as well.
        stages.extend(last_stage(&step).filter(|_| statement.corrects().is_some()));
        let terms = Terms { stages: &stages, round, order, authors, refused, languages };
        let electorate = self.electorate(&self.incident.roster);
        let (ballot, asking) = Ballot::open(version.package, version.digest, terms, electorate);
        if asking.is_empty() {
            self.hold(id, Hold::NobodyToAsk);
            for person in self.duty() {
                self.tell(&person, Notice::LadderEnded { of: Subject::Statement(id.clone()), stage: String::new() });
            }
            return;
        }
        if let Some(statement) = self.incident.statements.get_mut(id) {
            statement.asked_before = true;
            statement.phase = StatementPhase::Asking(ballot);
        }
        self.ask(&Subject::Statement(id.clone()), version.digest, round, &asking);
    }
}
