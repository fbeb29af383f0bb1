//! Effects: what is owed to the world after an event, in the imperative. They leave through the outbox only.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Deadline;
use super::request::Subject;
use super::roster_change::WhichAddress;
use crate::core::approval::Decision;
use crate::core::name::{ChannelName, PersonId, StepId, WatchName};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Wake `person`: something is going on.
    Alert {
        alert: StepId,
        person: PersonId,
        rung: u32,
    },
    /// Wake whoever carries the pager.
    Page {
        alert: StepId,
        rung: u32,
    },
    AskTask {
        task: StepId,
        person: PersonId,
    },
    /// Render and lint the statement's next version.
    Draft {
        statement: StepId,
    },
    AskApproval {
        request: u32,
    },
    Remind {
        request: u32,
        nth: u32,
    },
    Tell {
        person: PersonId,
        notice: Notice,
    },
    /// Tell an address that somebody had, or would have, of a change of that.
    TellAddress {
        change: u32,
        which: WhichAddress,
        notice: Notice,
    },
    Post {
        statement: StepId,
        channel: ChannelName,
        attempt: u32,
        /// When the channel is called; later than its event after a refusal that may pass.
        at: Timestamp,
    },
    /// Look through the channel's own posts for an attempt whose outcome was lost.
    LookUp {
        statement: StepId,
        channel: ChannelName,
        attempt: u32,
        at: Timestamp,
    },
    AskToPost {
        statement: StepId,
        channel: ChannelName,
        person: PersonId,
    },
    /// Look at the address that a person gave.
    LookAt {
        statement: StepId,
        channel: ChannelName,
        url: String,
    },
    TakeDown {
        statement: StepId,
        channel: ChannelName,
        url: String,
    },
    AskToTakeDown {
        statement: StepId,
        channel: ChannelName,
        person: PersonId,
        url: String,
    },
    WakeAt {
        of: Deadline,
        at: Timestamp,
    },
}

/// What a mail is for. Each kind is counted by itself, so that none waits behind the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailKind {
    /// Wakes somebody.
    Alert,
    /// Asks somebody for something.
    Ask,
    /// Tells, and asks for nothing.
    Notice,
}

impl MailKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Ask => "ask",
            Self::Notice => "notice",
        }
    }
}

impl Effect {
    /// What its mail is for; none where it is no mail.
    pub fn mail_kind(&self) -> Option<MailKind> {
        match self {
            Self::Alert { .. } => Some(MailKind::Alert),
            Self::AskTask { .. }
            | Self::AskApproval { .. }
            | Self::Remind { .. }
            | Self::AskToPost { .. }
            | Self::AskToTakeDown { .. } => Some(MailKind::Ask),
            Self::Tell { .. } | Self::TellAddress { .. } => Some(MailKind::Notice),
            Self::Page { .. }
            | Self::Draft { .. }
            | Self::Post { .. }
            | Self::LookUp { .. }
            | Self::LookAt { .. }
            | Self::TakeDown { .. }
            | Self::WakeAt { .. } => None,
        }
    }
}

/// What people are told without being asked for anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// After each decision, to everyone asked: who, what, on which hash.
    Receipt {
        request: u32,
        by: PersonId,
        decision: Decision,
    },
    /// The decision was taken back.
    TakenBack {
        request: u32,
        by: PersonId,
    },
    /// Lint stops the asking until somebody mends or lifts.
    Blocked {
        statement: StepId,
        rules: Vec<String>,
    },
    /// The text an approver was asked about is void.
    Superseded {
        statement: StepId,
    },
    DraftFailed {
        statement: StepId,
        why: String,
    },
    Overdue {
        of: StepId,
    },
    /// The public was promised a word by now, and none came; `paged` where everybody hears of it.
    PromiseMissed {
        statement: StepId,
        by: Timestamp,
        paged: bool,
    },
    /// Approved words may be said to whoever asks.
    ReadyToSay {
        statement: StepId,
    },
    SayNoMore {
        statement: StepId,
    },
    /// Approved words are held until then, and go out on the reader's word.
    HeldReady {
        statement: StepId,
        until: Timestamp,
    },
    /// They are not approved any more.
    HeldVoid {
        statement: StepId,
    },
    /// People answered after all for what the last line would stand in for.
    LineNotNeeded {
        statement: StepId,
    },
    /// An instruction is approved ahead, and nobody holds a role that could send it.
    NobodyCommands {
        statement: StepId,
    },
    /// Nobody gave the word in time.
    HeldLapsed {
        statement: StepId,
    },
    /// The duty is offered to whoever reads this.
    HandOverOffered {
        by: PersonId,
    },
    /// It is offered to somebody else now.
    HandOverVoid {
        by: PersonId,
    },
    HandOverAccepted {
        by: PersonId,
    },
    HandOverUnanswered {
        to: PersonId,
        by: PersonId,
    },
    Locked {
        request: u32,
        person: PersonId,
    },
    /// Nobody answered at any rung; everyone was asked afresh.
    LadderEnded {
        of: Subject,
        stage: String,
    },
    SeverityRaised,
    /// A watch counts clearly more than people were told.
    SpikeRose {
        watch: WatchName,
        count: u32,
        before: u32,
    },
    /// Another watch of the group has a spike, and this incident took it.
    SpikeJoined {
        watch: WatchName,
        count: u32,
    },
    /// A second wave came while people were asked whether it is over; they are not asked any more.
    StandDownVoid {
        watch: WatchName,
        count: u32,
        before: u32,
    },
    Posted {
        statement: StepId,
        channel: ChannelName,
        url: String,
    },
    PostFailed {
        statement: StepId,
        channel: ChannelName,
        why: String,
    },
    /// The channel cannot say whether it took the post: a person must look.
    PostUnknown {
        statement: StepId,
        channel: ChannelName,
        why: String,
    },
    /// Other words than the approved ones stand at the address that a person gave.
    PostDiffers {
        statement: StepId,
        channel: ChannelName,
        url: String,
    },
    PostNotSeen {
        statement: StepId,
        channel: ChannelName,
        url: String,
    },
    TakenDown {
        statement: StepId,
        channel: ChannelName,
    },
    NotTakenDown {
        statement: StepId,
        channel: ChannelName,
        why: String,
    },
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
    /// Two people must agree to a change of the roster.
    ChangeOffered {
        change: u32,
    },
    ChangeMade {
        change: u32,
    },
    StoodDown,
    /// Another playbook took the place of the one that ran.
    PlaybookSwitched,
    /// The incident stood down into this other one.
    MergedInto {
        incident: u32,
    },
    /// This other incident stood down into it.
    TookOver {
        incident: u32,
    },
    /// What was to be resumed stays paused: this incident was opened.
    PauseGoesOn {
        incident: u32,
    },
    /// What a rehearsal's scenario lets somebody hear of.
    Injected {
        words: String,
    },
    /// Something is to be done by them about what was learned.
    FollowUp {
        lesson: u32,
    },
}

/// Where an effect is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// By the writer itself: nothing leaves the program.
    Inside,
    Mail,
    /// By the pager.
    Page,
    /// A call that makes words public; none is begun while posting is stopped.
    Channel,
    /// Looking at a channel, or taking something down there.
    Look,
}

impl Effect {
    pub fn carrier(&self) -> Carrier {
        match self {
            Self::Draft { .. } | Self::WakeAt { .. } => Carrier::Inside,
            Self::Alert { .. }
            | Self::AskTask { .. }
            | Self::AskApproval { .. }
            | Self::Remind { .. }
            | Self::Tell { .. }
            | Self::TellAddress { .. }
            | Self::AskToPost { .. }
            | Self::AskToTakeDown { .. } => Carrier::Mail,
            Self::Page { .. } => Carrier::Page,
            Self::Post { .. } => Carrier::Channel,
            Self::LookUp { .. } | Self::LookAt { .. } | Self::TakeDown { .. } => Carrier::Look,
        }
    }

    /// When it is first due, given the time of its event.
    pub fn not_before(&self, at: Timestamp) -> Timestamp {
        match self {
            Self::WakeAt { at, .. } | Self::Post { at, .. } | Self::LookUp { at, .. } => *at,
            Self::Alert { .. }
            | Self::Page { .. }
            | Self::AskTask { .. }
            | Self::Draft { .. }
            | Self::AskApproval { .. }
            | Self::Remind { .. }
            | Self::Tell { .. }
            | Self::TellAddress { .. }
            | Self::AskToPost { .. }
            | Self::LookAt { .. }
            | Self::TakeDown { .. }
            | Self::AskToTakeDown { .. } => at,
        }
    }
}
