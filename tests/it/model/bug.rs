//! Faults that the protocol must not have, each a variant of the model that the checker has to catch.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// A yes to an earlier text counts for the current one.
    NotBoundToTheVersion,
    /// One person of two roles is both of the two people.
    OneYesForTwoRoles,
    /// Who lost the seat after saying yes still counts at the freeze.
    RemovedStillCounts,
    /// Who lost the seat after the first channel had it still counts for the next attempt.
    RemovedStillCountsForRetry,
    /// A no holds nothing up: the round goes on with the yeses that it has.
    RefusedAndCounted,
    /// A yes is taken back after the intent, as if nothing had gone out.
    WithdrawnAfterIntent,
    /// Only the process says whether it is a rehearsal, not also the incident.
    RehearsalCheckedOnce,
    /// The call is made before its intent is recorded, so that a crash forgets it.
    IntentNotRecorded,
    /// A second row of an attempt, left behind by a yes that was taken back, takes the first one's call for lost.
    AnyRowOfTheAttempt,
    /// An unknown outcome is tried again.
    RetryAfterUnknown,
    /// A look-up that shows nothing is believed.
    RetryOnMiss,
    /// A person's "not there" is taken before the last late call is over.
    PostAgainTooEarly,
    /// The deadline is not looked at right before sending.
    SentAfterDeadline,
    /// A row that was claimed before the stop goes on.
    StopIgnoredByClaimedRow,
    /// A row that was claimed before the stand-down goes on.
    StandDownIgnoredByClaimedRow,
    /// What the call came back with is written down as confirmed, whatever it was.
    LostIsConfirmed,
    /// Whoever was asked to post by hand stays asked where a yes is taken back or a seat lost.
    AskedByHandStays,
    /// A look that saw nothing is taken for one that saw the approved words.
    UnseenIsAMatch,
}
