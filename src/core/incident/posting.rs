//! Handing an approved statement to its channels, and what their answers make of each post.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::advance::Turn;
use super::post::{PostPhase, Posting};
use super::statement::{Hold, StatementPhase};
use super::{Effect, Notice, Refusal};
use crate::core::approval::{ApprovedStatement, Ballot};
use crate::core::lint::{self, Checked};
use crate::core::name::{ChannelName, StepId};
use crate::core::period::Period;
use crate::core::rules::Reach;
use crate::core::statement::Package;

/// How often a channel that certainly refused is tried before a person is told.
const ATTEMPTS_MAX: u32 = 30;
/// Waits before a channel that refused for now is called again, doubling from the first to the last: some four hours in all.
const RETRY_FIRST: Period = Period::seconds(15);
const RETRY_LAST: Period = Period::minutes(10);

/// Why words that were approved ahead go nowhere after their time.
const LAPSED: &str = "the time for which it was approved ahead was over before it was posted there";
/// Why nothing more of a statement goes out whose vote fell after its first post.
const APPROVER_LEFT: &str = "an approver was removed before it was posted there";

impl Turn<'_> {
    /// Where the quorum stands on exactly these bytes, hands them to every channel; rules about time are asked once more.
    pub(super) fn begin_posting(&mut self, id: &StepId) {
        let Some(StatementPhase::Asking(ballot)) = self.incident.statements.get(id).map(|statement| &statement.phase)
        else {
            return;
        };
        let ballot = ballot.clone();
        let Some(approved) = ballot.approved(&self.incident.roster) else { return };
        if self.keep_ready(id, &ballot) {
            return;
        }
        if self.incident.stopped.is_some() {
            // It waits, approved, until posting is resumed.
            return;
        }
        if self.sent_back_by_time(id, &ballot, approved.package()) {
            return;
        }
        self.hand_to_channels(id, ballot, &approved);
    }

    /// Every channel of an approved text gets it now.
    pub(super) fn hand_to_channels(&mut self, id: &StepId, ballot: Ballot<Package>, approved: &ApprovedStatement) {
        let mut posts = BTreeMap::new();
        for placement in &approved.package().placements {
            posts.insert(placement.channel.clone(), self.hand_over(id, &placement.channel));
        }
        if let Some(statement) = self.incident.statements.get_mut(id) {
            statement.phase = StatementPhase::Posting(Posting { ballot, posts, recalled: false });
        }
        self.finish_settled_posts();
    }

    /// Holds a text whose promised time is over, and tells everyone who was asked about it.
    pub(super) fn sent_back_by_time(&mut self, id: &StepId, ballot: &Ballot<Package>, package: &Package) -> bool {
        let Some(stopping) = self.stopped_by_time(id, package) else { return false };
        self.send_back(id, ballot, &stopping);
        true
    }

    /// What lint stops goes to nobody: it waits for a person to mend it.
    pub(super) fn send_back(&mut self, id: &StepId, ballot: &Ballot<Package>, stopping: &[String]) {
        self.stop_posting_by_hand(id);
        self.hold(id, Hold::Blocked(stopping.to_vec()));
        let mut people = ballot.everyone_asked();
        people.extend(self.duty());
        for person in people {
            self.tell(&person, Notice::Blocked { statement: id.clone(), rules: stopping.to_vec() });
        }
    }

    /// The rules about time that stop this text now and are not lifted.
    fn stopped_by_time(&self, id: &StepId, package: &Package) -> Option<Vec<String>> {
        let checked = Checked { package, rules: self.rules, setting: self.incident.setting, at: self.at };
        let stopping = self.unlifted(id, &lint::check_before_posting(&checked));
        (!stopping.is_empty()).then_some(stopping)
    }

    /// Channels that have nothing yet get nothing: an approval that the statement stood on fell away.
    pub(super) fn stop_owed_posts(&mut self, id: &StepId) {
        let Some(StatementPhase::Posting(posting)) = self.incident.statements.get(id).map(|found| &found.phase) else {
            return;
        };
        let owed = posting.still_owed();
        self.stop_posting_by_hand(id);
        for channel in owed {
            // The phase was looked at just now, so this is refused for no reason.
            let _ = self.post_refused(id, &channel, APPROVER_LEFT);
        }
    }

    /// Whoever was asked to post it by hand is told not to.
    pub(super) fn stop_posting_by_hand(&mut self, id: &StepId) {
        let Some(StatementPhase::Posting(posting)) = self.incident.statements.get(id).map(|found| &found.phase) else {
            return;
        };
        for person in posting.asked_to_post() {
            self.tell(&person, Notice::Superseded { statement: id.clone() });
        }
    }

    pub(super) fn hand_over(&mut self, id: &StepId, channel: &ChannelName) -> PostPhase {
        let Some(rules) = self.rules.channels.get(channel) else {
            return PostPhase::Refused { why: "this incident's rules have no such channel".to_owned() };
        };
        match &rules.reach {
            Reach::Page => {
                let url = format!("/newsroom/{}/{id}", self.incident.id);
                self.tell_posted(id, channel, &url);
                PostPhase::Confirmed { url, at: self.at, seen: None }
            }
            Reach::Network => {
                self.owe_post(id, channel, 1, self.at);
                PostPhase::Owed { attempt: 1 }
            }
            Reach::Person(role) => {
                let role = role.clone();
                let seats = self.incident.roster.seats(role.as_str(), self.day());
                let duty = self.incident.duty.as_ref().filter(|duty| seats.iter().any(|seat| seat.person == **duty));
                match duty.cloned().or_else(|| seats.into_iter().next().map(|seat| seat.person)) {
                    Some(person) => {
                        let (statement, channel) = (id.clone(), channel.clone());
                        self.owe(Effect::AskToPost { statement, channel, person: person.clone() });
                        PostPhase::ByHand { by: person }
                    }
                    None => PostPhase::Refused { why: format!("nobody holds the role {role}") },
                }
            }
        }
    }

    pub(super) fn tell_posted(&mut self, id: &StepId, channel: &ChannelName, url: &str) {
        let mut people = self.alerted();
        people.extend(self.ballot_of(id).into_iter().flat_map(Ballot::everyone_asked));
        for person in people {
            let (statement, channel, url) = (id.clone(), channel.clone(), url.to_owned());
            self.tell(&person, Notice::Posted { statement, channel, url });
        }
    }

    /// The outbox is about to call the channel. Refused where the incident ended, the vote fell or another attempt is on;
    /// a text that grew stale before its first post goes back instead, and is approved no more.
    pub(super) fn post_intended(&mut self, id: &StepId, channel: &ChannelName, attempt: u32) -> Result<(), Refusal> {
        self.running()?;
        if self.incident.stopped.is_some() {
            return Err(Refusal::PostingStopped);
        }
        let approved = self.incident.approved(id).ok_or(Refusal::OtherBytes)?;
        if *self.post_mut(id, channel)? != (PostPhase::Owed { attempt }) {
            return Err(Refusal::NothingChanged);
        }
        if let Some(StatementPhase::Posting(posting)) = self.incident.statements.get(id).map(|found| &found.phase) {
            let (begun, ballot) = (posting.has_begun(), posting.ballot.clone());
            if self.incident.offered(id).is_some_and(|offer| offer.lapses <= self.at) {
                return self.post_refused(id, channel, LAPSED);
            }
            if !begun && self.sent_back_by_time(id, &ballot, approved.package()) {
                return Ok(());
            }
            // Others show it already, so it cannot go back; this channel does not get what is stale by now.
            if begun && let Some(rules) = self.stopped_by_time(id, approved.package()) {
                return self.post_refused(id, channel, &format!("lint stops it by now: {}", rules.join(", ")));
            }
        }
        self.set_post(id, channel, PostPhase::Intended { attempt, at: self.at })
    }

    pub(super) fn post_confirmed(&mut self, id: &StepId, channel: &ChannelName, url: &str) -> Result<(), Refusal> {
        if !self.post_mut(id, channel)?.is_on_its_way() {
            return Err(Refusal::NothingChanged);
        }
        self.confirm(id, channel, url)
    }

    pub(super) fn confirm(&mut self, id: &StepId, channel: &ChannelName, url: &str) -> Result<(), Refusal> {
        self.set_post(id, channel, PostPhase::Confirmed { url: url.to_owned(), at: self.at, seen: None })?;
        self.tell_posted(id, channel, url);
        Ok(())
    }

    /// A definite no that may pass: owed again while attempts are left.
    pub(super) fn post_put_off(
        &mut self,
        id: &StepId,
        channel: &ChannelName,
        why: &str,
        not_before: Timestamp,
    ) -> Result<(), Refusal> {
        let PostPhase::Intended { attempt, .. } = self.post_mut(id, channel)? else {
            return Err(Refusal::NothingChanged);
        };
        let attempt = *attempt + 1;
        if attempt > ATTEMPTS_MAX {
            return self.post_refused(id, channel, why);
        }
        self.owe_again(id, channel, attempt, retry_at(self.at, attempt).max(not_before))
    }

    /// It certainly is not there: owed once more, where the incident runs, nobody called the words wrong and the vote still
    /// stands.
    pub(super) fn owe_again(
        &mut self,
        id: &StepId,
        channel: &ChannelName,
        attempt: u32,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let corrected = self.incident.statements.values().any(|other| other.corrects() == Some(id));
        let recalled = self.incident.statements.get(id).and_then(super::Statement::posting);
        let recalled = recalled.is_some_and(|posting| posting.recalled);
        if corrected || recalled || !self.incident.is_running() {
            return self.set_post(id, channel, PostPhase::Cancelled);
        }
        if self.incident.approved(id).is_none() {
            return self.refuse_post(id, channel, APPROVER_LEFT);
        }
        self.owe_post(id, channel, attempt, at);
        self.set_post(id, channel, PostPhase::Owed { attempt })
    }

    pub(super) fn owe_post(&mut self, id: &StepId, channel: &ChannelName, attempt: u32, at: Timestamp) {
        self.owe(Effect::Post { statement: id.clone(), channel: channel.clone(), attempt, at });
    }

    pub(super) fn post_refused(&mut self, id: &StepId, channel: &ChannelName, why: &str) -> Result<(), Refusal> {
        if !matches!(
            self.post_mut(id, channel)?,
            PostPhase::Owed { .. } | PostPhase::Intended { .. } | PostPhase::ByHand { .. }
        ) {
            return Err(Refusal::NothingChanged);
        }
        self.refuse_post(id, channel, why)
    }

    fn refuse_post(&mut self, id: &StepId, channel: &ChannelName, why: &str) -> Result<(), Refusal> {
        for person in self.duty() {
            let (statement, channel, why) = (id.clone(), channel.clone(), why.to_owned());
            self.tell(&person, Notice::PostFailed { statement, channel, why });
        }
        self.set_post(id, channel, PostPhase::Refused { why: why.to_owned() })
    }

    pub(super) fn post_mut(&mut self, id: &StepId, channel: &ChannelName) -> Result<&mut PostPhase, Refusal> {
        match self.incident.statements.get_mut(id).map(|statement| &mut statement.phase) {
            Some(StatementPhase::Posting(posting) | StatementPhase::Posted(posting)) => {
                posting.posts.get_mut(channel).ok_or(Refusal::Unknown)
            }
            Some(_) => Err(Refusal::NothingChanged),
            None => Err(Refusal::Unknown),
        }
    }

    pub(super) fn set_post(&mut self, id: &StepId, channel: &ChannelName, phase: PostPhase) -> Result<(), Refusal> {
        *self.post_mut(id, channel)? = phase;
        self.finish_settled_posts();
        Ok(())
    }

    /// A statement with nothing owed or open on any channel is posted; withdrawn where no channel ever took it.
    pub(super) fn finish_settled_posts(&mut self) {
        for statement in self.incident.statements.values_mut() {
            let StatementPhase::Posting(posting) = &statement.phase else { continue };
            if !posting.posts.values().all(PostPhase::is_settled) {
                continue;
            }
            let cancelled = posting.posts.values().any(|post| *post == PostPhase::Cancelled);
            statement.phase = if cancelled && !posting.anything_confirmed() {
                StatementPhase::Withdrawn
            } else {
                StatementPhase::Posted(posting.clone())
            };
        }
    }
}

/// When an attempt is made after the one before it was refused for now at `at`.
fn retry_at(at: Timestamp, attempt: u32) -> Timestamp {
    let doublings = attempt.saturating_sub(2).min(16);
    let wait = RETRY_FIRST.as_seconds() << doublings;
    Period::seconds(wait.min(RETRY_LAST.as_seconds())).after(at)
}
