//! What a person may do: asked by what they do, and by pages before they offer it.

use jiff::civil::Date;

use super::Incident;
use super::statement::{BLOCK_LIFTERS, PRIVACY_LIFTERS};
use super::take_down::MAY_TAKE_DOWN;
use crate::core::lint::Level;
use crate::core::name::PersonId;
use crate::core::playbook::{FactSpec, StatementStep};

/// `day` is today where the organisation is: somebody stands in for who is away.
impl Incident {
    pub fn may_confirm(&self, fact: &FactSpec, by: &PersonId, day: Date) -> bool {
        let answers = |role: &str| self.roster.may_answer_for(by, role, day);
        self.roster.person(by).is_some() && fact.confirmed_by.as_ref().is_none_or(|role| answers(role.as_str()))
    }

    /// For what is held ready.
    pub fn may_give_the_word(&self, step: &StatementStep, by: &PersonId, day: Date) -> bool {
        step.on_word_of.iter().any(|role| self.roster.may_answer_for(by, role.as_str(), day))
    }

    pub fn may_take_down(&self, by: &PersonId) -> bool {
        self.holds_one_of(&MAY_TAKE_DOWN, by)
    }

    /// Privacy is lifted by the privacy officer or deputy alone.
    pub fn may_lift(&self, level: Level, by: &PersonId) -> bool {
        match level {
            Level::PrivacyBlock => self.holds_one_of(&PRIVACY_LIFTERS, by),
            Level::Block => self.holds_one_of(&BLOCK_LIFTERS, by),
            Level::Warning => false,
        }
    }

    fn holds_one_of(&self, roles: &[&str], by: &PersonId) -> bool {
        roles.iter().any(|role| self.roster.holds(by, role))
    }
}
