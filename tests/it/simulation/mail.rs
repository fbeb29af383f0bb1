//! Mail servers and mailboxes: what goes out is late, doubled, refused for now or for good, or its answer is lost.

use std::collections::BTreeMap;

use holdline::core::incident::{Effect, Event, Incident, IncidentId, MailKind, Subject};
use holdline::core::name::PersonId;
use holdline::engine::{Audience, MailCounted, MailTaken};
use holdline::store::{Claimed, Settled};
use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;

use super::world::World;

/// Fewer than in production, so that the cap is met.
const MAILS_PER_HOUR_MAX: u32 = 20;
const SECONDS_PER_HOUR: i64 = 3_600;

/// A mail that asks for a decision, as it lies in somebody's mailbox.
#[derive(Clone)]
pub(super) struct Letter {
    pub(super) incident: IncidentId,
    pub(super) request: u32,
    pub(super) of: Subject,
    pub(super) person: PersonId,
    address: String,
    pub(super) until: Option<Timestamp>,
    pub(super) token: String,
    pub(super) code: String,
}

#[derive(Default)]
pub(super) struct PostOffice {
    /// On their way, and when they arrive.
    late: Vec<(Timestamp, Letter)>,
    pub(super) inbox: Vec<Letter>,
    /// Mails that arrived, by person, kind and the hour of the engine's time in which they were let go.
    arrived: BTreeMap<(PersonId, MailKind, i64), u32>,
}

/// A mail that may be sent.
pub(super) struct Mailing {
    to: PersonId,
    kind: MailKind,
    letter: Option<Letter>,
    /// In which hour it was counted.
    hour: i64,
    counted: MailCounted,
}

impl World {
    /// Whether and to whom a mail goes; settled where it goes nowhere.
    pub(super) fn mail(&mut self, row: &Claimed, effect: &Effect) -> Option<Mailing> {
        let board = self.board();
        let incident = &board.incidents[&row.id.incident].incident;
        let to = recipient(incident, effect);
        let letter = match effect {
            Effect::AskApproval { request } | Effect::Remind { request, .. } => {
                let request = incident.request(*request).unwrap();
                if incident.awaits(request, self.clocks.engine).is_err() {
                    self.settle(row, &Settled::Done("moot".to_owned()), None);
                    return None;
                }
                let links = self.process.as_ref().unwrap().links();
                let audience = Audience::Approval { incident, request };
                Some(Letter {
                    incident: incident.id,
                    request: request.number,
                    of: request.of.clone(),
                    person: to.clone(),
                    address: incident.roster.people[&to].email.clone(),
                    until: request.until,
                    token: links.token(audience),
                    code: links.code(audience),
                })
            }
            Effect::Alert { .. }
            | Effect::AskTask { .. }
            | Effect::Tell { .. }
            | Effect::TellAddress { .. }
            | Effect::AskToPost { .. }
            | Effect::AskToTakeDown { .. } => None,
            Effect::Draft { .. }
            | Effect::Page { .. }
            | Effect::Post { .. }
            | Effect::LookUp { .. }
            | Effect::LookAt { .. }
            | Effect::TakeDown { .. }
            | Effect::WakeAt { .. } => panic!("not a mail: {effect:?}"),
        };
        let kind = effect.mail_kind().unwrap();
        let counted = match self.work("mail cap", |work| work.take_mail(&to, kind, MAILS_PER_HOUR_MAX)).made()? {
            MailTaken::Counted(counted) => counted,
            MailTaken::Later(later) => {
                self.coverage.saw("a person's mails were capped");
                self.settle(row, &Settled::NotBefore(later), None);
                return None;
            }
        };
        let hour = self.clocks.engine.as_second().div_euclid(SECONDS_PER_HOUR);
        Some(Mailing { to, kind, letter, hour, counted })
    }

    /// The mail server takes it, or not, or does not say.
    pub(super) fn send(&mut self, row: &Claimed, mailing: Mailing) {
        let drawn = if self.calm { 0 } else { self.rng.random_range(0..100) };
        let (arrives, says) = match drawn {
            0..78 => (true, "taken"),
            78..85 => (true, "no answer"),
            85..90 => (false, "no answer"),
            90..98 => (false, "later"),
            _ => (false, "never"),
        };
        self.coverage.saw(&format!("a mail server said: {says}"));
        let Mailing { to, kind, letter, hour, counted } = mailing;
        if arrives {
            let count = self.post_office.arrived.entry((to.clone(), kind, hour)).or_default();
            *count += 1;
            assert!(*count <= MAILS_PER_HOUR_MAX, "{to} got {count} mails of one kind in one hour");
        }
        if let Some(letter) = letter.filter(|_| arrives) {
            // Counted even where its answer is lost: it may be read.
            let known = self.ledger.known.get_mut(&letter.incident).unwrap();
            known.roll.mail(letter.request, &letter.address);
            self.deliver(&letter);
        }
        let wait = SignedDuration::from_secs((5 << row.attempts.min(6)).min(300));
        let again = Settled::NotBefore(self.clocks.machine() + wait);
        let refused = Event::MailRefused { person: to.clone(), why: "no such mailbox".to_owned() };
        let (how, event) = match says {
            "taken" => (Settled::Done("sent".to_owned()), None),
            "never" => (Settled::Done("refused".to_owned()), Some(refused)),
            _ => (again, None),
        };
        let before = self.lost_row(row);
        self.work("mail ends", |work| {
            if ["never", "later"].contains(&says) {
                work.give_mail_back(&counted)?;
            }
            work.settle(row, &how, event)
        });
        self.check_lease(row, before);
    }

    fn deliver(&mut self, letter: &Letter) {
        let copies = if self.mishap(6) { 2 } else { 1 };
        for _ in 0..copies {
            let minutes = if self.mishap(10) { self.rng.random_range(1..60) } else { 0 };
            self.post_office.late.push((self.clocks.truth + SignedDuration::from_mins(minutes), letter.clone()));
        }
        if copies > 1 {
            self.coverage.saw("a mail came twice");
        }
    }

    /// What is due by now lies in the mailboxes.
    pub(super) fn under_the_post(&mut self) {
        let now = self.clocks.truth;
        let (due, late) = std::mem::take(&mut self.post_office.late).into_iter().partition(|(at, _)| *at <= now);
        self.post_office.late = late;
        let due: Vec<(Timestamp, Letter)> = due;
        self.post_office.inbox.extend(due.into_iter().map(|(_, letter)| letter));
    }

    pub(super) fn mail_installation(&mut self, row: &Claimed) {
        let says = if self.mishap(10) {
            Settled::NotBefore(self.clocks.machine() + SignedDuration::from_secs(5))
        } else {
            Settled::Done("sent".to_owned())
        };
        self.settle(row, &says, None);
    }

    pub(super) fn settle(&mut self, row: &Claimed, how: &Settled, event: Option<Event>) {
        let before = self.lost_row(row);
        self.work("settle", |work| work.settle(row, how, event));
        self.check_lease(row, before);
    }
}

/// Who a mail goes to.
fn recipient(incident: &Incident, effect: &Effect) -> PersonId {
    match effect {
        Effect::Alert { person, .. }
        | Effect::AskTask { person, .. }
        | Effect::Tell { person, .. }
        | Effect::AskToPost { person, .. }
        | Effect::AskToTakeDown { person, .. } => person.clone(),
        Effect::AskApproval { request } | Effect::Remind { request, .. } => {
            incident.request(*request).unwrap().person.clone()
        }
        Effect::TellAddress { change, .. } => incident.change(*change).unwrap().change.person.clone(),
        Effect::Draft { .. }
        | Effect::Page { .. }
        | Effect::Post { .. }
        | Effect::LookUp { .. }
        | Effect::LookAt { .. }
        | Effect::TakeDown { .. }
        | Effect::WakeAt { .. } => panic!("not a mail: {effect:?}"),
    }
}
