//! Standing down: proposed by a person or by the playbook's condition, agreed by people, and then nothing goes out any more.

use std::collections::BTreeSet;

use super::advance::Turn;
use super::event::{Asker, Deadline};
use super::phase::StandDownAsked;
use super::request::Subject;
use super::{IncidentPhase, Notice, Refusal};
use crate::core::approval::{Ballot, Order, Terms};
use crate::core::condition::Truth;

impl Turn<'_> {
    pub(super) fn ask_stand_down(&mut self, by: &Asker, reason: &str) -> Result<(), Refusal> {
        let may = match by {
            Asker::Person(person) => {
                self.must_be_known(person)?;
                if reason.trim().is_empty() {
                    return Err(Refusal::ReasonMissing);
                }
                self.incident.can_be_proposed_to_stand_down(self.at)
            }
            Asker::Playbook => self.incident.waits_for_a_proposal(),
        };
        if !may {
            return Err(Refusal::NothingChanged);
        }
        let asked = StandDownAsked { by: by.clone(), reason: reason.to_owned(), at: self.at };
        let digest = asked.digest(self.incident.id);
        let round = u32::try_from(self.incident.requests.len()).unwrap_or(u32::MAX);
        let (authors, refused, languages) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let stages = &self.rules.playbook.stand_down.approval;
        let terms = Terms { stages, round, order: Order::InTurn, authors, refused, languages };
        let (ballot, asking) = Ballot::open(asked, digest, terms, self.electorate(&self.incident.roster));
        if asking.is_empty() {
            for person in self.duty() {
                self.tell(&person, Notice::LadderEnded { of: Subject::StandDown, stage: String::new() });
            }
            return Ok(());
        }
        self.incident.phase = IncidentPhase::StandingDown(ballot);
        self.ask(&Subject::StandDown, digest, round, &asking);
        Ok(())
    }

    /// Ends the incident where the quorum stands: what is not on its way is withdrawn.
    pub(super) fn stand_down_if_met(&mut self) {
        let IncidentPhase::StandingDown(ballot) = &self.incident.phase else { return };
        if !ballot.is_met(&self.incident.roster) {
            return;
        }
        let mut people = ballot.everyone_asked();
        people.extend(self.alerted());
        people.extend(self.withdraw_statements());
        self.incident.phase = IncidentPhase::StoodDown { at: self.at };
        for person in people {
            self.tell(&person, Notice::StoodDown);
        }
    }

    /// Follows the stand-down condition: it must hold without a break for its whole time.
    pub(super) fn watch_quiet(&mut self) {
        let stand_down = &self.rules.playbook.stand_down;
        let (Some(when), Some(lasting)) = (&stand_down.when, stand_down.lasting) else { return };
        match (self.incident.holds_for_all(when, self.rules), self.incident.quiet_since) {
            (Truth::Holds, None) => {
                self.incident.quiet_since = Some(self.at);
                self.wake(Deadline::StandDown { since: self.at }, lasting.after(self.at));
            }
            (Truth::DoesNotHold | Truth::CannotTell, Some(_)) => self.incident.quiet_since = None,
            (Truth::Holds, Some(_)) | (Truth::DoesNotHold | Truth::CannotTell, None) => {}
        }
    }
}
