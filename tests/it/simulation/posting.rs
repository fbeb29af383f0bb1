//! The outbox's hands: they claim rows, call the wires by the posting protocol, and look posts up. Nothing else here calls it.

use std::time::Duration;

use holdline::channel::{Found, Outcome, Reason};
use holdline::core::approval::ApprovedStatement;
use holdline::core::incident::{Effect, PostPhase};
use holdline::core::name::{ChannelName, StepId};
use holdline::core::statement::Package;
use holdline::engine::{LEASE, LookUpStep, PostJob, PostStep, READS_MAX};
use holdline::store::{Claimed, INSTALLATION};
use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;

use super::channel::Place;
use super::mail::Mailing;
use super::process::Called;
use super::world::World;

/// Rows in hand at once, as the outbox's loop has it.
const HANDS: usize = 16;
/// Nothing is sent later than this after its claim.
const CALL_WITHIN: SignedDuration = SignedDuration::from_secs(20);

/// A row in hand, and how far it has come.
pub(super) struct UnderWay {
    pub(super) row: Claimed,
    /// True time: a hand measures by a clock that nobody sets.
    claimed_at: Timestamp,
    until: Timestamp,
    /// True time, before which it does not move on.
    dozes_until: Timestamp,
    stage: Stage,
}

/// A row's outcome, whether it is under a lease, and its epoch. A clock that is set forward moves the lease.
type RowAsItStands = (Option<String>, bool, i64);

enum Stage {
    Claimed,
    /// The intent is written down, and nothing was sent yet.
    Intended(PostJob, Box<ApprovedStatement>),
    /// The wire was called; its answer is on the way.
    Called(PostJob, Outcome),
    /// The wire's own list was read so often, and showed nothing.
    Looking(PostJob, u32),
    Mailing(Mailing),
}

impl World {
    pub(super) fn outside(&mut self) {
        if self.chance(75) {
            self.claim();
        }
        self.move_hands(10);
    }

    /// Every row in hand goes as far as it can.
    pub(super) fn finish_what_is_in_hand(&mut self) {
        for _ in 0..6 {
            self.move_hands(0);
        }
    }

    /// One move of each hand, but for so many of a hundred that are slow.
    fn move_hands(&mut self, slow: u32) {
        let mut place = 0;
        while place < self.under_way.len() && self.process.is_some() {
            if self.under_way[place].dozes_until > self.clocks.truth || self.mishap(slow) {
                place += 1;
                continue;
            }
            let mut held = self.under_way.remove(place);
            if self.carry_on(&mut held) && self.process.is_some() {
                self.under_way.insert(place, held);
                place += 1;
            }
        }
    }

    fn claim(&mut self) {
        let free = HANDS.saturating_sub(self.under_way.len());
        let Called::Made(rows) = self.work("claim", |work| work.claim_outside(free)) else { return };
        let until = self.clocks.engine + LEASE;
        for row in rows {
            let held = self.under_way.iter().find(|held| held.row.id == row.id);
            assert!(
                held.is_none_or(|held| held.until <= self.clocks.engine),
                "{} was handed out within another's lease",
                row.id
            );
            if held.is_some() {
                self.coverage.saw("a lease was lost");
            }
            let claimed_at = self.clocks.truth;
            // Now and then one is kept from its work until its lease is long over.
            let dozes = if self.mishap(4) { self.rng.random_range(20..150) } else { 0 };
            let dozes_until = claimed_at + SignedDuration::from_secs(dozes);
            self.under_way.push(UnderWay { row, claimed_at, until, dozes_until, stage: Stage::Claimed });
        }
    }

    pub(super) fn under_way_is_lost(&mut self) {
        for held in std::mem::take(&mut self.under_way) {
            self.coverage.saw(match held.stage {
                Stage::Claimed => "died with a row in hand",
                Stage::Intended(..) => "died between an intent and its call",
                Stage::Called(..) => "died between a call and its outcome",
                Stage::Looking(..) => "died within a look-up",
                Stage::Mailing(_) => "died while a mail was sent",
            });
        }
    }

    /// Whether somebody else has this row by now.
    fn is_lost(&self, row: &Claimed) -> bool {
        self.under_way.iter().any(|held| held.row.id == row.id && held.row.epoch > row.epoch)
    }

    /// The row as it stands, where somebody else has it by now: whoever lost its lease changes nothing of it.
    pub(super) fn lost_row(&mut self, row: &Claimed) -> Option<RowAsItStands> {
        self.is_lost(row).then(|| self.row_as_it_stands(row))
    }

    pub(super) fn check_lease(&mut self, row: &Claimed, before: Option<RowAsItStands>) {
        if let Some(before) = before {
            let after = self.row_as_it_stands(row);
            assert_eq!(before, after, "{} was changed by somebody who had lost its lease", row.id);
        }
    }

    fn row_as_it_stands(&mut self, row: &Claimed) -> RowAsItStands {
        let (id, path) = (row.id, self.path.clone());
        let sql = "select outcome, claimed_until is not null, epoch from outbox where incident = ?1 and number = ?2 and place = ?3";
        let stands = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        self.ledger.db(&path).query_row(sql, [id.incident, id.number, id.place], stands).unwrap()
    }

    /// One move of one row; says whether it stays in hand.
    fn carry_on(&mut self, held: &mut UnderWay) -> bool {
        let row = held.row.clone();
        let next = match std::mem::replace(&mut held.stage, Stage::Claimed) {
            Stage::Called(job, outcome) => {
                self.end_post(&row, &job, outcome);
                None
            }
            Stage::Mailing(mailing) => {
                self.send(&row, mailing);
                None
            }
            Stage::Intended(job, approved) => Some(self.call(job, &approved, held.claimed_at)),
            Stage::Looking(job, reads) => self.read_the_list(&row, job, reads),
            Stage::Claimed if row.id.incident == INSTALLATION => {
                self.mail_installation(&row);
                None
            }
            Stage::Claimed => self.begin(&row),
        };
        let stays = next.is_some();
        held.stage = next.unwrap_or(Stage::Claimed);
        stays
    }

    fn begin(&mut self, row: &Claimed) -> Option<Stage> {
        let incident = row.id.incident;
        let effect: Effect = serde_json::from_str(&row.body).unwrap();
        match effect {
            Effect::Post { statement, channel, attempt, .. } => {
                self.begin_post(row, PostJob { incident, statement, channel, attempt })
            }
            Effect::LookUp { statement, channel, attempt, .. } => {
                let job = PostJob { incident, statement, channel, attempt };
                match self.work("begin look-up", |work| work.begin_look_up(row, &job)).made()? {
                    LookUpStep::Look(sent, _) => {
                        self.check_look_up(&place(&job), &sent);
                        Some(Stage::Looking(job, 0))
                    }
                    LookUpStep::Nothing => None,
                }
            }
            Effect::LookAt { statement, channel, url } => {
                self.look_at_an_address(row, statement, channel, url);
                None
            }
            Effect::TakeDown { statement, channel, .. } => {
                self.call_to_take_down(row, statement, channel);
                None
            }
            Effect::Alert { .. }
            | Effect::Page { .. }
            | Effect::AskTask { .. }
            | Effect::AskApproval { .. }
            | Effect::Remind { .. }
            | Effect::Tell { .. }
            | Effect::TellAddress { .. }
            | Effect::AskToPost { .. }
            | Effect::AskToTakeDown { .. } => self.mail(row, &effect).map(Stage::Mailing),
            Effect::Draft { .. } | Effect::WakeAt { .. } => panic!("inside work was claimed for outside"),
        }
    }

    fn begin_post(&mut self, row: &Claimed, job: PostJob) -> Option<Stage> {
        let lost = self.is_lost(row);
        let step = self.work("begin post", |work| work.begin_post(row, &job)).made()?;
        assert!(!lost || step == PostStep::Nothing, "{}: a lost lease was not noticed", row.id);
        if step != PostStep::Nothing && !self.is_live(&job) {
            self.end_post(row, &job, Outcome::Never(Reason::NotConfigured));
            return None;
        }
        match step {
            PostStep::Nothing => None,
            PostStep::Call(approved, _) => Some(Stage::Intended(job, approved)),
        }
    }

    /// The one call, unless it is too late for it, or posting was stopped a moment ago.
    fn call(&mut self, job: PostJob, approved: &ApprovedStatement, claimed_at: Timestamp) -> Stage {
        let not_sent = |why| Outcome::Later { why, after: Duration::ZERO };
        let outcome = if self.clocks.truth >= claimed_at + CALL_WITHIN {
            self.coverage.saw("a hand was too late to call");
            not_sent(Reason::TimedOut)
        } else if self.board().stopped {
            self.coverage.saw("posting was stopped between an intent and its call");
            not_sent(Reason::Stopped)
        } else {
            let place = place(&job);
            self.check_call(&place, approved);
            let text = text_for(approved.package(), &job.channel);
            self.wire_takes(&place, text)
        };
        Stage::Called(job, outcome)
    }

    /// One read of the wire's own list; the next one ten seconds later.
    fn read_the_list(&mut self, row: &Claimed, job: PostJob, reads: u32) -> Option<Stage> {
        let found =
            if self.is_live(&job) { self.wire_lists(&place(&job)) } else { Found::CannotTell(Reason::NotConfigured) };
        let last = reads + 1 >= READS_MAX || matches!(found, Found::CannotTell(Reason::NotConfigured));
        match found {
            Found::Nothing | Found::CannotTell(Reason::Unreachable) if !last => {
                self.clocks.truth += SignedDuration::from_secs(10);
                Some(Stage::Looking(job, reads + 1))
            }
            found => {
                self.work("end look-up", |work| work.end_look_up(row, &job, found));
                None
            }
        }
    }

    fn end_post(&mut self, row: &Claimed, job: &PostJob, outcome: Outcome) {
        let lost = self.is_lost(row);
        let before = self.board().incidents.get(&job.incident).map(|entry| entry.incident.events);
        let ended = self.work("end post", |work| work.end_post(row, job, outcome));
        let after = self.board().incidents.get(&job.incident).map(|entry| entry.incident.events);
        if let Called::Made(()) = ended {
            assert!(!lost || before == after, "{}: the outcome of a lost lease was counted", row.id);
        }
    }
}

pub(super) fn place(job: &PostJob) -> Place {
    of(job.incident, &job.statement, &job.channel)
}

pub(super) fn of(incident: u32, statement: &StepId, channel: &ChannelName) -> Place {
    Place { incident, statement: statement.to_string(), channel: channel.to_string() }
}

/// What a channel shows of a package.
pub(super) fn text_for(package: &Package, channel: &ChannelName) -> String {
    package.variants_for(channel).map(|variant| variant.text()).collect()
}

/// Whether a person can say what became of a post.
pub(super) fn is_in_doubt(phase: &PostPhase) -> bool {
    matches!(phase, PostPhase::Unknown { .. } | PostPhase::NeedsPerson { .. })
}
