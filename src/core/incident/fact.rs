//! The life of a fact: unknown until proposed, unknown to templates until the right person confirms it.

use std::collections::BTreeSet;

use super::advance::Turn;
use super::{Hold, Refusal, StatementPhase};
use crate::core::name::{FactName, PersonId, StepId};
use crate::core::playbook::{FactSpec, FactValue, StatementStep};
use crate::core::rules::Rules;
use crate::core::statement::Says;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    Proposed {
        value: FactValue,
        by: PersonId,
    },
    Confirmed {
        value: FactValue,
        filled_by: PersonId,
        by: PersonId,
    },
    /// Somebody entitled said that it stays unknown for now; templates say so in words.
    LeftUnknown {
        by: PersonId,
    },
}

impl Fact {
    pub fn confirmed(&self) -> Option<&FactValue> {
        match self {
            Self::Confirmed { value, .. } => Some(value),
            Self::Proposed { .. } | Self::LeftUnknown { .. } => None,
        }
    }

    pub fn value(&self) -> Option<&FactValue> {
        match self {
            Self::Confirmed { value, .. } | Self::Proposed { value, .. } => Some(value),
            Self::LeftUnknown { .. } => None,
        }
    }
}

impl Turn<'_> {
    pub(super) fn propose_fact(&mut self, name: &FactName, value: &FactValue, by: &PersonId) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        self.spec(name)?;
        if self.incident.facts.get(name).and_then(Fact::value) == Some(value) {
            return Err(Refusal::NothingChanged);
        }
        let was_confirmed = self.incident.facts.get(name).and_then(Fact::confirmed).is_some();
        let proposed = Fact::Proposed { value: value.clone(), by: by.clone() };
        self.incident.facts.insert(name.clone(), proposed);
        if was_confirmed {
            self.fact_changed(name);
        }
        Ok(())
    }

    pub(super) fn confirm_fact(&mut self, name: &FactName, value: &FactValue, by: &PersonId) -> Result<(), Refusal> {
        self.may_confirm(name, by)?;
        let known = self.incident.facts.get(name);
        if known.and_then(Fact::confirmed) == Some(value) {
            return Err(Refusal::NothingChanged);
        }
        let filled_by = match known {
            Some(Fact::Proposed { value: proposed, by }) if proposed == value => by.clone(),
            Some(Fact::Proposed { .. } | Fact::Confirmed { .. } | Fact::LeftUnknown { .. }) | None => by.clone(),
        };
        let confirmed = Fact::Confirmed { value: value.clone(), filled_by, by: by.clone() };
        self.incident.facts.insert(name.clone(), confirmed);
        self.fact_changed(name);
        Ok(())
    }

    pub(super) fn leave_unknown(&mut self, name: &FactName, by: &PersonId) -> Result<(), Refusal> {
        let spec = self.may_confirm(name, by)?;
        if !spec.may_stay_unknown {
            return Err(Refusal::NotEntitled(
                "the playbook's author; it says that this fact must be known,".to_owned(),
            ));
        }
        let known = self.incident.facts.insert(name.clone(), Fact::LeftUnknown { by: by.clone() });
        match known {
            Some(Fact::LeftUnknown { .. }) => Err(Refusal::NothingChanged),
            Some(Fact::Confirmed { .. }) => {
                self.fact_changed(name);
                Ok(())
            }
            // No text says anything else than before; only what waited for this fact goes on.
            Some(Fact::Proposed { .. }) | None => {
                self.draft_what_waited_for(name);
                Ok(())
            }
        }
    }

    fn draft_what_waited_for(&mut self, name: &FactName) {
        for (id, step) in self.statement_steps() {
            let phase = self.incident.statements.get(&id).map(|statement| &statement.phase);
            if matches!(phase, Some(StatementPhase::Drafting(Hold::Facts(missing))) if missing.contains(name)) {
                self.draft_or_ask(&id, &step);
            }
        }
    }

    fn spec(&self, name: &FactName) -> Result<FactSpec, Refusal> {
        self.rules.playbook.fact(name).cloned().ok_or(Refusal::Unknown)
    }

    fn may_confirm(&self, name: &FactName, by: &PersonId) -> Result<FactSpec, Refusal> {
        self.must_be_known(by)?;
        let spec = self.spec(name)?;
        match &spec.confirmed_by {
            Some(role) if !self.incident.may_confirm(&spec, by, self.day()) => {
                Err(Refusal::NotEntitled(format!("the {role}")))
            }
            Some(_) | None => Ok(spec),
        }
    }

    /// Texts that say this fact are void: they are drafted again, or wait for the person who wrote them by hand.
    pub(super) fn fact_changed(&mut self, name: &FactName) {
        let now = self.incident.events + 1;
        for (id, said) in self.statement_steps() {
            let Some(own) = self.rules.playbook.statement(self.incident.step_of(&id)).cloned() else { continue };
            let uses = says_fact(self.rules, &own, name) || says_fact(self.rules, &said, name);
            let Some(statement) = self.incident.statements.get_mut(&id).filter(|_| uses) else { continue };
            statement.facts_changed_at = now;
            let by_hand = statement.edited_by_hand();
            let void = match &statement.phase {
                StatementPhase::Drafting(_) | StatementPhase::Asking(_) | StatementPhase::Ready(_) => true,
                // Approved, and nothing of it went out yet: these words are known to be out of date.
                StatementPhase::Posting(posting) => !posting.has_begun(),
                StatementPhase::Waiting
                | StatementPhase::Posted(_)
                | StatementPhase::Skipped(_)
                | StatementPhase::Withdrawn => false,
            };
            if !void {
                continue;
            }
            if by_hand {
                self.void_ballot(&id);
                self.hold(&id, Hold::FactsChanged);
            } else if self.missing(&own).is_empty() {
                self.say(&id, Says::Own);
            } else {
                self.void_ballot(&id);
                self.draft_if_possible(&id, &said);
            }
        }
    }

    fn statement_steps(&self) -> Vec<(StepId, StatementStep)> {
        let steps = self.incident.statement_steps(self.rules).into_iter();
        steps.map(|(id, step)| (id, step.clone())).collect()
    }

    /// Who filled a free-text fact that this statement says: an author of it.
    pub(super) fn fact_authors(&self, step: &StatementStep) -> BTreeSet<PersonId> {
        let free_text = self.rules.playbook.facts.iter().filter(|spec| spec.kind.is_free_text());
        let used = free_text.filter(|spec| uses_fact(self.rules, step, &spec.name));
        let filled = used.filter_map(|spec| match self.incident.facts.get(&spec.name) {
            Some(Fact::Confirmed { filled_by, .. }) => Some(filled_by.clone()),
            Some(Fact::Proposed { .. } | Fact::LeftUnknown { .. }) | None => None,
        });
        filled.collect()
    }

    /// The needed facts that nobody has confirmed or left unknown.
    pub(super) fn missing(&self, step: &StatementStep) -> Vec<FactName> {
        let missing = step.needs.iter().filter(|name| match self.incident.facts.get(*name) {
            Some(Fact::Confirmed { .. } | Fact::LeftUnknown { .. }) => false,
            Some(Fact::Proposed { .. }) | None => true,
        });
        missing.cloned().collect()
    }
}

/// Whether the statement waits for the fact or says it.
pub(super) fn says_fact(rules: &Rules, step: &StatementStep, name: &FactName) -> bool {
    step.needs.contains(name) || uses_fact(rules, step, name)
}

/// Whether any of the statement's templates names the fact.
fn uses_fact(rules: &Rules, step: &StatementStep, name: &FactName) -> bool {
    let path = format!("facts.{name}");
    rules.templates.iter().filter(|template| template.name == step.template).any(|template| {
        template.source.match_indices(&path).any(|(at, found)| {
            let next = template.source[at + found.len()..].chars().next();
            !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
        })
    })
}
