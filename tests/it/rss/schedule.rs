//! When a feed is looked at next, whose turn it is, and when silence is a blind spot.

use holdline::core::health::{Blind, FAILING_MAX, GAPS_MIN, Notice, SILENT_AT_LEAST, SILENT_MAX};
use holdline::core::period::Period;
use holdline::core::schedule::{BACK_OFF_MAX, Looked, Schedule};
use holdline::engine::{HOST_GAP, Turns};
use jiff::{SignedDuration, Timestamp};

const EVERY: Period = Period::minutes(5);

fn now() -> Timestamp {
    "2026-11-22T14:00:00Z".parse().unwrap()
}

fn secs(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn read(new: u64) -> Looked {
    Looked::Read { new, newest: None }
}

fn failed() -> Looked {
    Looked::Failed { why: "it answers 500".to_owned() }
}

#[test]
fn a_look_is_followed_by_the_next_one_near_its_period() {
    let mut feed = Schedule::new("x", now());
    for (chance, wanted) in [(0.0, 285), (0.5, 300), (0.999, 314)] {
        feed.after(read(0), now(), EVERY, chance);
        assert_eq!(feed.due.unwrap().duration_since(now()).as_secs(), wanted);
    }
}

#[test]
fn failures_double_the_wait_up_to_a_bound_and_one_success_ends_it() {
    let mut feed = Schedule::new("x", now());
    let mut waits = Vec::new();
    for _ in 0..5 {
        feed.after(failed(), now(), EVERY, 0.0);
        waits.push(feed.due.unwrap().duration_since(now()));
    }
    assert_eq!(waits, [secs(300), secs(600), BACK_OFF_MAX, BACK_OFF_MAX, BACK_OFF_MAX]);
    feed.after(failed(), now(), EVERY, 0.999);
    assert_eq!(feed.due.unwrap().duration_since(now()).as_secs(), 600, "chance takes up to half of what was added");
    feed.after(read(0), now(), EVERY, 0.5);
    assert_eq!((feed.health.failures, feed.health.why.clone(), feed.due.unwrap()), (0, None, now() + secs(300)));
    let later = Looked::Later { why: "it answers 429".to_owned(), after: Some(secs(7_200)) };
    feed.after(later, now(), EVERY, 0.0);
    assert_eq!(feed.due.unwrap(), now() + secs(7_200), "what it asks for, where that is longer");
    let slow = Period::minutes(120);
    feed.after(failed(), now(), slow, 0.0);
    assert_eq!(feed.due.unwrap(), now() + secs(7_200), "never more often than it is looked at anyway");
}

#[test]
fn a_feed_that_fails_is_told_of_once_and_taken_back_by_itself() {
    let mut feed = Schedule::new("x", now());
    feed.after(read(1), now(), EVERY, 0.5);
    assert_eq!(feed.notice(now(), EVERY), None);
    let just_before = now() + FAILING_MAX - secs(1);
    feed.after(failed(), just_before, EVERY, 0.5);
    assert_eq!(feed.notice(just_before, EVERY), None);
    let then = now() + FAILING_MAX;
    assert_eq!(feed.notice(then, EVERY), Some(Notice::Blind(Blind::Failing)));
    assert_eq!(feed.notice(then + secs(3_600), EVERY), None, "once");
    feed.after(read(0), then + secs(3_600), EVERY, 0.5);
    assert_eq!(feed.notice(then + secs(3_600), EVERY), Some(Notice::Clear));
    assert_eq!(feed.notice(then + secs(3_601), EVERY), None);
    let rare = Period::minutes(60);
    feed.after(failed(), then + secs(3_600) + secs(3 * 3_600 - 1), rare, 0.5);
    assert_eq!(feed.notice(then + secs(3_600) + secs(3 * 3_600 - 1), rare), None, "three of its own looks");
    assert_eq!(feed.notice(then + secs(4 * 3_600), rare), Some(Notice::Blind(Blind::Failing)));
    feed.after(Looked::Gone { why: "410".to_owned() }, then, EVERY, 0.5);
    assert_eq!((feed.due, feed.notice(then, EVERY)), (None, Some(Notice::Blind(Blind::Gone))), "worse is told too");
}

#[test]
fn silence_is_judged_by_the_feeds_own_habit() {
    let mut feed = Schedule::new("x", now());
    let look = |feed: &mut Schedule, at: Timestamp, new| {
        feed.after(read(new), at, EVERY, 0.5);
        feed.notice(at, EVERY)
    };
    assert_eq!(look(&mut feed, now(), 1), None);
    assert_eq!(look(&mut feed, now() + SILENT_MAX - secs(1), 0), None, "nobody knows its habit yet");
    assert_eq!(look(&mut feed, now() + SILENT_MAX, 0), Some(Notice::Blind(Blind::Silent)));
    let mut at = now() + SILENT_MAX + secs(1);
    assert_eq!(look(&mut feed, at, 1), Some(Notice::Clear));
    let mut daily = Schedule::new("y", now());
    for _ in 0..=GAPS_MIN {
        at += secs(86_400);
        assert_eq!(look(&mut daily, at, 1), None);
    }
    assert_eq!(daily.health.gap, 86_400);
    assert_eq!(look(&mut daily, at + secs(8 * 86_400 - 1), 0), None);
    assert_eq!(look(&mut daily, at + secs(8 * 86_400), 0), Some(Notice::Blind(Blind::Silent)));
    let mut busy = Schedule::new("z", now());
    let mut at = now();
    for _ in 0..=GAPS_MIN {
        at += secs(60);
        assert_eq!(look(&mut busy, at, 3), None);
    }
    assert_eq!(look(&mut busy, at + SILENT_AT_LEAST - secs(1), 0), None, "nights are quiet");
    assert_eq!(look(&mut busy, at + SILENT_AT_LEAST, 0), Some(Notice::Blind(Blind::Silent)));
}

#[test]
fn what_gathered_while_nobody_listened_is_a_backlog() {
    let mut feed = Schedule::new("x", now());
    assert!(feed.is_backlog(now()), "the first look");
    feed.after(read(1), now(), EVERY, 0.5);
    assert!(!feed.is_backlog(now() + secs(6 * 3_600)));
    assert!(feed.is_backlog(now() + secs(6 * 3_600 + 1)));
}

#[test]
fn a_host_is_asked_one_thing_at_a_time_and_with_a_gap() {
    let mut turns = Turns::of(["a.example", "A.example", "b.example", "a.example"]);
    for feed in 0..4 {
        turns.set(feed, now());
    }
    let mut taken = [turns.take(now()).unwrap(), turns.take(now()).unwrap()];
    taken.sort_unstable();
    assert_eq!(taken, [0, 2], "one of each host");
    assert_eq!(turns.take(now() + secs(60)), None, "a.example is being asked");
    turns.done(0, now());
    assert_eq!(turns.take(now() + HOST_GAP - secs(1)), None);
    assert_eq!(turns.next(), Some(now() + HOST_GAP));
    assert_eq!(turns.take(now() + HOST_GAP), Some(1));
    turns.done(1, now() + HOST_GAP);
    turns.done(2, now());
    assert_eq!(turns.take(now() + HOST_GAP + HOST_GAP), Some(3));
    turns.done(3, now() + secs(9));
    assert_eq!((turns.take(now() + secs(99)), turns.next()), (None, None));
    turns.set(2, now() + secs(100));
    assert_eq!((turns.take(now() + secs(99)), turns.next()), (None, Some(now() + secs(100))));
    assert_eq!(turns.take(now() + secs(100)), Some(2));
}
