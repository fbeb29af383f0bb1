//! The checker over every scope, and over every fault.

use std::collections::BTreeSet;
use std::time::Instant;

use stateright::{Checker as _, Expectation, HasDiscoveries, Model as _};

use super::bug::Bug;
use super::state::Bounds;
use super::{
    AGREED, ASKED_BY_HAND, CONFIRMED, ENTITLED, HELD, INSIDE, MATCHES, ONCE, ONE_YES, Protocol, REFUSED, STOPPED,
    properties,
};

/// Fewer states than this would mean that a scope explores nothing.
const STATES_MIN: usize = 10_000;

const NOTHING_RARE: Bounds = Bounds {
    channels: 1,
    workers: 1,
    rehearsals: false,
    agreed: true,
    versions: 1,
    attempts: 1,
    crashes: 0,
    seats: 0,
    removals: 0,
    withdrawals: 0,
    stops: 0,
    stand_downs: 0,
    corrections: 0,
    rejections: 0,
    take_downs: 0,
    by_hand: 0,
};
const ALL_SEATS: u8 = 0b11_1111;
const DANS_SEAT: u8 = 0b10_0000;

const VOTE: Bounds =
    Bounds { agreed: false, versions: 2, seats: ALL_SEATS, removals: 1, withdrawals: 1, ..NOTHING_RARE };
const VOTE_STOPPED: Bounds = Bounds { removals: 0, stops: 1, stand_downs: 1, ..VOTE };
const VOTE_REFUSED: Bounds = Bounds { rejections: 1, removals: 0, withdrawals: 1, stops: 1, ..VOTE };
const LATE: Bounds = Bounds { workers: 2, attempts: 2, crashes: 1, ..NOTHING_RARE };
const LATE_FEWER: Bounds = Bounds { seats: DANS_SEAT, removals: 1, withdrawals: 1, ..LATE };
const LATE_STOPPED: Bounds = Bounds { withdrawals: 1, stops: 1, ..LATE };
const LATE_OVER: Bounds = Bounds { seats: DANS_SEAT, removals: 1, stops: 1, stand_downs: 1, ..LATE };
const CHANNELS: Bounds = Bounds { channels: 2, workers: 2, crashes: 1, rehearsals: true, ..NOTHING_RARE };
const CHANNELS_FEWER: Bounds =
    Bounds { channels: 2, seats: DANS_SEAT, removals: 1, stops: 1, stand_downs: 1, ..NOTHING_RARE };
const CORRECTION: Bounds = Bounds { channels: 2, versions: 2, corrections: 1, ..NOTHING_RARE };
const TAKEN_DOWN: Bounds = Bounds { take_downs: 1, withdrawals: 0, ..LATE_FEWER };
/// A wire and a board; the text may be changed once a yes is taken back.
const BY_HAND: Bounds = Bounds { channels: 2, by_hand: 0b10, versions: 2, withdrawals: 1, stops: 1, ..NOTHING_RARE };
const BY_HAND_FEWER: Bounds =
    Bounds { channels: 2, by_hand: 0b10, seats: DANS_SEAT, removals: 1, stand_downs: 1, attempts: 2, ..NOTHING_RARE };
const BY_HAND_CORRECTED: Bounds =
    Bounds { channels: 2, by_hand: 0b10, versions: 2, corrections: 1, take_downs: 1, ..NOTHING_RARE };

/// Every reachable state: nothing that must hold fails, and each of `reached` can happen.
fn holds(scope: &str, bounds: Bounds, reached: &[&str]) {
    let begun = Instant::now();
    let checker = Protocol { bounds, bug: None, canonical: true }.checker().threads(2).spawn_bfs().join();
    assert!(checker.is_done(), "{scope}: not every state was met");
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    eprintln!("model, {scope}: {states} states, {depth} steps deep, {:.1?}", begun.elapsed());
    let found = checker.discoveries();
    for property in properties() {
        match property.expectation {
            Expectation::Always | Expectation::Eventually => {
                let broken = found.get(property.name).map(|path| path.clone().into_actions());
                assert_eq!(broken, None, "{scope}: {}", property.name);
            }
            Expectation::Sometimes => {
                let can = found.contains_key(property.name) || !reached.contains(&property.name);
                assert!(can, "{scope}: never {}", property.name);
            }
        }
    }
    assert!(states > STATES_MIN, "{scope}: only {states} states");
}

#[test]
fn the_vote_holds_in_every_state() {
    holds("vote", VOTE, &["confirmed", "a person is needed", "taken back before the intent"]);
    holds("vote, refused", VOTE_REFUSED, &["confirmed", "refused"]);
    holds("vote, stopped and stood down", VOTE_STOPPED, &["confirmed", "taken back before the intent"]);
}

#[test]
fn the_late_worker_is_kept_out_in_every_state() {
    let again = ["confirmed", "a person is needed", "posted again by a person"];
    holds("late", LATE_FEWER, &again);
    holds("late, stopped", LATE_STOPPED, &again);
    holds("late, stood down", LATE_OVER, &again);
}

#[test]
fn two_channels_and_a_correction_hold_in_every_state() {
    holds("channels", CHANNELS, &["confirmed", "a person is needed"]);
    holds("channels, on fewer votes", CHANNELS_FEWER, &["confirmed", "a person is needed"]);
    holds("correction", CORRECTION, &["confirmed", "corrected"]);
    holds("taken down", TAKEN_DOWN, &["confirmed", "taken down"]);
}

#[test]
fn what_is_posted_by_hand_holds_in_every_state() {
    let seen = ["confirmed", "seen to match", "seen to differ", "could not be seen", "put up, and taken back"];
    holds("by hand", BY_HAND, &seen);
    holds("by hand, on fewer votes", BY_HAND_FEWER, &seen[..4]);
    holds("by hand, corrected", BY_HAND_CORRECTED, &[&seen[..4], &["taken down"]].concat());
}

/// The faults, where each shows, and what it breaks.
const FAULTS: [(Bug, Bounds, &str); 18] = [
    (Bug::NotBoundToTheVersion, VOTE, AGREED),
    (Bug::RefusedAndCounted, VOTE_REFUSED, REFUSED),
    (Bug::OneYesForTwoRoles, VOTE, ONE_YES),
    (Bug::RemovedStillCounts, VOTE, AGREED),
    (Bug::RemovedStillCountsForRetry, LATE_FEWER, ENTITLED),
    (Bug::WithdrawnAfterIntent, LATE_FEWER, AGREED),
    (Bug::RehearsalCheckedOnce, CHANNELS, INSIDE),
    (Bug::IntentNotRecorded, LATE, ONCE),
    (Bug::AnyRowOfTheAttempt, LATE_STOPPED, HELD),
    (Bug::RetryAfterUnknown, LATE, ONCE),
    (Bug::RetryOnMiss, LATE, ONCE),
    (Bug::PostAgainTooEarly, LATE, ONCE),
    (Bug::SentAfterDeadline, LATE, ONCE),
    (Bug::StopIgnoredByClaimedRow, VOTE_STOPPED, STOPPED),
    (Bug::StandDownIgnoredByClaimedRow, VOTE_STOPPED, STOPPED),
    (Bug::LostIsConfirmed, LATE, CONFIRMED),
    (Bug::AskedByHandStays, BY_HAND, ASKED_BY_HAND),
    (Bug::UnseenIsAMatch, BY_HAND, MATCHES),
];

#[test]
fn each_fault_is_caught() {
    for (bug, bounds, property) in FAULTS {
        let begun = Instant::now();
        let stop = HasDiscoveries::AnyOf(BTreeSet::from([property]));
        let model = Protocol { bounds, bug: Some(bug), canonical: true };
        let checker = model.checker().finish_when(stop).spawn_bfs().join();
        let states = checker.unique_state_count();
        assert!(checker.discovery(property).is_some(), "{bug:?} was not caught by {property:?} in {states} states");
        eprintln!("model, {bug:?}: caught by {property:?} after {states} states, {:.1?}", begun.elapsed());
    }
}
