//! What each step does, and which are refused. Here the outbox; `people` and `outside` have the rest.

use super::action::Action;
use super::bug::Bug;
use super::quorum::Count;
use super::state::{Bounds, Channel, Post, Request, Row, State, Worker};

/// One step on a copy of the state; where it is refused, the copy is dropped.
pub(super) struct Step<'a> {
    pub(super) state: State,
    pub(super) bounds: &'a Bounds,
    pub(super) bug: Option<Bug>,
}

/// Why a step is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The protocol does not allow it, or it changes nothing.
    Forbidden,
    /// Somebody would say what is not so.
    Untrue,
    /// It leads out of the bounds.
    Beyond,
}

pub(super) type Taken = Result<(), Refused>;

pub(super) fn allow(when: bool) -> Taken {
    if when { Ok(()) } else { Err(Refused::Forbidden) }
}

pub(super) fn true_only(when: bool) -> Taken {
    if when { Ok(()) } else { Err(Refused::Untrue) }
}

pub(super) fn within(when: bool) -> Taken {
    if when { Ok(()) } else { Err(Refused::Beyond) }
}

/// Whose row a worker has in hand, and where.
#[derive(Clone, Copy)]
struct InHand {
    worker: u8,
    channel: u8,
    row: u8,
}

impl Step<'_> {
    pub(super) fn take(&mut self, action: Action) -> Taken {
        match action {
            Action::Save => self.save(),
            Action::Approve { slot, version } => self.approve(slot, version),
            Action::TakeBack { slot } => self.take_back(slot),
            Action::Reject { slot, version } => self.reject(slot, version),
            Action::AskAgain => self.ask_once_more(),
            Action::LoseSeat { seat } => self.lose_seat(seat),
            Action::Stop => self.stop(),
            Action::Resume => self.resume(),
            Action::StandDown => self.stand_down(),
            Action::BeginCorrection => self.begin_correction(),
            Action::SayThere { channel } => self.say_there(channel),
            Action::SayNotThere { channel } => self.say_not_there(channel),
            Action::PutUp { channel, right } => self.put_up(channel, right),
            Action::GiveAddress { channel } => self.give_address(channel),
            Action::See { channel, sight } => self.see(channel, sight),
            Action::AskTakeDown { channel } => self.ask_take_down(channel),
            Action::TakeDownEnds { channel, down } => self.take_down_ends(channel, down),
            Action::Claim { worker, channel, row } => self.claim(InHand { worker, channel, row }),
            Action::ClaimLook { worker, channel } => self.claim_look(worker, channel),
            Action::Begin { worker } => self.begin(worker),
            Action::Send { worker } => self.send(worker),
            Action::HoldBack { worker } => self.hold_back(worker),
            Action::EndDone { worker } => self.end(worker, Request::Arrived, |step, channel| {
                step.confirmed(channel);
                Ok(())
            }),
            Action::EndLater { worker } => self.end(worker, Request::Flying, |step, channel| step.put_off(channel)),
            Action::EndNever { worker } => self.end(worker, Request::Flying, |step, channel| {
                step.refused(channel);
                Ok(())
            }),
            Action::EndUnknown { worker } => self.end_unknown(worker),
            Action::LookHit { worker } => self.look_hit(worker),
            Action::LookMiss { worker } => self.look_miss(worker),
            Action::Crash { worker } => self.crash(worker),
            Action::RestartLive => self.restart_live(),
            Action::Arrive { worker } => self.request_becomes(worker, Request::Arrived),
            Action::Lose { worker } => self.request_becomes(worker, Request::Lost),
            Action::ArriveLate { channel, version } => self.late(channel, version, true),
            Action::LoseLate { channel, version } => self.late(channel, version, false),
            Action::DeadlinePasses { worker } => self.deadline_passes(worker),
            Action::LeaseEnds { channel, row } => self.lease_ends(channel, row),
            Action::LookLeaseEnds { channel } => self.look_lease_ends(channel),
            Action::Settles { channel } => self.settles(channel),
        }
    }

    pub(super) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    pub(super) fn channel(&mut self, channel: u8) -> &mut Channel {
        &mut self.state.channels[usize::from(channel)]
    }

    pub(super) fn worker(&mut self, worker: u8) -> &mut Worker {
        &mut self.state.workers[usize::from(worker)]
    }

    pub(super) fn open_row(&mut self, channel: u8, attempt: u8) -> Taken {
        let free = self.channel(channel).rows.iter_mut().find(|row| **row == Row::Closed);
        *free.ok_or(Refused::Beyond)? = Row::owed(attempt);
        Ok(())
    }

    fn claim(&mut self, InHand { worker, channel, row }: InHand) -> Taken {
        allow(*self.worker(worker) == Worker::Idle)?;
        let Row::Open { attempt, leased: false, intended, .. } = self.channel(channel).rows[usize::from(row)] else {
            return Err(Refused::Forbidden);
        };
        // What may be public already is followed up while posting is stopped.
        allow(!self.state.stopped || intended)?;
        self.channel(channel).rows[usize::from(row)] =
            Row::Open { attempt, holder: Some(worker), leased: true, intended };
        *self.worker(worker) = Worker::Holds { channel, row, in_time: true };
        Ok(())
    }

    fn claim_look(&mut self, worker: u8, channel: u8) -> Taken {
        allow(*self.worker(worker) == Worker::Idle)?;
        let Row::Open { attempt, leased: false, .. } = self.channel(channel).look else {
            return Err(Refused::Forbidden);
        };
        self.channel(channel).look = Row::Open { attempt, holder: Some(worker), leased: true, intended: false };
        *self.worker(worker) = Worker::HoldsLook { channel };
        Ok(())
    }

    /// Where the worker's claim of this row still stands, its attempt, and whether it was intended under it.
    fn stands(&mut self, hand: InHand) -> Option<(u8, bool)> {
        match self.channel(hand.channel).rows[usize::from(hand.row)] {
            Row::Open { attempt, holder: Some(holder), intended, .. } if holder == hand.worker => {
                Some((attempt, intended))
            }
            Row::Open { .. } | Row::Closed => None,
        }
    }

    fn close(&mut self, hand: InHand) {
        self.channel(hand.channel).rows[usize::from(hand.row)] = Row::Closed;
    }

    fn begin(&mut self, worker: u8) -> Taken {
        match *self.worker(worker) {
            Worker::Holds { channel, row, in_time } => self.begin_post(InHand { worker, channel, row }, in_time),
            Worker::HoldsLook { channel } => {
                self.begin_look(worker, channel);
                Ok(())
            }
            Worker::Idle | Worker::Intends { .. } | Worker::Called { .. } | Worker::Looking { .. } => {
                Err(Refused::Forbidden)
            }
        }
    }

    fn begin_post(&mut self, hand: InHand, in_time: bool) -> Taken {
        let InHand { worker, channel, row } = hand;
        *self.worker(worker) = Worker::Idle;
        let Some((attempt, intended)) = self.stands(hand) else { return Ok(()) };
        let anothers = !intended && !self.has(Bug::AnyRowOfTheAttempt);
        if self.channel(channel).post == Post::Intended(attempt) && !anothers {
            self.state.told.given_up_early |= !self.channel(channel).lease_over;
            self.close(hand);
            return self.unknown(channel);
        }
        if self.channel(channel).post != Post::Owed(attempt) {
            self.close(hand);
            return Ok(());
        }
        if self.state.stopped && !self.has(Bug::StopIgnoredByClaimedRow) {
            self.channel(channel).rows[usize::from(row)] = Row::owed(attempt);
            return Ok(());
        }
        let rehearsal = self.state.rehearsal && !self.has(Bug::RehearsalCheckedOnce);
        if rehearsal || !self.state.holds_channels {
            self.close(hand);
            self.refused(channel);
            return Ok(());
        }
        self.state.told.intended_after_stop |= self.state.stopped || self.state.over;
        self.state.told.intended_on_fewer |= !Count::RIGHT.quorum(&self.state);
        let intended = !self.has(Bug::IntentNotRecorded);
        if intended {
            self.channel(channel).post = Post::Intended(attempt);
        }
        self.channel(channel).rows[usize::from(row)] =
            Row::Open { attempt, holder: Some(worker), leased: true, intended };
        (self.channel(channel).lease_over, self.channel(channel).settled) = (false, false);
        *self.worker(worker) = Worker::Intends { channel, row, in_time };
        Ok(())
    }

    fn send(&mut self, worker: u8) -> Taken {
        let Worker::Intends { channel, row, in_time } = *self.worker(worker) else { return Err(Refused::Forbidden) };
        let stopped = self.state.stopped && !self.has(Bug::StopIgnoredByClaimedRow);
        allow((in_time || self.has(Bug::SentAfterDeadline)) && !stopped)?;
        *self.worker(worker) = Worker::Called { channel, row, request: Request::Flying };
        Ok(())
    }

    fn hold_back(&mut self, worker: u8) -> Taken {
        let Worker::Intends { channel, row, in_time } = *self.worker(worker) else { return Err(Refused::Forbidden) };
        allow(!in_time || self.state.stopped)?;
        self.ends(InHand { worker, channel, row }, |step, channel| step.put_off(channel))
    }

    /// A call ends with an answer that only a request in this state can have had.
    fn end(&mut self, worker: u8, when: Request, told: impl FnOnce(&mut Self, u8) -> Taken) -> Taken {
        let Worker::Called { channel, row, request } = *self.worker(worker) else { return Err(Refused::Forbidden) };
        allow(request == when)?;
        self.ends(InHand { worker, channel, row }, told)
    }

    /// Writes down how a claim ended; nothing of it counts where the claim was lost.
    fn ends(&mut self, hand: InHand, told: impl FnOnce(&mut Self, u8) -> Taken) -> Taken {
        *self.worker(hand.worker) = Worker::Idle;
        if self.stands(hand).is_none() {
            return Ok(());
        }
        self.close(hand);
        told(self, hand.channel)
    }

    fn end_unknown(&mut self, worker: u8) -> Taken {
        let Worker::Called { channel, row, request } = *self.worker(worker) else { return Err(Refused::Forbidden) };
        self.leave_request(channel, request);
        self.ends(InHand { worker, channel, row }, |step, channel| step.unknown(channel))
    }

    /// Nobody waits for this request any more; what is on its way may still arrive.
    fn leave_request(&mut self, channel: u8, request: Request) {
        if request == Request::Flying {
            let version = usize::from(self.state.version) - 1;
            self.channel(channel).flying[version] += 1;
        }
    }

    fn confirmed(&mut self, channel: u8) {
        if let Post::Intended(_) | Post::Unknown(_) | Post::NeedsPerson(_) = self.as_recorded(channel) {
            self.channel(channel).post = Post::Confirmed;
        }
    }

    /// The channel certainly did not take it.
    fn put_off(&mut self, channel: u8) -> Taken {
        let Post::Intended(attempt) = self.as_recorded(channel) else { return Ok(()) };
        self.owe_again(channel, attempt)
    }

    /// It certainly is not there: owed once more, where the incident runs and the vote still stands.
    pub(super) fn owe_again(&mut self, channel: u8, attempt: u8) -> Taken {
        if self.state.over {
            self.channel(channel).post = Post::Cancelled;
            return Ok(());
        }
        let stands = Count::with(self.bug).quorum(&self.state) || self.has(Bug::WithdrawnAfterIntent);
        if !stands && !self.has(Bug::RemovedStillCountsForRetry) {
            self.channel(channel).post = Post::Refused;
            return Ok(());
        }
        within(attempt < self.bounds.attempts)?;
        self.channel(channel).post = Post::Owed(attempt + 1);
        self.open_row(channel, attempt + 1)
    }

    fn refused(&mut self, channel: u8) {
        if let Post::Owed(_) | Post::Intended(_) = self.channel(channel).post {
            self.channel(channel).post = Post::Refused;
        }
    }

    fn unknown(&mut self, channel: u8) -> Taken {
        let Post::Intended(attempt) = self.as_recorded(channel) else { return Ok(()) };
        if self.has(Bug::RetryAfterUnknown) {
            return self.owe_again(channel, attempt);
        }
        if self.has(Bug::LostIsConfirmed) {
            self.confirmed(channel);
            return Ok(());
        }
        self.channel(channel).post = Post::Unknown(attempt);
        self.channel(channel).look = Row::owed(attempt);
        Ok(())
    }

    /// Where an intent was not recorded, the outcome of its call is taken as if it had been.
    fn as_recorded(&mut self, channel: u8) -> Post {
        match self.state.channels[usize::from(channel)].post {
            Post::Owed(attempt) if self.has(Bug::IntentNotRecorded) => Post::Intended(attempt),
            post => post,
        }
    }

    fn begin_look(&mut self, worker: u8, channel: u8) {
        *self.worker(worker) = Worker::Idle;
        let Row::Open { attempt, holder: Some(holder), .. } = self.channel(channel).look else { return };
        if holder != worker {
            return;
        }
        if self.channel(channel).post == Post::Unknown(attempt) {
            self.channel(channel).look = Row::Open { attempt, holder: Some(worker), leased: true, intended: false };
            *self.worker(worker) = Worker::Looking { channel };
        } else {
            self.channel(channel).look = Row::Closed;
        }
    }

    /// Exactly one post shows.
    fn look_hit(&mut self, worker: u8) -> Taken {
        let Worker::Looking { channel } = *self.worker(worker) else { return Err(Refused::Forbidden) };
        let version = usize::from(self.state.version) - 1;
        true_only(self.channel(channel).public[version] == 1)?;
        self.end_look(worker, channel, |step| {
            step.confirmed(channel);
            Ok(())
        })
    }

    /// Nothing shows: it is not there, or the list lags, or the channel could not be asked.
    fn look_miss(&mut self, worker: u8) -> Taken {
        let Worker::Looking { channel } = *self.worker(worker) else { return Err(Refused::Forbidden) };
        self.end_look(worker, channel, |step| {
            let Post::Unknown(attempt) = step.channel(channel).post else { return Ok(()) };
            if step.has(Bug::RetryOnMiss) {
                return step.owe_again(channel, attempt);
            }
            step.channel(channel).post = Post::NeedsPerson(attempt);
            Ok(())
        })
    }

    fn end_look(&mut self, worker: u8, channel: u8, told: impl FnOnce(&mut Self) -> Taken) -> Taken {
        *self.worker(worker) = Worker::Idle;
        match self.channel(channel).look {
            Row::Open { holder: Some(holder), .. } if holder == worker => {
                self.channel(channel).look = Row::Closed;
                told(self)
            }
            Row::Open { .. } | Row::Closed => Ok(()),
        }
    }

    /// The worker dies and forgets; the outbox and what is on its way stay.
    fn crash(&mut self, worker: u8) -> Taken {
        allow(*self.worker(worker) != Worker::Idle)?;
        within(self.state.spent.crashes < self.bounds.crashes)?;
        self.state.spent.crashes += 1;
        self.forget(worker);
        Ok(())
    }

    fn forget(&mut self, worker: u8) {
        // After a start nobody knows how long ago an intent was recorded.
        self.state.channels.iter_mut().for_each(|channel| channel.settled = false);
        if let Worker::Called { channel, request, .. } = *self.worker(worker) {
            self.leave_request(channel, request);
        }
        *self.worker(worker) = Worker::Idle;
        for row in self.state.channels.iter_mut().flat_map(|channel| channel.rows.iter_mut().chain([&mut channel.look]))
        {
            if let Row::Open { holder, .. } = row
                && *holder == Some(worker)
            {
                *holder = None;
            }
        }
    }

    fn restart_live(&mut self) -> Taken {
        allow(self.state.rehearsal && !self.state.holds_channels)?;
        within(self.state.spent.crashes < self.bounds.crashes)?;
        self.state.spent.crashes += 1;
        self.forget(0);
        self.forget(1);
        self.state.holds_channels = true;
        Ok(())
    }
}
