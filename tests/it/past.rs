//! What is usual for a watch, how often chance is as loud, and what a series would have done. Generated series come in
//! steps of half an hour, so that weeks are cheap.

use std::process::Command;

use holdline::core::count::Counts;
use holdline::core::detect::{Asked, Detector, KINDS, Verdict, Why, judge};
use holdline::core::incident::Evidence;
use holdline::core::past::{
    DEAF_MAX, Followed, Grid, Held, PEAK_DAYS, Past, Peaks, Reading, Replay, SAME_STORY_HOURS, Spent, WARM_UP_DAYS,
    bin_of,
};
use holdline::core::period::Period;
use holdline::core::query::Query;
use holdline::core::watch::{Besides, Voices, Watch};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng as _};

use crate::real_input::data;

/// The score on the five public series, less two: what was reached, so that no change loses it unnoticed.
const PUBLIC_SCORE_MIN: f64 = 80.6;
const FALSE_EPISODES_A_WEEK_MAX: f64 = 0.5;

pub(crate) const HALF_HOUR: Period = Period::minutes(30);
pub(crate) const STEPS_A_DAY: usize = 48;

pub(crate) fn detector(kind: &str, setting: &str) -> Box<dyn Detector> {
    (KINDS.iter().find(|known| known.name == kind).unwrap().parse)(setting).unwrap()
}

pub(crate) fn play(detector: &dyn Detector, step: Period, series: &[Option<u32>]) -> Vec<Reading> {
    let mut replay = Replay::new(detector, None, step);
    series.iter().map(|heard| replay.step(*heard)).collect()
}

pub(crate) fn alarms(readings: &[Reading]) -> Vec<usize> {
    (0..readings.len()).filter(|at| readings[*at].held == Held::Alarm).collect()
}

/// Knuth's way, in halves where `exp` would underflow.
fn poisson(rng: &mut StdRng, mean: f64) -> u32 {
    if mean > 200.0 {
        return poisson(rng, mean / 2.0) + poisson(rng, mean / 2.0);
    }
    let (limit, mut product, mut count) = ((-mean).exp(), 1.0, 0);
    loop {
        product *= rng.random::<f64>();
        if product <= limit {
            return count;
        }
        count += 1;
    }
}

pub(crate) fn days(step: usize) -> f64 {
    f64::from(u32::try_from(step).unwrap()) / 48.0
}

/// `weeks` of talk whose mean at each step is `mean(step)`.
pub(crate) fn talk(seed: u64, weeks: usize, mean: impl Fn(usize) -> f64) -> Vec<Option<u32>> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..weeks * 7 * STEPS_A_DAY).map(|step| Some(poisson(&mut rng, mean(step)))).collect()
}

/// Bursts with a power tail that come every other day and die away over hours.
fn bursty(seed: u64, weeks: usize) -> Vec<Option<u32>> {
    let mut rng = StdRng::seed_from_u64(seed);
    let steps = weeks * 7 * STEPS_A_DAY;
    let mut mean = vec![12.0; steps];
    for _ in 0..weeks * 4 {
        let (at, height) = (rng.random_range(0..steps), 12.0 * (1.0 - rng.random::<f64>()).powf(-0.6));
        let hours = 1.0 + 5.0 * rng.random::<f64>();
        for (after, mean) in mean[at..].iter_mut().take(100).enumerate() {
            *mean += height * (-days(after) * 24.0 / hours).exp();
        }
    }
    mean.into_iter().map(|mean| Some(poisson(&mut rng, mean))).collect()
}

#[test]
fn the_public_series_are_told_as_well_as_they_were() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut playing = Vec::new();
    for entry in std::fs::read_dir(data.join("nab/data")).unwrap() {
        let entry = entry.unwrap();
        let program = Command::new(env!("CARGO_BIN_EXE_holdline"))
            .args(["try", "detect"])
            .arg(entry.path())
            .arg("--out")
            .arg(folder.path().join(entry.file_name()))
            .spawn()
            .unwrap();
        playing.push(program);
    }
    assert_eq!(playing.len(), 5);
    assert!(playing.into_iter().all(|mut program| program.wait().unwrap().success()));
    let asked_and_came = the_dial_over(folder.path());
    eprintln!("one alarm a week was asked for, and {asked_and_came:.2} came");
    assert!((0.5..=2.0).contains(&asked_and_came), "{asked_and_came}");
    let scored = Command::new("python3")
        .arg(data.join("nab/score.py"))
        .arg("--data")
        .arg(data.join("nab/data"))
        .arg("--windows")
        .arg(data.join("nab/windows.json"))
        .arg("--results")
        .arg(folder.path())
        .args(["--threshold", "0.5", "--profile", "standard"])
        .output()
        .unwrap();
    assert!(scored.status.success(), "{}", String::from_utf8_lossy(&scored.stderr));
    let scored: serde_json::Value = serde_json::from_slice(&scored.stdout).unwrap();
    let standard = &scored["profiles"]["standard"];
    let score = standard["score"].as_f64().unwrap();
    let false_episodes = standard["fp_episodes_per_series_week"].as_f64().unwrap();
    eprintln!("public score {score:.1}, {false_episodes:.2} false episodes a series-week");
    assert!(score >= PUBLIC_SCORE_MIN, "{score}");
    assert!(false_episodes <= FALSE_EPISODES_A_WEEK_MAX, "{false_episodes}");
}

/// Alarms a week after the first two days, over the rows of all files.
fn the_dial_over(folder: &std::path::Path) -> f64 {
    let (mut alarms, mut days) = (0.0, 0.0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        alarms += text.lines().filter(|line| line.ends_with(",1")).map(|_| 1.0).sum::<f64>();
        days += text.lines().skip(1).map(|_| 1.0 / 288.0).sum::<f64>() - 2.0;
    }
    alarms / days * 7.0
}

/// How many alarms came of the thirty weeks after the first eight, against thirty asked for.
fn alarms_for_thirty(series: &[Option<u32>]) -> usize {
    let dial = detector("false_alarms", "1 per week");
    let alarms = alarms(&play(dial.as_ref(), HALF_HOUR, series));
    alarms.into_iter().filter(|at| *at >= 8 * 7 * STEPS_A_DAY).count()
}

#[test]
fn the_dial_keeps_its_word_within_a_factor_of_two() {
    let daily = |step: usize| 1.0 + 0.9 * (days(step) * std::f64::consts::TAU).sin();
    for (name, series) in [
        ("constant", talk(1, 38, |_| 30.0)),
        ("a daily rhythm", talk(2, 38, |step| 30.0 * daily(step))),
        ("growing", talk(3, 38, |step| 12.0 * (days(step) / 130.0).exp())),
        (
            "with weekends",
            talk(13, 38, |step| if step / STEPS_A_DAY % 7 < 5 { 30.0 * daily(step) } else { 12.0 * daily(step) }),
        ),
        ("bursty", bursty(4, 38)),
    ] {
        let alarms = alarms_for_thirty(&series);
        eprintln!("{name}: 30 asked for, {alarms} came");
        assert!((15..=60).contains(&alarms), "{name}: {alarms}");
    }
    // Where next to nothing is said, the smallest number of mentions keeps it quieter than was asked for.
    let quiet = alarms_for_thirty(&talk(5, 38, |_| 0.06));
    assert!(quiet <= 30, "{quiet}");
}

#[test]
fn a_watch_listens_before_it_is_surprised() {
    let dial = detector("false_alarms", "1 per day");
    let warm_up = usize::try_from(WARM_UP_DAYS).unwrap() * STEPS_A_DAY;
    let mut series = vec![Some(3); warm_up + 1];
    series[warm_up - 1] = Some(500);
    let readings = play(dial.as_ref(), HALF_HOUR, &series);
    assert!(readings[..warm_up].iter().all(|reading| reading.held == Held::WarmingUp && reading.above.is_none()));
    assert_ne!(readings[warm_up].held, Held::WarmingUp);
    // A fixed threshold works from the first minute on.
    let fixed = detector("more_than", "5 mentions in 30m");
    assert_eq!(alarms(&play(fixed.as_ref(), HALF_HOUR, &[Some(6)])), [0]);
    let ratio = detector("times", "4 in 1h");
    assert_eq!(play(ratio.as_ref(), HALF_HOUR, &[Some(600)])[0].held, Held::WarmingUp);
}

#[test]
fn one_mention_after_silence_is_no_alarm() {
    for (kind, setting) in [("false_alarms", "1 per day"), ("times", "2 in 1h")] {
        let mut series = vec![Some(0); 5 * STEPS_A_DAY];
        series.extend([Some(1), Some(0), Some(2), Some(1)]);
        let readings = play(detector(kind, setting).as_ref(), HALF_HOUR, &series);
        assert_eq!(alarms(&readings), [] as [usize; 0], "{kind}");
        series.push(Some(4));
        assert_eq!(
            play(detector(kind, setting).as_ref(), HALF_HOUR, &series).last().unwrap().held,
            Held::Alarm,
            "{kind}"
        );
    }
}

#[test]
fn a_gap_is_not_silence_and_its_end_is_no_spike() {
    let dial = detector("false_alarms", "1 per week");
    let heard = talk(6, 6, |_| 30.0);
    let mut gap = heard.clone();
    gap[900..1_000].fill(None);
    let readings = play(dial.as_ref(), HALF_HOUR, &gap);
    assert!(readings[1_000..1_010].iter().all(|reading| reading.held == Held::Quiet));
    // What is usual afterwards is what it was before; had the gap been silence, it would be less.
    let usual = |readings: &[Reading]| readings[1_040].expected.unwrap() / f64::from(readings[1_040].count.max(1));
    assert!((usual(&readings) / usual(&play(dial.as_ref(), HALF_HOUR, &heard)) - 1.0).abs() < 0.02);
    let silent: Vec<Option<u32>> = gap.iter().map(|heard| heard.or(Some(0))).collect();
    assert!(usual(&play(dial.as_ref(), HALF_HOUR, &silent)) < 0.95 * usual(&readings));
}

#[test]
fn a_sudden_spike_and_a_slow_burn_are_both_seen() {
    let dial = detector("false_alarms", "1 per week");
    let quiet = || talk(7, 5, |_| 6.0);
    let mut sudden = quiet();
    let at = sudden.len();
    sudden.push(Some(90));
    assert_eq!(alarms(&play(dial.as_ref(), HALF_HOUR, &sudden)).last(), Some(&at));
    let mut burning = quiet();
    burning.extend([14, 15, 16, 18, 20, 20, 21, 22, 22].map(Some));
    let readings = play(dial.as_ref(), HALF_HOUR, &burning);
    let last = *alarms(&readings).last().unwrap();
    assert!(last > at, "{last}");
    assert!(readings[last].window > HALF_HOUR, "the long windows tell it");
}

#[test]
fn an_equal_crisis_days_later_is_seen_as_well() {
    let dial = detector("false_alarms", "1 per week");
    for days_later in [3, 5, 10] {
        let mut series = talk(16, 5, |_| 3.0);
        let first = 21 * STEPS_A_DAY;
        let second = first + days_later * STEPS_A_DAY;
        for at in (first..first + 8).chain(second..second + 8) {
            series[at] = Some(40);
        }
        let readings = play(dial.as_ref(), HALF_HOUR, &series);
        // A chance alarm of the day before may have its incident open.
        let heard = |at: usize| matches!(readings[at].held, Held::Alarm | Held::AlreadyOpen);
        assert!((second..second + 8).any(heard), "{days_later}: {:?}", alarms(&readings));
    }
    // What stays becomes usual.
    let lasting = talk(17, 6, |step| if step < 21 * STEPS_A_DAY { 5.0 } else { 25.0 });
    let after = alarms(&play(dial.as_ref(), HALF_HOUR, &lasting)).into_iter().filter(|at| *at >= 24 * STEPS_A_DAY);
    assert!(after.count() <= 5);
}

#[test]
fn silence_where_there_is_talk_is_an_alarm_and_a_gap_is_not() {
    let silence = detector("fewer_than", "20 mentions in 3h");
    let mut series = talk(14, 3, |_| 20.0);
    let at = series.len();
    series.extend([Some(1); 8]);
    let first = *alarms(&play(silence.as_ref(), HALF_HOUR, &series)).first().unwrap();
    assert!((at + 4..at + 7).contains(&first), "{first} of {at}");
    series[at..].fill(None);
    series.extend([Some(20); 3]);
    assert_eq!(alarms(&play(silence.as_ref(), HALF_HOUR, &series)), [] as [usize; 0], "nobody could hear");
    // Where little is usual, little is no news.
    let few = talk(15, 3, |_| 2.0);
    assert_eq!(alarms(&play(silence.as_ref(), HALF_HOUR, &few)), [] as [usize; 0]);
}

#[test]
fn an_alarm_leaves_an_echo_that_fades() {
    let dial = detector("false_alarms", "1 per week");
    let mut series = talk(8, 5, |_| 6.0);
    let first = series.len();
    let story = usize::try_from(SAME_STORY_HOURS).unwrap() * 2;
    series.push(Some(400));
    series.extend(talk(9, 1, |_| 6.0).into_iter().take(story + 10));
    let again = series.len();
    series.push(Some(100));
    series.extend(talk(10, 2, |_| 6.0));
    let later = series.len();
    series.push(Some(100));
    let readings = play(dial.as_ref(), HALF_HOUR, &series);
    assert_eq!(readings[first].held, Held::Alarm);
    assert!(readings[first + 1..first + story].iter().any(|reading| reading.held == Held::AlreadyOpen));
    assert_eq!(readings[again].held, Held::Echo, "a quarter as loud a day later is no news");
    assert_eq!(readings[later].held, Held::Alarm, "two weeks later it is");
}

#[test]
fn the_alarm_tells_what_was_expected_and_how_rare_it_is() {
    let dial = detector("false_alarms", "1 per week");
    let mut series = talk(11, 8, |_| 6.0);
    series.push(Some(90));
    let readings = play(dial.as_ref(), HALF_HOUR, &series);
    let reading = readings.last().unwrap();
    assert_eq!((reading.held, reading.window, reading.count), (Held::Alarm, HALF_HOUR, 90));
    assert!((5.0..7.0).contains(&reading.expected.unwrap()), "{reading:?}");
    assert!((6..90).contains(&reading.above.unwrap()), "{reading:?}");
    assert!(reading.rate.unwrap() < 1.0 / 60.0, "{reading:?}");
}

#[test]
fn what_is_remembered_has_bounds() {
    let grid = Grid::default();
    let mut peaks = Peaks::default();
    (0..200).for_each(|day| peaks.note(day, 1.0));
    assert_eq!(peaks.days().count(), PEAK_DAYS);
    peaks.note(199, 9.0);
    assert_eq!(peaks.days().last(), Some((199, 1.0)), "a day is noted once");
    let mut past = Past::default();
    past.begin(0);
    for gap in 0..=i64::try_from(DEAF_MAX).unwrap() {
        past.deafen(gap * 10..gap * 10 + 1);
    }
    (0..10_000).for_each(|bin| past.add(bin, 1));
    past.forget(10_000, &grid);
    assert_eq!(past.count(0..10_000), 14 * 288 + 54);
}

#[test]
fn dials_and_ratios_parse_or_say_why_not() {
    let parse = |kind: &str, text: &str| (KINDS.iter().find(|known| known.name == kind).unwrap().parse)(text);
    for good in ["1 per month", "2 per week", "1 per day", "1 per quarter", "3 per year"] {
        assert_eq!(parse("false_alarms", good).unwrap().setting(), format!("by chance at most {good}"));
    }
    for bad in
        ["", "1", "1 per fortnight", "0 per week", "2 per day", "one per week", "-1 per week", "1 per", "1.5 per week"]
    {
        assert!(parse("false_alarms", bad).unwrap_err().to_string().contains("write it as in `1 per month`"), "{bad}");
    }
    assert_eq!(parse("times", "4").unwrap().setting(), "above 4 times the usual in 1h");
    assert_eq!(parse("times", "2.5 in 30m").unwrap().setting(), "above 2.5 times the usual in 30m");
    for bad in ["", "1", "0.5 in 1h", "nan", "inf in 1h", "4 in", "4 in 2d", "4 in 10s", "four in 1h"] {
        assert!(parse("times", bad).is_err(), "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Nothing is seen before its time: what came of a beginning does not depend on what follows.
    #[test]
    fn no_reading_depends_on_what_follows(
        beginning in prop::collection::vec(prop::option::weighted(0.98, 0_u32..40), 200..400),
        one in prop::collection::vec(0_u32..4_000, 1..60),
        other in prop::collection::vec(0_u32..4_000, 1..60),
    ) {
        let dial = detector("false_alarms", "1 per week");
        let with = |end: &[u32]| {
            let series: Vec<_> = beginning.iter().copied().chain(end.iter().map(|count| Some(*count))).collect();
            play(dial.as_ref(), HALF_HOUR, &series)
        };
        prop_assert_eq!(&with(&one)[..beginning.len()], &with(&other)[..beginning.len()]);
    }

    /// Ten times the talk is ten times as usual.
    #[test]
    fn scale_does_not_matter_where_there_is_talk(
        series in prop::collection::vec(20_u32..200, 300..500),
        factor in 2_u32..50,
    ) {
        let dial = detector("false_alarms", "1 per day");
        let series: Vec<_> = series.into_iter().map(Some).collect();
        let larger: Vec<_> = series.iter().map(|heard| heard.map(|count| count * factor)).collect();
        let (small, large) = (play(dial.as_ref(), HALF_HOUR, &series), play(dial.as_ref(), HALF_HOUR, &larger));
        prop_assert_eq!(alarms(&small), alarms(&large));
    }

    /// How the mentions of one bin arrive within it changes nothing of what is usual.
    #[test]
    fn order_within_a_bin_does_not_matter(mut bins in prop::collection::vec(0_i64..900, 1..400)) {
        let grid = Grid::default();
        let heard = |bins: &[i64]| {
            let mut past = Past::default();
            past.begin(0);
            for bin in bins {
                past.add(*bin, 1);
            }
            past.baseline(900, &grid)
        };
        let before = heard(&bins);
        bins.reverse();
        prop_assert_eq!(before, heard(&bins));
    }
}

#[test]
fn what_an_alarm_left_fades_to_the_quietest_whole_day_since() {
    const DAY: i64 = 288;
    let mut spent = Spent::begun(50.0, 0);
    spent.follow(100.0, 10, DAY, true);
    assert!(spent.hides(199.9) && !spent.hides(200.0), "twice the loudest moment of its incident");
    spent.follow(8.0, 10 + DAY - 1, DAY, false);
    assert!(spent.hides(199.9), "the day is not over");
    spent.follow(7.0, 10 + DAY, DAY, false);
    assert!(spent.hides(199.9), "the end of the crisis was part of the first day");
    spent.follow(9.0, 10 + DAY + 1, DAY, false);
    spent.follow(8.0, 10 + 2 * DAY, DAY, false);
    assert!(spent.hides(17.9) && !spent.hides(18.0), "9 were the most of a whole day");
    spent.follow(14.0, 11 + 2 * DAY, DAY, false);
    spent.follow(8.0, 10 + 3 * DAY, DAY, false);
    assert!(!spent.hides(18.0), "a louder day after a quiet one does not raise it again");
}

/// A running watch and a replay of its minutes, side by side: what is usual, how loud each day was, and every verdict.
#[test]
fn a_running_watch_and_a_replay_of_it_do_the_same() {
    const DAYS: usize = 6;
    let mut rng = StdRng::seed_from_u64(21);
    let mean = |minute: usize| match minute / 1_440 {
        // A day without a word, and a crisis and its echo.
        2 => 0.0,
        4 if minute % 1_440 < 40 => 6.0,
        5 if minute % 1_440 < 30 => 5.0,
        _ => 0.1,
    };
    let minutes: Vec<u32> = (0..DAYS * 1_440).map(|minute| poisson(&mut rng, mean(minute))).collect();
    for (kind, setting) in [("false_alarms", "1 per week"), ("more_than", "5 mentions in 15m"), ("times", "9 in 1h")] {
        let detector = detector(kind, setting);
        let watch = Watch {
            name: "talk".into(),
            query: Query::parse("riverside").unwrap(),
            feeds: std::iter::once("news".into()).collect(),
            detector: (KINDS.iter().find(|known| known.name == kind).unwrap().parse)(setting).unwrap(),
            at_least: None,
            from: Voices(1),
            besides: Besides::default(),
            opens: None,
        };
        let readings =
            play(detector.as_ref(), Period::minutes(1), &minutes.iter().copied().map(Some).collect::<Vec<_>>());
        let (mut counts, mut followed) = (Counts::default(), Followed::new(detector.as_ref(), 0));
        followed.begin(0, false);
        let (mut alarmed, mut verdicts) = (None, 0);
        for (minute, said) in (0_i64..).zip(&minutes) {
            followed.turn(detector.as_ref(), minute);
            for voice in 0..*said {
                let evidence = Evidence { feed: "news".into(), mention: voice.to_string() };
                counts.add(minute, u64::from(voice), evidence, minute);
                followed.follow.hear(bin_of(minute), 1);
            }
            followed.note(&counts, minute);
            let now = jiff::Timestamp::from_second(minute * 60).unwrap();
            let open = alarmed.filter(|began| bin_of(minute) - began < SAME_STORY_HOURS * 12).map(|_| 1);
            let verdict = judge(Asked { watch: &watch, counts: &counts, followed: &followed }, now, now, open);
            let reading = &readings[usize::try_from(minute).unwrap()];
            let same = match reading.held {
                Held::Alarm => matches!(verdict, Verdict::Spike(_)),
                Held::Quiet => verdict == Verdict::Quiet,
                Held::WarmingUp => verdict == Verdict::Suppressed(Why::WarmingUp),
                Held::AlreadyOpen => verdict == Verdict::Suppressed(Why::AlreadyOpen(1)),
                Held::StillAbove => verdict == Verdict::Suppressed(Why::StillAbove),
                Held::Echo => verdict == Verdict::Suppressed(Why::Echo),
                Held::TooFew => matches!(verdict, Verdict::Suppressed(Why::TooFewMentions { .. })),
                Held::Deaf | Held::Unmet => false,
            };
            assert!(same, "{kind} in minute {minute}: {reading:?}, and running {verdict:?}");
            if let Verdict::Spike(spike) = &verdict {
                assert_eq!(
                    (spike.count, spike.window, Some(spike.more_than)),
                    (reading.count, reading.window, reading.above)
                );
                followed.alarmed(&counts, minute);
                alarmed = Some(bin_of(minute));
                verdicts += 1;
            }
            followed.follow_spent(&counts, minute, open.is_some() || matches!(verdict, Verdict::Spike(_)));
        }
        assert!(verdicts > 0, "{kind} never alarmed");
        let days: Vec<_> = followed.follow.peaks().days().map(|(day, _)| day).collect();
        assert_eq!(days, [2, 3, 4], "{kind}: the day without a word is one of them, and the first two warmed it up");
    }
}

#[test]
fn minutes_and_five_minutes_tell_the_same() {
    let mut rng = StdRng::seed_from_u64(12);
    let mut minutes: Vec<u32> = (0..6 * 1_440).map(|_| poisson(&mut rng, 2.0)).collect();
    minutes.extend((0..20).map(|_| poisson(&mut rng, 30.0)));
    let fives: Vec<Option<u32>> = minutes.chunks(5).map(|chunk| Some(chunk.iter().sum())).collect();
    let minutes: Vec<Option<u32>> = minutes.into_iter().map(Some).collect();
    let dial = detector("false_alarms", "1 per week");
    let by_minute = alarms(&play(dial.as_ref(), Period::minutes(1), &minutes));
    let by_five = alarms(&play(dial.as_ref(), Period::minutes(5), &fives));
    assert_eq!(by_minute.len(), by_five.len());
    assert!(
        by_minute.iter().zip(&by_five).all(|(minute, five)| (minute / 5).abs_diff(*five) <= 1),
        "{by_minute:?} {by_five:?}"
    );
}
