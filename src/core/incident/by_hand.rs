//! A post that a person made: its address is looked at, and what differs from the approved words is an alarm.

use super::advance::Turn;
use super::post::PostPhase;
use super::{Effect, Notice, Refusal};
use crate::core::approval::Ballot;
use crate::core::name::{ChannelName, PersonId, StepId};
use crate::core::statement::Seen;

impl Turn<'_> {
    pub(super) fn posted_by_hand(
        &mut self,
        id: &StepId,
        channel: &ChannelName,
        by: &PersonId,
        url: &str,
    ) -> Result<(), Refusal> {
        self.must_be_known(by)?;
        if self.incident.approved(id).is_none() {
            return Err(Refusal::OtherBytes);
        }
        if self.post_mut(id, channel)?.with_person().is_none() {
            return Err(Refusal::NothingChanged);
        }
        self.confirm(id, channel, url)?;
        self.look_at(id, channel, url);
        Ok(())
    }

    /// What a person says is public is looked at where the public reads it.
    pub(super) fn look_at(&mut self, id: &StepId, channel: &ChannelName, url: &str) {
        self.owe(Effect::LookAt { statement: id.clone(), channel: channel.clone(), url: url.to_owned() });
    }

    pub(super) fn post_seen(
        &mut self,
        id: &StepId,
        channel: &ChannelName,
        url: &str,
        found: Seen,
    ) -> Result<(), Refusal> {
        let (PostPhase::Confirmed { url: given, seen, .. } | PostPhase::TakingDown { url: given, seen, .. }) =
            self.post_mut(id, channel)?
        else {
            return Err(Refusal::NothingChanged);
        };
        if given != url || *seen == Some(found) {
            return Err(Refusal::NothingChanged);
        }
        *seen = Some(found);
        match found {
            Seen::Matches => {}
            Seen::Differs => {
                let mut people = self.duty();
                people.extend(self.ballot_of(id).into_iter().flat_map(Ballot::everyone_asked));
                for person in people {
                    let (statement, channel, url) = (id.clone(), channel.clone(), url.to_owned());
                    self.tell(&person, Notice::PostDiffers { statement, channel, url });
                }
            }
            Seen::CouldNotBeSeen { .. } => {
                for person in self.duty() {
                    let (statement, channel, url) = (id.clone(), channel.clone(), url.to_owned());
                    self.tell(&person, Notice::PostNotSeen { statement, channel, url });
                }
            }
        }
        Ok(())
    }
}
