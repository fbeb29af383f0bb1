//! What the model remembers. Small and `Copy`, because the checker keeps hundreds of thousands of them.

use super::quorum::SLOTS;

pub(crate) const CHANNELS: usize = 2;
pub(crate) const WORKERS: usize = 2;
/// The first text and one more: an edit, or a correction.
pub(crate) const VERSIONS: usize = 2;
/// Outbox rows that one channel can have open at once: a yes taken back leaves one behind.
pub(crate) const ROWS: usize = 2;

/// How often what is rare happens at most in one path; everything else happens as often as it can.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) channels: u8,
    pub(crate) workers: u8,
    pub(crate) rehearsals: bool,
    /// Whether the paths begin with all yeses but the last and nobody else votes, so that the posting is explored.
    pub(crate) agreed: bool,
    pub(crate) versions: u8,
    pub(crate) attempts: u8,
    pub(crate) crashes: u8,
    /// Seats that may be lost, as bits, and how many of them in one path.
    pub(crate) seats: u8,
    pub(crate) removals: u8,
    pub(crate) withdrawals: u8,
    pub(crate) stops: u8,
    pub(crate) stand_downs: u8,
    pub(crate) corrections: u8,
    pub(crate) rejections: u8,
    pub(crate) take_downs: u8,
    /// The channels, as bits, that a person posts to by hand.
    pub(crate) by_hand: u8,
}

/// How often it happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Spent {
    pub(crate) crashes: u8,
    pub(crate) withdrawals: u8,
    pub(crate) stops: u8,
    pub(crate) corrections: u8,
    pub(crate) rejections: u8,
    pub(crate) take_downs: u8,
}

/// Where the statement stands on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Post {
    Nothing,
    Owed(u8),
    Intended(u8),
    Unknown(u8),
    NeedsPerson(u8),
    Confirmed,
    Refused,
    ByHand,
    Cancelled,
    TakingDown,
    TakenDown,
}

/// What stands where somebody posts by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Board {
    Nothing,
    /// The words of this version.
    Words(u8),
    Other,
}

/// What a look at an address showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Sight {
    None,
    Matches,
    Differs,
    Unseen,
}

/// One row of the outbox. A worker whose row names another holder has lost it: that is what the epoch says. `intended`: it
/// was under this row that the intent was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Row {
    Closed,
    Open { attempt: u8, holder: Option<u8>, leased: bool, intended: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing that is so or not")]
pub(crate) struct Channel {
    pub(crate) post: Post,
    pub(crate) rows: [Row; ROWS],
    /// The row of the look-up.
    pub(crate) look: Row,
    /// The lease under which the latest intent was recorded is over.
    pub(crate) lease_over: bool,
    /// Lease, call deadline and settling time since the latest intent are over.
    pub(crate) settled: bool,
    /// Requests that nobody waits for any more and that may still arrive, by version.
    pub(crate) flying: [u8; VERSIONS],
    /// How often the public sees each version.
    pub(crate) public: [u8; VERSIONS],
    /// A person said "not there: post again".
    pub(crate) again: bool,
    /// What stands there, where a person posts by hand; and whether an address was given for it, of this or the corrected text.
    pub(crate) board: Board,
    pub(crate) given: bool,
    /// The address is to be looked at.
    pub(crate) look_at: bool,
    pub(crate) sight: Sight,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Request {
    Flying,
    Arrived,
    Lost,
}

/// A task of the outbox; two of them stand for two tasks or two machines. `row` is its place in the channel's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Worker {
    Idle,
    /// Claimed; nothing is decided yet. `in_time`: the deadline of the call has not passed.
    Holds {
        channel: u8,
        row: u8,
        in_time: bool,
    },
    /// The intent is recorded, nothing is sent yet.
    Intends {
        channel: u8,
        row: u8,
        in_time: bool,
    },
    Called {
        channel: u8,
        row: u8,
        request: Request,
    },
    HoldsLook {
        channel: u8,
    },
    Looking {
        channel: u8,
    },
}

/// Told for the properties only: nothing that happens reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing that happened or not")]
pub(crate) struct Told {
    /// The versions, as bits, that were frozen with the full quorum of people entitled to it and were not taken back.
    pub(crate) agreed: u8,
    /// Something was intended while posting was stopped or after the incident was stood down.
    pub(crate) intended_after_stop: bool,
    /// Something was intended that no full quorum of people still entitled stood behind.
    pub(crate) intended_on_fewer: bool,
    /// An address was taken while no full quorum of people still entitled stood behind the words.
    pub(crate) counted_on_fewer: bool,
    /// Somebody had said no, and the round went on.
    pub(crate) refused_and_frozen: bool,
    /// An outcome was called lost while the lease of its call ran.
    pub(crate) given_up_early: bool,
    /// A yes was taken back after the freeze and before the first intent.
    pub(crate) taken_back: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing that is so or not")]
pub(crate) struct State {
    /// What the incident was opened as.
    pub(crate) rehearsal: bool,
    /// Whether the process holds live channels.
    pub(crate) holds_channels: bool,
    pub(crate) version: u8,
    /// Which version each person said yes to in each stage; nothing is version 0.
    pub(crate) yes: [u8; SLOTS],
    /// The seats that people have lost, as bits.
    pub(crate) lost: u8,
    /// The second stage was asked.
    pub(crate) second_asked: bool,
    /// Somebody said no: nobody is asked until somebody asks again or changes the words.
    pub(crate) held: bool,
    /// The quorum was met and the version handed to its channels.
    pub(crate) frozen: bool,
    pub(crate) correcting: bool,
    pub(crate) stopped: bool,
    pub(crate) over: bool,
    pub(crate) channels: [Channel; CHANNELS],
    pub(crate) workers: [Worker; WORKERS],
    pub(crate) spent: Spent,
    pub(crate) told: Told,
}

impl Row {
    pub(crate) const fn owed(attempt: u8) -> Self {
        Self::Open { attempt, holder: None, leased: false, intended: false }
    }
}

impl Channel {
    pub(crate) const EMPTY: Self = Self {
        post: Post::Nothing,
        rows: [Row::Closed; ROWS],
        look: Row::Closed,
        lease_over: false,
        settled: false,
        flying: [0; VERSIONS],
        public: [0; VERSIONS],
        again: false,
        board: Board::Nothing,
        given: false,
        look_at: false,
        sight: Sight::None,
    };

    pub(crate) fn has_open_rows(&self) -> bool {
        self.look_at || self.look != Row::Closed || self.rows.iter().any(|row| *row != Row::Closed)
    }
}

impl Post {
    pub(crate) fn is_settled(self) -> bool {
        match self {
            Self::Nothing | Self::Confirmed | Self::Refused | Self::Cancelled | Self::TakingDown | Self::TakenDown => {
                true
            }
            Self::Owed(_) | Self::Intended(_) | Self::Unknown(_) | Self::NeedsPerson(_) | Self::ByHand => false,
        }
    }
}

impl State {
    pub(crate) fn start(bounds: &Bounds, rehearsal: bool) -> Self {
        Self {
            rehearsal,
            holds_channels: !rehearsal,
            version: 1,
            yes: [0; SLOTS],
            lost: 0,
            second_asked: false,
            held: false,
            frozen: false,
            correcting: false,
            stopped: false,
            over: false,
            channels: [Channel::EMPTY; CHANNELS],
            workers: [Worker::Idle; WORKERS],
            spent: Spent::default(),
            told: Told::default(),
        }
        .agreed_if(bounds.agreed)
    }

    fn agreed_if(mut self, agreed: bool) -> Self {
        if agreed {
            self.yes = super::quorum::ALL_BUT_ONE;
            self.second_asked = true;
        }
        self
    }

    /// Whether the intent of the first channel is recorded, so that nothing can be taken back.
    pub(crate) fn has_begun(&self) -> bool {
        self.channels.iter().any(|channel| match channel.post {
            Post::Nothing | Post::Owed(1) | Post::ByHand | Post::Cancelled => false,
            Post::Owed(_)
            | Post::Intended(_)
            | Post::Unknown(_)
            | Post::NeedsPerson(_)
            | Post::Confirmed
            | Post::Refused
            | Post::TakingDown
            | Post::TakenDown => true,
        })
    }

    /// The same state with the two channels or the two workers named the other way round.
    fn renamed(&self, channels: bool, workers: bool) -> Self {
        let mut other = *self;
        if channels {
            other.channels.swap(0, 1);
            for worker in &mut other.workers {
                match worker {
                    Worker::Idle => {}
                    Worker::Holds { channel, .. }
                    | Worker::Intends { channel, .. }
                    | Worker::Called { channel, .. }
                    | Worker::HoldsLook { channel }
                    | Worker::Looking { channel } => *channel = 1 - *channel,
                }
            }
        }
        if workers {
            other.workers.swap(0, 1);
            for row in other.channels.iter_mut().flat_map(|channel| channel.rows.iter_mut().chain([&mut channel.look]))
            {
                if let Row::Open { holder: Some(holder), .. } = row {
                    *holder = 1 - *holder;
                }
            }
        }
        other
    }

    /// One of the states that differ in names only, so that the checker meets it once.
    pub(crate) fn canonical(&self, bounds: &Bounds) -> Self {
        let mut least = *self;
        for (channels, workers) in [(true, false), (false, true), (true, true)] {
            // A board is not like a wire.
            if (!channels || bounds.channels == 2 && bounds.by_hand == 0) && (!workers || bounds.workers == 2) {
                least = least.min(self.renamed(channels, workers));
            }
        }
        least
    }
}
