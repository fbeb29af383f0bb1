//! Detection and the small languages of watches and playbooks: counting, thresholds, periods, facts and conditions.

use holdline::core::condition::{CONDITION_BYTES_MAX, Condition, ConditionError, Known, Truth};
use holdline::core::count::{CountedAt, Counts, HORIZON, VOICES_MAX, minute_of, voice_of};
use holdline::core::detect::{self, Asked, DetectorKind, KINDS, Verdict, Why};
use holdline::core::incident::{CHART_MINUTES, EVIDENCE_MAX, Evidence};
use holdline::core::mention::Mention;
use holdline::core::past::Followed;
use holdline::core::period::{PERIOD_SECONDS_MAX, Period};
use holdline::core::playbook::{FACT_CHARS_MAX, FactError, FactKind, FactValue};
use holdline::core::query::Query;
use holdline::core::watch::{Besides, Voices, Watch};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

fn at(minute: i64) -> Timestamp {
    "2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

fn fixed() -> &'static DetectorKind {
    KINDS.iter().find(|kind| kind.name == "more_than").unwrap()
}

fn judge(watch: &Watch, counts: &Counts, counted: Timestamp, now: Timestamp, open: Option<u32>) -> Verdict {
    let followed = Followed::new(watch.detector.as_ref(), 0);
    detect::judge(Asked { watch, counts, followed: &followed }, counted, now, open)
}

fn watch(threshold: &str, voices: u32) -> Watch {
    Watch {
        name: "breach".into(),
        query: Query::parse("riverside").unwrap(),
        feeds: std::iter::once("news".into()).collect(),
        detector: (fixed().parse)(threshold).unwrap(),
        at_least: None,
        from: Voices(voices),
        besides: Besides::default(),
        opens: None,
    }
}

fn mention(author: Option<&str>, url: Option<&str>) -> Mention {
    Mention {
        id: "1".to_owned(),
        title: None,
        text: "riverside".to_owned(),
        author: author.map(str::to_owned),
        url: url.map(str::to_owned),
        language: None,
        published: None,
        reach: None,
    }
}

fn add(counts: &mut Counts, minute: i64, voice: u64) {
    let evidence = Evidence { feed: "news".into(), mention: format!("{minute}-{voice}") };
    counts.add(minute_of(at(minute)), voice, evidence, minute_of(at(minute)));
}

fn verdict(watch: &Watch, counts: &Counts, minute: i64) -> Verdict {
    judge(watch, counts, at(minute), at(minute), None)
}

#[test]
fn the_sixth_mention_is_the_one_that_crosses() {
    let watch = watch("5 mentions in 15m", 1);
    let mut counts = Counts::default();
    for voice in 0..5 {
        add(&mut counts, 0, voice);
        assert_eq!(verdict(&watch, &counts, 0), Verdict::Quiet);
    }
    add(&mut counts, 0, 5);
    let Verdict::Spike(spike) = verdict(&watch, &counts, 0) else { panic!("quiet") };
    assert_eq!((spike.count, spike.voices, spike.more_than, spike.window), (6, 6, 5, Period::minutes(15)));
    assert_eq!((spike.minutes.len(), spike.minutes.last()), (CHART_MINUTES + 14, Some(&6)));
    let named: Vec<&str> = spike.evidence.iter().map(|evidence| evidence.mention.as_str()).collect();
    assert_eq!(named, ["0-5", "0-4", "0-3", "0-2", "0-1"], "one of each story, of which each voice told one");
    assert_eq!(named.len(), EVIDENCE_MAX);
}

#[test]
fn the_window_is_the_current_minute_and_the_fourteen_before_it() {
    let watch = watch("5 mentions in 15m", 1);
    let mut counts = Counts::default();
    (0..5).for_each(|voice| add(&mut counts, 0, voice));
    let sixth_at = |minute: i64| {
        let mut counts = counts.clone();
        add(&mut counts, minute, 9);
        verdict(&watch, &counts, minute)
    };
    assert!(matches!(sixth_at(14), Verdict::Spike(_)));
    assert_eq!(sixth_at(15), Verdict::Quiet);
    let seconds = at(14) + SignedDuration::from_secs(59);
    assert_eq!(minute_of(seconds), minute_of(at(14)));
    let mut counts = counts.clone();
    add(&mut counts, 14, 9);
    assert!(matches!(judge(&watch, &counts, seconds, seconds, None), Verdict::Spike(_)));
}

#[test]
fn staying_quiet_has_a_reason() {
    let watch = watch("2 mentions in 15m", 3);
    let mut counts = Counts::default();
    (0..3).for_each(|_| add(&mut counts, 0, 1));
    assert_eq!(verdict(&watch, &counts, 0), Verdict::Suppressed(Why::TooFewVoices { voices: 1, wanted: 3 }));
    add(&mut counts, 0, 2);
    add(&mut counts, 0, 3);
    assert!(matches!(verdict(&watch, &counts, 0), Verdict::Spike(_)));
    assert_eq!(judge(&watch, &counts, at(0), at(0), Some(7)), Verdict::Suppressed(Why::AlreadyOpen(7)));
    let mut spent = Followed::new(watch.detector.as_ref(), 0);
    spent.alarmed(&counts, minute_of(at(0)));
    let after = |counts: &Counts| detect::judge(Asked { watch: &watch, counts, followed: &spent }, at(0), at(0), None);
    assert_eq!(after(&counts), Verdict::Suppressed(Why::StillAbove));
    (10..14).for_each(|voice| add(&mut counts, 0, voice));
    assert_eq!(after(&counts), Verdict::Suppressed(Why::StillAbove), "nine after five");
    add(&mut counts, 0, 14);
    assert!(matches!(after(&counts), Verdict::Spike(_)), "twice as many");
    assert_eq!(judge(&watch, &counts, at(0), at(15), None), Verdict::Suppressed(Why::Late));
    assert!(matches!(judge(&watch, &counts, at(0), at(14), None), Verdict::Spike(_)));
}

#[test]
fn a_mention_counts_at_its_published_time_within_six_hours() {
    let received = at(0);
    let published = |seconds: i64| {
        let time = received + SignedDuration::from_secs(seconds);
        CountedAt::of(&Mention { published: Some(time), ..mention(None, None) }, received)
    };
    let six_hours = 6 * 60 * 60;
    assert_eq!(published(-six_hours), CountedAt::Published(received - SignedDuration::from_hours(6)));
    assert_eq!(published(-six_hours - 1), CountedAt::Received(received));
    assert_eq!(published(1), CountedAt::Received(received));
    assert_eq!(published(0), CountedAt::Published(received));
    assert_eq!(CountedAt::of(&mention(None, None), received), CountedAt::Received(received));
}

#[test]
fn a_late_mention_counts_in_its_own_minute_and_old_minutes_are_forgotten() {
    let mut counts = Counts::default();
    add(&mut counts, 0, 1);
    let evidence = Evidence { feed: "news".into(), mention: "late".to_owned() };
    counts.add(minute_of(at(-20)), 2, evidence.clone(), minute_of(at(0)));
    assert_eq!(counts.count(Period::minutes(15), minute_of(at(0))), 1);
    assert_eq!(counts.count(Period::minutes(21), minute_of(at(0))), 2);
    assert_eq!(counts.voices(Period::minutes(21), minute_of(at(0))), 2);
    assert_eq!(counts.series(3, minute_of(at(1))), [0, 1, 0]);
    let day = 24 * 60;
    counts.add(minute_of(at(day + 1)), 3, evidence, minute_of(at(day + 1)));
    assert_eq!(counts.count(Period::minutes(10_000), minute_of(at(day + 1))), 1);
}

proptest! {
    /// Against every mention kept, and counted anew for each question.
    #[test]
    fn counts_are_what_counting_all_again_would_give(
        added in prop::collection::vec((0_i64..40, 0_i64..400, 0_u64..6), 0..60),
        window in 1_i64..1_440,
        later in 0_i64..1_500,
    ) {
        let (mut counts, mut all, mut now) = (Counts::default(), Vec::new(), 0);
        let mut looking = Counts::looking_at([Period::minutes(window.unsigned_abs()), Period::minutes(15), HORIZON]);
        for (number, (passed, late, voice)) in added.into_iter().enumerate() {
            now += passed;
            let evidence = Evidence { feed: "news".into(), mention: number.to_string() };
            counts.add(now - late, voice, evidence.clone(), now);
            looking.add(now - late, voice, evidence.clone(), now);
            for length in [Period::minutes(15), HORIZON] {
                prop_assert_eq!(looking.count(length, now), counts.count(length, now), "{} with {} late", length, late);
            }
            all.push((now - late, voice, evidence));
        }
        now += later;
        let inside = |minutes: i64| {
            let mut inside: Vec<_> = all.iter().filter(|(at, ..)| (now - minutes + 1..=now).contains(at)).collect();
            inside.sort_by_key(|(at, ..)| *at);
            inside
        };
        let (length, found) = (Period::minutes(window.unsigned_abs()), inside(window));
        let voices: std::collections::BTreeSet<u64> = found.iter().map(|(_, voice, _)| *voice).collect();
        prop_assert_eq!(counts.count(length, now) as usize, found.len());
        // Windows that are kept say the same, come to a minute or not.
        for length in [length, Period::minutes(15), HORIZON, Period::minutes(7)] {
            prop_assert_eq!(looking.count(length, now), counts.count(length, now), "{}", length);
        }
        looking.turn(now);
        for length in [length, Period::minutes(15), HORIZON, Period::minutes(7)] {
            prop_assert_eq!(looking.count(length, now), counts.count(length, now), "{} when come to", length);
        }
        prop_assert_eq!(counts.voices(length, now) as usize, voices.len());
        // Voices of which nothing else is known tell a story each, and the latest that came are named.
        let talk = counts.talk(length, now);
        let came = all.iter().rev().filter(|(at, ..)| (now - window + 1..=now).contains(at));
        let latest: Vec<Evidence> = came.take(EVIDENCE_MAX).map(|(.., evidence)| evidence.clone()).collect();
        prop_assert_eq!((talk.mentions as usize, talk.stories as usize), (found.len(), found.len()));
        prop_assert_eq!(talk.own_voices as usize, voices.len());
        prop_assert_eq!(talk.named(), latest);
        let each = |minute: i64| u32::try_from(inside(minute).len() - inside(minute - 1).len()).unwrap();
        let series: Vec<u32> = (1..=60).rev().map(each).collect();
        prop_assert_eq!(counts.series(60, now), series);
    }
}

#[test]
fn more_voices_than_are_remembered_are_counted_short_and_never_over() {
    let (mut counts, day) = (Counts::default(), Period::minutes(24 * 60));
    let voices = u64::try_from(VOICES_MAX).unwrap();
    (0..voices).for_each(|voice| add(&mut counts, 0, voice));
    assert_eq!(counts.voices(day, minute_of(at(0))), u32::try_from(voices).unwrap());
    // In the same minute there is nobody to forget; a minute later those of before make room.
    add(&mut counts, 0, voices);
    assert_eq!(counts.voices(day, minute_of(at(0))), u32::try_from(voices).unwrap());
    (0..9).for_each(|voice| add(&mut counts, 1, voices + voice));
    assert_eq!(counts.voices(Period::minutes(1), minute_of(at(1))), 9);
    assert_eq!(counts.voices(day, minute_of(at(1))), 9);
    assert_eq!(counts.count(day, minute_of(at(1))), u32::try_from(voices + 10).unwrap());
}

#[test]
fn a_voice_is_the_author_else_the_site_else_the_feed() {
    let voice = |author, url, feed: &str| voice_of(&mention(author, url), &feed.into());
    assert_eq!(voice(Some("@Ana"), None, "a"), voice(Some(" ana "), Some("https://x.example/1"), "b"));
    assert_ne!(voice(Some("ana"), None, "a"), voice(Some("ben"), None, "a"));
    assert_eq!(voice(None, Some("https://X.example/1"), "a"), voice(Some(" "), Some("https://x.example/2"), "b"));
    assert_eq!(voice(None, None, "a"), voice(None, Some("nonsense"), "a"));
    assert_ne!(voice(None, None, "a"), voice(None, None, "b"));
    assert_ne!(voice(Some("x.example"), None, "a"), voice(None, Some("https://x.example/"), "a"));
}

#[test]
fn thresholds_parse_or_say_why_not() {
    let parse = |text: &str| (fixed().parse)(text).map(|found| (found.setting(), found.window()));
    let setting = |setting: &str, minutes: u64| Ok((setting.to_owned(), Period::minutes(minutes)));
    assert_eq!(parse("5 mentions in 15m"), setting("above 5 mentions in 15m", 15));
    assert_eq!(parse("1 mention in 1d"), setting("above 1 mention in 1d", 24 * 60));
    assert_eq!(parse("0 mentions in 1m"), setting("above 0 mentions in 1m", 1));
    for bad in [
        "",
        "5",
        "5 mentions",
        "five mentions in 15m",
        "5 mentions in 15",
        "5 mentions in 59s",
        "5 mentions in 2d",
        "-1 mentions in 15m",
    ] {
        let error = parse(bad).unwrap_err().to_string();
        assert!(
            error.contains("write it as in `5 mentions in 15m`") || error.contains("between one minute"),
            "{error}"
        );
    }
    assert_eq!(Voices::parse("4 voices"), Ok(Voices(4)));
    assert_eq!(Voices::parse("1 voice").map(|voices| voices.to_string()), Ok("1 voice".to_owned()));
    for bad in ["", "4", "0 voices", "4 people", "-1 voices"] {
        assert!(Voices::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn periods_parse_and_show() {
    let table = [
        ("90s", 90, "90s"),
        ("10m", 600, "10m"),
        (" 2 h", 7_200, "2h"),
        ("1d", 86_400, "1d"),
        ("120s", 120, "2m"),
        ("366d", PERIOD_SECONDS_MAX, "366d"),
    ];
    for (text, seconds, shown) in table {
        let period = Period::parse(text).unwrap();
        assert_eq!((period.as_seconds(), period.to_string().as_str()), (seconds, shown));
    }
    for bad in
        ["", "10", "m", "0m", "-5m", "1.5h", "10 mintues", "367d", "99999999999999999999s", "9999999999999999d", "1é"]
    {
        assert!(Period::parse(bad).is_err(), "{bad}");
    }
    assert_eq!(Period::minutes(10).share_after(at(0), 4, 5), at(8));
    assert_eq!(Period::minutes(10).after(Timestamp::MAX), Timestamp::MAX);
}

#[test]
fn facts_parse_or_say_why_not() {
    let zone = TimeZone::get("America/New_York").unwrap();
    let parse = |kind: FactKind, text: &str| kind.parse(text, &zone);
    let noon: Timestamp = "2026-11-20T19:30:00Z".parse().unwrap();
    let good = [
        (FactKind::Text, " two\r\nlines ", FactValue::Text("two\nlines".to_owned())),
        (FactKind::Number, "1,200", FactValue::Number(1_200)),
        (FactKind::Number, "-1 200", FactValue::Number(-1_200)),
        (FactKind::Datetime, "2026-11-20 14:30", FactValue::Datetime(noon)),
        (FactKind::Datetime, "2026-11-20T14:30", FactValue::Datetime(noon)),
        (FactKind::Datetime, "2026-11-20T19:30:00Z", FactValue::Datetime(noon)),
        (FactKind::Phone, "+1 (555) 010-0100", FactValue::Phone("+1 (555) 010-0100".to_owned())),
        (
            FactKind::Link,
            "https://riverside.example/help?a=1",
            FactValue::Link("https://riverside.example/help?a=1".to_owned()),
        ),
    ];
    for (kind, text, value) in good {
        assert_eq!(parse(kind, text), Ok(value), "{text}");
    }
    for kind in [FactKind::Text, FactKind::Number, FactKind::Datetime, FactKind::Phone, FactKind::Link] {
        assert_eq!(parse(kind, "  "), Err(FactError::Empty));
        assert_eq!(parse(kind, &"9".repeat(FACT_CHARS_MAX + 1)), Err(FactError::TooLong));
        assert_eq!(parse(kind, "a\u{202e}b"), Err(FactError::Control));
    }
    for (kind, bad) in [
        (FactKind::Number, "many"),
        (FactKind::Number, "1.5"),
        (FactKind::Number, "99999999999999999999"),
        (FactKind::Datetime, "yesterday"),
        (FactKind::Datetime, "2026-13-01 10:00"),
        (FactKind::Phone, "12"),
        (FactKind::Phone, "call us"),
        (FactKind::Phone, "123456789012345678901"),
        (FactKind::Link, "http://riverside.example"),
        (FactKind::Link, "https://localhost"),
        (FactKind::Link, "https://a@b.example"),
        (FactKind::Link, "https://b.example/a b"),
    ] {
        assert!(parse(kind, bad).is_err(), "{bad}");
    }
}

fn known(facts: serde_json::Value, spike: serde_json::Value) -> Known {
    let map = |value: serde_json::Value| value.as_object().unwrap().clone();
    Known { facts: map(facts), spike: map(spike), ..Known::default() }
}

#[test]
fn one_unknown_side_does_not_hide_what_the_other_decides() {
    use Truth::{CannotTell, DoesNotHold, Holds};
    let nothing = || known(json!({}), json!({}));
    let fact = |x: i64| known(json!({ "x": x }), json!({}));
    let spike = |count: i64| known(json!({}), json!({ "count": count }));
    let both = |x: i64, count: i64| known(json!({ "x": x }), json!({ "count": count }));
    let or = "spike.count > 5 || facts.x >= 500";
    let and = "spike.count > 5 && facts.x >= 500";
    let table = [
        (or, nothing(), CannotTell),
        (or, fact(500), Holds),
        (or, fact(1), CannotTell),
        (or, spike(9), Holds),
        (or, spike(1), CannotTell),
        (or, both(1, 1), DoesNotHold),
        (or, both(500, 1), Holds),
        (and, nothing(), CannotTell),
        (and, fact(500), CannotTell),
        (and, fact(1), DoesNotHold),
        (and, spike(9), CannotTell),
        (and, spike(1), DoesNotHold),
        (and, both(500, 9), Holds),
        ("facts.x >= 500 || spike.count > 5", spike(9), Holds),
        ("facts.x >= 500 && spike.count > 5", spike(1), DoesNotHold),
        ("!(facts.x >= 500)", nothing(), CannotTell),
        ("!(facts.x >= 500)", fact(1), Holds),
        ("!(spike.count > 5 || facts.x >= 500)", fact(500), DoesNotHold),
        ("facts.x > 1 ? true : spike.count > 5", nothing(), CannotTell),
        ("(facts.x > 1 || facts.y > 1) || spike.count > 5", spike(9), Holds),
        ("facts.x > 1.5", fact(2), Holds),
        ("spike.count * 2 - facts.x > 10", both(1, 9), Holds),
        ("spike.ratio > 8.0", spike(9), CannotTell),
        ("true", nothing(), Holds),
    ];
    for (source, known, truth) in table {
        let condition = Condition::parse(source).unwrap();
        assert_eq!(condition.holds(&known), truth, "{source} on {known:?}");
        assert_eq!(condition.try_on(&known), Ok(truth), "{source} on {known:?}");
    }
}

#[test]
fn conditions_that_cannot_be_are_refused_and_never_hold() {
    assert_eq!(Condition::parse(&" ".repeat(CONDITION_BYTES_MAX + 1)).unwrap_err(), ConditionError::TooLong);
    let long = format!("true{}", " || true".repeat((CONDITION_BYTES_MAX - 4) / 8));
    assert_eq!(long.len(), CONDITION_BYTES_MAX - 4);
    assert_eq!(Condition::parse(&long).unwrap().holds(&Known::default()), Truth::Holds);
    for bad in ["", "facts.x >=", "a b", "(true", "if true", &"(".repeat(CONDITION_BYTES_MAX)] {
        assert!(matches!(Condition::parse(bad), Err(ConditionError::Syntax(_))), "{bad}");
    }
    let known = known(json!({ "x": 3, "name": "ana" }), json!({}));
    for wrong in ["facts.x", "facts.x + 1", "facts.name > 3", "nobody.x > 1", "facts.x.y > 1", "1 / 0 > 1"] {
        let condition = Condition::parse(wrong).unwrap();
        assert_eq!(condition.holds(&known), Truth::CannotTell, "{wrong}");
        assert!(condition.try_on(&known).is_err(), "{wrong}");
    }
}
