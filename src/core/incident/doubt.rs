//! A post whose outcome was lost: the channel is looked through, and a person is asked where nothing shows. Nothing is guessed.

use super::advance::Turn;
use super::event::Settlement;
use super::post::{PostPhase, SETTLE};
use super::{Effect, Notice, Refusal};
use crate::core::name::{ChannelName, PersonId, StepId};

impl Turn<'_> {
    /// The call's outcome was lost. The channel is looked through once no late worker can reach it any more.
    pub(super) fn post_unknown(&mut self, id: &StepId, channel: &ChannelName, why: &str) -> Result<(), Refusal> {
        let PostPhase::Intended { attempt, at } = *self.post_mut(id, channel)? else {
            return Err(Refusal::NothingChanged);
        };
        let look_at = SETTLE.after(at).max(self.at);
        self.owe(Effect::LookUp { statement: id.clone(), channel: channel.clone(), attempt, at: look_at });
        self.set_post(id, channel, PostPhase::Unknown { attempt, at, why: why.to_owned() })
    }

    /// The look-up showed nothing that is certain: a person must look.
    pub(super) fn post_not_found(&mut self, id: &StepId, channel: &ChannelName, why: &str) -> Result<(), Refusal> {
        let PostPhase::Unknown { attempt, at, .. } = *self.post_mut(id, channel)? else {
            return Err(Refusal::NothingChanged);
        };
        for person in self.duty() {
            let (statement, channel, why) = (id.clone(), channel.clone(), why.to_owned());
            self.tell(&person, Notice::PostUnknown { statement, channel, why });
        }
        self.set_post(id, channel, PostPhase::NeedsPerson { attempt, at, why: why.to_owned() })
    }

    /// A person looked. "Not there" is accepted only after the look-up, when no late attempt can reach the channel any more.
    pub(super) fn settle_post(
        &mut self,
        id: &StepId,
        channel: &ChannelName,
        by: &PersonId,
        found: &Settlement,
    ) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        let (attempt, intended, looked) = match self.post_mut(id, channel)? {
            PostPhase::Unknown { attempt, at, .. } => (*attempt + 1, *at, false),
            PostPhase::NeedsPerson { attempt, at, .. } => (*attempt + 1, *at, true),
            PostPhase::Owed { .. }
            | PostPhase::Intended { .. }
            | PostPhase::Confirmed { .. }
            | PostPhase::Refused { .. }
            | PostPhase::ByHand { .. }
            | PostPhase::Cancelled
            | PostPhase::TakingDown { .. }
            | PostPhase::TakenDown { .. } => return Err(Refusal::NothingChanged),
        };
        match found {
            Settlement::There { url } => {
                self.confirm(id, channel, url)?;
                self.look_at(id, channel, url);
                Ok(())
            }
            Settlement::NotThere if !looked || self.at < SETTLE.after(intended) => Err(Refusal::TooEarly),
            Settlement::NotThere => self.owe_again(id, channel, attempt, self.at),
        }
    }
}
