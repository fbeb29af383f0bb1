//! The duty from hand to hand: each offer, and who accepted it when.

use jiff::Timestamp;

use super::walk::Turned;
use crate::core::incident::{Deadline, Event};
use crate::core::name::PersonId;

/// One offer of the duty to the next shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOver {
    pub at: Timestamp,
    pub by: PersonId,
    pub to: PersonId,
    pub came: Came,
}

/// What came of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    Accepted {
        by: PersonId,
        at: Timestamp,
        /// Its time had gone by, and everybody had heard so.
        late: bool,
    },
    /// It was offered to somebody else, or once more, before anybody accepted it.
    Replaced,
    /// Nobody has accepted it; whether its time had gone by.
    Open { unanswered: bool },
}

#[derive(Clone, Debug, Default)]
pub(super) struct Duty(pub(super) Vec<HandedOver>);

impl Duty {
    pub(super) fn see(&mut self, turned: Turned<'_>) {
        if let Event::HandOverOffered { by, to, .. } = turned.event {
            if let Some(came @ Came::Open { .. }) = self.last() {
                *came = Came::Replaced;
            }
            let came = Came::Open { unanswered: false };
            self.0.push(HandedOver { at: turned.at, by: by.clone(), to: to.clone(), came });
        }
        if let (Event::HandOverAccepted { by }, Some(came)) = (turned.event, self.last()) {
            let late = *came == Came::Open { unanswered: true };
            *came = Came::Accepted { by: by.clone(), at: turned.at, late };
        }
        if let (Event::DeadlinePassed { of: Deadline::HandOver { .. } }, Some(came)) = (turned.event, self.last()) {
            *came = Came::Open { unanswered: true };
        }
    }

    fn last(&mut self) -> Option<&mut Came> {
        self.0.last_mut().map(|offer| &mut offer.came)
    }
}
