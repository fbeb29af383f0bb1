//! The play itself: time goes from one thing that happens to the next, and between them everything that is owed is done.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::cast::{Act, Cast, Intention, Otherwise, Sight};
use crate::channel::Stage;
use crate::core::approval::{Decision, Proof};
use crate::core::incident::{
    Asker, Event, Hold, Incident, IncidentId, Settlement, StatementPhase, Subject, Verification,
};
use crate::core::mention::Mention;
use crate::core::name::{FeedName, PersonId, StepId};
use crate::core::period::Period;
use crate::core::rehearsal::{Retold, Scenario, What, retell};
use crate::engine::{AnswerError, Engine, Entry, ManualClock, RecordError, TextEdit, WrittenOver};
use crate::mail::Mailbox;

/// How long people have to agree that it is over, once the scenario's time is up.
pub const WIND_DOWN: Period = Period::minutes(60);
/// Real time in which what is owed must be done.
const PATIENCE: Duration = Duration::from_mins(1);
const SECONDS_PER_MINUTE: i64 = 60;

/// A rehearsal under way.
pub struct Play {
    pub(super) engine: Engine,
    clock: ManualClock,
    pub(super) mailbox: Mailbox,
    pub(super) stage: Stage,
    scenario: Scenario,
    begun: Timestamp,
    /// What is to happen, in the order of time and of planning.
    ahead: BTreeMap<(Timestamp, u32), Ahead>,
    planned: u32,
    pub(super) cast: Cast,
    /// How many mentions were invented.
    pub(super) mentions: u32,
    told: Vec<(Timestamp, String)>,
    stand_down_asked: bool,
}

/// Something that will happen.
#[derive(Debug)]
pub(super) enum Ahead {
    Inject(What),
    Mentions { feed: FeedName, mentions: Vec<Mention> },
    Act(Intention),
}

#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("what was owed at {0} was not done within a minute; the rehearsal is given up")]
    Stuck(Timestamp),
}

impl Play {
    /// Opens the incident where the scenario says who does.
    pub async fn begin(
        engine: Engine,
        clock: ManualClock,
        mailbox: Mailbox,
        stage: Stage,
        scenario: Scenario,
    ) -> Result<Self, PlayError> {
        let begun = clock.now();
        let mut play = Self {
            engine,
            clock,
            mailbox,
            stage,
            scenario,
            begun,
            ahead: BTreeMap::new(),
            planned: 0,
            cast: Cast::default(),
            mentions: 0,
            told: Vec::new(),
            stand_down_asked: false,
        };
        for inject in play.scenario.injects.clone() {
            match inject.at {
                Some(at) => play.plan(at.after(begun), Ahead::Inject(inject.what)),
                // What is so from the beginning is so before anybody is told of anything.
                None => play.inject(inject.what).await?,
            }
        }
        let Scenario { playbook, opened_by, title, .. } = &play.scenario;
        if let Some(by) = opened_by {
            play.engine.open(playbook, by, format!("rehearsal: {title}")).await?;
        }
        Ok(play)
    }

    pub(super) fn plan(&mut self, at: Timestamp, ahead: Ahead) {
        self.planned += 1;
        self.ahead.insert((at, self.planned), ahead);
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn tell(&mut self, words: String) {
        self.told.push((self.now(), words));
    }

    /// The incident that is rehearsed, once it is open.
    pub fn incident(&self) -> Option<IncidentId> {
        let board = self.engine.board();
        let ours =
            |entry: &Entry| entry.rules.playbook.name == self.scenario.playbook || entry.incident.switched.is_some();
        board.incidents.iter().find(|(_, entry)| ours(entry)).map(|(id, _)| *id)
    }

    pub(super) fn entry(&self) -> Option<Entry> {
        self.engine.board().incidents.get(&self.incident()?).cloned()
    }

    /// Records what may have lost its meaning meanwhile.
    pub(super) async fn record(&self, id: IncidentId, event: Event) -> Result<(), PlayError> {
        match self.engine.record(id, event).await {
            Ok(()) | Err(RecordError::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Does everything that is due by now. Says when something happens next; nothing where it is over.
    pub async fn act(&mut self) -> Result<Option<Timestamp>, PlayError> {
        loop {
            let settled = tokio::time::timeout(PATIENCE, self.engine.settled()).await;
            settled.map_err(|_| PlayError::Stuck(self.now()))??;
            self.look();
            let now = self.now();
            let Some(due) = self.ahead.first_entry().filter(|due| due.key().0 <= now) else { break };
            match due.remove() {
                Ahead::Inject(what) => self.inject(what).await?,
                Ahead::Mentions { feed, mentions } => drop(self.engine.take_in(&feed, mentions).await?),
                Ahead::Act(intention) => self.carry_out(intention).await?,
            }
        }
        self.end_if_idle().await?;
        if self.is_over() {
            return Ok(None);
        }
        let owed = self.engine.call(|work| work.next_due()).await?;
        let ahead = self.ahead.keys().next().map(|(at, _)| *at);
        let minute = (self.now().as_second().div_euclid(SECONDS_PER_MINUTE) + 1) * SECONDS_PER_MINUTE;
        let minute = Timestamp::from_second(minute).unwrap_or(Timestamp::MAX);
        Ok([owed, ahead, Some(minute)].into_iter().flatten().min())
    }

    /// Moves the time.
    pub async fn go_to(&mut self, at: Timestamp) -> Result<(), PlayError> {
        self.clock.set(at);
        if at.as_second().rem_euclid(SECONDS_PER_MINUTE) == 0 {
            self.engine.call(|work| work.tick()).await?;
        }
        Ok(())
    }

    /// What happened outside any incident since the last time.
    pub fn take_told(&mut self) -> Vec<(Timestamp, String)> {
        std::mem::take(&mut self.told)
    }

    /// The incident told from its record; none where none was opened.
    pub fn retold(&self) -> Result<Option<Retold>, PlayError> {
        let Some((id, entry)) = self.incident().zip(self.entry()) else { return Ok(None) };
        let events = self.engine.events(id)?;
        Ok(retell(id, events.iter().map(|(at, event)| (*at, event)), &entry.rules))
    }

    /// People read their mail and look at the incident.
    fn look(&mut self) {
        let Some(entry) = self.entry().filter(|entry| entry.incident.is_running()) else { return };
        let standing = self.engine.standing();
        let sight = Sight {
            incident: &entry.incident,
            rules: &entry.rules,
            scenario: &self.scenario,
            mailbox: &self.mailbox,
            url: &standing.url,
            now: self.clock.now(),
        };
        for intention in self.cast.intend(&sight) {
            self.plan(intention.at, Ahead::Act(intention));
        }
    }

    async fn carry_out(&mut self, intention: Intention) -> Result<(), PlayError> {
        let Some(entry) = self.entry() else { return Ok(()) };
        if self.cast.unreachable.contains(&intention.person) {
            self.cast.left_undone(&intention);
            return Ok(());
        }
        let (id, by) = (entry.incident.id, intention.person.clone());
        match intention.act {
            Act::TakeUp => {
                let real = Event::Verified { verdict: Verification::Real, by: by.clone(), reason: String::new() };
                self.record(id, real).await?;
                self.record(id, Event::Claimed { by }).await
            }
            Act::Confirm { fact, value: Some(value) } => {
                self.record(id, Event::FactConfirmed { fact, value, by }).await
            }
            Act::Confirm { fact, value: None } => self.record(id, Event::FactLeftUnknown { fact, by }).await,
            Act::Do { task } => self.record(id, Event::TaskDone { task, by, note: String::new() }).await,
            Act::Answer { token, code } => self.answer(&entry.incident, &by, &token, &code).await,
            Act::Mend { statement } => self.mend(&entry, statement, by).await,
            Act::Redraft { statement } => self.record(id, Event::RedraftAsked { statement, by }).await,
            Act::PostByHand { statement, channel } => {
                let url = format!("rehearsal:{channel}/by-hand");
                self.record(id, Event::PostedByHand { statement, channel, by, url }).await
            }
            Act::SayNotThere { statement, channel } => {
                self.record(id, Event::PostSettled { statement, channel, by, found: Settlement::NotThere }).await
            }
        }
    }

    /// Opens the link of a mail and answers with its code, where an answer is still waited for.
    async fn answer(
        &mut self,
        incident: &Incident,
        person: &PersonId,
        token: &str,
        code: &str,
    ) -> Result<(), PlayError> {
        let Some((_, number)) = self.engine.request_of(token) else { return Ok(()) };
        let Some(request) = incident.request(number) else { return Ok(()) };
        if incident.awaits(request, self.engine.time()).is_err() {
            return Ok(());
        }
        // Nobody of the cast sends an instruction by themselves: the scenario says when.
        if incident.proof_needed(request) > Proof::Mail {
            return Ok(());
        }
        let decision = match &request.of {
            Subject::Statement(step) => self.decision(person, step),
            Subject::StandDown => Decision::Approve,
        };
        match self.engine.answer(token, code, decision).await {
            Ok(()) | Err(AnswerError::Refused(_)) => Ok(()),
            Err(AnswerError::Record(error)) => Err(error.into()),
            Err(error @ (AnswerError::NoSuchLink | AnswerError::WrongCode { .. } | AnswerError::Locked)) => {
                self.tell(format!("{person} could not answer: {error}"));
                Ok(())
            }
        }
    }

    fn decision(&mut self, person: &PersonId, step: &StepId) -> Decision {
        match self.cast.otherwise.remove(&(person.clone(), step.clone())) {
            None => Decision::Approve,
            Some(Otherwise::Refuse { reason }) => {
                self.cast.mending.insert(step.clone(), None);
                Decision::Reject { reason }
            }
            Some(Otherwise::Change { words }) => {
                self.cast.mending.insert(step.clone(), Some(words.clone()));
                Decision::Changes { wanted: words }
            }
        }
    }

    /// The duty officer adds the words that were wanted to the first text, or talks the refusal over and asks again.
    async fn mend(&mut self, entry: &Entry, statement: StepId, by: PersonId) -> Result<(), PlayError> {
        let incident = &entry.incident;
        let words = self.cast.mending.remove(&statement).flatten();
        let current = incident.statements.get(&statement).and_then(|found| found.current());
        if let Some((words, current)) = words.zip(current)
            && let Some(first) = current.package.variants.first()
        {
            let body = format!("{}\n\n{words}", first.body);
            let text = TextEdit { variant: 0, title: first.title.clone(), body };
            let over = WrittenOver { version: current.number, events: incident.events };
            if let Ok(Ok(())) = self.engine.edit(incident.id, &statement, over, &by, &[text]).await {
                return Ok(());
            }
        }
        let reason = "talked over with whoever refused".to_owned();
        self.record(incident.id, Event::AskedAgain { statement, by, reason }).await
    }

    /// Once nothing is ahead any more, or the time is up, the duty officer proposes to stand down.
    async fn end_if_idle(&mut self) -> Result<(), PlayError> {
        let Some(entry) = self.entry() else { return Ok(()) };
        let incident = &entry.incident;
        let up = self.now() >= self.scenario.lasts.after(self.begun);
        let idle = self.ahead.is_empty() && incident.verified.is_some() && is_at_rest(incident);
        if self.stand_down_asked || !incident.can_be_proposed_to_stand_down(self.now()) || !(up || idle) {
            return Ok(());
        }
        self.stand_down_asked = true;
        let someone = incident.duty.clone().or_else(|| self.scenario.opened_by.clone());
        let Some(by) = someone else { return Ok(()) };
        let reason = "the rehearsal is over".to_owned();
        self.record(incident.id, Event::StandDownAsked { by: Asker::Person(by), reason }).await
    }

    fn is_over(&self) -> bool {
        let ends = WIND_DOWN.after(self.scenario.lasts.after(self.begun));
        let ended = self.entry().is_some_and(|entry| !entry.incident.is_running());
        (ended && self.ahead.is_empty()) || self.now() >= ends
    }
}

/// Whether every statement is out, so that nothing waits but what a later time brings.
fn is_at_rest(incident: &Incident) -> bool {
    incident.statements.iter().all(|(id, statement)| match statement.phase {
        // What lapsed waits for nobody in the cast.
        StatementPhase::Ready(_)
        | StatementPhase::Drafting(Hold::Lapsed)
        | StatementPhase::Posted(_)
        | StatementPhase::Withdrawn
        | StatementPhase::Skipped(_) => true,
        StatementPhase::Asking(_) => incident.offered(id).is_some(),
        StatementPhase::Waiting | StatementPhase::Drafting(_) | StatementPhase::Posting(_) => false,
    })
}
