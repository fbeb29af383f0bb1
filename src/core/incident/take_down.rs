//! Taking a post down again: one person who answers for words asks, the channel does it where it can.

use super::advance::Turn;
use super::post::PostPhase;
use super::{Effect, Notice, Refusal};
use crate::core::name::{ChannelName, PersonId, StepId, role};
use crate::core::rules::Reach;

/// Whoever sees harm must not wait for a second person.
pub(super) const MAY_TAKE_DOWN: [&str; 5] =
    [role::COMMS_LEAD, role::LEGAL, role::EXECUTIVE, role::PRIVACY_OFFICER, role::PRIVACY_DEPUTY];

impl Turn<'_> {
    /// Also after the incident's end: what is public can do harm then as well.
    pub(super) fn ask_take_down(
        &mut self,
        id: &StepId,
        channel: &ChannelName,
        by: &PersonId,
        reason: &str,
    ) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        if !self.incident.may_take_down(by) {
            return Err(Refusal::NotEntitled("somebody of comms-lead, legal, executive or privacy".to_owned()));
        }
        if reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing);
        }
        let PostPhase::Confirmed { url, at, seen } = self.post_mut(id, channel)? else {
            return Err(Refusal::NotPublic);
        };
        let (url, at, seen) = (url.clone(), *at, *seen);
        let rules = self.rules.channels.get(channel).ok_or(Refusal::Unknown)?;
        let (statement, place) = (id.clone(), channel.clone());
        match rules.reach {
            Reach::Page => return self.taken_down_at(id, channel, at),
            Reach::Network => self.owe(Effect::TakeDown { statement, channel: place, url: url.clone() }),
            Reach::Person(_) => {
                let person = by.clone();
                self.owe(Effect::AskToTakeDown { statement, channel: place, person, url: url.clone() });
            }
        }
        self.set_post(id, channel, PostPhase::TakingDown { url, at, by: by.clone(), seen })
    }

    pub(super) fn taken_down(
        &mut self,
        id: &StepId,
        channel: &ChannelName,
        by: Option<&PersonId>,
    ) -> Result<(), Refusal> {
        if let Some(by) = by {
            self.must_be_known(by)?;
        }
        let PostPhase::TakingDown { at, .. } = *self.post_mut(id, channel)? else {
            return Err(Refusal::NothingChanged);
        };
        self.taken_down_at(id, channel, at)
    }

    fn taken_down_at(&mut self, id: &StepId, channel: &ChannelName, at: jiff::Timestamp) -> Result<(), Refusal> {
        let mut people = self.duty();
        people.extend(self.alerted());
        for person in people {
            self.tell(&person, Notice::TakenDown { statement: id.clone(), channel: channel.clone() });
        }
        self.set_post(id, channel, PostPhase::TakenDown { at, down_at: self.at })
    }

    /// The channel cannot do it: it is public still, as it was seen, and people are told.
    pub(super) fn take_down_failed(&mut self, id: &StepId, channel: &ChannelName, why: &str) -> Result<(), Refusal> {
        let PostPhase::TakingDown { url, at, by, seen } = self.post_mut(id, channel)? else {
            return Err(Refusal::NothingChanged);
        };
        let (url, at, by, seen) = (url.clone(), *at, by.clone(), *seen);
        let mut people = self.duty();
        people.push(by);
        for person in people {
            let (statement, channel, why) = (id.clone(), channel.clone(), why.to_owned());
            self.tell(&person, Notice::NotTakenDown { statement, channel, why });
        }
        self.set_post(id, channel, PostPhase::Confirmed { url, at, seen })
    }
}
