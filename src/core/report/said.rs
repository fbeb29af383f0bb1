//! What was said: each version's first post, and what was known when it went out.

use jiff::Timestamp;

use super::walk::Turned;
use crate::core::incident::{PostPhase, Statement};
use crate::core::name::{ChannelName, StepId};
use crate::core::rules::Rules;
use crate::core::statement::{Digest, Package, is_public};

/// One version that became public, or reached its audience.
#[derive(Clone, Debug)]
pub struct Said {
    pub statement: StepId,
    pub digest: Digest,
    pub package: Package,
    /// The first channel that confirmed it.
    pub channel: ChannelName,
    pub at: Timestamp,
    /// Facts that were confirmed by then, and all that the playbook asks for.
    pub known: usize,
    pub asked: usize,
}

impl Said {
    /// Whether it is for everybody.
    pub fn is_public(&self) -> bool {
        is_public(&self.package.audience)
    }

    /// By when the next word to this audience was promised.
    pub fn promised(&self) -> Option<Timestamp> {
        self.package.next_update
    }
}

/// When everybody could first read a word of ours.
pub(in crate::core) fn first_public_word(said: &[Said]) -> Option<Timestamp> {
    said.iter().filter(|said| said.is_public()).map(|said| said.at).min()
}

pub(super) fn see(said: &mut Vec<Said>, turned: Turned<'_>, rules: &Rules) {
    for (id, statement) in &turned.after.statements {
        let Some((channel, at)) = first_post(statement) else { continue };
        let Some(posting) = statement.posting() else { continue };
        let digest = posting.ballot.digest();
        if said.iter().any(|known| known.statement == *id && known.digest == digest) {
            continue;
        }
        let known = turned.after.facts.values().filter(|fact| fact.confirmed().is_some()).count();
        said.push(Said {
            statement: id.clone(),
            digest,
            package: posting.ballot.subject().clone(),
            channel,
            at,
            known,
            asked: rules.playbook.facts.len(),
        });
    }
}

fn first_post(statement: &Statement) -> Option<(ChannelName, Timestamp)> {
    let posts = statement.posting()?.posts.iter();
    let confirmed = posts.filter_map(|(channel, post)| Some((channel.clone(), PostPhase::confirmed_at(post)?)));
    confirmed.min_by_key(|(_, at)| *at)
}
