//! Statements that come again: each round begins in time for the promise that it keeps, and says what is new, or that
//! nothing is.

use jiff::Timestamp;

use super::advance::Turn;
use super::correction::first_confirmed;
use super::event::Deadline;
use super::statement::{Hold, Statement, StatementPhase};
use super::{Incident, Refusal};
use crate::core::name::{PersonId, StepId};
use crate::core::playbook::StatementStep;
use crate::core::rules::Rules;
use crate::core::statement::{Round, Says};

/// How many rounds one step has: four days of hourly ones and more. After that a missed promise is told, and people act.
pub const ROUNDS_MAX: u32 = 200;

/// Where a statement comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The playbook's step of its name.
    Step,
    /// It corrects this public statement.
    Correction { of: StepId },
    /// It is the round after this statement.
    Round { after: StepId, nth: u32 },
}

impl Origin {
    /// The statement that it corrects or follows.
    pub(super) fn of(&self) -> Option<&StepId> {
        match self {
            Self::Step => None,
            Self::Correction { of } => Some(of),
            Self::Round { after, .. } => Some(after),
        }
    }
}

impl Incident {
    /// A statement's step, or what stands in its place in a round without news.
    pub(super) fn said_of<'r>(&self, id: &StepId, step: &'r StatementStep) -> &'r StatementStep {
        let says = self.statements.get(id).map_or(Says::Own, |statement| statement.says);
        match (says, &step.again) {
            (Says::NothingNew, Some(again)) => &again.nothing_new,
            (Says::Own | Says::NothingNew, _) => step,
        }
    }

    /// What its draft reads of a statement that comes again.
    pub fn round_of<'a>(&'a self, id: &'a StepId, rules: &Rules) -> Option<Round<'a>> {
        let statement = self.statements.get(id)?;
        let of = self.step_of(id);
        rules.playbook.statement(of)?.again.as_ref()?;
        statement.corrects().is_none().then_some(Round { of, says: statement.says, keeps: statement.due })
    }

    /// Whether a round may say that there is nothing new in place of what it says, and the other way round.
    pub fn can_pick(&self, id: &StepId, says: Says, rules: &Rules) -> bool {
        let Some(statement) = self.statements.get(id).filter(|_| self.is_running()) else { return false };
        let before_posting = match statement.phase {
            StatementPhase::Drafting(_) | StatementPhase::Asking(_) => true,
            StatementPhase::Waiting
            | StatementPhase::Posting(_)
            | StatementPhase::Posted(_)
            | StatementPhase::Ready(_)
            | StatementPhase::Skipped(_)
            | StatementPhase::Withdrawn => false,
        };
        before_posting && statement.says != says && self.round_of(id, rules).is_some()
    }
}

impl Turn<'_> {
    /// The first round of a step that comes again begins at once. What was promised to the same audience is its deadline.
    pub(super) fn start_first_round(&mut self, id: &StepId, step: &StatementStep, since: Timestamp) {
        let Some(promised) = self.open_promise(&step.audience) else {
            self.start_statement(id, step, since);
            self.wake_round(id, step);
            return;
        };
        if let Some(statement) = self.incident.statements.get_mut(id) {
            statement.due = Some(promised);
        }
        self.draft_if_possible(id, step);
        self.wake_round(id, step);
    }

    /// Wakes it when there is just `within` left until its deadline.
    fn wake_round(&mut self, id: &StepId, step: &StatementStep) {
        let due = self.incident.statements.get(id).and_then(|statement| statement.due);
        if let Some(due) = due {
            let begins = step.within.map_or(due, |within| within.before(due));
            self.wake(Deadline::Round { statement: id.clone() }, begins.max(self.at));
        }
    }

    /// Owes the next round of each that became public, or that no channel took, and follows what was promised.
    pub(super) fn follow_rounds(&mut self) {
        self.follow_promises();
        for (id, step) in self.owing_a_round() {
            let Some(statement) = self.incident.statements.get(&id) else { continue };
            let nth = match statement.origin {
                Origin::Round { nth, .. } => nth + 1,
                Origin::Step | Origin::Correction { .. } => 2,
            };
            let promised = statement.promise.as_ref().map(|promise| promise.by);
            let every = step.again.as_ref().map(|again| again.every);
            let due = promised.or_else(|| Some(every?.after(self.at)));
            // What changed while this one was on its way is news.
            let saved = statement.current().map_or(0, |version| version.events);
            let facts_changed_at = if statement.facts_changed_at > saved { statement.facts_changed_at } else { 0 };
            let root = self.incident.step_of(&id);
            let next = (nth..=ROUNDS_MAX)
                .map(|nth| StepId::from(format!("{root}-{nth}")))
                .find(|next| !self.incident.statements.contains_key(next) && self.rules.playbook.step(next).is_none());
            let Some(next) = next else { continue };
            let origin = Origin::Round { after: id, nth };
            let statement = Statement { origin, due, facts_changed_at, ..Statement::waiting() };
            self.incident.statements.insert(next.clone(), statement);
            self.wake_round(&next, &step);
        }
    }

    fn owing_a_round(&self) -> Vec<(StepId, StatementStep)> {
        let mut owing = Vec::new();
        for (id, statement) in &self.incident.statements {
            let went_nowhere = matches!(statement.phase, StatementPhase::Posted(_) | StatementPhase::Skipped(_));
            let public = statement.posting().and_then(first_confirmed).is_some();
            if statement.corrects().is_some() || !(public || went_nowhere) {
                continue;
            }
            let Some(step) = self.rules.playbook.statement(self.incident.step_of(id)) else { continue };
            let followed = |other: &Statement| matches!(&other.origin, Origin::Round { after, .. } if after == id);
            let runs = self.rules.playbook.runs(self.incident.step_of(id));
            if runs && step.again.is_some() && !self.incident.statements.values().any(followed) {
                owing.push((id.clone(), step.clone()));
            }
        }
        owing
    }

    /// A round's time to begin: it says what is new if there is anything, and else that nothing is.
    pub(super) fn round_due(&mut self, id: &StepId) -> Result<(), Refusal> {
        let step = self.rules.playbook.statement(self.incident.step_of(id)).ok_or(Refusal::Unknown)?.clone();
        let statement = self.incident.statements.get(id).ok_or(Refusal::Unknown)?;
        match &statement.phase {
            StatementPhase::Waiting => {
                let news = statement.facts_changed_at > 0 && self.missing(&step).is_empty();
                self.say(id, if news { Says::Own } else { Says::NothingNew });
                Ok(())
            }
            // A fact that it needs is still open.
            StatementPhase::Drafting(Hold::Facts(_)) if !statement.edited_by_hand() => {
                self.say(id, Says::NothingNew);
                Ok(())
            }
            StatementPhase::Drafting(_)
            | StatementPhase::Asking(_)
            | StatementPhase::Posting(_)
            | StatementPhase::Posted(_)
            | StatementPhase::Ready(_)
            | StatementPhase::Skipped(_)
            | StatementPhase::Withdrawn => Err(Refusal::NothingChanged),
        }
    }

    pub(super) fn pick_text(&mut self, id: &StepId, says: Says, by: &PersonId) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        self.statement_step(id)?;
        if !self.incident.can_pick(id, says, self.rules) {
            return Err(Refusal::NothingChanged);
        }
        self.say(id, says);
        Ok(())
    }

    pub(super) fn say(&mut self, id: &StepId, says: Says) {
        self.void_ballot(id);
        if let Some(statement) = self.incident.statements.get_mut(id) {
            statement.says = says;
        }
        if let Ok(step) = self.statement_step(id) {
            self.draft_if_possible(id, &step);
        }
    }
}
