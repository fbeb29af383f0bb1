//! Who did what an event tells, where it was a person.

use crate::core::incident::{Asker, Author, Event};
use crate::core::name::PersonId;

/// The person whose doing this event is; none where a clock, a channel or the folder caused it.
pub fn actor(event: &Event) -> Option<&PersonId> {
    match event {
        Event::SeverityRaised { by, .. }
        | Event::Verified { by, .. }
        | Event::Claimed { by }
        | Event::HandOverOffered { by, .. }
        | Event::HandOverAccepted { by }
        | Event::PlaybookPicked { by, .. }
        | Event::BegunEarly { by, .. }
        | Event::StepSkipped { by, .. }
        | Event::TaskAdded { by, .. }
        | Event::StoryBroken { by, .. }
        | Event::Used { by, .. }
        | Event::SaidNow { by, .. }
        | Event::TaskDone { by, .. }
        | Event::FactProposed { by, .. }
        | Event::FactConfirmed { by, .. }
        | Event::FactLeftUnknown { by, .. }
        | Event::Saved { by: Author::Person(by), .. }
        | Event::RedraftAsked { by, .. }
        | Event::BlockLifted { by, .. }
        | Event::AskedAgain { by, .. }
        | Event::DecisionTaken { person: by, .. }
        | Event::DecisionWithdrawn { person: by, .. }
        | Event::PostSettled { by, .. }
        | Event::PostedByHand { by, .. }
        | Event::TakeDownAsked { by, .. }
        | Event::TakenDown { by: Some(by), .. }
        | Event::CorrectionBegun { by, .. }
        | Event::ChangeAgreed { by, .. }
        | Event::StandDownAsked { by: Asker::Person(by), .. }
        | Event::Closed { by, .. }
        | Event::LessonAdded { by, .. }
        | Event::TextPicked { by, .. }
        | Event::FollowUpDone { by, .. } => Some(by),
        Event::Between(between) => between.actor(),
        Event::Opened(_)
        | Event::SpikeChanged { .. }
        | Event::SpikeJoined { .. }
        | Event::Saved { by: Author::Template, .. }
        | Event::DraftFailed { .. }
        | Event::RequestLocked { .. }
        | Event::DeadlinePassed { .. }
        | Event::PostIntended { .. }
        | Event::PostConfirmed { .. }
        | Event::PostPutOff { .. }
        | Event::PostRefused { .. }
        | Event::PostUnknown { .. }
        | Event::PostNotFound { .. }
        | Event::PostSeen { .. }
        | Event::TakenDown { by: None, .. }
        | Event::TakeDownFailed { .. }
        | Event::PostingStopped { .. }
        | Event::PostingResumed { .. }
        | Event::MailRefused { .. }
        | Event::Mail(_)
        | Event::DelegationEnded { .. }
        | Event::LeftRole { .. }
        | Event::ChangeOffered { .. }
        | Event::ChangeDropped { .. }
        | Event::Injected { .. }
        | Event::BrokenOff { .. }
        | Event::StandDownAsked { by: Asker::Playbook, .. } => None,
    }
}
