//! Posting by hand: somebody who was asked puts words on a board, gives the address, and Holdline looks at what stands there.

use super::bug::Bug;
use super::quorum::Count;
use super::state::{Board, Post, Sight};
use super::step::{Step, Taken, allow, true_only, within};

impl Step<'_> {
    pub(super) fn is_by_hand(&self, channel: u8) -> bool {
        self.bounds.by_hand & (1 << channel) != 0
    }

    /// The words that were approved, or some others: nobody can keep a person from a mistake.
    pub(super) fn put_up(&mut self, channel: u8, right: bool) -> Taken {
        let words = if right { Board::Words(self.state.version) } else { Board::Other };
        let here = self.channel(channel);
        allow(here.post == Post::ByHand)?;
        here.board = words;
        Ok(())
    }

    /// Counted only while the vote stands; posted is posted, so the kill switch changes nothing of it.
    pub(super) fn give_address(&mut self, channel: u8) -> Taken {
        let stands = self.state.frozen && Count::RIGHT.quorum(&self.state);
        let here = self.channel(channel);
        allow(here.post == Post::ByHand)?;
        true_only(here.board != Board::Nothing)?;
        within(!here.look_at)?;
        here.post = Post::Confirmed;
        (here.look_at, here.given, here.sight) = (true, true, Sight::None);
        self.state.told.counted_on_fewer |= !stands;
        Ok(())
    }

    /// A look says that words match, or differ, only where they do; it may see nothing at any time.
    pub(super) fn see(&mut self, channel: u8, sight: Sight) -> Taken {
        let version = self.state.version;
        let unseen_matches = self.has(Bug::UnseenIsAMatch);
        let here = self.channel(channel);
        allow(here.look_at && sight != Sight::None)?;
        let matches = here.board == Board::Words(version);
        true_only(match sight {
            Sight::Matches => matches,
            Sight::Differs => !matches && here.board != Board::Nothing,
            Sight::Unseen | Sight::None => true,
        })?;
        here.look_at = false;
        if matches!(here.post, Post::Confirmed | Post::TakingDown) {
            here.sight = if sight == Sight::Unseen && unseen_matches { Sight::Matches } else { sight };
        }
        Ok(())
    }
}
