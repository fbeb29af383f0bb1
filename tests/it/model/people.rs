//! What people do: at the text, the vote, the kill switch, and where a channel cannot say whether it took a post.

use super::bug::Bug;
use super::quorum::{AGREED_VOTERS, ASKED, Count, Stage};
use super::state::{Board, CHANNELS, Channel, Post, Sight, Worker};
use super::step::{Refused, Step, Taken, allow, true_only, within};

impl Step<'_> {
    fn count(&self) -> Count {
        Count::with(self.bug)
    }

    /// Whether the vote is on.
    fn is_asking(&self) -> bool {
        !self.state.frozen && !self.state.over
    }

    /// Somebody changes the words: every yes is void, and all stages are asked at once.
    pub(super) fn save(&mut self) -> Taken {
        allow(self.is_asking())?;
        within(self.state.version < self.bounds.versions)?;
        self.state.version += 1;
        (self.state.second_asked, self.state.held) = (true, false);
        if !self.has(Bug::NotBoundToTheVersion) {
            self.state.yes.fill(0);
        }
        Ok(())
    }

    /// The links of a rehearsal are void in a process that is none.
    fn links_are_good(&self) -> bool {
        self.state.rehearsal != self.state.holds_channels
    }

    /// Whether this answer to the mail about this version would be counted.
    fn may_answer(&self, slot: usize, version: u8) -> Taken {
        let of_this = version == self.state.version || self.has(Bug::NotBoundToTheVersion);
        let asked = ASKED[slot].1 == Stage::Accuracy || self.state.second_asked;
        let held = self.state.held && !self.has(Bug::RefusedAndCounted);
        allow(self.links_are_good() && self.is_asking() && !held && of_this && version <= self.state.version && asked)?;
        allow(!self.count().counts(&self.state, slot) && self.count().may_answer(&self.state, slot))
    }

    /// One no ends the round, whoever had said yes.
    pub(super) fn reject(&mut self, slot: u8, version: u8) -> Taken {
        self.may_answer(usize::from(slot), version)?;
        within(self.state.spent.rejections < self.bounds.rejections)?;
        self.state.spent.rejections += 1;
        self.state.held = true;
        if !self.has(Bug::RefusedAndCounted) {
            self.state.yes.fill(0);
        }
        Ok(())
    }

    /// Everybody is asked afresh about the same words.
    pub(super) fn ask_once_more(&mut self) -> Taken {
        allow(self.is_asking())?;
        within(self.bounds.rejections > 0)?;
        self.state.yes.fill(0);
        (self.state.second_asked, self.state.held) = (true, false);
        Ok(())
    }

    pub(super) fn approve(&mut self, slot: u8, version: u8) -> Taken {
        within(!self.bounds.agreed || AGREED_VOTERS.contains(&slot) || self.state.version > 1)?;
        let slot = usize::from(slot);
        self.may_answer(slot, version)?;
        self.state.told.refused_and_frozen |= self.state.held;
        self.state.yes[slot] = version;
        self.state.second_asked |= self.count().accuracy(&self.state);
        self.freeze_if_met()
    }

    /// Where the quorum stands and posting is not stopped, the version goes to its channels.
    fn freeze_if_met(&mut self) -> Taken {
        if self.state.stopped || !self.count().quorum(&self.state) {
            return Ok(());
        }
        self.state.frozen = true;
        if Count::RIGHT.quorum(&self.state) {
            self.state.told.agreed |= 1 << (self.state.version - 1);
        }
        for channel in 0..self.bounds.channels {
            let before = usize::from(self.state.version).checked_sub(2);
            let public = before.is_some_and(|before| self.channel(channel).public[before] > 0);
            let by_hand = self.is_by_hand(channel);
            let shown = if by_hand { self.channel(channel).given } else { public };
            if self.state.correcting && !shown {
                continue;
            }
            if by_hand {
                self.channel(channel).post = Post::ByHand;
            } else {
                self.channel(channel).post = Post::Owed(1);
                self.open_row(channel, 1)?;
            }
        }
        Ok(())
    }

    /// Whoever said yes takes it back, until the first intent is recorded.
    pub(super) fn take_back(&mut self, slot: u8) -> Taken {
        let slot = usize::from(slot);
        allow(self.links_are_good() && !self.state.over && self.count().counts(&self.state, slot))?;
        let begun = self.state.frozen && self.state.has_begun();
        allow(!begun || self.has(Bug::WithdrawnAfterIntent))?;
        within(self.state.spent.withdrawals < self.bounds.withdrawals)?;
        self.state.yes[slot] = 0;
        self.state.spent.withdrawals += 1;
        self.state.told.taken_back |= self.state.frozen && !begun;
        // Where more had said yes than must, the quorum stands without this one.
        if !self.count().quorum(&self.state) {
            self.ask_again();
        }
        Ok(())
    }

    /// Nothing went out, and the vote goes on. The rows stay in the outbox and are moot.
    fn ask_again(&mut self) {
        if !self.state.frozen {
            return;
        }
        self.state.frozen = false;
        self.state.told.agreed &= !(1 << (self.state.version - 1));
        let stays = self.has(Bug::AskedByHandStays);
        for channel in 0..self.bounds.channels {
            let here = self.channel(channel);
            if here.post != Post::ByHand || !stays {
                here.post = Post::Nothing;
            }
        }
    }

    /// Whoever loses a seat loses the yes that stood on it, as far as nothing went out.
    pub(super) fn lose_seat(&mut self, seat: u8) -> Taken {
        allow(self.state.lost & (1 << seat) == 0)?;
        let lost = self.state.lost.count_ones();
        within(self.bounds.seats & (1 << seat) != 0 && lost < u32::from(self.bounds.removals))?;
        self.state.lost |= 1 << seat;
        if !self.state.frozen || self.state.over || self.count().quorum(&self.state) {
            return Ok(());
        }
        if !self.state.has_begun() {
            self.ask_again();
            return Ok(());
        }
        for channel in 0..self.bounds.channels {
            if let Post::Owed(_) | Post::ByHand = self.channel(channel).post {
                self.channel(channel).post = Post::Refused;
            }
        }
        Ok(())
    }

    pub(super) fn stop(&mut self) -> Taken {
        allow(!self.state.stopped)?;
        within(!self.state.over && self.state.spent.stops < self.bounds.stops)?;
        self.state.stopped = true;
        self.state.spent.stops += 1;
        Ok(())
    }

    pub(super) fn resume(&mut self) -> Taken {
        allow(self.state.stopped)?;
        within(!self.state.over)?;
        self.state.stopped = false;
        if self.state.frozen { Ok(()) } else { self.freeze_if_met() }
    }

    /// The incident ends: what is owed is cancelled, what is on its way is followed to its end.
    pub(super) fn stand_down(&mut self) -> Taken {
        allow(self.links_are_good() && !self.state.over)?;
        within(self.bounds.stand_downs > 0)?;
        self.state.over = true;
        for channel in 0..self.bounds.channels {
            let claimed = self
                .state
                .workers
                .iter()
                .any(|worker| matches!(*worker, Worker::Holds { channel: on, .. } if on == channel));
            let goes_on = claimed && self.has(Bug::StandDownIgnoredByClaimedRow);
            if let Post::Owed(_) | Post::ByHand = self.channel(channel).post
                && !goes_on
            {
                self.channel(channel).post = Post::Cancelled;
            }
        }
        Ok(())
    }

    /// A new text that corrects the public one, on the channels that show it, approved from nothing.
    pub(super) fn begin_correction(&mut self) -> Taken {
        let spent = self.state.spent.corrections < self.bounds.corrections;
        within(spent && self.state.version < self.bounds.versions)?;
        allow(self.state.frozen && !self.state.over)?;
        let settled = self.state.channels.iter().all(|channel| channel.post.is_settled() && !channel.has_open_rows());
        let idle = self.state.workers.iter().all(|worker| *worker == Worker::Idle);
        let public = |channel: &Channel| matches!(channel.post, Post::Confirmed | Post::TakingDown);
        let public = self.state.channels.iter().any(public);
        within(settled && idle)?;
        allow(public)?;
        self.state.spent.corrections += 1;
        self.state.version += 1;
        self.state.yes.fill(0);
        (self.state.frozen, self.state.correcting, self.state.second_asked) = (false, true, false);
        self.state.held = false;
        for place in 0..CHANNELS {
            let Channel { flying, public, board, given, .. } = self.state.channels[place];
            self.state.channels[place] = Channel { flying, public, board, given, ..Channel::EMPTY };
        }
        Ok(())
    }

    /// Also after the incident's end.
    pub(super) fn ask_take_down(&mut self, channel: u8) -> Taken {
        allow(self.channel(channel).post == Post::Confirmed)?;
        within(self.state.spent.take_downs < self.bounds.take_downs)?;
        self.state.spent.take_downs += 1;
        self.channel(channel).post = Post::TakingDown;
        Ok(())
    }

    pub(super) fn take_down_ends(&mut self, channel: u8, down: bool) -> Taken {
        let version = usize::from(self.state.version) - 1;
        let here = self.channel(channel);
        allow(here.post == Post::TakingDown)?;
        here.post = if down { Post::TakenDown } else { Post::Confirmed };
        if down {
            // What was seen before is not told any more.
            here.sight = Sight::None;
            here.public[version] = 0;
            (here.board, here.given) = (Board::Nothing, false);
        }
        Ok(())
    }

    /// Somebody looked, and says so only where it is so.
    pub(super) fn say_there(&mut self, channel: u8) -> Taken {
        let version = usize::from(self.state.version) - 1;
        let here = self.channel(channel);
        let asked = matches!(here.post, Post::Unknown(_) | Post::NeedsPerson(_));
        allow(asked)?;
        true_only(here.public[version] > 0)?;
        here.post = Post::Confirmed;
        Ok(())
    }

    /// "Not there: post again", said only where nothing shows, and taken only once no late call is left.
    pub(super) fn say_not_there(&mut self, channel: u8) -> Taken {
        let version = usize::from(self.state.version) - 1;
        let early = self.has(Bug::PostAgainTooEarly);
        let here = self.channel(channel);
        let attempt = match here.post {
            Post::NeedsPerson(attempt) if here.settled || early => attempt,
            Post::Unknown(attempt) if early => attempt,
            Post::Nothing
            | Post::Owed(_)
            | Post::Intended(_)
            | Post::Unknown(_)
            | Post::NeedsPerson(_)
            | Post::Confirmed
            | Post::Refused
            | Post::ByHand
            | Post::Cancelled
            | Post::TakingDown
            | Post::TakenDown => return Err(Refused::Forbidden),
        };
        true_only(here.public[version] == 0)?;
        here.again = true;
        self.owe_again(channel, attempt)
    }
}
