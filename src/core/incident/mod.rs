//! An incident: its state, folded from events by one total function, and the life cycles of what is in it.

mod added;
mod advance;
mod alert;
mod between;
mod by_hand;
mod clash;
mod correction;
mod decision;
mod doubt;
mod effect;
mod event;
mod exercise;
mod fact;
mod hand_over;
mod held;
mod known;
mod last_line;
mod lesson;
mod link;
mod may;
mod merge;
mod narrate;
mod opening;
mod outage;
mod pause;
mod phase;
mod post;
mod posting;
mod promise;
mod ready;
mod refusal;
mod remind;
mod request;
mod roster_change;
mod round;
mod shown_with;
mod skip;
mod spike;
mod stand_down;
mod start;
mod statement;
mod stop;
mod switch;
mod take_down;
mod task;
mod unposted;
mod wave;

use std::collections::BTreeMap;

pub use added::{ADDED_MAX, AddedTask, TASK_CHARS_MAX, TaskWords};
pub use advance::{advance, fold, open, try_advance};
pub use alert::AlertPhase;
pub use between::Between;
pub use correction::CORRECTIONS_MAX;
pub use effect::{Carrier, Effect, MailKind, Notice};
pub use event::{Asker, Author, Cause, Deadline, Event, Opening, Settlement, Teller, Verification};
pub use fact::Fact;
pub use hand_over::{ACCEPT_WITHIN, HandOver, NOTE_CHARS_MAX};
use jiff::Timestamp;
pub use last_line::{OFFER_WITHIN, Offer};
pub use lesson::{FollowedUp, LESSON_CHARS_MAX, LESSONS_MAX, Learned, Lesson};
pub use link::{LINKS_MAX, Link};
pub use merge::{HandedFact, HandedPause, HandedTask, Merged, TAKEN_OVER_MAX, TakenOver, Whose};
pub use narrate::{narrate, teller_words};
pub use opening::severity_at_opening;
pub use outage::{MailTurn, Outage, SHOWS_WITHIN};
pub use pause::{Pause, PauseStands, PausedIn};
pub use phase::{IncidentPhase, StandDownAsked};
pub use post::{PostPhase, Posting, SETTLE};
pub use promise::{PAGE_AFTER, Promise, PromisePhase};
pub use ready::{ASKER_CHARS_MAX, Ready, USES_MAX, Use};
pub use refusal::Refusal;
pub use request::{Request, Subject};
pub use roster_change::{
    AGREE, CHANGES_MAX, ChangePhase, Differences, OfferedChange, RosterChange, WhichAddress, differences,
};
pub use round::{Origin, ROUNDS_MAX};
pub use shown_with::shown_with;
pub use skip::Skipped;
pub use spike::{CHART_MINUTES, EVIDENCE_MAX, Evidence, SHARES_MAX, Share, Spike, Story, Talk, Tenths, chart_minutes};
pub use statement::{Hold, Lift, Statement, StatementPhase, VERSIONS_MAX, Version};
pub use switch::{SWITCHES_MAX, Switch, Switched};
pub use task::TaskPhase;
pub use wave::Joined;

use super::name::{ChannelName, FactName, PersonId, StepId, WatchName};
use super::period::Period;
use super::quiet::Wave;
use super::roster::Roster;
use super::setting::Setting;
use super::severity::Severity;
use super::statement::{Digest, Package};
use crate::core::approval::ApprovedStatement;

/// An incident's number, counted from one by the installation.
pub type IncidentId = u32;

/// Folded from events only: no `Deserialize`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    pub id: IncidentId,
    pub setting: Setting,
    pub rules: Digest,
    pub title: String,
    pub cause: Cause,
    pub opened_at: Timestamp,
    /// From when the times of the playbook's steps count: the opening, or the last switch of the playbook.
    pub steps_from: Timestamp,
    pub switched: Option<Switched>,
    pub severity: Severity,
    /// What its watch counts by now.
    pub spike: Option<Spike>,
    /// The first spike that it had, as it was then: why it opened.
    pub first_spike: Option<Spike>,
    /// Spikes of other watches of the group, which came while this incident was open.
    pub joined: BTreeMap<WatchName, Joined>,
    /// How high the talk of each watch went, and what people were told of it.
    pub waves: BTreeMap<WatchName, Wave>,
    pub verified: Option<(PersonId, Timestamp)>,
    /// Who claimed it: asked first, named in mails.
    pub duty: Option<PersonId>,
    /// The duty on its way to the next shift.
    pub hand_over: Option<HandOver>,
    pub roster: Roster,
    /// Every change of the roster that a changed folder asked for.
    pub changes: Vec<OfferedChange>,
    pub facts: BTreeMap<FactName, Fact>,
    pub alerts: BTreeMap<StepId, AlertPhase>,
    pub tasks: BTreeMap<StepId, TaskPhase>,
    /// The tasks that people added; where they stand is in `tasks`.
    pub added: BTreeMap<StepId, AddedTask>,
    /// The pause of what is scheduled elsewhere, where this incident has it for all.
    pub pause: Option<Pause>,
    /// The other incident that has it.
    pub paused_in: Option<PausedIn>,
    /// Other incidents that are to be seen beside it.
    pub links: BTreeMap<IncidentId, Link>,
    /// The incident that it stood down into.
    pub merged_into: Option<(IncidentId, Merged)>,
    /// Those that stood down into it.
    pub taken_over: BTreeMap<IncidentId, Merged>,
    pub statements: BTreeMap<StepId, Statement>,
    /// Every request ever made; a request's number is its place here.
    pub requests: Vec<Request>,
    /// What people wrote down once it was over.
    pub lessons: Vec<Learned>,
    pub phase: IncidentPhase,
    /// Who told the story first, where somebody said so.
    pub broken_by: Option<Teller>,
    /// Since when nothing may be posted, by the kill switch.
    pub stopped: Option<Timestamp>,
    /// Since when the stand-down condition has held without a break.
    pub quiet_since: Option<Timestamp>,
    /// When mail was down.
    pub outages: Vec<Outage>,
    /// When people were to be reminded of a request, by its number and the reminder's.
    pub reminders: BTreeMap<(u32, u32), Timestamp>,
    /// How many injects a rehearsal has had.
    pub injects: u32,
    /// How many events made this state.
    pub events: u32,
}

/// So long after a proposal to stand down, a person may ask everybody anew.
const PROPOSED_AGAIN_AFTER: Period = Period::minutes(15);

impl Incident {
    /// Whether steps still start and people are still asked.
    pub fn is_running(&self) -> bool {
        match self.phase {
            IncidentPhase::Open | IncidentPhase::StandingDown(_) => true,
            IncidentPhase::StoodDown { .. } | IncidentPhase::Closed { .. } => false,
        }
    }

    /// Whether a person may propose to stand down at `at`. Also where it was proposed a while ago and nobody agreed: their
    /// mail may never have arrived.
    pub fn can_be_proposed_to_stand_down(&self, at: Timestamp) -> bool {
        match &self.phase {
            IncidentPhase::StandingDown(ballot) => {
                self.waits_for_a_proposal() || at >= PROPOSED_AGAIN_AFTER.after(ballot.subject().at)
            }
            IncidentPhase::Open | IncidentPhase::StoodDown { .. } | IncidentPhase::Closed { .. } => {
                self.waits_for_a_proposal()
            }
        }
    }

    /// Whether nobody who can answer is asked whether it is over.
    fn waits_for_a_proposal(&self) -> bool {
        match &self.phase {
            IncidentPhase::Open => true,
            IncidentPhase::StandingDown(ballot) => !ballot.stuck(&self.roster).is_empty(),
            IncidentPhase::StoodDown { .. } | IncidentPhase::Closed { .. } => false,
        }
    }

    pub fn request(&self, number: u32) -> Option<&Request> {
        self.requests.get(usize::try_from(number).ok()?)
    }

    /// Whether this request can still decide something at `at`.
    pub fn awaits(&self, request: &Request, at: Timestamp) -> Result<(), Refusal> {
        decision::awaits(self, request, at)
    }

    /// What may be posted of `statement` now, if anything.
    pub fn approved(&self, statement: &StepId) -> Option<ApprovedStatement> {
        self.statements.get(statement)?.posting()?.ballot.approved(&self.roster)
    }

    /// What was handed to the channels, also where an approval fell away since. Not enough to post it.
    pub fn sent(&self, statement: &StepId) -> Option<&Package> {
        Some(self.statements.get(statement)?.posting()?.ballot.subject())
    }

    pub fn post(&self, statement: &StepId, channel: &ChannelName) -> Option<&PostPhase> {
        self.statements.get(statement)?.posting()?.posts.get(channel)
    }
}
