//! What nobody in the protocol does: requests arrive or are lost, and time passes, as far as the order of times allows.

use super::state::{Post, Request, Row, Worker};
use super::step::{Refused, Step, Taken, allow};

impl Step<'_> {
    pub(super) fn request_becomes(&mut self, worker: u8, becomes: Request) -> Taken {
        let version = usize::from(self.state.version) - 1;
        let Worker::Called { channel, row, request: Request::Flying } = *self.worker(worker) else {
            return Err(Refused::Forbidden);
        };
        *self.worker(worker) = Worker::Called { channel, row, request: becomes };
        if becomes == Request::Arrived {
            self.channel(channel).public[version] += 1;
        }
        Ok(())
    }

    pub(super) fn late(&mut self, channel: u8, version: u8, arrives: bool) -> Taken {
        let version = usize::from(version) - 1;
        let here = self.channel(channel);
        allow(here.flying[version] > 0)?;
        here.flying[version] -= 1;
        here.public[version] += u8::from(arrives);
        Ok(())
    }

    pub(super) fn deadline_passes(&mut self, worker: u8) -> Taken {
        match self.worker(worker) {
            Worker::Holds { in_time, .. } | Worker::Intends { in_time, .. } if *in_time => {
                *in_time = false;
                Ok(())
            }
            Worker::Holds { .. }
            | Worker::Intends { .. }
            | Worker::Idle
            | Worker::Called { .. }
            | Worker::HoldsLook { .. }
            | Worker::Looking { .. } => Err(Refused::Forbidden),
        }
    }

    /// A lease is longer than the deadline of the call that it was taken for.
    pub(super) fn lease_ends(&mut self, channel: u8, row: u8) -> Taken {
        let in_time = |worker: &Worker| {
            matches!(*worker, Worker::Holds { channel: on, row: of, in_time: true } | Worker::Intends { channel: on, row: of, in_time: true }
                if (on, of) == (channel, row))
        };
        allow(!self.state.workers.iter().any(in_time))?;
        let Row::Open { attempt, holder, leased: true, intended } = self.channel(channel).rows[usize::from(row)] else {
            return Err(Refused::Forbidden);
        };
        self.channel(channel).rows[usize::from(row)] = Row::Open { attempt, holder, leased: false, intended };
        self.channel(channel).lease_over |= intended;
        Ok(())
    }

    pub(super) fn look_lease_ends(&mut self, channel: u8) -> Taken {
        let Row::Open { attempt, holder, leased: true, intended } = self.channel(channel).look else {
            return Err(Refused::Forbidden);
        };
        self.channel(channel).look = Row::Open { attempt, holder, leased: false, intended };
        Ok(())
    }

    /// Settling takes longer than any lease and any call since the intent, and than any request on its way.
    pub(super) fn settles(&mut self, channel: u8) -> Taken {
        let could_still_call = self.state.workers.iter().any(|worker| {
            matches!(*worker, Worker::Intends { channel: on, in_time: true, .. } | Worker::Called { channel: on, request: Request::Flying, .. }
                if on == channel)
        });
        let here = self.channel(channel);
        let lease_runs = matches!(here.post, Post::Intended(_)) && !here.lease_over;
        allow(!could_still_call && !lease_runs && !here.settled && here.flying.iter().all(|&count| count == 0))?;
        here.settled = true;
        Ok(())
    }
}
