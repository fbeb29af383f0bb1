//! Everything that can happen, allowed or not; what is allowed is decided by taking the step.

use super::quorum::{ASKED, SEATS};
use super::state::{Bounds, Post, ROWS, Request, Row, Sight, State, VERSIONS, Worker};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    // People at the text and the vote.
    Save,
    /// Somebody presses yes in the mail about this version.
    Approve {
        slot: u8,
        version: u8,
    },
    TakeBack {
        slot: u8,
    },
    /// Somebody presses no in the mail about this version: the round is over.
    Reject {
        slot: u8,
        version: u8,
    },
    /// The same words once more.
    AskAgain,
    LoseSeat {
        seat: u8,
    },
    Stop,
    Resume,
    StandDown,
    BeginCorrection,
    // People at the channel.
    SayThere {
        channel: u8,
    },
    SayNotThere {
        channel: u8,
    },
    /// Whoever was asked to posts it by hand: the approved words, or others.
    PutUp {
        channel: u8,
        right: bool,
    },
    GiveAddress {
        channel: u8,
    },
    /// What a look at that address shows.
    See {
        channel: u8,
        sight: Sight,
    },
    AskTakeDown {
        channel: u8,
    },
    /// It is taken down, or the channel cannot do it.
    TakeDownEnds {
        channel: u8,
        down: bool,
    },
    // The outbox.
    Claim {
        worker: u8,
        channel: u8,
        row: u8,
    },
    ClaimLook {
        worker: u8,
        channel: u8,
    },
    Begin {
        worker: u8,
    },
    Send {
        worker: u8,
    },
    /// The deadline passed or posting was stopped before anything was sent.
    HoldBack {
        worker: u8,
    },
    EndDone {
        worker: u8,
    },
    EndLater {
        worker: u8,
    },
    EndNever {
        worker: u8,
    },
    EndUnknown {
        worker: u8,
    },
    LookHit {
        worker: u8,
    },
    LookMiss {
        worker: u8,
    },
    Crash {
        worker: u8,
    },
    /// A rehearsal's store is opened by a process that holds live channels.
    RestartLive,
    // The network.
    Arrive {
        worker: u8,
    },
    Lose {
        worker: u8,
    },
    ArriveLate {
        channel: u8,
        version: u8,
    },
    LoseLate {
        channel: u8,
        version: u8,
    },
    // Time.
    DeadlinePasses {
        worker: u8,
    },
    LeaseEnds {
        channel: u8,
        row: u8,
    },
    LookLeaseEnds {
        channel: u8,
    },
    Settles {
        channel: u8,
    },
}

impl Action {
    /// What the ordering of times alone decides: nothing in the engine does it.
    pub(crate) fn is_time(self) -> bool {
        matches!(
            self,
            Self::DeadlinePasses { .. } | Self::LeaseEnds { .. } | Self::LookLeaseEnds { .. } | Self::Settles { .. }
        )
    }
}

/// Whatever a person may try, sensible or not.
pub(crate) fn of_people(bounds: &Bounds, add: &mut impl FnMut(Action)) {
    add(Action::Save);
    for slot in 0..small(ASKED.len()) {
        for version in 1..=bounds.versions {
            add(Action::Approve { slot, version });
            add(Action::Reject { slot, version });
        }
        add(Action::TakeBack { slot });
    }
    for seat in 0..small(SEATS.len()) {
        add(Action::LoseSeat { seat });
    }
    add(Action::Stop);
    add(Action::Resume);
    add(Action::StandDown);
    add(Action::BeginCorrection);
    add(Action::AskAgain);
    for channel in 0..bounds.channels {
        add(Action::AskTakeDown { channel });
        add(Action::TakeDownEnds { channel, down: true });
        add(Action::TakeDownEnds { channel, down: false });
        add(Action::SayThere { channel });
        add(Action::SayNotThere { channel });
        if bounds.by_hand != 0 {
            add(Action::PutUp { channel, right: true });
            add(Action::PutUp { channel, right: false });
            add(Action::GiveAddress { channel });
        }
    }
}

/// What the outbox, the network and time can do next.
pub(crate) fn of_machines(bounds: &Bounds, state: &State, add: &mut impl FnMut(Action)) {
    for channel in 0..bounds.channels {
        of_channel(channel, state, add);
    }
    for worker in 0..bounds.workers {
        of_worker(worker, bounds, state, add);
    }
    add(Action::RestartLive);
}

fn of_channel(channel: u8, state: &State, add: &mut impl FnMut(Action)) {
    let here = &state.channels[usize::from(channel)];
    for row in 0..small(ROWS) {
        if let Row::Open { leased: true, .. } = here.rows[usize::from(row)] {
            add(Action::LeaseEnds { channel, row });
        }
    }
    if let Row::Open { leased: true, .. } = here.look {
        add(Action::LookLeaseEnds { channel });
    }
    if here.look_at {
        for sight in [Sight::Matches, Sight::Differs, Sight::Unseen] {
            add(Action::See { channel, sight });
        }
    }
    if matches!(here.post, Post::Intended(_) | Post::Unknown(_) | Post::NeedsPerson(_)) {
        add(Action::Settles { channel });
    }
    for version in 1..=small(VERSIONS) {
        if here.flying[usize::from(version) - 1] > 0 {
            add(Action::ArriveLate { channel, version });
            add(Action::LoseLate { channel, version });
        }
    }
}

fn of_worker(worker: u8, bounds: &Bounds, state: &State, add: &mut impl FnMut(Action)) {
    match state.workers[usize::from(worker)] {
        Worker::Idle => {
            for channel in 0..bounds.channels {
                for row in 0..small(ROWS) {
                    add(Action::Claim { worker, channel, row });
                }
                add(Action::ClaimLook { worker, channel });
            }
            return;
        }
        Worker::Holds { .. } => {
            add(Action::Begin { worker });
            add(Action::DeadlinePasses { worker });
        }
        Worker::Intends { .. } => {
            add(Action::Send { worker });
            add(Action::HoldBack { worker });
            add(Action::DeadlinePasses { worker });
        }
        Worker::Called { request, .. } => of_call(worker, request, add),
        Worker::HoldsLook { .. } => add(Action::Begin { worker }),
        Worker::Looking { .. } => {
            add(Action::LookHit { worker });
            add(Action::LookMiss { worker });
        }
    }
    add(Action::Crash { worker });
}

fn of_call(worker: u8, request: Request, add: &mut impl FnMut(Action)) {
    add(Action::EndUnknown { worker });
    match request {
        Request::Flying => {
            add(Action::Arrive { worker });
            add(Action::Lose { worker });
            add(Action::EndLater { worker });
            add(Action::EndNever { worker });
        }
        Request::Arrived => add(Action::EndDone { worker }),
        Request::Lost => {}
    }
}

pub(crate) fn small(count: usize) -> u8 {
    u8::try_from(count).unwrap()
}
