//! The after-action report: what an incident's events come to, beside what its playbook planned. Pure, and folded like the
//! rest; nothing in it is guessed: what the events do not tell is said to be not told.

mod actor;
mod calls;
mod decided;
mod duty;
mod figures;
mod grade;
mod measure;
mod promise;
mod said;
mod step;
mod told;
mod wait;
mod walk;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use actor::actor;
pub use decided::{Decided, EXCERPT_CHARS_MAX, Lifted};
pub use duty::{Came, HandedOver};
pub use grade::{GRADED_WORDS_MIN, grade};
pub use measure::{Amount, Figure, Measure, Target, Value};
pub use promise::{Kept, PROMISE_GRACE, Promise};
pub use said::Said;
pub use step::{Outcome, StepTaken};
pub use told::{TOLD_MAX, Told};
pub use wait::{Link, RoleWaits, Wait, Waited};
pub(in crate::core) use walk::Walked;

use super::incident::{Event, Incident, IncidentId, Learned, Spike};
use super::name::PersonId;
use super::rules::Rules;

/// One entry of an incident's log, in order.
#[derive(Clone, Debug)]
pub struct Logged {
    /// Its place in the installation's record.
    pub entry: u64,
    pub number: u32,
    pub at: Timestamp,
    /// The event's word, which stays when its body is erased.
    pub kind: String,
    /// None where its body was erased.
    pub event: Option<Event>,
    /// What decisions read by then; none where no entry that is left names them.
    pub rules: Option<Arc<Rules>>,
}

#[derive(Clone, Debug)]
pub struct Report {
    pub incident: IncidentId,
    /// When somebody asked for it: what is open is open as of then.
    pub as_of: Timestamp,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub entries: usize,
    /// The first and the last entry of the record that are its.
    pub span: (u64, u64),
    /// Entries whose bodies were erased by law.
    pub erased: usize,
    /// Who erased them, as far as the caller looked it up.
    pub erasures: Vec<Erasure>,
    /// None where even the opening was erased.
    pub account: Option<Account>,
    pub told: Told,
}

/// That words of an incident were erased by law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    pub at: Timestamp,
    pub by: PersonId,
    pub reason: String,
}

/// The newest reports, and how many older incidents were left out.
#[derive(Debug)]
pub struct Reports {
    pub reports: Vec<Report>,
    pub left_out: usize,
}

/// What the events tell.
#[derive(Clone, Debug)]
pub struct Account {
    /// As it stood at the last entry that can be read in order.
    pub incident: Incident,
    pub rules: Arc<Rules>,
    /// The spike that it opened with.
    pub spike: Option<Spike>,
    /// The first entry whose words are erased: nothing after it can be told for certain.
    pub gap: Option<u32>,
    pub steps: Vec<StepTaken>,
    pub figures: Vec<Figure>,
    /// The longest wait between a request and its decision.
    pub slowest: Option<Link>,
    pub roles: Vec<RoleWaits>,
    pub decided: Vec<Decided>,
    pub lifted: Vec<Lifted>,
    pub promises: Vec<Promise>,
    pub lessons: Vec<Learned>,
    /// Approvals whose time went by before the person had answered.
    pub missed: usize,
    /// Who was called on and never did anything.
    pub absent: Vec<PersonId>,
    pub handed_over: Vec<HandedOver>,
    /// How long mail was down; none where it never was.
    pub mail_down: Option<SignedDuration>,
    /// Why a rehearsal was broken off, where it was.
    pub broken_off: Option<String>,
}

impl Account {
    pub fn figure(&self, measure: Measure) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.measure == measure)
    }
}

/// The report of an incident as of `as_of`; none of a log without entries.
pub fn report(id: IncidentId, log: &[Logged], as_of: Timestamp) -> Option<Report> {
    let (first, last) = (log.first()?, log.last()?);
    let account = walk::walk(id, log).map(|walked| account(walked, as_of.max(last.at)));
    Some(Report {
        incident: id,
        as_of: as_of.max(last.at),
        first_at: first.at,
        last_at: last.at,
        entries: log.len(),
        span: (first.entry, last.entry),
        erasures: Vec::new(),
        erased: log.iter().filter(|entry| entry.event.is_none()).count(),
        told: told::told(account.as_ref(), log),
        account,
    })
}

fn account(walked: Walked, as_of: Timestamp) -> Account {
    let promises = promise::promises(&walked, as_of);
    let steps = step::steps(&walked, as_of);
    let figures = figures::figures(&walked, &promises, &steps, as_of);
    let slowest = walked.slowest(as_of);
    let roles = walked.waits.by_role(&walked, walked.end(as_of));
    let (missed, absent) = (walked.waits.missed().count(), walked.calls.absent(&walked.waits, &walked.incident));
    let mail_down = walked.mail_down_for(as_of);
    let Walked { incident, rules, gap, decided, lifted, spike, duty, broken_off, .. } = walked;
    Account {
        lessons: incident.lessons.clone(),
        handed_over: duty.0,
        incident,
        rules,
        spike,
        gap,
        steps,
        figures,
        slowest,
        roles,
        decided,
        lifted,
        promises,
        missed,
        absent,
        mail_down,
        broken_off,
    }
}
