//! Carries out injects: what people say, who calls, what fails and who cannot be reached.

use super::cast::Otherwise;
use super::play::{Ahead, Play, PlayError};
use crate::core::approval::{Decision, Proof};
use crate::core::incident::{Event, Request, Subject};
use crate::core::mention::Mention;
use crate::core::name::{FeedName, PersonId, StepId};
use crate::core::period::Period;
use crate::core::rehearsal::What;
use crate::core::shown::Shown;
use crate::engine::RecordError;

/// Mentions that are spread over a time come in so many portions at most.
const PORTIONS_MAX: u32 = 60;

impl Play {
    /// Lets an inject happen, and tells of it in the incident's own record where one is open.
    pub(super) async fn inject(&mut self, what: What) -> Result<(), PlayError> {
        let words = what.words(&self.engine.standing().roster);
        let for_duty = matches!(what, What::Call { .. });
        match self.incident() {
            Some(id) => self.record(id, Event::Injected { words, for_duty }).await?,
            None => self.tell(words),
        }
        match what {
            What::Mentions { feed, texts, count, over } => self.spread(&feed, &texts, count, over),
            What::Call { .. } => {}
            What::Fact { fact, value, by } => {
                let learned = format!("The inject of the fact {fact} came to nothing");
                match self.incident() {
                    None => self.tell(format!("{learned}: no incident is open yet.")),
                    Some(id) => match self.engine.record(id, Event::FactConfirmed { fact, value, by }).await {
                        Ok(()) => {}
                        Err(RecordError::Refused(why)) => self.tell(format!("{learned}: {why}.")),
                        Err(error) => return Err(error.into()),
                    },
                }
            }
            What::Unreachable(person) => drop(self.cast.unreachable.insert(person)),
            What::Reachable(person) => drop(self.cast.unreachable.remove(&person)),
            What::Refuses { person, statement, reason } => {
                self.cast.otherwise.insert((person, statement), Otherwise::Refuse { reason });
            }
            What::WantsChanges { person, statement, words } => {
                self.cast.otherwise.insert((person, statement), Otherwise::Change { words });
            }
            What::SaysNow { person, statement } => self.say_now(statement, person).await?,
            What::ChannelDown(channel) => self.stage.set_down(&channel, true),
            What::ChannelUp(channel) => self.stage.set_down(&channel, false),
            What::MailDown => self.mailbox.set_down(true),
            What::MailUp => self.mailbox.set_down(false),
        }
        Ok(())
    }

    /// The word for what is held ready by now; where nothing is, the record refuses it.
    async fn say_now(&mut self, statement: StepId, by: PersonId) -> Result<(), PlayError> {
        let Some(entry) = self.entry() else { return Ok(()) };
        let incident = &entry.incident;
        let theirs = |request: &&Request| {
            request.person == by
                && request.of == Subject::Statement(statement.clone())
                && incident.proof_needed(request) > Proof::Mail
                && incident.awaits(request, self.now()).is_ok()
        };
        if let Some(request) = incident.requests.iter().rfind(theirs) {
            let (request, digest, decision) = (request.number, request.digest, Decision::Approve);
            let yes = Event::DecisionTaken { request, person: by, digest, decision, proof: Proof::SignedIn };
            return self.record(incident.id, yes).await;
        }
        let current = entry.incident.statements.get(&statement).and_then(|found| found.current());
        let Some(digest) = current.map(|version| version.digest) else { return Ok(()) };
        self.record(entry.incident.id, Event::SaidNow { statement, digest, by }).await
    }

    /// Injects that waited for somebody to be asked who was not, or not before the others had decided.
    pub fn came_to_nothing(&self) -> Vec<String> {
        let roster = &self.engine.standing().roster;
        let unused = self.cast.otherwise.iter().map(|((person, step), otherwise)| {
            let (name, of) = (roster.name_of(person), Shown::statement_name(step));
            let was_to = match otherwise {
                Otherwise::Refuse { .. } => "refuse",
                Otherwise::Change { .. } => "want other words in",
            };
            format!("{name} was to {was_to} the {of}: others had decided by then, or it was never asked.")
        });
        unused.collect()
    }

    /// Plans the mentions of an inject: each of a voice and a site of its own.
    fn spread(&mut self, feed: &FeedName, texts: &[String], count: u32, over: Option<Period>) {
        let now = self.now();
        let portions = portions(count, over);
        let mut mentions: Vec<Vec<Mention>> = (0..portions).map(|_| Vec::new()).collect();
        for (nth, text) in (0..count).zip(texts.iter().cycle()) {
            let portion = usize::try_from(u64::from(nth) * u64::from(portions) / u64::from(count.max(1))).unwrap_or(0);
            self.mentions += 1;
            if let Some(portion) = mentions.get_mut(portion) {
                portion.push(mention(self.mentions, text));
            }
        }
        for (nth, mentions) in (0..portions).zip(mentions) {
            let at = over.map_or(now, |over| over.share_after(now, nth, portions).max(now));
            let at = if nth == 0 { now } else { at };
            self.plan(at, Ahead::Mentions { feed: feed.clone(), mentions });
        }
    }
}

/// In how many parts so many mentions come, one after another; at once where they are spread over no time.
fn portions(count: u32, over: Option<Period>) -> u32 {
    over.map_or(1, |_| count.clamp(1, PORTIONS_MAX))
}

fn mention(number: u32, text: &str) -> Mention {
    Mention {
        id: format!("rehearsal-{number}"),
        title: None,
        text: text.to_owned(),
        author: Some(format!("voice {number}")),
        url: Some(format!("https://voice-{number}.rehearsal.invalid/")),
        language: None,
        published: None,
        reach: None,
    }
}

#[cfg(test)]
mod tests {
    use super::{PORTIONS_MAX, portions};
    use crate::core::period::Period;

    #[test]
    fn mentions_come_in_as_many_parts_as_there_are_up_to_the_limit() {
        let over = Some(Period::minutes(120));
        assert_eq!(portions(PORTIONS_MAX, over), PORTIONS_MAX);
        assert_eq!(portions(PORTIONS_MAX + 1, over), PORTIONS_MAX);
        assert_eq!((portions(0, over), portions(3, over), portions(3, None)), (1, 3, 1));
    }
}
