//! Approval: stages, votes and quorum over one hash. Only a met ballot makes an [`ApprovedStatement`].

mod stage;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::name::{ChannelName, PersonId, RoleName};
use super::playbook::Stage;
use super::roster::Roster;
use super::statement::{Digest, Package, Variant};

/// How a decision was proven, the weakest first. Mail shows control of a mailbox, not the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    #[default]
    Mail,
    /// By the mailed code within a session of the same person, which another mail began: whoever presses was there twice.
    #[serde(rename = "signed_in")]
    SignedIn,
    Strong,
}

impl Proof {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    pub(super) fn is_mail(&self) -> bool {
        *self == Self::Mail
    }
}

/// What somebody who was asked says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Approve,
    Reject { reason: String },
    Changes { wanted: String },
}

/// By which right somebody answers for a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    Holder,
    /// For a holder who is away or wrote the text.
    StandingInFor(PersonId),
    /// As a holder of the role that is asked where the stage's own stays silent.
    InsteadOf(RoleName),
}

/// One person asked in a stage, and the roles their yes can fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub person: PersonId,
    pub fills: BTreeMap<RoleName, Right>,
    pub rung: Rung,
    /// Too many wrong codes: this request decides nothing any more.
    pub locked: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Yes {
    pub person: PersonId,
    pub proof: Proof,
    pub at: Timestamp,
}

/// How far a stage's asking has climbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rung {
    First,
    /// The deadline passed: `else` is asked as well.
    Escalated,
    /// The ladder's end: everyone was asked afresh, without a deadline.
    Paged,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageVote {
    stage: Stage,
    rung: Rung,
    asked: Vec<Ask>,
    yes: Vec<Yes>,
    open: bool,
    /// Until when this rung may be answered; none before it is asked and at the ladder's end.
    until: Option<Timestamp>,
    refused: BTreeSet<PersonId>,
}

/// Whether stages wait for one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    InTurn,
    /// After a change everyone is asked at once.
    AllAtOnce,
}

/// A vote on one subject, bound to its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot<S> {
    subject: S,
    digest: Digest,
    /// Which asking of the subject this is; the same text asked again is another.
    round: u32,
    order: Order,
    authors: BTreeSet<PersonId>,
    /// Each needs a yes from somebody who reads it.
    languages: BTreeSet<String>,
    votes: Vec<StageVote>,
}

/// Somebody to ask now, in a stage, by its deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    pub stage: usize,
    pub rung: Rung,
    pub person: PersonId,
    pub until: Option<Timestamp>,
}

/// How a vote is held.
#[derive(Clone, Debug)]
pub struct Terms<'a> {
    pub stages: &'a [Stage],
    pub round: u32,
    pub order: Order,
    pub authors: BTreeSet<PersonId>,
    /// Who refused these very bytes before: nobody is asked in their place.
    pub refused: BTreeSet<PersonId>,
    pub languages: BTreeSet<String>,
}

/// What a vote needs beside the votes: read anew each time, so that a removal counts at once.
#[derive(Clone, Copy)]
pub struct Electorate<'a> {
    pub roster: &'a Roster,
    pub day: Date,
    pub at: Timestamp,
}

impl<S> Ballot<S> {
    pub fn open(subject: S, digest: Digest, terms: Terms<'_>, electorate: Electorate<'_>) -> (Self, Vec<Asking>) {
        let Terms { stages, round, order, authors, refused, languages } = terms;
        let votes = stages
            .iter()
            .map(|stage| StageVote {
                stage: stage.clone(),
                rung: Rung::First,
                asked: Vec::new(),
                yes: Vec::new(),
                open: false,
                until: None,
                refused: refused.clone(),
            })
            .collect();
        let mut ballot = Self { subject, digest, round, order, authors, languages, votes };
        let asking = ballot.ask_next(electorate);
        (ballot, asking)
    }

    pub fn subject(&self) -> &S {
        &self.subject
    }

    pub fn digest(&self) -> Digest {
        self.digest
    }

    pub fn round(&self) -> u32 {
        self.round
    }

    pub fn stages(&self) -> impl Iterator<Item = &StageVote> {
        self.votes.iter()
    }

    pub fn stage(&self, stage: usize) -> Option<&StageVote> {
        self.votes.get(stage)
    }

    /// Everybody who was asked in any stage.
    pub fn everyone_asked(&self) -> BTreeSet<PersonId> {
        self.votes.iter().flat_map(|vote| &vote.asked).map(|ask| ask.person.clone()).collect()
    }

    /// Whether `person` may answer in `stage` at this rung now.
    pub fn awaits(&self, stage: usize, rung: Rung, person: &PersonId) -> bool {
        self.votes.get(stage).is_some_and(|vote| {
            vote.open
                && vote.ask(person).is_some_and(|ask| ask.rung == rung && !ask.locked && !ask.fills.is_empty())
                && !vote.has_yes(person)
        })
    }

    pub fn has_yes(&self, stage: usize, person: &PersonId) -> bool {
        self.votes.get(stage).is_some_and(|vote| vote.has_yes(person))
    }

    /// Counts a yes; asks the next stage where this one is met by it.
    pub fn count_yes(&mut self, stage: usize, yes: Yes, electorate: Electorate<'_>) -> Vec<Asking> {
        if let Some(vote) = self.votes.get_mut(stage) {
            vote.yes.push(yes);
        }
        self.ask_next(electorate)
    }

    /// Takes a yes back. Who gave it may answer again: by the same request while its time lasts, else by a fresh one.
    pub fn take_back(&mut self, stage: usize, person: &PersonId, electorate: Electorate<'_>) -> Vec<Asking> {
        if let Some(vote) = self.votes.get_mut(stage) {
            vote.yes.retain(|yes| yes.person != *person);
        }
        self.ask_late_stages(electorate)
    }

    pub fn lock(&mut self, stage: usize, person: &PersonId) {
        let asks = self.votes.get_mut(stage).into_iter().flat_map(|vote| &mut vote.asked);
        asks.filter(|ask| ask.person == *person).for_each(|ask| ask.locked = true);
    }

    /// Drops every right that the roster no longer gives, and the votes that stood on it.
    pub fn revise(&mut self, electorate: Electorate<'_>) -> Vec<Asking> {
        for vote in &mut self.votes {
            vote.revise(electorate);
        }
        self.ask_late_stages(electorate)
    }

    /// Whether the asking has come to its end without the yes that it needs: everybody was asked, or nobody is left to ask.
    pub fn has_run_out(&self, roster: &Roster) -> bool {
        let unmet = |(place, vote): (usize, &StageVote)| {
            vote.open && vote.rung == Rung::Paged && !self.stage_is_met(place, roster)
        };
        self.votes.iter().enumerate().any(unmet) || !self.stuck(roster).is_empty()
    }

    /// One stage more, asked now: what was approved before stands, and is not enough any more.
    pub fn ask_also(&mut self, stage: Stage, electorate: Electorate<'_>) -> Vec<Asking> {
        let refused = BTreeSet::new();
        let mut vote = StageVote {
            stage,
            rung: Rung::First,
            asked: Vec::new(),
            yes: Vec::new(),
            open: true,
            until: None,
            refused,
        };
        vote.ask_first(&self.authors, electorate);
        let asking = vote.ask_the_silent(self.votes.len(), electorate.at);
        self.votes.push(vote);
        asking
    }

    /// Takes the stage that was asked last away again, and says who was asked in it.
    pub fn drop_last_stage(&mut self) -> Vec<PersonId> {
        let last = self.votes.pop();
        last.into_iter().flat_map(|vote| vote.asked).map(|ask| ask.person).collect()
    }

    /// Asks those whom the roster entitles by now and did not before, in every open stage without its quorum.
    pub fn admit(&mut self, electorate: Electorate<'_>) -> Vec<Asking> {
        let mut asking = Vec::new();
        for stage in 0..self.votes.len() {
            let met = self.stage_is_met(stage, electorate.roster);
            let authors = &self.authors;
            let Some(vote) = self.votes.get_mut(stage).filter(|vote| vote.open && !met) else { continue };
            asking.extend(vote.admit(stage, authors, electorate));
        }
        // A yes of before may count for the role that was gained, and be the last that its stage was missing.
        asking.extend(self.ask_next(electorate));
        asking
    }

    /// Open stages without their quorum that nobody who was asked could still bring to it: a person must step in.
    pub fn stuck(&self, roster: &Roster) -> Vec<String> {
        let stuck = self
            .votes
            .iter()
            .enumerate()
            .filter(|(stage, vote)| vote.open && !self.stage_is_met(*stage, roster) && !vote.has_anyone_left());
        stuck.map(|(_, vote)| vote.stage.name.clone()).collect()
    }

    /// A yes fell away. Where its stage's time is over, since the deadline found it met, the stage is asked afresh; where
    /// the stage only climbed meanwhile, who gave the yes is.
    fn ask_late_stages(&mut self, electorate: Electorate<'_>) -> Vec<Asking> {
        let mut asking = Vec::new();
        for stage in 0..self.votes.len() {
            let met = self.stage_is_met(stage, electorate.roster);
            let Some(vote) = self.votes.get_mut(stage) else { break };
            if !vote.open || met {
                continue;
            }
            if vote.until.is_some_and(|until| until <= electorate.at) {
                asking.extend(vote.ask_the_silent(stage, electorate.at));
            } else {
                asking.extend(vote.ask_from_earlier_rungs(stage));
            }
        }
        asking
    }

    /// The stage's deadline passed without its quorum: climbs one rung and says who is asked now.
    pub fn climb(&mut self, stage: usize, rung: Rung, electorate: Electorate<'_>) -> Vec<Asking> {
        let met = self.stage_is_met(stage, electorate.roster);
        let Some(vote) = self.votes.get_mut(stage) else { return Vec::new() };
        let early = vote.until.is_some_and(|until| electorate.at < until);
        if met || early || !vote.open || vote.rung != rung {
            return Vec::new();
        }
        vote.climb(stage, &self.authors, electorate)
    }

    /// Whether every stage has its quorum, and every language a reader among those who said yes.
    pub fn is_met(&self, roster: &Roster) -> bool {
        !self.votes.is_empty() && (0..self.votes.len()).all(|stage| self.stage_is_met(stage, roster))
    }

    /// Whether a stage has its quorum; the last one also sees to the languages.
    pub fn stage_is_met(&self, stage: usize, roster: &Roster) -> bool {
        let Some(vote) = self.votes.get(stage) else { return false };
        let last = stage + 1 == self.votes.len();
        vote.has_quorum() && (!last || self.unread_languages(roster).is_empty())
    }

    /// Languages of the package that nobody who said yes reads.
    pub fn unread_languages(&self, roster: &Roster) -> Vec<&str> {
        let readers: Vec<_> =
            self.votes.iter().flat_map(StageVote::counted).filter_map(|yes| roster.person(&yes.person)).collect();
        let unread = |language: &&String| !readers.iter().any(|reader| reader.reads.contains(language));
        self.languages.iter().filter(unread).map(String::as_str).collect()
    }

    fn ask_next(&mut self, electorate: Electorate<'_>) -> Vec<Asking> {
        let mut asking = Vec::new();
        for stage in 0..self.votes.len() {
            let authors = &self.authors;
            let Some(vote) = self.votes.get_mut(stage) else { break };
            if !vote.open {
                vote.open = true;
                vote.ask_first(authors, electorate);
                asking.extend(vote.ask_the_silent(stage, electorate.at));
                if !vote.has_anyone_left() && vote.rung == Rung::First {
                    asking.extend(vote.climb(stage, authors, electorate));
                }
            }
            if self.order == Order::InTurn && !self.stage_is_met(stage, electorate.roster) {
                break;
            }
        }
        asking
    }
}

/// A statement whose every byte was approved. Private fields, no `Deserialize`: a met ballot is the only way to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedStatement {
    package: Package,
    digest: Digest,
}

impl Ballot<Package> {
    /// The approved statement, where the quorum stands now among those the roster still entitles, on exactly these bytes.
    pub fn approved(&self, roster: &Roster) -> Option<ApprovedStatement> {
        let same_bytes = self.subject.digest() == self.digest;
        (same_bytes && self.is_met(roster))
            .then(|| ApprovedStatement { package: self.subject.clone(), digest: self.digest })
    }
}

impl ApprovedStatement {
    pub fn package(&self) -> &Package {
        &self.package
    }

    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The post on `channel` that this statement corrects.
    pub fn corrects_on(&self, channel: &ChannelName) -> Option<&str> {
        self.package.corrects.as_ref()?.posts.get(channel)?.as_deref()
    }

    /// The variants for `channel`, after hashing the package once more; none where a byte differs.
    pub fn texts_for(&self, channel: &ChannelName) -> Option<Vec<&Variant>> {
        (self.package.digest() == self.digest).then(|| self.package.variants_for(channel).collect())
    }
}
