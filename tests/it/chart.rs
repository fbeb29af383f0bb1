//! Charts: what they show, in pictures, in characters and in words, and that no text of theirs can break out of them.

use holdline::chart::{Place, png, svg};
use holdline::core::chart::{Chart, Point, sparkline};
use holdline::core::period::Period;
use holdline::mail::PICTURE_BYTES_MAX;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn chart(counts: &[u32], begins: &str, step: Period) -> Chart {
    let point = |count: &u32| Point { count: f64::from(*count), expected: Some(1.5), line: Some(5.0) };
    Chart {
        counted: "mentions in 15 minutes".to_owned(),
        begins: begins.parse::<Timestamp>().unwrap(),
        step,
        points: counts.iter().map(point).collect(),
        crossings: counts.iter().position(|count| *count > 5).into_iter().collect(),
        events: Vec::new(),
        zone: TimeZone::get("America/New_York").unwrap(),
    }
}

fn an_hour() -> Chart {
    let counts: Vec<u32> = (0..50).map(|minute| minute % 3).chain([2, 2, 3, 4, 4, 5, 5, 6, 9, 12]).collect();
    chart(&counts, "2026-11-22T17:41:00Z", Period::minutes(1))
}

fn labels(chart: &Chart, most: usize) -> Vec<String> {
    chart.time_ticks(most).into_iter().map(|tick| tick.label).collect()
}

#[test]
fn a_chart_says_in_words_what_it_shows() {
    assert_eq!(
        an_hour().described(),
        "Mentions in 15 minutes, 22 November 2026, 12:41 EST to 13:40 EST. The most were 12, at 13:40 EST. At the end \
         about 1.5 were expected. The watch alarms above 5. It alarmed at 13:38 EST."
    );
    let quiet = Chart { crossings: Vec::new(), ..an_hour() };
    assert!(quiet.described().ends_with("It did not alarm in this time."));
}

#[test]
fn fewer_points_keep_the_highest_counts_and_a_curve_goes_through_every_alarm() {
    let mut counts = vec![1; 1000];
    counts[333] = 7;
    counts[334] = 40;
    let all = chart(&counts, "2026-11-22T00:00:00Z", Period::minutes(1));
    let few = all.fitted(100);
    assert_eq!((few.points.len(), few.step, few.crossings.as_slice()), (100, Period::minutes(10), [33].as_slice()));
    assert_eq!(few.points[33].count.to_bits(), 40_f64.to_bits(), "the peak after the alarm is not lost");
    assert_eq!(all.fitted(5000), all);
    let outline = all.outline(100);
    assert!(outline.contains(&333) && outline.contains(&334) && outline.contains(&0) && outline.contains(&999));
    assert!(outline.len() <= 103, "{}", outline.len());
    assert!(all.in_blocks(109).contains('█'), "{}", all.in_blocks(109));
}

/// A picture has fewer dots than a long series has counts: the alarm keeps its own time and count all the same.
#[test]
fn the_mark_of_an_alarm_is_where_and_when_it_was() {
    let mut counts = vec![0; 20_000];
    counts[10_033] = 6;
    counts[10_060] = 100;
    let month = chart(&counts, "2026-11-01T00:00:00Z", Period::minutes(1));
    assert_eq!(month.crossings, [10_033]);
    let drawn = svg(&month, Place::Paper, "chart").unwrap();
    assert!(drawn.contains("alarm 7 November 2026, 18:13 EST"), "{drawn}");
    let circle = drawn.split("<circle ").nth(1).unwrap().split('>').next().unwrap();
    let at = |name: &str| {
        circle.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse::<i32>().unwrap()
    };
    // Half of the way between the axis and the right edge, and at 6 of 100, not at the peak of half an hour later.
    assert!((at("cx") - (44 + 902 * 10_033 / 19_999)).abs() <= 1, "{circle}");
    let (bottom, top) = (at("cy"), drawn.matches("<polyline").count());
    assert!(bottom > 300 && top > 0, "{circle}");
}

#[test]
fn times_are_marked_where_they_are_round_for_those_who_read_them() {
    assert_eq!(labels(&an_hour(), 3), ["13:00", "13:30"]);
    // Kathmandu is 5:45 ahead: its round hours are nobody else's.
    let there = Chart { zone: TimeZone::get("Asia/Kathmandu").unwrap(), ..an_hour() };
    assert_eq!(labels(&there, 3), ["23:30", "23 Nov"]);
    let year = chart(&vec![1; 365], "2026-01-01T05:00:00Z", Period::seconds(86_400));
    assert_eq!(labels(&year, 5), ["Jan 2026", "Apr 2026", "Jul 2026", "Oct 2026"]);
}

#[test]
fn a_day_that_is_longer_or_shorter_is_marked_by_its_own_clock() {
    let longer = chart(&[1; 25 * 60], "2026-11-01T04:00:00Z", Period::minutes(1));
    assert_eq!(labels(&longer, 5), ["00:00", "06:00", "12:00", "18:00"]);
    let six = &longer.time_ticks(5)[1];
    assert_eq!(six.along.to_bits(), (7.0 * 60.0_f64).to_bits(), "six in the morning is seven hours after midnight");
    let shorter = chart(&[1; 23 * 60], "2026-03-08T05:00:00Z", Period::minutes(1));
    let ticks = shorter.time_ticks(24);
    assert!(ticks.windows(2).all(|pair| pair[0].along < pair[1].along), "{ticks:?}");
}

#[test]
fn a_picture_in_a_page_has_a_name_and_nothing_that_a_policy_forbids() {
    let hostile = Chart { counted: "<script>alert(1)</script> \" onload='x'".to_owned(), ..an_hour() };
    for chart in [an_hour(), hostile] {
        let drawn = svg(&chart, Place::Phone, "chart").unwrap();
        assert!(drawn.starts_with("<svg ") && drawn.ends_with("</svg>"), "{drawn}");
        assert!(drawn.contains("role=\"img\" aria-labelledby=\"chart-title chart-words\""));
        assert!(drawn.contains("<desc id=\"chart-words\">") && drawn.contains("It alarmed at 13:38 EST."));
        for forbidden in ["style=", "<style", "<script", "href", "<image", "<foreignObject"] {
            assert!(!drawn.contains(forbidden), "{forbidden}");
        }
    }
    let words = svg(&an_hour(), Place::Phone, "chart").unwrap();
    for label in ["alarms above 5", "expected 1.5", "alarm 13:38 EST", "22 November 2026, 12:41 EST to 13:40 EST"] {
        assert!(words.contains(label), "{label}");
    }
}

#[test]
fn the_same_chart_is_the_same_picture_and_small_enough_for_a_mail() {
    let noise: Vec<u32> = (0..300_u32).map(|minute| minute.wrapping_mul(2_654_435_761) % 97).collect();
    let wild = Chart {
        crossings: (0..300).step_by(7).collect(),
        events: vec![10..30, 90..95],
        ..chart(&noise, "2026-11-22T00:00:00Z", Period::minutes(1))
    };
    for chart in [an_hour(), wild, chart(&[], "2026-11-22T00:00:00Z", Period::minutes(1))] {
        let bytes = png(&chart, Place::Phone).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"));
        assert!(bytes.len() <= PICTURE_BYTES_MAX, "{} bytes", bytes.len());
        assert_eq!(bytes, png(&chart, Place::Phone).unwrap());
    }
}

#[test]
fn a_line_far_above_leaves_the_counts_to_be_read() {
    let mut high = an_hour();
    high.points.iter_mut().for_each(|point| point.line = Some(5_000.0));
    high.points[7].line = Some(20.0);
    assert_eq!(high.top().to_bits(), 20_f64.to_bits(), "the lowest that the line comes to is in the picture");
    assert!(high.line_words().unwrap() == "alarms above 20 to 5000" && svg(&high, Place::Phone, "chart").is_ok());
}

#[test]
fn a_picture_says_from_when_to_when_in_lines_that_fit() {
    let night = Chart { begins: "2026-11-23T04:30:00Z".parse().unwrap(), ..an_hour() };
    let drawn = svg(&night, Place::Phone, "chart").unwrap();
    for line in ["\n22 November 2026, 23:30 EST\n", "\nto 23 November 2026, 00:29 EST\n"] {
        assert!(drawn.contains(line), "{line} is not in {drawn}");
    }
}

#[test]
fn a_terminal_shows_blocks_the_line_and_the_alarm() {
    let drawn = an_hour().in_blocks(80);
    assert!(drawn.lines().next().unwrap().starts_with("     15 ┤"), "{drawn}");
    for part in ["█ mentions in 15 minutes   ─ alarms above 5   · expected 1.5   ▲ alarm", "╵13:00", "EST to 13:40 EST"]
    {
        assert!(drawn.contains(part), "{part} is not in\n{drawn}");
    }
    let line = drawn.lines().find(|line| line.contains('▲')).unwrap();
    assert_eq!(line.chars().position(|c| c == '▲'), Some(9 + 57));
}

#[test]
fn a_sparkline_has_a_mark_for_each_count() {
    assert_eq!(sparkline([0.0, 1.0, 7.0, 3.0].into_iter()), "▁▂█▄");
    assert_eq!(sparkline([0.0, 0.0].into_iter()), "▁▁");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is drawn, drawing ends well, stays within the width, and marks lie on their axes.
    #[test]
    fn every_series_can_be_drawn(
        counts in proptest::collection::vec(0_u32..2_000_000_000, 0..200),
        begins in -2_000_000_000_i64..4_000_000_000,
        step in 1_u64..40_000_000,
        width in 0_usize..500,
        zone in proptest::sample::select(vec!["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]),
    ) {
        let chart = Chart {
            begins: Timestamp::from_second(begins).unwrap(),
            zone: TimeZone::get(zone).unwrap(),
            ..chart(&counts, "2026-11-22T00:00:00Z", Period::seconds(step))
        };
        for line in chart.in_blocks(width).lines().take(10) {
            prop_assert!(line.chars().count() <= width.max(29), "{line}");
        }
        for most in [2, 5, 12] {
            let ticks = chart.count_ticks(most);
            prop_assert!(ticks.len() <= most && ticks.last().unwrap().along >= chart.top());
            let ticks = chart.time_ticks(most);
            let last = f64::from(u32::try_from(chart.points.len()).unwrap());
            prop_assert!(ticks.iter().all(|tick| tick.along >= 0.0 && tick.along <= last));
        }
        prop_assert!(svg(&chart, Place::Phone, "c").is_ok());
    }
}
