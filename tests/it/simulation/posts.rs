//! What people do about posts: look at the wires, post by hand, correct, and have taken down.

use holdline::core::incident::{Event, IncidentId, PostPhase, Settlement};
use holdline::core::name::{ChannelName, StepId};
use holdline::engine::Entry;
use rand::RngExt as _;

use super::channel::Channels;
use super::house::PEOPLE;
use super::people::REASON;
use super::posting::{is_in_doubt, of};
use super::world::World;
use crate::hospital::person;

impl World {
    /// Mostly a post that is public now; sometimes one that may not even exist.
    fn something_public(&mut self, entry: &Entry) -> (StepId, ChannelName) {
        let posted = entry.incident.statements.iter().flat_map(|(statement, found)| {
            let posts = found.posting().into_iter().flat_map(|posting| &posting.posts);
            posts
                .filter(|(_, post)| post.public_at().is_some())
                .map(|(channel, _)| (statement.clone(), channel.clone()))
        });
        let posted: Vec<_> = posted.collect();
        if posted.is_empty() || self.mishap(30) {
            let channel = self.pick(&["wire", "wire-two", "page", "board"]);
            return (self.some_statement(entry), channel.into());
        }
        posted[self.rng.random_range(0..posted.len())].clone()
    }

    /// What is public is corrected, or taken down.
    pub(super) fn follow_up(&mut self, id: IncidentId, entry: &Entry) {
        let by = person(self.pick(PEOPLE));
        let reason = REASON.to_owned();
        let (statement, channel) = self.something_public(entry);
        match self.rng.random_range(0..100) {
            0..20 => self.record(id, Event::CorrectionBegun { of: statement, by, reason }),
            20..70 => self.record(id, Event::TakeDownAsked { statement, channel, by, reason }),
            _ => self.record(id, Event::TakenDown { statement, channel, by: Some(by) }),
        };
    }

    /// Somebody looks at the wires where Holdline cannot tell, and says what is there. Nearly always the truth.
    pub(super) fn look_at_the_wires(&mut self, id: IncidentId, entry: &Entry) {
        for (statement, found) in &entry.incident.statements {
            let Some(posting) = found.posting() else { continue };
            for (channel, post) in &posting.posts {
                if is_in_doubt(post) {
                    self.look_at_one(id, statement, channel);
                }
            }
        }
    }

    fn look_at_one(&mut self, id: IncidentId, statement: &StepId, channel: &ChannelName) {
        let place = of(id, statement, channel);
        let there = self.is_public(&place);
        let says_there = there && !self.mishap(15);
        let url = Channels::url(&place);
        let found = if says_there { Settlement::There { url } } else { Settlement::NotThere };
        let (statement, channel, by) = (statement.clone(), channel.clone(), person("ana"));
        let settled = self.record(id, Event::PostSettled { statement, channel, by, found });
        if !settled || says_there || self.channels.times(&place) == 0 {
            return;
        }
        if there {
            self.coverage.saw("a person said falsely that nothing is there");
        } else {
            // Whatever the machine's clock did meanwhile.
            let late = self.channels.shown.iter().any(|shown| shown.place == place && shown.from > self.clocks.truth);
            assert!(!late, "{place:?} was settled while a call was under way");
        }
        self.channels.excuse(&place);
    }

    pub(super) fn post_by_hand(&mut self, id: IncidentId, entry: &Entry) {
        for (statement, found) in &entry.incident.statements {
            let Some(posting) = found.posting() else { continue };
            for (channel, post) in &posting.posts {
                if let PostPhase::ByHand { by } = post {
                    let url = Channels::url(&of(id, statement, channel));
                    let (statement, channel, by) = (statement.clone(), channel.clone(), by.clone());
                    self.record(id, Event::PostedByHand { statement, channel, by, url });
                }
            }
        }
    }
}

/// Whether it is not known of some post if it is public.
pub(super) fn is_in_the_dark(entry: &Entry) -> bool {
    let mut posts = entry.incident.statements.values().filter_map(|found| found.posting());
    posts.any(|posting| posting.posts.values().any(is_in_doubt))
}
