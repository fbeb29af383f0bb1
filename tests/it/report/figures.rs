//! The figures, each worked out by hand from the story beside it.

use std::sync::Arc;

use holdline::core::rehearsal::{retell, score};
use holdline::core::report::{Account, Amount, Kept, Measure, Outcome, Value};
use jiff::SignedDuration;

use super::golden::{report_of, story};
use crate::transcripts::events_of;

fn account(story: &str) -> Account {
    report_of(story).account.unwrap()
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

fn lasted(account: &Account, measure: Measure) -> SignedDuration {
    match &account.figure(measure).unwrap().value {
        Value::Told(Amount::Lasted(time)) => *time,
        other => panic!("{measure:?}: {other:?}"),
    }
}

fn is_met(account: &Account, measure: Measure) -> bool {
    account.figure(measure).unwrap().target.as_ref().unwrap().met
}

#[test]
fn times_are_those_of_the_story() {
    let account = account(&story("breach.txt"));
    // Alert 00:00, claim 00:04, first public post 00:23.
    assert_eq!(lasted(&account, Measure::TimeToAcknowledge), minutes(4));
    assert!(is_met(&account, Measure::TimeToAcknowledge), "15 minutes are aimed at where it is not critical");
    assert_eq!(lasted(&account, Measure::TimeToFirstStatement), minutes(23));
    // Public words 00:23 and 00:33, stood down 02:55: the longest silence is 142 minutes, and 01:25 was promised.
    assert_eq!(lasted(&account, Measure::LongestSilence), minutes(142));
    assert!(!is_met(&account, Measure::LongestSilence));
    // The highest count 40 at 00:40, the first of at most 20 at 01:10.
    assert_eq!(lasted(&account, Measure::HalfLife), minutes(30));
    let share = |measure| account.figure(measure).unwrap().value.clone();
    assert_eq!(share(Measure::PromisesKept), Value::Told(Amount::Share { part: 1, whole: 2 }));
    // Claimed in time; the holding statement 3 minutes and the task 15 minutes late.
    assert_eq!(share(Measure::StepsInTime), Value::Told(Amount::Share { part: 1, whole: 3 }));
    let known = vec![("holding".into(), 1, 3), ("update".into(), 2, 3)];
    assert_eq!(share(Measure::Known), Value::Told(Amount::Slots(known)));
}

#[test]
fn steps_say_by_how_much_they_were_late() {
    let account = account(&story("breach.txt"));
    let outcome = |id: &str| account.steps.iter().find(|step| step.id.as_str() == id).unwrap().outcome;
    assert_eq!(outcome("alert"), Outcome::InTime);
    assert_eq!(outcome("holding"), Outcome::LateBy(minutes(3)));
    assert_eq!(outcome("pause"), Outcome::LateBy(minutes(15)));
    assert_eq!(outcome("update"), Outcome::Done);
    assert_eq!(outcome("regulators"), Outcome::NotStarted);
}

#[test]
fn the_slowest_link_is_who_let_others_wait_longest() {
    let account = account(&story("breach.txt"));
    let slowest = account.slowest.as_ref().unwrap();
    // Asked 00:06, never answered; an executive answered for legal at 00:20.
    assert_eq!((slowest.person.as_str(), slowest.lasted, slowest.answered), ("dev", minutes(14), false));
    assert_eq!(slowest.roles, ["legal".into()]);
    assert_eq!(account.missed, 1, "whoever was asked beside others who answered missed nothing");
    let legal = account.roles.iter().find(|role| role.role.as_str() == "legal").unwrap();
    // Eve 00:16 to 00:20 in its place, dev 00:24 to 00:33.
    assert_eq!((legal.answers, legal.stood_in, legal.missed), (2, 1, 1));
    assert_eq!(legal.median, Some(SignedDuration::from_secs(6 * 60 + 30)));
    assert_eq!(legal.share, Some((minutes(14), minutes(23))));
}

#[test]
fn promises_are_held_against_the_next_word() {
    let account = account(&story("breach.txt"));
    let kept: Vec<Kept> = account.promises.iter().map(|promise| promise.kept).collect();
    assert_eq!(kept, [Kept::Yes, Kept::No]);
    let late = "given: statement update after holding.posted\n00:00 ana opens it: x\n00:01 ana claims\n\
        00:02 chi confirms help_line 1 555 0100\n00:03 chi approves holding\n00:03 dev approves holding\n\
        00:04 ana approves holding\n";
    // Saved at 00:02 with 20 minutes to go out, and 60 more, rounded up: 01:25 was promised; five minutes' grace.
    for (clock, expected) in [("01:30", Kept::Yes), ("01:31", Kept::LateBy(minutes(6)))] {
        let story = format!(
            "{late}01:10 ana asks for a fresh draft of update\n01:11 chi approves update\n01:11 dev approves update\n\
             {clock} fay approves update\n"
        );
        let account = super::figures::account(&story);
        assert_eq!(account.promises[0].kept, expected, "{clock}");
    }
}

#[test]
fn who_decided_what_stands_with_hash_and_words() {
    let account = account(&story("breach.txt"));
    let decided: Vec<(&str, Option<u32>)> =
        account.decided.iter().map(|decided| (decided.person.as_str(), decided.version)).collect();
    let v = |person, version| (person, Some(version));
    let expected = [v("chi", 1), v("eve", 1), v("ben", 1), v("chi", 2), v("fay", 2), v("dev", 2), ("ben", None)];
    assert_eq!(decided, expected);
    let first = &account.decided[0];
    assert!(first.excerpt.starts_with("Possible data incident We know this is worrying."), "{}", first.excerpt);
    assert_eq!(first.waited, Some(minutes(2)));
    let version = &account.incident.statements["holding"].versions[0];
    assert_eq!(first.digest, version.digest);
}

#[test]
fn what_is_not_told_is_not_guessed() {
    let account = account("00:00 ana opens it: a call\n00:30 time passes\n");
    for measure in [
        Measure::TimeToDetect,
        Measure::TimeToAcknowledge,
        Measure::TimeToFirstStatement,
        Measure::LongestApproval,
        Measure::PromisesKept,
        Measure::LongestSilence,
        Measure::ReadingGrade,
        Measure::HalfLife,
        Measure::Spread,
        Measure::ShareOfVoice,
    ] {
        let figure = account.figure(measure).unwrap();
        assert!(matches!(figure.value, Value::NotTold(_)), "{figure:?}");
        assert!(figure.target.is_none(), "{measure:?} cannot be met or missed");
    }
    assert!(account.slowest.is_none());
}

#[test]
fn a_rehearsals_score_and_its_report_tell_the_same() {
    for name in ["breach.txt", "rehearsal.txt", "rounds.txt", "false_alarm.txt", "handed_over.txt"] {
        let (story, account) = (story(name), account(&story(name)));
        let events = events_of(&story);
        let rules = Arc::new(events[0].2.clone());
        let retold = retell(1, events.iter().map(|(at, event, _)| (*at, event)), &rules).unwrap();
        let score = score(&retold);
        let told = |measure| match account.figure(measure).map(|figure| &figure.value) {
            Some(Value::Told(Amount::Lasted(time))) => Some(*time),
            Some(Value::Told(_) | Value::NotTold(_)) | None => None,
        };
        assert_eq!(score.first_statement, told(Measure::TimeToFirstStatement), "{name}");
        assert_eq!(score.claimed, told(Measure::TimeToAcknowledge), "{name}");
        assert_eq!((score.missed.len(), &score.absent), (account.missed, &account.absent), "{name}");
    }
}
