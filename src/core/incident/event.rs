//! Events: what happened to an incident, in the past tense. The log of them is the truth; state is folded from it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::between::Between;
use super::lesson::Lesson;
use super::outage::MailTurn;
use super::pause::PausedIn;
use super::request::Subject;
use super::roster_change::RosterChange;
use super::spike::Spike;
use super::switch::Switch;
use crate::core::approval::{Decision, Proof, Rung};
use crate::core::name::{ChannelName, FactName, PersonId, RoleName, StepId};
use crate::core::playbook::FactValue;
use crate::core::roster::Roster;
use crate::core::setting::Setting;
use crate::core::severity::Severity;
use crate::core::statement::{Digest, Package, Says, Seen};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    Opened(Opening),
    /// What one of its watches counts by now, while the incident is open.
    SpikeChanged {
        spike: Spike,
    },
    /// Another watch of the group has a spike: this incident takes it as its own.
    SpikeJoined {
        spike: Spike,
    },
    SeverityRaised {
        to: Severity,
        by: PersonId,
        reason: String,
    },
    Verified {
        verdict: Verification,
        by: PersonId,
        reason: String,
    },
    Claimed {
        by: PersonId,
    },
    /// Whoever has the incident offers it to the next shift.
    HandOverOffered {
        to: PersonId,
        by: PersonId,
        note: String,
    },
    HandOverAccepted {
        by: PersonId,
    },
    PlaybookPicked {
        rules: Digest,
        by: PersonId,
        /// Where it takes the place of another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        switch: Option<Switch>,
    },
    TaskDone {
        task: StepId,
        by: PersonId,
        note: String,
    },
    /// A step was begun before its time, or taken up again.
    BegunEarly {
        step: StepId,
        by: PersonId,
    },
    StepSkipped {
        step: StepId,
        by: PersonId,
        reason: String,
    },
    TaskAdded {
        todo: String,
        who: PersonId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Timestamp>,
        by: PersonId,
    },
    /// Who told the story first.
    StoryBroken {
        teller: Teller,
        by: PersonId,
    },
    /// Approved words were said to somebody who asked.
    Used {
        statement: StepId,
        digest: Digest,
        by: PersonId,
        to: String,
    },
    /// A named person's word: what was approved ahead and held goes out now.
    SaidNow {
        statement: StepId,
        digest: Digest,
        by: PersonId,
    },
    FactProposed {
        fact: FactName,
        value: FactValue,
        by: PersonId,
    },
    FactConfirmed {
        fact: FactName,
        value: FactValue,
        by: PersonId,
    },
    FactLeftUnknown {
        fact: FactName,
        by: PersonId,
    },
    /// A version with every byte of it. `replaces` is the version it was made from; `basis` the event count it was drawn from.
    Saved {
        statement: StepId,
        by: Author,
        replaces: u32,
        basis: u32,
        package: Box<Package>,
    },
    DraftFailed {
        statement: StepId,
        why: String,
    },
    RedraftAsked {
        statement: StepId,
        by: PersonId,
    },
    BlockLifted {
        statement: StepId,
        digest: Digest,
        rule: String,
        by: PersonId,
        reason: String,
    },
    /// Somebody chose which of its texts a round says.
    TextPicked {
        statement: StepId,
        says: Says,
        by: PersonId,
    },
    AskedAgain {
        statement: StepId,
        by: PersonId,
        reason: String,
    },
    DecisionTaken {
        request: u32,
        person: PersonId,
        digest: Digest,
        decision: Decision,
        proof: Proof,
    },
    DecisionWithdrawn {
        request: u32,
        person: PersonId,
        digest: Digest,
    },
    RequestLocked {
        request: u32,
    },
    DeadlinePassed {
        of: Deadline,
    },
    PostIntended {
        statement: StepId,
        channel: ChannelName,
        attempt: u32,
    },
    PostConfirmed {
        statement: StepId,
        channel: ChannelName,
        url: String,
    },
    /// The channel certainly did not take it; it is owed again.
    PostPutOff {
        statement: StepId,
        channel: ChannelName,
        why: String,
        /// What the channel asked for; it is called no earlier.
        not_before: Timestamp,
    },
    PostRefused {
        statement: StepId,
        channel: ChannelName,
        why: String,
    },
    /// The outcome of a call was lost.
    PostUnknown {
        statement: StepId,
        channel: ChannelName,
        why: String,
    },
    /// The look-up after a lost outcome showed nothing that is certain.
    PostNotFound {
        statement: StepId,
        channel: ChannelName,
        why: String,
    },
    PostSettled {
        statement: StepId,
        channel: ChannelName,
        by: PersonId,
        found: Settlement,
    },
    PostedByHand {
        statement: StepId,
        channel: ChannelName,
        by: PersonId,
        url: String,
    },
    /// What the address that a person gave shows.
    PostSeen {
        statement: StepId,
        channel: ChannelName,
        url: String,
        seen: Seen,
    },
    TakeDownAsked {
        statement: StepId,
        channel: ChannelName,
        by: PersonId,
        reason: String,
    },
    TakenDown {
        statement: StepId,
        channel: ChannelName,
        /// Who took it down by hand; none where the channel did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<PersonId>,
    },
    /// It is public still.
    TakeDownFailed {
        statement: StepId,
        channel: ChannelName,
        why: String,
    },
    /// A new statement was begun that corrects the public one `of`.
    CorrectionBegun {
        of: StepId,
        by: PersonId,
        reason: String,
    },
    /// The kill switch; whoever stood at it is named as they named themselves.
    PostingStopped {
        by: String,
        reason: String,
    },
    PostingResumed {
        by: String,
    },
    MailRefused {
        person: PersonId,
        why: String,
    },
    /// `of` has the delegate no more that they had when the incident opened.
    DelegationEnded {
        of: PersonId,
    },
    LeftRole {
        person: PersonId,
        role: RoleName,
    },
    /// A changed folder would give somebody more to say, or another address.
    ChangeOffered {
        change: RosterChange,
    },
    ChangeAgreed {
        change: u32,
        by: PersonId,
    },
    /// The folder does not ask for it any more.
    ChangeDropped {
        change: u32,
    },
    StandDownAsked {
        by: Asker,
        reason: String,
    },
    Closed {
        by: PersonId,
        reason: String,
    },
    /// What the scenario of a rehearsal let happen. What whoever has the duty would hear of is told to them.
    Injected {
        words: String,
        for_duty: bool,
    },
    /// A rehearsal ended before its end, as when a live incident opened.
    BrokenOff {
        why: String,
    },
    LessonAdded {
        lesson: Lesson,
        by: PersonId,
    },
    FollowUpDone {
        lesson: u32,
        by: PersonId,
        note: String,
    },
    /// Another incident has a part in it.
    Between(Between),
    /// Mail went down, or came back, as its letters show.
    Mail(MailTurn),
}

/// How an incident begins: whatever it keeps from the configuration of that moment is in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    pub setting: Setting,
    /// The hash of the rules it keeps to its end.
    pub rules: Digest,
    pub cause: Cause,
    pub roster: Roster,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spike: Option<Spike>,
    /// The incident that has the pause of what is scheduled elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<PausedIn>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    Spike,
    Person { by: PersonId, reason: String },
}

/// What a person who read the alert says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    Real,
    NotOurs,
    FalseAlarm,
}

/// Who told the public first of what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Teller {
    Us,
    Media,
    ThirdParty,
}

/// Whose words a version is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The template, filled with confirmed facts.
    Template,
    Person(PersonId),
}

/// Who proposes to stand down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asker {
    /// The playbook's own condition, for as long as it asks.
    Playbook,
    Person(PersonId),
}

/// What a person found where a channel could not say whether it took a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    There { url: String },
    NotThere,
}

/// A time that was waited for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deadline {
    /// A step with `at` is due.
    Start {
        step: StepId,
    },
    Acknowledge {
        alert: StepId,
        rung: u32,
    },
    Task {
        task: StepId,
    },
    Statement {
        statement: StepId,
    },
    /// A share of a request's time has gone by.
    Reminder {
        request: u32,
        nth: u32,
    },
    Stage {
        of: Subject,
        digest: Digest,
        round: u32,
        stage: usize,
        rung: Rung,
    },
    /// A round must begin now to keep the time promised to the public.
    Round {
        statement: StepId,
    },
    /// The time has come that this public statement promised.
    Promise {
        statement: StepId,
    },
    /// What was approved and held then is held no longer.
    Lapse {
        statement: StepId,
        since: Timestamp,
    },
    /// The next shift was to accept the duty that was offered then.
    HandOver {
        since: Timestamp,
    },
    /// The stand-down condition has lasted; `since` says which stretch.
    StandDown {
        since: Timestamp,
    },
}

impl Event {
    /// The word in the log's header, which stays when the body is erased.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::SpikeChanged { .. } => "spike_changed",
            Self::SpikeJoined { .. } => "spike_joined",
            Self::SeverityRaised { .. } => "severity_raised",
            Self::Verified { .. } => "verified",
            Self::Claimed { .. } => "claimed",
            Self::HandOverOffered { .. } => "hand_over_offered",
            Self::HandOverAccepted { .. } => "hand_over_accepted",
            Self::PlaybookPicked { .. } => "playbook_picked",
            Self::TaskDone { .. } => "task_done",
            Self::BegunEarly { .. } => "begun_early",
            Self::StepSkipped { .. } => "step_skipped",
            Self::TaskAdded { .. } => "task_added",
            Self::StoryBroken { .. } => "story_broken",
            Self::Used { .. } => "used",
            Self::SaidNow { .. } => "said_now",
            Self::FactProposed { .. } => "fact_proposed",
            Self::FactConfirmed { .. } => "fact_confirmed",
            Self::FactLeftUnknown { .. } => "fact_left_unknown",
            Self::Saved { .. } => "saved",
            Self::DraftFailed { .. } => "draft_failed",
            Self::RedraftAsked { .. } => "redraft_asked",
            Self::BlockLifted { .. } => "block_lifted",
            Self::TextPicked { .. } => "text_picked",
            Self::AskedAgain { .. } => "asked_again",
            Self::DecisionTaken { .. } => "decision_taken",
            Self::DecisionWithdrawn { .. } => "decision_withdrawn",
            Self::RequestLocked { .. } => "request_locked",
            Self::DeadlinePassed { .. } => "deadline_passed",
            Self::PostIntended { .. } => "post_intended",
            Self::PostConfirmed { .. } => "post_confirmed",
            Self::PostPutOff { .. } => "post_put_off",
            Self::PostRefused { .. } => "post_refused",
            Self::PostUnknown { .. } => "post_unknown",
            Self::PostSettled { .. } => "post_settled",
            Self::PostedByHand { .. } => "posted_by_hand",
            Self::PostNotFound { .. } => "post_not_found",
            Self::PostSeen { .. } => "post_seen",
            Self::TakeDownAsked { .. } => "take_down_asked",
            Self::TakenDown { .. } => "taken_down",
            Self::TakeDownFailed { .. } => "take_down_failed",
            Self::CorrectionBegun { .. } => "correction_begun",
            Self::PostingStopped { .. } => "posting_stopped",
            Self::PostingResumed { .. } => "posting_resumed",
            Self::MailRefused { .. } => "mail_refused",
            Self::LeftRole { .. } => "left_role",
            Self::DelegationEnded { .. } => "delegation_ended",
            Self::ChangeOffered { .. } => "change_offered",
            Self::ChangeAgreed { .. } => "change_agreed",
            Self::ChangeDropped { .. } => "change_dropped",
            Self::StandDownAsked { .. } => "stand_down_asked",
            Self::Closed { .. } => "closed",
            Self::Injected { .. } => "injected",
            Self::BrokenOff { .. } => "broken_off",
            Self::LessonAdded { .. } => "lesson_added",
            Self::FollowUpDone { .. } => "follow_up_done",
            Self::Between(between) => between.kind(),
            Self::Mail(turn) => turn.kind(),
        }
    }
}
