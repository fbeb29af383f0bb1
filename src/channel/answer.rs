//! What another server's answer to a post means, the same for every channel that calls one.

use std::time::Duration;

use jiff::Timestamp;

use super::{Found, Outcome, Reason};
use crate::net::{Answer, Fault, RETRY_AFTER_MAX, StatusCode, retry_after};

/// How long to wait where a server does not say.
const RETRY_AFTER: Duration = Duration::from_mins(1);

/// What a call without an answer means.
pub(super) fn unanswered(fault: Fault) -> Outcome {
    let later = |why| Outcome::Later { why, after: RETRY_AFTER };
    match fault {
        Fault::NotAllowed => later(Reason::NotPublic),
        Fault::NotReached => later(Reason::Unreachable),
        Fault::Redirects => Outcome::Never(Reason::Moved),
        Fault::Lost => Outcome::Unknown(Reason::Unreachable),
        Fault::TooSlow => Outcome::Unknown(Reason::TimedOut),
    }
}

/// What an answer means; none where the post was taken.
pub(super) fn refused(answer: &Answer, now: Timestamp) -> Option<Outcome> {
    let said = retry_after(&answer.headers, now, RETRY_AFTER_MAX);
    let later = || Outcome::Later { why: Reason::Busy, after: said.unwrap_or(RETRY_AFTER) };
    let status = answer.status;
    Some(match status.as_u16() {
        200..=299 => return None,
        300..=399 => Outcome::Never(Reason::Moved),
        401 | 403 => Outcome::Never(Reason::SignIn),
        // Not taken, by their own meaning: no whole request, too early, too many.
        408 | 425 | 429 => later(),
        // There already, perhaps from a call whose answer was lost.
        409 => Outcome::Unknown(Reason::Refused),
        400..=499 => Outcome::Never(Reason::Refused),
        503 if said.is_some() => later(),
        _ => Outcome::Unknown(Reason::Refused),
    })
}

/// The same for a call that only asks: nothing can have been taken.
pub(super) fn not_asked(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Unknown(why) => Outcome::Later { why, after: RETRY_AFTER },
        certain @ (Outcome::Never(_) | Outcome::Later { .. } | Outcome::Done { .. }) => certain,
    }
}

/// What an answer that cannot be read means, where it was only asked for.
pub(super) fn garbled() -> Outcome {
    Outcome::Later { why: Reason::Garbled, after: RETRY_AFTER }
}

/// The same for a look-up.
pub(super) fn cannot_tell(outcome: &Outcome) -> Found {
    match outcome {
        Outcome::Never(why) | Outcome::Later { why, .. } | Outcome::Unknown(why) => Found::CannotTell(*why),
        Outcome::Done { .. } => Found::CannotTell(Reason::Garbled),
    }
}

/// Whether a page is gone, or was never there.
pub(super) fn is_gone(status: StatusCode) -> bool {
    matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE)
}
