//! Corrections: a new statement under the same ladder, linked to the public one that it corrects.

use super::advance::Turn;
use super::post::{PostPhase, Posting};
use super::round::Origin;
use super::statement::{Statement, StatementPhase};
use super::{Incident, Refusal};
use crate::core::name::{PersonId, StepId};
use crate::core::playbook::{StatementStep, StepKind};
use crate::core::rules::Rules;
use crate::core::statement::Corrects;

/// How often one statement of a playbook may be corrected; after that another incident says more.
pub const CORRECTIONS_MAX: usize = 20;

impl Incident {
    /// Every statement with its step, a statement's later rounds and corrections right after it.
    pub fn statement_steps<'r>(&self, rules: &'r Rules) -> Vec<(StepId, &'r StatementStep)> {
        let mut found = Vec::new();
        for step in rules.playbook.steps() {
            let StepKind::Statement(statement) = &step.kind else { continue };
            found.push((step.id.clone(), self.said_of(&step.id, statement)));
            let others = self.statements.keys().filter(|id| **id != step.id && *self.step_of(id) == step.id);
            let mut others: Vec<&StepId> = others.collect();
            // Rounds have the shorter names, and are counted.
            others.sort_by_key(|id| (id.as_str().len(), *id));
            found.extend(others.into_iter().map(|id| (id.clone(), self.said_of(id, statement))));
        }
        found
    }

    /// The step of the playbook that a statement comes from: its own, or that of what it corrects or follows.
    pub fn step_of<'a>(&'a self, id: &'a StepId) -> &'a StepId {
        let mut id = id;
        while let Some(of) = self.statements.get(id).and_then(|statement| statement.origin.of()) {
            id = of;
        }
        id
    }

    /// What is asked of a statement as it is said now.
    pub fn statement_step<'r>(&self, id: &StepId, rules: &'r Rules) -> Option<&'r StatementStep> {
        Some(self.said_of(id, rules.playbook.statement(self.step_of(id))?))
    }

    /// What a correction's package says of the statement that it corrects, as far as that is public now.
    pub fn corrected_by(&self, id: &StepId) -> Option<Corrects> {
        let of = self.statements.get(id)?.corrects()?;
        let posting = self.statements.get(of)?.posting()?;
        let posted_at = posting.posts.values().filter_map(PostPhase::perhaps_public_since).min()?;
        let posts = posting.posts.iter().filter(|(_, post)| post.perhaps_public_since().is_some());
        let posts = posts.map(|(channel, post)| (channel.clone(), post.public_at().map(str::to_owned))).collect();
        let (step, digest) = (self.step_of(of).clone(), posting.ballot.digest());
        Some(Corrects { step, statement: of.clone(), digest, posted_at, posts })
    }

    /// The public corrections of a statement, the latest first.
    pub fn corrections_of(&self, id: &StepId) -> Vec<StepId> {
        let corrections = self.statements.iter().filter(|(_, statement)| statement.corrects() == Some(id));
        let mut public: Vec<_> = corrections
            .filter_map(|(id, statement)| Some((first_confirmed(statement.posting()?)?, id.clone())))
            .collect();
        public.sort_by(|left, right| right.cmp(left));
        public.into_iter().map(|(_, id)| id).collect()
    }
}

pub(super) fn first_confirmed(posting: &Posting) -> Option<jiff::Timestamp> {
    posting.posts.values().filter_map(PostPhase::confirmed_at).min()
}

impl Turn<'_> {
    pub(super) fn begin_correction(&mut self, of: &StepId, by: &PersonId, reason: &str) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        if reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing);
        }
        let corrected = self.incident.statements.get(of).ok_or(Refusal::Unknown)?;
        let public = corrected
            .posting()
            .is_some_and(|posting| posting.posts.values().any(|post| post.perhaps_public_since().is_some()));
        if !public {
            return Err(Refusal::NotPublic);
        }
        let underway = self.incident.statements.values().any(|statement| {
            statement.corrects() == Some(of)
                && statement.posting().is_none()
                && !matches!(statement.phase, StatementPhase::Skipped(_))
                && statement.phase != StatementPhase::Withdrawn
        });
        if underway {
            return Err(Refusal::BeingCorrected);
        }
        let step = self.statement_step(of)?;
        let root = self.incident.step_of(of).clone();
        let free = (1..=CORRECTIONS_MAX)
            .map(|nth| StepId::from(format!("{root}-correction-{nth}")))
            .find(|id| !self.incident.statements.contains_key(id));
        let id = free.ok_or(Refusal::TooManyCorrections(CORRECTIONS_MAX))?;
        self.stop_wrong_words(of);
        let correction = Statement { origin: Origin::Correction { of: of.clone() }, ..Statement::waiting() };
        self.incident.statements.insert(id.clone(), correction);
        self.start_statement(&id, &step, self.at);
        Ok(())
    }

    /// Words that are known to be wrong go nowhere any more.
    fn stop_wrong_words(&mut self, id: &StepId) {
        self.stop_posting_by_hand(id);
        if let Some(StatementPhase::Posting(posting)) =
            self.incident.statements.get_mut(id).map(|found| &mut found.phase)
        {
            posting.cancel_owed();
        }
        self.finish_settled_posts();
    }
}
