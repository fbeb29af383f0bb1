//! Words that were approved ahead and wait for one yes more, in words: whose it is, why, and until when they stand.

use jiff::Timestamp;

use super::Shown;
use crate::core::incident::StatementPhase;
use crate::core::name::StepId;
use crate::core::playbook::{StatementStep, Usage};

impl Shown<'_> {
    /// The instruction that waits for the word of whoever commands, and until when.
    pub(super) fn waits_for_the_word(&self, id: &StepId) -> Option<(&StatementStep, Timestamp)> {
        let is_asked = matches!(self.incident.statements.get(id)?.phase, StatementPhase::Asking(_));
        let step = self.incident.statement_step(id, self.rules)?;
        let offer = self.incident.offered(id).filter(|_| is_asked && step.usage == Usage::LifeSafety)?;
        Some((step, offer.lapses))
    }

    /// Why somebody is asked about words that others approved before; nothing where they are not.
    pub(super) fn why_offered(&self, id: &StepId) -> String {
        let step = self.incident.statement_step(id, self.rules);
        let Some((step, offer)) = step.zip(self.incident.offered(id)) else { return String::new() };
        let until = self.time(offer.lapses);
        match &step.instead_of {
            Some(of) => {
                let of = Self::statement_name(of);
                format!(" Nobody answers for the {of}. This line was approved ahead, and stands until {until}.")
            }
            None => format!(
                " This instruction was approved ahead, and stands until {until}. It waits for your word: press when \
                 people must be told, and not before."
            ),
        }
    }

    /// Where an instruction stands that waits for its word.
    pub(super) fn state_of_instruction(&self, id: &StepId) -> Option<String> {
        let (step, until) = self.waits_for_the_word(id)?;
        let (roles, until) = (roles(step), self.hour(until));
        Some(format!("Approved ahead and ready. One yes of {roles} sends it at once. It lapses at {until}."))
    }
}

/// On whose word it goes out.
pub(super) fn roles(step: &StatementStep) -> String {
    let roles: Vec<String> = step.on_word_of.iter().map(ToString::to_string).collect();
    roles.join(" or ")
}
