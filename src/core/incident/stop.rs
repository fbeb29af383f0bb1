//! The kill switch: while posting is stopped nothing more goes out anywhere; what is approved waits.

use super::advance::Turn;
use super::post::PostPhase;
use super::statement::StatementPhase;
use super::{Effect, Notice, Refusal};
use crate::core::name::{ChannelName, PersonId, StepId};

impl Turn<'_> {
    pub(super) fn stop_posting(&mut self, by: &str, reason: &str) -> Result<(), Refusal> {
        if self.incident.stopped.is_some() {
            return Err(Refusal::NothingChanged);
        }
        self.incident.stopped = Some(self.at);
        let mut people: Vec<PersonId> = self.with_people().into_iter().map(|(_, _, person)| person).collect();
        people.extend(self.duty());
        people.extend(self.alerted());
        for person in people {
            self.tell(&person, Notice::PostingStopped { by: by.to_owned(), reason: reason.to_owned() });
        }
        Ok(())
    }

    /// What was approved meanwhile goes out now, after lint's rules about time were asked again.
    pub(super) fn resume_posting(&mut self, by: &str) -> Result<(), Refusal> {
        if self.incident.stopped.take().is_none() {
            return Err(Refusal::NothingChanged);
        }
        let mut people = self.duty();
        people.extend(self.alerted());
        for person in people {
            self.tell(&person, Notice::PostingResumed { by: by.to_owned() });
        }
        for (statement, channel, person) in self.with_people() {
            self.owe(Effect::AskToPost { statement, channel, person });
        }
        let asking: Vec<StepId> = self.incident.statements.keys().cloned().collect();
        for id in asking {
            self.begin_posting(&id);
        }
        Ok(())
    }

    /// Who was asked to post what by hand, and has not said that it is done.
    fn with_people(&self) -> Vec<(StepId, ChannelName, PersonId)> {
        let mut found = Vec::new();
        for (id, statement) in &self.incident.statements {
            let StatementPhase::Posting(posting) = &statement.phase else { continue };
            let with =
                posting.posts.iter().filter_map(|(channel, post)| Some((channel, PostPhase::with_person(post)?)));
            found.extend(with.map(|(channel, person)| (id.clone(), channel.clone(), person.clone())));
        }
        found
    }
}
