//! A post on one channel: owed, intended, then confirmed, refused or unknown; a person is asked where nothing shows.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::core::approval::Ballot;
use crate::core::name::{ChannelName, PersonId};
use crate::core::period::Period;
use crate::core::statement::{Package, Seen};

/// How long after an intent a late worker could still reach the channel: the lease of its claim (45 s), the call's
/// deadline (20 s), and what the channel takes until its own lists show a post (25 s).
pub const SETTLE: Period = Period::seconds(90);

/// A statement that is going out: the vote that it stands on, and each channel's post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    pub ballot: Ballot<Package>,
    pub posts: BTreeMap<ChannelName, PostPhase>,
    /// The playbook was switched meanwhile: what did not go out is tried no more.
    pub recalled: bool,
}

/// Where a statement stands on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostPhase {
    Owed {
        attempt: u32,
    },
    /// Recorded before the call: from here on it may be public.
    Intended {
        attempt: u32,
        at: Timestamp,
    },
    /// What became of the call is not known: the channel's own posts are looked through before anything else.
    Unknown {
        attempt: u32,
        /// When it was intended.
        at: Timestamp,
        why: String,
    },
    /// It does not show, or the channel cannot be asked: a person must look.
    NeedsPerson {
        attempt: u32,
        at: Timestamp,
        why: String,
    },
    Confirmed {
        url: String,
        at: Timestamp,
        /// What a look at an address that a person gave showed.
        seen: Option<Seen>,
    },
    /// The channel will never take it.
    Refused {
        why: String,
    },
    /// A person was asked to post it.
    ByHand {
        by: PersonId,
    },
    /// The incident ended first, or a correction of the words began.
    Cancelled,
    /// It was public, and somebody asked for it to be taken down.
    TakingDown {
        url: String,
        at: Timestamp,
        by: PersonId,
        seen: Option<Seen>,
    },
    /// It was public and is not any more.
    TakenDown {
        at: Timestamp,
        down_at: Timestamp,
    },
}

impl PostPhase {
    /// When it became public; also of what was taken down since.
    pub fn confirmed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Confirmed { at, .. } | Self::TakingDown { at, .. } | Self::TakenDown { at, .. } => Some(*at),
            Self::Owed { .. }
            | Self::Intended { .. }
            | Self::Unknown { .. }
            | Self::NeedsPerson { .. }
            | Self::Refused { .. }
            | Self::ByHand { .. }
            | Self::Cancelled => None,
        }
    }

    /// When it went from where it was public.
    pub fn down_at(&self) -> Option<Timestamp> {
        if let Self::TakenDown { down_at, .. } = self { Some(*down_at) } else { None }
    }

    /// Since when it is public, or may be.
    pub fn perhaps_public_since(&self) -> Option<Timestamp> {
        match self {
            Self::Intended { at, .. }
            | Self::Unknown { at, .. }
            | Self::NeedsPerson { at, .. }
            | Self::Confirmed { at, .. }
            | Self::TakingDown { at, .. } => Some(*at),
            Self::Owed { .. }
            | Self::Refused { .. }
            | Self::ByHand { .. }
            | Self::Cancelled
            | Self::TakenDown { .. } => None,
        }
    }

    /// Where the public reads it now.
    pub fn public_at(&self) -> Option<&str> {
        match self {
            Self::Confirmed { url, .. } | Self::TakingDown { url, .. } => Some(url),
            Self::Owed { .. }
            | Self::Intended { .. }
            | Self::Unknown { .. }
            | Self::NeedsPerson { .. }
            | Self::Refused { .. }
            | Self::ByHand { .. }
            | Self::Cancelled
            | Self::TakenDown { .. } => None,
        }
    }

    /// Whether nothing is owed or open on this channel any more.
    pub fn is_settled(&self) -> bool {
        match self {
            Self::Confirmed { .. }
            | Self::Refused { .. }
            | Self::Cancelled
            | Self::TakingDown { .. }
            | Self::TakenDown { .. } => true,
            Self::Owed { .. }
            | Self::Intended { .. }
            | Self::Unknown { .. }
            | Self::NeedsPerson { .. }
            | Self::ByHand { .. } => false,
        }
    }

    /// Whether it may be public without anybody knowing.
    pub fn is_on_its_way(&self) -> bool {
        match self {
            Self::Intended { .. } | Self::Unknown { .. } | Self::NeedsPerson { .. } => true,
            Self::Owed { .. }
            | Self::Confirmed { .. }
            | Self::Refused { .. }
            | Self::ByHand { .. }
            | Self::Cancelled
            | Self::TakingDown { .. }
            | Self::TakenDown { .. } => false,
        }
    }

    /// Whether nothing of it went out, and it still may.
    fn is_still_owed(&self) -> bool {
        match self {
            Self::Owed { .. } | Self::ByHand { .. } => true,
            Self::Intended { .. }
            | Self::Unknown { .. }
            | Self::NeedsPerson { .. }
            | Self::Confirmed { .. }
            | Self::Refused { .. }
            | Self::Cancelled
            | Self::TakingDown { .. }
            | Self::TakenDown { .. } => false,
        }
    }

    /// Who was asked to post it by hand.
    pub(super) fn with_person(&self) -> Option<&PersonId> {
        if let Self::ByHand { by } = self { Some(by) } else { None }
    }
}

impl Posting {
    /// Whether the first channel's intent is recorded, so that nothing can be taken back.
    pub fn has_begun(&self) -> bool {
        !self.posts.values().all(|post| match post {
            PostPhase::Owed { attempt } => *attempt == 1,
            PostPhase::ByHand { .. } | PostPhase::Cancelled => true,
            PostPhase::Intended { .. }
            | PostPhase::Unknown { .. }
            | PostPhase::NeedsPerson { .. }
            | PostPhase::Confirmed { .. }
            | PostPhase::Refused { .. }
            | PostPhase::TakingDown { .. }
            | PostPhase::TakenDown { .. } => false,
        })
    }

    pub fn anything_confirmed(&self) -> bool {
        self.posts.values().any(|post| post.confirmed_at().is_some())
    }

    pub(super) fn asked_to_post(&self) -> Vec<PersonId> {
        self.posts.values().filter_map(|post| post.with_person().cloned()).collect()
    }

    /// The channels that have nothing yet.
    pub(super) fn still_owed(&self) -> Vec<ChannelName> {
        let owed = self.posts.iter().filter(|(_, post)| post.is_still_owed());
        owed.map(|(channel, _)| channel.clone()).collect()
    }

    pub(super) fn cancel_owed(&mut self) {
        for post in self.posts.values_mut().filter(|post| post.is_still_owed()) {
            *post = PostPhase::Cancelled;
        }
    }
}
