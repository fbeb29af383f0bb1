//! The outbox's hands: they claim rows, call the wires by the posting protocol, and look posts up. Nothing else here calls it.

use holdline::channel::Outcome;
use holdline::core::incident::{Effect, PostPhase};
use holdline::core::name::{ChannelName, StepId};
use holdline::engine::{LEASE, PostJob, PostStep, after_look_up};
use holdline::store::{Claimed, INSTALLATION};
use jiff::Timestamp;

use super::channel::Place;
use super::mail::Mailing;
use super::process::Called;
use super::world::World;

/// Rows in hand at once, as the outbox's loop has it.
const HANDS: usize = 16;

/// A row in hand, and how far it has come.
pub(super) struct UnderWay {
    pub(super) row: Claimed,
    until: Timestamp,
    stage: Stage,
}

enum Stage {
    Claimed,
    /// The wire was called; its answer is on the way.
    Called(PostJob, Outcome),
    Mailing(Mailing),
}

impl World {
    pub(super) fn outside(&mut self) {
        if self.chance(75) {
            self.claim();
        }
        let mut place = 0;
        while place < self.under_way.len() && self.process.is_some() {
            if self.mishap(10) {
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
            self.under_way.push(UnderWay { row, until, stage: Stage::Claimed });
        }
    }

    pub(super) fn under_way_is_lost(&mut self) {
        for held in std::mem::take(&mut self.under_way) {
            self.coverage.saw(match held.stage {
                Stage::Claimed => "died with a row in hand",
                Stage::Called(..) => "died between a call and its outcome",
                Stage::Mailing(_) => "died while a mail was sent",
            });
        }
    }

    /// Whether somebody else has this row by now.
    fn is_lost(&self, row: &Claimed) -> bool {
        self.under_way.iter().any(|held| held.row.id == row.id && held.row.epoch > row.epoch)
    }

    /// One move of one row; says whether it stays in hand.
    fn carry_on(&mut self, held: &mut UnderWay) -> bool {
        let row = held.row.clone();
        match std::mem::replace(&mut held.stage, Stage::Claimed) {
            Stage::Called(job, outcome) => {
                self.end_post(&row, &job, outcome);
                false
            }
            Stage::Mailing(mailing) => {
                self.send(&row, mailing);
                false
            }
            Stage::Claimed if row.id.incident == INSTALLATION => {
                self.mail_installation(&row);
                false
            }
            Stage::Claimed => {
                let effect: Effect = serde_json::from_str(&row.body).unwrap();
                let next = match effect {
                    Effect::Post { statement, channel, attempt, .. } => {
                        let job = PostJob { incident: row.id.incident, statement, channel, attempt };
                        self.post(&row, job)
                    }
                    Effect::Alert { .. }
                    | Effect::AskTask { .. }
                    | Effect::AskApproval { .. }
                    | Effect::Remind { .. }
                    | Effect::Tell { .. }
                    | Effect::AskToPost { .. } => self.mail(&row, effect).map(Stage::Mailing),
                    Effect::Draft { .. } | Effect::WakeAt { .. } => panic!("inside work was claimed for outside"),
                };
                let stays = next.is_some();
                held.stage = next.unwrap_or(Stage::Claimed);
                stays
            }
        }
    }

    fn post(&mut self, row: &Claimed, job: PostJob) -> Option<Stage> {
        let lost = self.is_lost(row);
        if !self.is_live(&job) {
            self.end_post(row, &job, Outcome::Never(holdline::channel::Reason::NotConfigured));
            return None;
        }
        let step = self.work("begin post", |work| work.begin_post(row, &job)).made()?;
        assert!(!lost || step == PostStep::Nothing, "{}: a lost lease was not noticed", row.id);
        let place = place(&job);
        match step {
            PostStep::Nothing => None,
            PostStep::Call(approved) => {
                self.check_call(&place, &approved);
                let text = approved.texts_for(&job.channel).unwrap().iter().map(|text| text.text()).collect::<String>();
                let outcome = self.wire_takes(&place, text);
                Some(Stage::Called(job, outcome))
            }
            PostStep::LookUp(_) => {
                let found = self.wire_lists(&place);
                Some(Stage::Called(job, after_look_up(found)))
            }
        }
    }

    /// Whether the wire is what it was when the incident opened.
    fn is_live(&self, job: &PostJob) -> bool {
        let board = self.board();
        let Some(entry) = board.incidents.get(&job.incident) else { return false };
        let live = self.house.channels().remove(job.channel.as_str());
        live.is_some() && live.as_ref() == entry.rules.channels.get(&job.channel)
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

/// Whether a person has to say what became of a post.
pub(super) fn needs_a_person(phase: &PostPhase) -> bool {
    matches!(phase, PostPhase::Unknown { .. })
}
