//! Quiet without deafness, pure: silences, quiet hours across daylight saving, maintenance, waves, gaps and what is held.

use std::collections::BTreeMap;

use holdline::core::count::minute_of;
use holdline::core::incident::{IncidentId, Spike};
use holdline::core::name::WatchName;
use holdline::core::period::Period;
use holdline::core::quiet::{
    ANNOUNCED_BEFORE, BreakThrough, CLEARLY_ABOVE, COUNTED_BACK, FeedGaps, GAP_MINUTES_MIN, GAPS_MAX, Gaps, Group,
    Held, Hours, HoursError, Hush, Maintenance, Quiet, QuietBy, REASON_CHARS_MAX, REMINDED_BEFORE, REMINDED_FROM,
    SILENCE_LONGEST, STEP_AFTER, Scope, Silence, SilenceError, Wave, holding, is_clearly_above,
};
use holdline::core::severity::Severity;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn hours_in(begins: &str, lasting: &str, name: &str) -> Result<Hours, HoursError> {
    let lasting = Period::parse(lasting).unwrap();
    Hours::new("nights", Scope::All, BreakThrough::USUAL, (begins, lasting), zone(name), at("2026-01-01T00:00:00Z"))
}

fn minutes(number: i64) -> SignedDuration {
    SignedDuration::from_mins(number)
}

/// Quiet from its first moment to just before its last.
fn is_exactly(hours: &Hours, from: &str, to: &str) {
    let (from, to) = (at(from), at(to));
    let almost = SignedDuration::from_millis(1);
    assert_eq!(hours.until(from - almost), None, "before {from}");
    assert_eq!(hours.until(from), Some(to));
    assert_eq!(hours.until(to - almost), Some(to));
    assert_eq!(hours.until(to), None, "at {to}");
}

#[test]
fn a_night_ends_by_the_clock_on_the_wall_also_when_clocks_change() {
    let new_york = hours_in("0 22 * * *", "8h", "America/New_York").unwrap();
    is_exactly(&new_york, "2027-01-11T22:00:00-05:00", "2027-01-12T06:00:00-05:00");
    // Forward on 14 March 2027 at 02:00: seven hours. Back on 7 November at 02:00: nine.
    is_exactly(&new_york, "2027-03-13T22:00:00-05:00", "2027-03-14T06:00:00-04:00");
    is_exactly(&new_york, "2027-03-14T22:00:00-04:00", "2027-03-15T06:00:00-04:00");
    is_exactly(&new_york, "2027-11-06T22:00:00-04:00", "2027-11-07T06:00:00-05:00");
    is_exactly(&new_york, "2027-11-07T22:00:00-05:00", "2027-11-08T06:00:00-05:00");
    let london = hours_in("0 22 * * *", "8h", "Europe/London").unwrap();
    // Forward on 28 March 2027 at 01:00, back on 31 October at 02:00.
    is_exactly(&london, "2027-03-27T22:00:00+00:00", "2027-03-28T06:00:00+01:00");
    is_exactly(&london, "2027-03-28T22:00:00+01:00", "2027-03-29T06:00:00+01:00");
    is_exactly(&london, "2027-10-30T22:00:00+01:00", "2027-10-31T06:00:00+00:00");
    is_exactly(&london, "2027-10-31T22:00:00+00:00", "2027-11-01T06:00:00+00:00");
}

#[test]
fn quiet_hours_that_begin_or_end_in_the_hour_that_changes_still_begin_and_end_once() {
    let begins = hours_in("30 1 * * *", "3h", "Europe/London").unwrap();
    // 01:30 is not there on 28 March 2027: they begin with the new time. On 31 October it comes twice: with the first.
    is_exactly(&begins, "2027-03-28T02:00:00+01:00", "2027-03-28T05:00:00+01:00");
    is_exactly(&begins, "2027-10-31T01:30:00+01:00", "2027-10-31T04:30:00+00:00");
    let ends = hours_in("0 22 * * *", "4h", "America/New_York").unwrap();
    // Their end at 02:00 is not there on 14 March 2027: 03:00 takes its place.
    is_exactly(&ends, "2027-03-13T22:00:00-05:00", "2027-03-14T03:00:00-04:00");
    let short = hours_in("30 1 * * *", "30m", "America/New_York").unwrap();
    is_exactly(&short, "2027-11-07T01:30:00-04:00", "2027-11-07T02:00:00-05:00");
}

#[test]
fn weekends_are_quiet_from_friday_to_monday() {
    let weekend = hours_in("0 18 * * 5", "62h", "America/New_York").unwrap();
    is_exactly(&weekend, "2027-03-12T18:00:00-05:00", "2027-03-15T08:00:00-04:00");
    assert_eq!(weekend.next(at("2027-03-12T23:00:00Z")), Some(at("2027-03-19T18:00:00-04:00")));
}

#[test]
fn quiet_hours_that_never_come_never_end_or_are_written_otherwise_are_refused() {
    let refused = |begins: &str, lasting: &str| hours_in(begins, lasting, "Europe/London").unwrap_err();
    for bad in ["", "22:00", "0 0 22 * * *", "0 0 22 * * * 2027", "61 22 * * *"] {
        assert_eq!(refused(bad, "8h"), HoursError::Begins(bad.to_owned()));
    }
    assert_eq!(
        refused("0 22 31 2 *", "8h"),
        HoursError::Never { begins: "0 22 31 2 *".to_owned(), day: "31".to_owned(), month: "2".to_owned() }
    );
    assert_eq!(refused("0 22 * * *", "24h"), HoursError::NeverOver);
    assert_eq!(refused("0 * * * *", "1h"), HoursError::NeverOver);
    assert!(hours_in("0 * * * *", "59m", "Europe/London").is_ok());
    assert!(hours_in("0 22 1 * *", "7d", "Europe/London").is_ok());
    assert_eq!(refused("0 22 1 * *", "169h"), HoursError::TooLong);
}

#[test]
fn silences_have_a_reason_and_a_bound_and_long_ones_a_reminder() {
    let now = at("2026-11-22T14:00:00Z");
    let silence = |lasting: Period, reason: &str| {
        Silence::new(Scope::All, lasting, reason, "ana".into(), BreakThrough::USUAL, now)
    };
    assert_eq!(silence(Period::minutes(1), "  "), Err(SilenceError::ReasonMissing));
    assert!(silence(Period::minutes(1), &"x".repeat(REASON_CHARS_MAX)).is_ok());
    assert_eq!(silence(Period::minutes(1), &"x".repeat(REASON_CHARS_MAX + 1)), Err(SilenceError::ReasonTooLong));
    let longest = silence(SILENCE_LONGEST, "a fair").unwrap();
    let longer = Period::seconds(SILENCE_LONGEST.as_seconds() + 1);
    assert_eq!(silence(longer, "a fair"), Err(SilenceError::TooLong));
    assert!(longest.is_in_force(now) && !longest.is_in_force(longest.until));
    assert!(!longest.is_in_force(now - SignedDuration::from_millis(1)));
    assert_eq!(longest.reminder(), Some(longest.until - REMINDED_BEFORE));
    assert!(silence(REMINDED_FROM, "a fair").unwrap().reminder().is_some());
    let shorter = Period::seconds(REMINDED_FROM.as_seconds() - 1);
    assert_eq!(silence(shorter, "a fair").unwrap().reminder(), None);
}

#[test]
fn of_several_things_that_keep_quiet_each_must_let_an_alarm_through() {
    let hush = |number: u32, minute: i64, break_through| Hush {
        by: QuietBy::Silence(number),
        until: at("2026-11-22T14:00:00Z") + minutes(minute),
        break_through,
    };
    let both =
        || vec![hush(1, 10, BreakThrough::From(Severity::Serious)), hush(2, 5, BreakThrough::From(Severity::Critical))];
    let by = |severity| holding(both(), severity).map(|hush| hush.by);
    assert_eq!(by(Severity::Elevated), Some(QuietBy::Silence(1)));
    assert_eq!(by(Severity::Serious), Some(QuietBy::Silence(2)));
    assert_eq!(by(Severity::Critical), None);
    assert!(holding([hush(3, 1, BreakThrough::Nothing)], Severity::Critical).is_some());
    for (text, meant) in [("serious", BreakThrough::From(Severity::Serious)), ("nothing", BreakThrough::Nothing)] {
        assert_eq!(BreakThrough::parse(text), Ok(meant));
        assert_eq!(meant.to_string(), text);
    }
    assert!(BreakThrough::parse("elevated").is_err());
}

#[test]
fn maintenance_is_announced_a_week_before_and_holds_from_its_first_moment_to_its_last() {
    let (from, to) = (at("2026-12-05T22:00:00Z"), at("2026-12-06T04:00:00Z"));
    let window = Maintenance {
        name: "move".to_owned(),
        from,
        to,
        reason: "a move".to_owned(),
        scope: Scope::Watches([WatchName::from("talk")].into()),
        break_through: BreakThrough::USUAL,
    };
    let almost = SignedDuration::from_millis(1);
    assert!(!window.is_on(from - almost) && window.is_on(from) && window.is_on(to - almost) && !window.is_on(to));
    let announced = from - ANNOUNCED_BEFORE;
    assert!(!window.is_announced(announced - almost) && window.is_announced(announced) && !window.is_announced(to));
    let quiet = Quiet { maintenance: vec![window], ..Quiet::default() };
    let hushes = |watch: &str| quiet.hushes(&watch.into(), &BTreeMap::default(), from);
    assert_eq!(hushes("talk")[0].by, QuietBy::Maintenance("move".to_owned()));
    assert_eq!(hushes("breach"), []);
}

#[test]
fn a_group_is_a_name_or_else_the_playbook() {
    let quiet = Quiet { groups: [("talk".into(), "town".to_owned())].into(), ..Quiet::default() };
    let of = |watch: &str, opens: Option<&str>| quiet.group_of(&watch.into(), opens.map(Into::into).as_ref());
    assert_eq!(of("talk", Some("breach")), Some(Group::Named("town".to_owned())));
    assert_eq!(of("breach", Some("breach")), Some(Group::Playbook("breach".into())));
    assert_eq!(of("unsorted", None), None);
}

#[test]
fn a_rise_in_another_window_is_held_against_what_that_window_counted_when_people_were_told() {
    let (hour, quarter) = (Period::minutes(60), Period::minutes(15));
    let (told_at, now) = (at("2026-11-22T14:00:00Z"), at("2026-11-22T14:10:00Z"));
    // The quarter of an hour counted 10 then, 40 five minutes ago, and 30 now.
    let ago = |ago: SignedDuration| match ago.as_mins() {
        0..5 => Some(30),
        5 => Some(40),
        _ => Some(10),
    };
    let mut wave = Wave::begun(35, hour, told_at);
    assert_eq!(wave.follow(40, now), None, "the hour has not doubled");
    wave.lead_by(quarter, now, ago);
    assert_eq!(wave.follow(30, now), Some(10), "the quarter has");
    assert_eq!((wave.told, wave.window), (40, quarter), "told is the highest since");
    // Talk that is as loud in both is no rise, whichever of them leads.
    wave.lead_by(hour, now + STEP_AFTER, |_| Some(90));
    assert_eq!(wave.follow(95, now + STEP_AFTER), None);
    // Where nobody knows what it counted then, the counts stand as they are.
    wave.lead_by(quarter, now + STEP_AFTER, |_| None);
    assert_eq!((wave.told, wave.window), (90, quarter));
}

#[test]
fn a_spike_tells_what_its_window_counted_before() {
    let minutes: Vec<u32> = (0..74).collect();
    let spike = json!({ "watch": "talk", "count": 0, "window": "15m", "more_than": 5, "voices": 1, "at": "2026-11-22T14:00:00Z",
        "minutes": minutes, "evidence": [] });
    let spike: Spike = serde_json::from_value(spike).unwrap();
    let counted = |ago| spike.counted_ago(SignedDuration::from_mins(ago));
    assert_eq!(counted(0), Some((59..74).sum()));
    assert_eq!(counted(COUNTED_BACK.as_mins()), Some((0..15).sum()), "as far back as a wave asks");
    assert_eq!((counted(COUNTED_BACK.as_mins() + 1), counted(1_000)), (None, None));
}

#[test]
fn a_wave_is_told_in_clear_steps() {
    let now = at("2026-11-22T14:00:00Z");
    let mut wave = Wave::begun(6, Period::minutes(15), now);
    let early = now + STEP_AFTER - SignedDuration::from_millis(1);
    assert_eq!(wave.follow(80, early), None);
    // What it reached meanwhile is told once it may be, also where it has fallen since.
    assert_eq!(wave.follow(30, now + STEP_AFTER), Some(6));
    assert_eq!((wave.peak, wave.told), (80, 80));
    let later = now + STEP_AFTER + STEP_AFTER;
    assert_eq!(wave.follow(80 * CLEARLY_ABOVE - 1, later), None);
    assert_eq!(wave.follow(80 * CLEARLY_ABOVE, later), Some(80));
    assert!(is_clearly_above(u32::MAX, u32::MAX / 2) && !is_clearly_above(u32::MAX, u32::MAX));
    assert!(!is_clearly_above(1, 0) && is_clearly_above(2, 0), "one mention is clearly above nothing");
}

#[test]
fn a_feed_that_fails_for_a_while_has_a_gap_and_a_short_failure_has_none() {
    let now = at("2026-11-22T14:00:30Z");
    let mut feed = FeedGaps::default();
    assert!(feed.fail(now) && !feed.fail(now + minutes(1)), "it fails once");
    assert!(feed.come_back(now + minutes(GAP_MINUTES_MIN - 1)));
    assert!(!feed.come_back(now + minutes(9)), "it had come back");
    let gaps = |feed: &FeedGaps, minute: i64| Gaps::of([feed], minute_of(now + minutes(minute)));
    assert!(gaps(&feed, 60).is_empty());
    feed.fail(now + minutes(100));
    assert!(gaps(&feed, 100 + GAP_MINUTES_MIN - 1).is_empty());
    assert_eq!(gaps(&feed, 110).stretches(), [(minute_of(now) + 100, minute_of(now) + 110)]);
    let back = now + minutes(160);
    assert!(feed.come_back(back) && feed.came_back_at(back));
    assert!(!feed.came_back_at(back + SignedDuration::from_millis(1)) && !feed.came_back_at(now));
    let found = gaps(&feed, 200);
    assert_eq!(found.stretches(), [(minute_of(now) + 100, minute_of(now) + 160)]);
    for (minute, inside) in [(99, false), (100, true), (160, true), (161, false)] {
        assert_eq!(found.contains(minute_of(now) + minute), inside, "{minute}");
    }
}

#[test]
fn no_more_gaps_are_remembered_than_the_bound() {
    let now = at("2026-11-22T14:00:00Z");
    let mut feed = FeedGaps::default();
    for number in 0..=i64::try_from(GAPS_MAX).unwrap() {
        feed.fail(now + minutes(number * 10));
        feed.come_back(now + minutes(number * 10 + GAP_MINUTES_MIN));
    }
    let gaps = Gaps::of([&feed], minute_of(now));
    assert_eq!(gaps.stretches().len(), GAPS_MAX);
    assert!(!gaps.contains(minute_of(now)) && gaps.contains(minute_of(now) + 10));
}

fn held(since: Timestamp, window: i64, incident: IncidentId) -> Held {
    Held {
        by: QuietBy::JustOver(incident),
        since,
        latest: since,
        until: since + minutes(60),
        severity: Severity::Elevated,
        window: Period::minutes(window.unsigned_abs()),
        count: 0,
        times: 1,
        above: true,
    }
}

#[test]
fn what_is_held_is_weighed_again_when_it_grows_or_its_time_is_over() {
    let since = at("2026-11-22T14:00:00Z");
    let held = Held { count: 160, ..held(since, 15, 1) };
    assert!(held.covers(170, since) && !held.covers(171, since));
    assert!(!held.covers(170, held.until) && !Held { above: false, ..held.clone() }.covers(1, since));
}

proptest! {
    /// Against every window added up by itself.
    #[test]
    fn what_happened_meanwhile_is_what_the_minutes_say(
        counts in prop::collection::vec(0_u32..9, 1..120),
        window in 1_i64..40,
        since in 0_i64..120,
    ) {
        let start = at("2026-11-22T14:00:00Z");
        let held = held(start + minutes(since), window, 1);
        let first = minute_of(start);
        let rows: Vec<(i64, u32)> = (first..).zip(counts.iter().copied()).filter(|(_, count)| *count > 0).collect();
        let count_in = |from: i64, to: i64| -> u64 {
            rows.iter().filter(|(minute, _)| (from..=to).contains(minute)).map(|(_, count)| u64::from(*count)).sum()
        };
        let last = first + 200;
        let since = minute_of(held.since);
        let highest = rows.iter().filter(|(minute, _)| *minute >= since);
        let highest = highest.map(|(minute, _)| count_in(minute - window + 1, *minute)).max().unwrap_or(0);
        let (mentions, found) = held.meanwhile(&rows);
        prop_assert_eq!(mentions, count_in(since - window + 1, last).max(highest));
        prop_assert!(mentions >= u64::from(found), "never more at once than all in all");
        prop_assert_eq!(u64::from(found), highest);
    }

    /// The union of what each feed says, minute by minute.
    #[test]
    fn a_watch_has_a_gap_where_any_of_its_feeds_has(
        feeds in prop::collection::vec(prop::collection::vec((0_i64..40, 0_i64..40), 0..6), 0..4),
    ) {
        let start = at("2026-11-22T14:00:00Z");
        let mut expected = std::collections::BTreeSet::new();
        let mut all = Vec::new();
        for stretches in feeds {
            let (mut feed, mut time) = (FeedGaps::default(), 0);
            for (pause, length) in stretches {
                let (from, to) = (time + pause, time + pause + length);
                feed.fail(start + minutes(from));
                feed.come_back(start + minutes(to));
                if length >= GAP_MINUTES_MIN {
                    expected.extend(minute_of(start) + from..=minute_of(start) + to);
                }
                time = to;
            }
            all.push(feed);
        }
        let gaps = Gaps::of(&all, minute_of(start) + 1_000);
        let found: std::collections::BTreeSet<i64> =
            (minute_of(start) - 5..minute_of(start) + 600).filter(|minute| gaps.contains(*minute)).collect();
        prop_assert_eq!(found, expected);
        prop_assert!(gaps.stretches().windows(2).all(|pair| pair[0].1 + 1 < pair[1].0), "stretches touch");
        let json = serde_json::to_string(&all).unwrap();
        prop_assert_eq!(serde_json::from_str::<Vec<FeedGaps>>(&json).unwrap(), all);
    }

    /// However the counts go: no step sooner than the bound, each at least so much higher, and no more than doublings allow.
    #[test]
    fn people_hear_of_few_steps(counts in prop::collection::vec((0_i64..30, 0_u32..5_000), 0..80)) {
        let mut now = at("2026-11-22T14:00:00Z");
        let mut wave = Wave::begun(6, Period::minutes(15), now);
        let (mut told_at, mut told) = (now, 6_u32);
        for (passed, count) in counts {
            now += minutes(passed);
            if let Some(before) = wave.follow(count, now) {
                prop_assert_eq!(before, told);
                prop_assert!(now.duration_since(told_at) >= STEP_AFTER);
                prop_assert!(is_clearly_above(wave.told, before));
                (told_at, told) = (now, wave.told);
            }
            prop_assert!(wave.peak >= count && wave.peak >= wave.told);
        }
    }

    /// At every minute of four weeks around each change of the clocks: quiet exactly where the wall says so.
    #[test]
    fn nights_are_quiet_where_the_wall_says_so(
        zone_name in prop::sample::select(vec!["America/New_York", "Europe/London", "Asia/Tokyo", "America/Santiago"]),
        minute in 0_i64..28 * 24 * 60,
        change in prop::sample::select(vec!["2027-03-01T00:00:00Z", "2027-03-20T00:00:00Z", "2027-10-20T00:00:00Z"]),
    ) {
        let now = at(change) + minutes(minute);
        let wall = now.to_zoned(zone(zone_name)).time();
        let quiet = wall.hour() >= 22 || wall.hour() < 6;
        let hours = hours_in("0 22 * * *", "8h", zone_name).unwrap();
        prop_assert_eq!(hours.until(now).is_some(), quiet, "{} in {}", wall, zone_name);
    }
}

#[test]
fn a_watch_is_deaf_only_where_every_feed_of_it_fails() {
    let now = at("2026-11-22T12:00:00Z");
    let failing = |from: i64, to: i64| {
        let mut feed = FeedGaps::default();
        feed.fail(now + SignedDuration::from_mins(from));
        feed.come_back(now + SignedDuration::from_mins(to));
        Gaps::of([&feed], minute_of(now) + 1_000)
    };
    let (one, other, apart) = (failing(10, 60), failing(40, 90), failing(200, 300));
    assert_eq!(one.and(&other).stretches(), [(minute_of(now) + 40, minute_of(now) + 60)]);
    assert!(one.and(&apart).is_empty());
    assert_eq!(one.and(&one), one);
}
