//! Detection under whatever comes: the order of arrival within a minute, mentions that come twice or late, clocks that jump,
//! days that nobody heard.

use holdline::core::count::{Counts, MinuteNumber, Said};
use holdline::core::detect::{Asked, Held, Verdict, Why, judge};
use holdline::core::incident::Evidence;
use holdline::core::mention::Mention;
use holdline::core::past::{Followed, Peaks, Replay, bin_of};
use holdline::core::period::Period;
use holdline::core::query::Query;
use holdline::core::watch::{Besides, Voices, Watch};
use holdline::engine::Recorder;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::hospital;
use crate::past::detector;

fn watch(kind: &str, setting: &str) -> Watch {
    Watch {
        name: "talk".into(),
        query: Query::parse("riverside").unwrap(),
        feeds: std::iter::once("listening".into()).collect(),
        detector: detector(kind, setting),
        at_least: None,
        from: Voices(3),
        besides: Besides::default(),
        opens: Some("breach".into()),
    }
}

/// Each in words of its own.
fn mention(id: usize, author: u32, host: u32, published: Option<Timestamp>) -> Mention {
    Mention {
        id: id.to_string(),
        title: None,
        text: format!("riverside case {id}"),
        author: Some(format!("author{author}")),
        url: Some(format!("https://site{host}.example/{id}")),
        language: None,
        published,
        reach: Some(author * 10),
    }
}

fn at(minute: MinuteNumber) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

/// What the watch says after these mentions of one minute, without which of them are named.
fn verdict(watch: &Watch, minute: MinuteNumber, mentions: &[Mention]) -> Verdict {
    let mut counts = Counts::default();
    for mention in mentions {
        let evidence = Evidence { feed: "listening".into(), mention: mention.id.clone() };
        counts.add(minute, Said::of(mention, &"listening".into()), evidence, minute);
    }
    let followed = Followed::new(watch.detector.as_ref(), 0);
    let mut verdict = judge(Asked { watch, counts: &counts, followed: &followed }, at(minute), at(minute), None);
    if let Verdict::Spike(spike) = &mut verdict {
        spike.evidence.clear();
        spike.talk.as_mut().unwrap().largest.clear();
    }
    verdict
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever comes first within a minute, the minute ends with the same verdict.
    #[test]
    fn the_order_of_arrival_within_a_minute_changes_no_verdict(
        said in prop::collection::vec((0_u32..6, 0_u32..3), 1..40),
        seed in any::<u64>(),
    ) {
        let watch = watch("more_than", "5 mentions in 15m");
        let mut mentions: Vec<Mention> =
            said.iter().enumerate().map(|(id, (author, host))| mention(id, *author, *host, None)).collect();
        let one = verdict(&watch, 1_000, &mentions);
        mentions.sort_by_key(|mention| mention.id.parse::<u64>().unwrap().wrapping_add(1).wrapping_mul(seed | 1));
        prop_assert_eq!(one, verdict(&watch, 1_000, &mentions));
    }

    /// A clock that jumps raises no alarm by itself: so few are said that no window of hours ever holds five.
    #[test]
    fn a_clock_that_jumps_raises_no_alarm(
        jumps in prop::collection::vec((90_i64..6_000, 0_u64..2), 20..60),
    ) {
        let watch = Watch { from: Voices(1), ..watch("false_alarms", "1 per day") };
        let (mut counts, mut followed) = (Counts::default(), Followed::new(watch.detector.as_ref(), 0));
        followed.begin(0, false);
        let mut minute = 0;
        for (number, (jump, said)) in jumps.into_iter().enumerate() {
            minute += jump;
            counts.turn(minute);
            followed.turn(watch.detector.as_ref(), minute);
            for voice in 0..said {
                let evidence = Evidence { feed: "listening".into(), mention: number.to_string() };
                counts.add(minute, voice, evidence, minute);
                followed.follow.hear(bin_of(minute), 1);
            }
            followed.note(&counts, minute);
            let asked = Asked { watch: &watch, counts: &counts, followed: &followed };
            let verdict = judge(asked, at(minute), at(minute), None);
            prop_assert!(!matches!(verdict, Verdict::Spike(_)), "{verdict:?}");
            // Something so late that no window holds it any more.
            let late = judge(asked, at(minute - 271), at(minute), None);
            prop_assert!(matches!(late, Verdict::Suppressed(Why::Late | Why::WarmingUp)), "{late:?}");
        }
        let days: Vec<_> = followed.follow.peaks().days().map(|(day, _)| day).collect();
        prop_assert!(days.windows(2).all(|pair| pair[0] < pair[1]), "{days:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// What is delivered again, in whatever order and however often, counts once; what comes late counts in its own minute.
    #[test]
    fn deliveries_that_come_again_count_once(
        said in prop::collection::vec((0_u32..6, 0_i64..300), 1..30),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
    ) {
        let start: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let (folder, salts) = (tempfile::tempdir().unwrap(), Box::new(|salt: &mut [u8]| salt.fill(1)));
        let (path, key) = (folder.path().join("holdline.db"), &b"a key of the deliveries"[..]);
        let watches = vec![watch("more_than", "1000 mentions in 1d")];
        let mut recorder = Recorder::open(&path, key, salts, hospital::standing(), watches, start).unwrap();
        let mentions: Vec<Mention> = said
            .iter()
            .enumerate()
            .map(|(id, (author, late))| mention(id, *author, 0, Some(start - SignedDuration::from_mins(*late))))
            .collect();
        let mut deliver = |batch: &[Mention]| recorder.commit_one(start, |work| work.take_in(&"listening".into(), batch)).unwrap();
        let first = deliver(&mentions);
        prop_assert_eq!((first.new, first.known), (mentions.len(), 0));
        for index in &again {
            let once_more = deliver(std::slice::from_ref(index.get(&mentions)));
            prop_assert_eq!((once_more.new, once_more.known), (0, 1));
        }
        let counted = recorder.commit_one(start, |work| Ok(work.counted(&"talk".into()))).unwrap().unwrap();
        prop_assert_eq!(counted.count as usize, mentions.len());
        let in_the_hour = said.iter().filter(|(_, late)| *late < 60).count();
        let shown: u32 = counted.minutes.iter().rev().take(60).sum();
        prop_assert_eq!(shown as usize, in_the_hour);
    }
}

#[test]
fn a_day_of_which_most_was_unheard_is_none_that_the_dial_counts() {
    let dial = detector("false_alarms", "1 per week");
    let mut replay = Replay::new(dial.as_ref(), None, Period::minutes(30));
    for step in 0..7 * 48_u32 {
        replay.step((!(4 * 48..4 * 48 + 30).contains(&step)).then_some(step % 5));
    }
    let days: Vec<_> = replay.follow().usually().peaks.days().map(|(day, _)| day).collect();
    assert_eq!(days, [2, 3, 5], "the first two warm it up, and the last is not over");
}

#[test]
fn once_days_are_enough_they_are_counted_and_not_fitted() {
    let mut peaks = Peaks::default();
    (1..=28_u32).for_each(|day| peaks.note(i64::from(day), f64::from(day)));
    assert_eq!(peaks.level(1.0 / 7.0).to_bits(), 24_f64.to_bits(), "four of 28 days were louder");
    let fitted = peaks.level(1.0 / 14.0);
    assert!(fitted < 20.0, "for one in two weeks they are too few: {fitted}");
}

#[test]
fn a_ratio_alarms_above_so_many_times_the_usual_and_not_at_it() {
    let ratio = detector("times", "4 in 1h");
    let held = |last: u32| {
        let mut replay = Replay::new(ratio.as_ref(), None, Period::minutes(30));
        for _ in 0..4 * 48 {
            replay.step(Some(6));
        }
        replay.step(Some(last)).held
    };
    assert_eq!((held(42), held(43)), (Held::Quiet, Held::Alarm), "48 and 49 in an hour that usually holds twelve");
}
